//! Any text is a `.proto` file or has mistakes, each with a place in it; what is right can be
//! formatted, and is not changed by formatting it again.
#![no_main]

use std::env;
use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use yamabiko_compiler::{Checker, Diagnostic, Format, Report, format::format, render};

/// What comes after this is the file `b.proto`, which `a.proto` may import.
const NEXT_FILE: &[u8] = b"\n//// b.proto\n";

/// UTF-16 has no lines that could be shown.
const UTF16: &str = "P0101";

fuzz_target!(
    init: enter_empty_directory(),
    |text: &[u8]| {
        let cut = text.windows(NEXT_FILE.len()).position(|bytes| bytes == NEXT_FILE);
        let (a, b) = match cut {
            Some(cut) => (&text[..cut], &text[cut + NEXT_FILE.len()..]),
            None => (text, &[][..]),
        };
        let report = check(a, b);
        for diagnostic in report.diagnostics() {
            look(diagnostic, a, b);
        }
        for format in [Format::Coloured, Format::Gcc, Format::Json, Format::Sarif, Format::Github] {
            let _ = render(report.diagnostics(), format).to_string();
        }
        mend(&report, a, b);
        match format(Path::new("a.proto"), a) {
            Ok(once) => {
                assert_eq!(format(Path::new("a.proto"), &once).as_ref(), Ok(&once));
                if report.errors() == 0 {
                    assert_eq!(check(&once, b).errors(), 0, "formatting breaks it");
                }
            }
            Err(problems) => {
                assert!(report.errors() > 0, "{problems}");
                let in_file = |problem: &Diagnostic| {
                    problem.labels().iter().all(|label| label.range().end <= a.len().max(1) * 3)
                };
                assert!(problems.iter().all(in_file), "{problems}");
            }
        }
    }
);

/// Names that nobody has defined are looked for in every file below the current directory.
fn enter_empty_directory() {
    let directory = env::temp_dir().join(format!("yamabiko-fuzz-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory can be made");
    env::set_current_dir(&directory).expect("it is there");
    for file in ["a.proto", "b.proto"] {
        fs::write(file, "").expect("a file can be written");
    }
}

fn check(a: &[u8], b: &[u8]) -> Report {
    Checker::new().overlay("a.proto", a).overlay("b.proto", b).check(["a.proto"])
}

/// A problem has a code and lies in its file; so does what mends it.
fn look(diagnostic: &Diagnostic, a: &[u8], b: &[u8]) {
    let code = diagnostic.code().unwrap_or_else(|| panic!("no code: {diagnostic}"));
    assert!(diagnostic.position().is_some() || code.to_string() == UTF16, "no place: {diagnostic}");
    let text_of = |file: Option<&Path>| match file.and_then(Path::to_str) {
        Some("a.proto") => Some(a),
        Some("b.proto") => Some(b),
        // It comes with the compiler.
        _ => None,
    };
    for label in diagnostic.labels() {
        let Some(text) = text_of(label.file().or(diagnostic.file())) else { continue };
        let lines = text.split(|byte| *byte == b'\n').count();
        assert!(label.range().end <= text.len(), "{diagnostic}");
        assert!((1..=lines).contains(&label.start().line), "{diagnostic}");
    }
    if let (Some(edit), Some(text)) = (diagnostic.edit(), text_of(diagnostic.file())) {
        let mut end = 0;
        for change in edit.changes() {
            assert!(end <= change.range.start && change.range.start <= change.range.end);
            end = change.range.end;
        }
        assert!(end <= text.len(), "{diagnostic}");
    }
}

/// Does what the first problem's edit says.
fn mend(report: &Report, a: &[u8], b: &[u8]) {
    let in_a = |one: &&Diagnostic| one.file() == Some(Path::new("a.proto"));
    let edit = report.diagnostics().iter().filter(in_a).find_map(Diagnostic::edit);
    let Some(edit) = edit else { return };
    let mut mended = a.to_vec();
    for change in edit.changes().iter().rev() {
        mended.splice(change.range.clone(), change.text.bytes());
    }
    for diagnostic in check(&mended, b).diagnostics() {
        look(diagnostic, &mended, b);
    }
}
