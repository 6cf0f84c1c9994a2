//! The real buf, which `tests/buf/set-up` installs.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The command, or nothing where there is no npm to install it with; that is
/// said.
pub fn buf() -> Option<Command> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let path = root.join(target).join("buf/node_modules/.bin/buf");
    if path.exists() {
        return Some(Command::new(path));
    }
    let has_npm = Command::new("npm").arg("--version").output().is_ok();
    assert!(
        !has_npm,
        "{} is missing: run crates/yamabiko-compiler/tests/buf/set-up, which installs it",
        path.display()
    );
    eprintln!("NOT COMPARED WITH BUF: there is no npm to install it with");
    None
}

/// The directory of this crate's tests.
pub fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// A value of a line of JSON with strings and numbers.
pub fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(&format!("\"{key}\":"))?;
    match rest.strip_prefix('"') {
        Some(text) => {
            let mut is_escaped = false;
            let end = text.find(|letter| {
                let ends = letter == '"' && !is_escaped;
                is_escaped = letter == '\\' && !is_escaped;
                ends
            })?;
            Some(&text[..end])
        }
        None => rest.split([',', '}']).next(),
    }
}
