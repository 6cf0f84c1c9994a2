//! Lint finds what buf finds, and what is ours beside it.

#[path = "buf/mod.rs"]
mod buf;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use yamabiko_compiler::lint::{Finding, Lint, RULES};

type Outcome = Result<(), Box<dyn Error>>;

/// Everything that buf knows, too.
const GROUPS: [&str; 4] =
    ["STANDARD", "COMMENTS", "UNARY_RPC", "STABLE_PACKAGE_NO_IMPORT_UNSTABLE"];

/// The `.proto` files below a directory, in order.
fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![directory.to_owned()];
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(directory).expect("the directory can be read") {
            let path = entry.expect("the directory can be read").path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn lint(root: &Path, rules: &[&str]) -> Result<Vec<Finding>, Box<dyn Error>> {
    let lint = rules.iter().fold(Lint::new().include(root), |lint, rule| lint.rule(*rule));
    Ok(lint.check(files_below(root))?)
}

/// The rule, the file and the line of each finding, and the message without a
/// full stop.
type Seen = BTreeSet<(String, String, usize, String)>;

fn ours(root: &Path) -> Result<Seen, Box<dyn Error>> {
    let seen = lint(root, &GROUPS)?.into_iter().map(|finding| {
        let file = finding.file.strip_prefix(root).expect("it lies below").to_string_lossy();
        let message = finding.message.trim_end_matches('.').replace('"', "\\\"");
        (finding.rule.to_owned(), file.into_owned(), finding.start.line, message)
    });
    Ok(seen.collect())
}

fn theirs(mut buf: Command, root: &Path) -> Result<Seen, Box<dyn Error>> {
    let config = "{\"version\":\"v2\",\"lint\":{\"use\":[\"STANDARD\",\"COMMENTS\",\"UNARY_RPC\",\
                  \"STABLE_PACKAGE_NO_IMPORT_UNSTABLE\"]}}";
    buf.args(["lint", "--error-format", "json", "--config", config]).current_dir(root);
    let output = buf.output()?;
    assert_eq!(output.status.code(), Some(100), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let seen = text.lines().map(|line| {
        let value = |key| buf::value(line, key).unwrap_or_default();
        let line = value("start_line").parse().unwrap_or(1);
        let message = value("message").replace("\\u003e", ">");
        let message = message.trim_end_matches('.').to_owned();
        (value("type").to_owned(), value("path").to_owned(), line, message)
    });
    Ok(seen.collect())
}

/// Compares the findings below a directory; gives how many there are.
fn compare(root: &Path) -> Result<usize, Box<dyn Error>> {
    let ours = ours(root)?;
    let Some(buf) = buf::buf() else { return Ok(ours.len()) };
    let theirs = theirs(buf, root)?;
    let only_ours: Vec<_> = ours.difference(&theirs).take(10).collect();
    let only_theirs: Vec<_> = theirs.difference(&ours).take(10).collect();
    assert!(
        only_ours.is_empty() && only_theirs.is_empty(),
        "ours: {only_ours:#?}\ntheirs: {only_theirs:#?}"
    );
    println!("{}: {} findings, as buf has them", root.display(), ours.len());
    Ok(ours.len())
}

#[test]
fn buf_finds_the_same_in_files_made_for_it() -> Outcome {
    let root = buf::tests().join("lint/files");
    assert!(compare(&root)? > 130);
    let rules: BTreeSet<&str> = lint(&root, &GROUPS)?.iter().map(|finding| finding.rule).collect();
    let silent: Vec<&str> = RULES
        .iter()
        .map(|rule| rule.name)
        .filter(|name| !rules.contains(name))
        .filter(|name| {
            // The values of other options go the same way.
            !name.starts_with("PACKAGE_SAME_") && *name != "REQUIRED_RECURSION"
        })
        .collect();
    assert_eq!(silent, ["COMMENT_ONEOF"], "each rule finds something");
    Ok(())
}

#[test]
fn buf_finds_the_same_in_the_apis_of_google() -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let target = root.join(target);
    let packages = target.join("protoc-venv/lib");
    assert!(
        packages.exists(),
        "{} is missing: run crates/yamabiko-compiler/tests/protoc/set-up",
        packages.display()
    );
    // Only the files of the one package: others have installed theirs beside it.
    let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("lint-google");
    let _ = std::fs::remove_dir_all(&place);
    for file in files_below(&packages) {
        let text = file.to_string_lossy().replace('\\', "/");
        let Some((_, name)) = text.split_once("site-packages/google/") else { continue };
        let path = place.join("google").join(name);
        std::fs::create_dir_all(path.parent().ok_or("no directory")?)?;
        std::fs::copy(&file, path)?;
    }
    assert!(compare(&place)? > 250);
    Ok(())
}

#[test]
fn a_message_that_requires_itself_is_a_bug() -> Outcome {
    let found = lint(&buf::tests().join("lint/ours"), &["BUGS"])?;
    let lines: Vec<(usize, &str)> =
        found.iter().map(|finding| (finding.start.line, finding.message.as_str())).collect();
    assert_eq!(
        lines,
        [
            (
                6,
                "Message \"ours.Tree\" requires itself, so that none can ever be built: make \
                 \"left\" optional."
            ),
            (
                11,
                "Message \"ours.Hen\" requires itself by way of \"ours.Egg\", so that none can \
                  ever be built: make \"from\" optional."
            ),
            (
                15,
                "Message \"ours.Egg\" requires itself by way of \"ours.Hen\", so that none can \
                  ever be built: make \"of\" optional."
            ),
        ]
    );
    Ok(())
}

#[test]
fn a_comment_leaves_a_rule_out() -> Outcome {
    let found = lint(&buf::tests().join("lint/ours"), &["FIELD_LOWER_SNAKE_CASE"])?;
    let lines: Vec<usize> = found.iter().map(|finding| finding.start.line).collect();
    assert_eq!(lines, [26]);
    Ok(())
}

#[test]
fn a_rule_that_there_is_not_is_named() {
    let error = Lint::new().rule("NONE").check(Vec::<PathBuf>::new()).expect_err("there is none");
    assert!(error.to_string().starts_with("error: there is no rule or group of rules NONE\n"));
}
