//! The pages about codes: what they show as wrong is found as such, what they
//! show as right is right, and each code has one page.

mod reference;

use std::collections::BTreeSet;
use std::fs;

use yamabiko_compiler::{Checker, Report, explain, pages};

/// Checks some lines, as a file in proto3 unless they say otherwise.
fn check(name: &str, lines: &str) -> Report {
    let directory = reference::directory(&format!("explanations-{name}"));
    let file = directory.join("example.proto");
    let has_syntax = lines.starts_with("syntax") || lines.starts_with("edition");
    let syntax =
        if has_syntax || name.starts_with("P0205") { "" } else { "syntax = \"proto3\";\n" };
    fs::write(&file, format!("{syntax}{lines}\n")).expect("the file can be written");
    Checker::new().include(&directory).check([file])
}

#[test]
fn examples_are_wrong_and_right_as_they_say() {
    let mut examples = 0;
    let mut failed = Vec::new();
    for page in pages() {
        let code = page.code().to_string();
        if page.wrong().is_empty() {
            continue;
        }
        examples += 1;
        let report = check(&format!("{code}-wrong"), page.wrong());
        let found: Vec<String> = report
            .diagnostics()
            .iter()
            .filter_map(|diagnostic| Some(diagnostic.code()?.to_string()))
            .collect();
        let said: String =
            report.diagnostics().iter().map(|diagnostic| diagnostic.to_string()).collect();
        if found != [code.as_str()] {
            failed.push(format!("{code} should be wrong, but {found:?}\n{said}"));
        }
        let report = check(&format!("{code}-right"), page.right());
        if let [first, ..] = report.diagnostics() {
            failed.push(format!("{code} should be right, but {first}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(examples >= 55, "{examples} examples");
}

#[test]
fn each_code_has_one_page_and_is_found_as_people_type_it() {
    let codes: Vec<String> = pages().map(|page| page.code().to_string()).collect();
    let once: BTreeSet<&String> = codes.iter().collect();
    assert_eq!(once.len(), codes.len(), "{codes:?}");
    assert!(codes.is_sorted(), "{codes:?}");
    for page in pages() {
        assert!(!page.title().is_empty() && !page.title().ends_with('.'), "{}", page.code());
        assert!(page.text().ends_with('.'), "{}", page.code());
        assert!(page.to_string().lines().all(|line| line.chars().count() <= 90), "{page}");
    }
    for typed in ["P0201", "p0201", "201", " P201 "] {
        assert_eq!(explain(typed).expect("it is a code").code().to_string(), "P0201");
    }
    assert!(explain("P9999").is_none());
    assert!(explain("").is_none());
}
