//! What is wrong with files that can be read is said in protoc's words, at its
//! places and in its order.

use std::path::Path;

use super::support::{Roots, TESTS, line, link, python, site_packages};

/// What protoc says about each of the files.
fn theirs(directory: &Path, names: &[String]) -> Vec<Vec<String>> {
    let script = Path::new(TESTS).join("protoc/messages.py");
    let output = python().arg(script).arg(directory).args(names).output().expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("protoc writes UTF-8");
    let mut files: Vec<Vec<String>> = Vec::new();
    for line in text.lines() {
        if line.starts_with("== ") {
            files.push(Vec::new());
        } else if let Some(file) = files.last_mut() {
            file.push(line.to_owned());
        }
    }
    assert_eq!(files.len(), names.len(), "{text}");
    files
}

/// Which of several unused imports comes first is left to chance in protoc.
fn with_sorted_warnings(mut lines: Vec<String>) -> Vec<String> {
    let is_unused = |line: &String| line.ends_with(" is unused.");
    let first = lines.iter().position(is_unused).unwrap_or(0);
    let count = lines[first..].iter().take_while(|line| is_unused(line)).count();
    lines[first..first + count].sort();
    lines
}

#[test]
fn messages_are_those_of_protoc() {
    let directory = Path::new(TESTS).join("broken-links");
    let names: Vec<String> = super::support::files_below(&directory)
        .into_iter()
        .filter(|name| !name.contains('/'))
        .collect();
    let well_known = site_packages().join("grpc_tools/_proto");
    let mut different = Vec::new();
    let (mut lines, mut errors, mut hints) = (0, 0, 0);
    for (name, theirs) in names.iter().zip(theirs(&directory, &names)) {
        let mut roots = Roots(vec![directory.clone(), well_known.clone()]);
        let (linked, problems) = link(&[name], &mut roots);
        let ours: Vec<String> = problems.iter().map(line).collect();
        hints += problems.iter().filter(|problem| problem.hint.is_some()).count();
        lines += theirs.len();
        errors += usize::from(linked.is_none());
        let (ours, theirs) = (with_sorted_warnings(ours), with_sorted_warnings(theirs));
        if ours != theirs {
            let show = |lines: &[String], other: &[String], sign: &str| {
                let missing = lines.iter().filter(|line| !other.contains(line));
                missing.map(|line| format!("  {sign} {line}\n")).collect::<String>()
            };
            different.push(format!(
                "{name}\n{}{}",
                show(&theirs, &ours, "theirs:"),
                show(&ours, &theirs, "ours:  ")
            ));
        }
    }
    println!(
        "{} files, {errors} broken, {lines} lines, {} files different; {hints} hints",
        names.len(),
        different.len()
    );
    assert!(names.len() >= 60, "{} files", names.len());
    assert!(different.is_empty(), "{}", different.join("\n"));
}
