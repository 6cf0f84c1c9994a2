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
