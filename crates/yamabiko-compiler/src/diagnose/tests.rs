//! Whatever a file holds: no panic, no hang, and each problem has a place in it.
//!
//! `corpus` are the files that are changed, `mutilated` changes them, `large`
//! makes files that are long or deep. `make mutations` does all of it at length.

mod corpus;
mod large;
mod mutilated;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// A directory of its own for a test.
fn directory(name: &str) -> PathBuf {
    let directory =
        std::env::temp_dir().join(format!("yamabiko-diagnose-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory can be made");
    directory
}

/// Checks a text as if it were that of a file below a directory.
fn check_text(root: &Path, file: &Path, text: &[u8]) -> Vec<Diagnostic> {
    let canonical = fs::canonicalize(file).expect("the file is there");
    let overlays = BTreeMap::from([(canonical, text.to_vec())]);
    check(&[file.to_owned()], &[root.to_owned()], &overlays).diagnostics
}

/// How many random changes are tried, if somebody has time for more than usual.
fn rounds() -> Option<usize> {
    std::env::var("YAMABIKO_MUTATIONS").ok()?.parse().ok()
}

/// What changing files at random has found.
#[test]
fn what_only_one_statement_lacks_is_told_and_what_protoc_warns_of_is_no_error() {
    let directory = directory("found");
    let file = directory.join("a.proto");
    fs::write(&file, b"").expect("the file can be written");
    let errors = |text: &str| {
        let mut diagnostics = check_text(&directory, &file, text.as_bytes());
        diagnostics.retain(|one| one.severity() == crate::diagnostic::Severity::Error);
        diagnostics.iter().filter_map(Diagnostic::code).collect::<Vec<_>>()
    };
    let unknown = errors("syntax = \"proto3\"; service S { rpc R (M) returns (M); }");
    assert_eq!(unknown, [codes::UNKNOWN_TYPE; 2]);
    let unknown = errors("syntax = \"proto2\"; extend M { optional int32 a = 100; }");
    assert_eq!(unknown, [codes::UNKNOWN_TYPE]);
    let same_in_json = "message M { optional bool a = 1; optional bool a_ = 2; }";
    assert_eq!(errors(&format!("syntax = \"proto3\"; {same_in_json}")).len(), 1);
    assert_eq!(errors(&format!("syntax = \"proto2\"; {same_in_json}")), []);
    // The system finds such files, protoc does not.
    fs::create_dir(directory.join("sub")).expect("a directory can be made");
    fs::write(directory.join("b.proto"), b"syntax = \"proto3\";").expect("it can be written");
    for name in ["./b.proto", "sub/../b.proto", ".//b.proto", "b.proto//"] {
        let import = format!("syntax = \"proto3\"; import \"{name}\";");
        assert_eq!(errors(&import), [codes::IMPORT_NOT_FOUND], "{name}");
    }
    fs::remove_dir_all(directory).expect("the directory can be removed");
}
