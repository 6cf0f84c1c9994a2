//! Whatever a file holds: no panic, no hang, and each problem has a place in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::*;
use crate::diagnostic::Severity;

/// A directory of its own for a test.
fn directory(name: &str) -> PathBuf {
    let directory =
        std::env::temp_dir().join(format!("yamabiko-diagnose-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory can be made");
    directory
}

/// Checks a text as the file `a.proto` of a directory that is there.
fn check_text(directory: &Path, text: &[u8]) -> Vec<Diagnostic> {
    let file = directory.join("a.proto");
    if !file.exists() {
        fs::write(&file, b"").expect("the file can be written");
    }
    let canonical = fs::canonicalize(&file).expect("the file is there");
    let overlays = BTreeMap::from([(canonical, text.to_vec())]);
    check(&[file], &[directory.to_owned()], &overlays).diagnostics
}

/// Checks a text, and looks at what is said about it.
fn look(directory: &Path, text: &[u8]) {
    // If it hangs, this is what with.
    fs::write(directory.join("last.txt"), text).expect("the file can be written");
    let started = Instant::now();
    let diagnostics = check_text(directory, text);
    let took = started.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}: {}", text.escape_ascii());
    let mut problems = Vec::new();
    let parsed = crate::parse::parse("a.proto", text, &mut problems);
    if parsed.had_errors {
        assert!(
            diagnostics.iter().any(|one| one.severity() == Severity::Error),
            "protoc finds something: {problems:?} in {}",
            text.escape_ascii()
        );
    }
    for diagnostic in diagnostics {
        let is_whole = diagnostic.code() == Some(codes::UTF16);
        assert!(is_whole || diagnostic.position().is_some(), "{diagnostic}");
        assert!(diagnostic.code().is_some(), "{diagnostic}");
        for label in diagnostic.labels() {
            assert!(label.range().end <= text.len().max(1 << 20), "{diagnostic}");
        }
        let mut end = 0;
        for change in diagnostic.edit().map(Edit::changes).unwrap_or_default() {
            let range = change.range.clone();
            assert!(end <= range.start && range.end <= text.len(), "{diagnostic}");
            end = range.end;
        }
    }
}

/// The files of the tests, good and bad.
fn texts() -> Vec<Vec<u8>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut texts = Vec::new();
    let mut directories = vec![tests];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("the tests are there") {
            let path = entry.expect("the tests can be listed").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                texts.push(fs::read(&path).expect("the file can be read"));
            }
        }
    }
    assert!(texts.len() >= 150, "the files are there");
    texts.sort();
    texts
}

/// Numbers that look random and are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // Knuth's linear congruence; the upper half is good enough.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits fit") % limit
    }
}

/// How many random changes are tried: more, if somebody has time.
fn rounds(usual: usize) -> usize {
    let set = std::env::var("YAMABIKO_MUTATIONS").ok();
    set.and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}

#[test]
fn a_file_may_end_anywhere() {
    let directory = directory("ends");
    for text in texts() {
        let step =
            if std::env::var_os("YAMABIKO_MUTATIONS").is_some() { 1 } else { 1 + text.len() / 2 };
        for end in (0..text.len()).step_by(step) {
            look(&directory, &text[..end]);
        }
    }
    fs::remove_dir_all(directory).expect("the directory can be removed");
}

