//! `yamabiko format`, run as a process.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

type Outcome = Result<(), Box<dyn Error>>;

const UGLY: &str = "syntax=\"proto3\";package a; // A.\nmessage M{}\n";
const NICE: &str = "syntax = \"proto3\";\n\npackage a; // A.\n\nmessage M {}\n";

/// An empty directory.
fn directory(test: &str) -> Result<PathBuf, Box<dyn Error>> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("format").join(test);
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(directory.join("below/.hidden"))?;
    Ok(directory)
}

/// The exit code, what was said and what was complained of.
fn run(directory: &Path, arguments: &[&str], input: &str) -> Result<Seen, Box<dyn Error>> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_yamabiko"))
        .arg("format")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("no input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map(|text| text.replace('\\', "/"));
    Ok((output.status.code(), text(output.stdout)?, text(output.stderr)?))
}

type Seen = (Option<i32>, String, String);

fn said(code: i32, text: &str) -> Seen {
    (Some(code), text.to_owned(), String::new())
}

#[test]
fn a_directory_is_checked_and_then_written() -> Outcome {
    let place = directory("written")?;
    fs::write(place.join("a.proto"), UGLY)?;
    fs::write(place.join("below/b.proto"), NICE)?;
    fs::write(place.join("below/.hidden/c.proto"), UGLY)?;
    assert_eq!(run(&place, &["--check"], "")?, said(1, "would change a.proto\n"));
    assert_eq!(fs::read_to_string(place.join("a.proto"))?, UGLY);
    assert_eq!(run(&place, &["-w", "."], "")?, said(0, "formatted a.proto\n"));
    assert_eq!(fs::read_to_string(place.join("a.proto"))?, NICE);
    assert_eq!(fs::read_to_string(place.join("below/.hidden/c.proto"))?, UGLY);
    assert_eq!(run(&place, &["--check", "a.proto", "below"], "")?, said(0, ""));
    Ok(())
}

#[test]
fn a_change_is_shown() -> Outcome {
    let place = directory("shown")?;
    fs::write(place.join("a.proto"), UGLY)?;
    let (code, text, complaint) = run(&place, &["--diff", "a.proto"], "")?;
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    let start = "--- a/a.proto\n+++ b/a.proto\n@@ -1,2 +1,5 @@\n-syntax=\"proto3\"";
    assert!(text.starts_with(start), "{text}");
    Ok(())
}

#[test]
fn standard_input_is_answered_on_standard_output() -> Outcome {
    let place = directory("input")?;
    assert_eq!(run(&place, &["-"], UGLY)?, said(0, NICE));
    let (code, text, complaint) = run(&place, &["-"], "message M {")?;
    assert_eq!((code, text.as_str()), (Some(1), ""));
    assert!(complaint.contains("<stdin>:1:"), "{complaint}");
    Ok(())
}

#[test]
fn a_broken_file_is_named_and_the_others_are_formatted() -> Outcome {
    let place = directory("broken")?;
    fs::write(place.join("a.proto"), "message {}")?;
    fs::write(place.join("b.proto"), UGLY)?;
    let (code, text, complaint) = run(&place, &["-w"], "")?;
    assert_eq!((code, text.as_str()), (Some(1), "formatted b.proto\n"));
    assert!(complaint.contains("a.proto:1:9"), "{complaint}");
    let (code, _, complaint) = run(&place, &["missing.proto"], "")?;
    assert_eq!(code, Some(1));
    assert!(complaint.starts_with("error: cannot read missing.proto: "), "{complaint}");
    Ok(())
}
