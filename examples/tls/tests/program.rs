//! The program does what it says.

use std::process::Command;

#[test]
fn who_shows_a_certificate_is_let_in_and_who_does_not_is_told_what_to_do() {
    let ran = Command::new(env!("CARGO_BIN_EXE_tls")).output().expect("it starts");
    let said = String::from_utf8(ran.stdout).expect("text");
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    let lines: Vec<&str> = said.lines().collect();
    let [known, unknown, renewed] = lines[..] else { panic!("three lines: {said}") };
    assert!(known.starts_with("known: come in"), "{known}");
    assert!(unknown.contains("ClientTls::identity"), "{unknown}");
    assert!(renewed.starts_with("renewed: come in"), "{renewed}");
}
