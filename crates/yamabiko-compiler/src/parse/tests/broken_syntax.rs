//! Each file in `tests/broken-syntax` is complained about as protoc does, and
//! with the hints that `expected.txt` there records. `UPDATE_EXPECTED=1` writes
//! that file anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::protoc::{TESTS, files_below, python, run};
use super::{line, parse};
use crate::problem::Problem;

/// What is wrong with each of the files.
fn problems() -> BTreeMap<String, Vec<Problem>> {
    let directory = Path::new(TESTS).join("broken-syntax");
    files_below(&directory)
        .into_iter()
        .map(|name| {
            let text = fs::read(directory.join(&name)).expect("the file can be read");
            let mut problems = Vec::new();
            assert!(parse(&name, &text, &mut problems).had_errors, "{name} is broken");
            (name, problems)
        })
        .collect()
}

#[test]
fn a_broken_file_is_complained_about_as_protoc_does() {
    let problems = problems();
    let output = run(python()
        .arg(Path::new(TESTS).join("protoc/complaints.py"))
        .arg(Path::new(TESTS).join("broken-syntax"))
        .args(problems.keys()));
    let output = String::from_utf8(output.stdout).expect("protoc's messages are text");
    let mut theirs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for text in output.lines() {
        match text.strip_prefix("== ") {
            Some(name) => theirs.entry(name).or_default(),
            None => {
                let mut last = theirs.last_entry().expect("a name comes first");
                last.get_mut().push(text);
                continue;
            }
        };
    }
    assert_eq!(theirs.len(), problems.len());
    assert!(problems.len() >= 90, "the files are there: {}", problems.len());
    for (name, problems) in &problems {
        let ours: Vec<String> = problems.iter().map(line).collect();
        let theirs = &theirs[name.as_str()];
        if name.starts_with("utf16") {
            // protoc complains about every second byte; we say once what is wrong.
            assert_eq!(ours, theirs[..1], "{name}");
        } else {
            assert_eq!(&ours, theirs, "{name}");
        }
    }
    println!("{} broken files: every line as protoc's", problems.len());
}

#[test]
fn a_broken_file_is_explained_as_recorded() {
    let mut text = String::new();
    for (name, problems) in problems() {
        writeln!(text, "== {name}").expect("a string takes everything");
        for problem in problems {
            writeln!(text, "{}", line(&problem)).expect("a string takes everything");
            if let Some(hint) = problem.hint {
                writeln!(text, "    {hint}").expect("a string takes everything");
            }
        }
    }
    let expected = Path::new(TESTS).join("broken-syntax/expected.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(expected, text).expect("the file can be written");
    } else {
        assert_eq!(text, fs::read_to_string(expected).expect("the file is there"));
    }
}