#[test]
fn bytes_may_change_go_and_come() {
    const PIECES: [&[u8]; 24] = [
        b"{",
        b"}",
        b"[",
        b"]",
        b"(",
        b")",
        b";",
        b"=",
        b"\"",
        b"'",
        b"/*",
        b"//",
        b",",
        b"<",
        b"-",
        b"message ",
        b"option ",
        b"repeated ",
        b"99999999999999999999",
        b"\0",
        b"\xff",
        b"\xe2\x80\x9c",
        b"import \"a.proto\";",
        b"reserved 1 to max;",
    ];
    let directory = directory("bytes");
    let texts = texts();
    let mut random = Random(7);
    for _ in 0..rounds(60) {
        let mut text = texts[random.below(texts.len())].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(text.len() + 1);
            match random.below(5) {
                0 if at < text.len() => text[at] = u8::try_from(random.below(256)).expect("a byte"),
                1 if at < text.len() => {
                    let end = text.len().min(at + random.below(9));
                    text.drain(at..end);
                }
                2 => text.truncate(at),
                3 if at < text.len() => {
                    let end = text.len().min(at + random.below(60));
                    let piece = text[at..end].to_vec();
                    let to = random.below(text.len());
                    text.splice(to..to, piece);
                }
                _ => {
                    let piece = PIECES[random.below(PIECES.len())];
                    text.splice(at..at, piece.iter().copied());
                }
            }
        }
        look(&directory, &text);
    }
    fs::remove_dir_all(directory).expect("the directory can be removed");
}

#[test]
fn what_is_large_or_deep_is_bounded() {
    let directory = directory("large");
    let proto3 = "syntax = \"proto3\"; ";
    // A build for tests is some twenty times slower than one for users.
    let size = if cfg!(debug_assertions) { 1 << 20 } else { 10 << 20 };
    let fields = |count: usize| -> String {
        (1..=count).map(|number| format!("  strng f{number} = {number}\n")).collect()
    };
    for text in [
        // One line of all, in several ways.
        "x".repeat(size),
        "{".repeat(size),
        "\"".repeat(size),
        format!("{proto3}/*{}", "x".repeat(size)),
        format!("{proto3}message A {{ {} }}", "string a = 1; ".repeat(size / 14)),
        // 10,000 levels.
        "message M {".repeat(10_000),
        format!("{proto3}{}", "message M {".repeat(10_000)),
        format!("{proto3}{}{}", "message M {".repeat(10_000), "}".repeat(10_000)),
        format!("{proto3}option (a) = {}1{};", "{ b: ".repeat(10_000), "}".repeat(10_000)),
        // Many mistakes.
        format!("{proto3}message A {{\n{}}}", fields(2_000)),
        format!("{proto3}{}", "message A {}\n".repeat(20_000)),
        format!("{proto3}message A {{\n{}}}", "  string a = 1;\n".repeat(20_000)),
        format!("{proto3}enum A {{\n{}}}", "  A = 1;\n".repeat(20_000)),
        format!("{proto3}{}", "import \"nowhere.proto\";\n".repeat(500)),
    ] {
        let started = Instant::now();
        let diagnostics = check_text(&directory, text.as_bytes());
        let took = started.elapsed();
        let start = &text[..text.len().min(60)];
        assert!(
            !diagnostics.is_empty() && diagnostics.len() <= 101,
            "{start}: {}",
            diagnostics.len()
        );
        let said: usize = diagnostics.iter().map(|one| one.to_string().len()).sum();
        assert!(said < 400_000, "{start}: {said} bytes of advice");
        println!("{took:>10.1?} {:>4} {start}", diagnostics.len());
        assert!(took < Duration::from_secs(60), "{took:?} for {start}");
    }
    fs::remove_dir_all(directory).expect("the directory can be removed");
}

#[test]
fn a_cycle_of_a_thousand_files_is_one_error() {
    let directory = directory("cycle");
    let name = |number: usize| directory.join(format!("f{:04}.proto", number % 1_000));
    for number in 0..1_000 {
        let next = (number + 1) % 1_000;
        let text = format!(
            "syntax = \"proto3\";\nimport \"f{next:04}.proto\";\nmessage M{number} {{ M{next} m = 1; }}\n"
        );
        fs::write(name(number), text).expect("the file can be written");
    }
    let started = Instant::now();
    let diagnostics =
        check(&[name(500)], std::slice::from_ref(&directory), &BTreeMap::new()).diagnostics;
    assert_eq!(diagnostics.len(), 1, "{}", diagnostics[0]);
    assert_eq!(diagnostics[0].code(), Some(codes::IMPORT_CYCLE));
    assert!(diagnostics[0].to_string().len() < 100_000);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    fs::remove_dir_all(directory).expect("the directory can be removed");
}
