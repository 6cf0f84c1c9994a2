//! Whatever a file holds, it is parsed in time, and what is wrong with it has a
//! place in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::parse;
use super::protoc::{TESTS, files_below};

/// Every file of the tests, good and bad.
fn texts() -> Vec<Vec<u8>> {
    let tests = Path::new(TESTS);
    let paths: Vec<PathBuf> = files_below(tests).iter().map(|name| tests.join(name)).collect();
    assert!(paths.len() >= 100, "the files are there");
    paths.iter().map(|path| fs::read(path).expect("the file can be read")).collect()
}

/// Parses a text and looks at the places of its problems.
fn check(text: &[u8]) {
    let mut problems = Vec::new();
    let parsed = parse("test.proto", text, &mut problems);
    assert_eq!(
        parsed.had_errors,
        problems.iter().any(|problem| problem.severity == crate::problem::Severity::Error),
    );
    let lines = text.split(|&byte| byte == b'\n').count();
    for problem in problems {
        let place = problem.place.expect("a problem of syntax has a place");
        assert!((place.line as usize) < lines, "{problem:?} in {:?}", text.escape_ascii());
    }
}

/// Numbers that look random and are the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        // Knuth's linear congruence; the upper half is good enough.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits fit")
    }

    fn below(&mut self, limit: usize) -> usize {
        self.next() % limit
    }
}

#[test]
fn a_file_may_end_anywhere() {
    for text in texts() {
        // All places of most files, and some of the long ones.
        for end in (0..text.len()).step_by(1 + text.len() / 4096) {
            check(&text[..end]);
        }
    }
}

#[test]
fn bytes_may_change_go_and_come() {
    const PIECES: [&[u8]; 16] = [
        b"{",
        b"}",
        b"[",
        b"]",
        b"(",
        b";",
        b"=",
        b"\"",
        b"'",
        b"/*",
        b"//",
        b"message ",
        b"option ",
        b"99999999999999999999",
        b"\0",
        b"\xff",
    ];
    let mut random = Random(5);
    let texts = texts();
    for _ in 0..20_000 {
        let mut text = texts[random.below(texts.len())].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(text.len() + 1);
            match random.below(4) {
                0 if at < text.len() => text[at] = random.next().to_le_bytes()[0],
                1 if at < text.len() => {
                    let end = text.len().min(at + random.below(9));
                    text.drain(at..end);
                }
                2 => text.truncate(at),
                _ => {
                    let piece = PIECES[random.below(PIECES.len())];
                    text.splice(at..at, piece.iter().copied());
                }
            }
        }
        check(&text);
    }
}

#[test]
fn whatever_is_nested_deeply_is_bounded() {
    let groups =
        "syntax = \"proto2\"; message M { ".to_owned() + &"optional group G = 1 { ".repeat(10_000);
    let oneofs =
        "syntax = \"proto2\"; message M { ".to_owned() + &"oneof o { group G = 1 { ".repeat(10_000);
    let aggregate = format!("option (a) = {}1{};", "{ b: ".repeat(10_000), "}".repeat(10_000));
    for text in [
        groups,
        oneofs,
        aggregate,
        "message M {".repeat(10_000),
        "{".repeat(10_000),
        "extend M { optional group G = 1 { ".repeat(10_000),
    ] {
        check(text.as_bytes());
    }
}

#[test]
fn what_is_copied_and_what_grows_is_bounded() {
    let ranges = ", 1".repeat(100_000);
    for options in [", a = 1".repeat(100_000), format!(", a = \"{}\"", "x".repeat(100_000))] {
        let text = format!("message M {{ extensions 1{ranges} [b = 1{options}]; }}");
        let mut problems = Vec::new();
        parse("test.proto", text.as_bytes(), &mut problems);
        assert_eq!(problems[0].message, "Too many options for so many extension ranges.");
    }

    let fields = "optional string a = 1; ".repeat(20_000);
    let parsed = super::good(&format!("syntax = \"proto3\"; message M {{ {fields} }}"));
    let names: usize = parsed.file.message_type[0]
        .oneof_decl
        .iter()
        .map(|oneof| oneof.name.as_deref().expect("a name").len())
        .sum();
    assert!(names < 20 * 20_000, "{names}");
}

#[test]
fn time_grows_with_the_size_and_no_faster() {
    let size = 1 << 18;
    for piece in [
        "\u{1}",
        "ü",
        "\"",
        "a",
        "1",
        "{",
        "}",
        "/*",
        "/* */",
        "// x\n",
        "\t",
        ";",
        "message A {",
        "message A {}",
        "option a = {",
        "enum A { B",
        "message A { string a",
        "string a = 1,",
        "\\",
        "'\\x",
        "reserved 1,",
        "a.",
        "syntax",
        "[default = 99999999999, ",
    ] {
        for head in [
            "",
            "syntax = \"proto3\";\n",
            "syntax = \"proto2\"; message A { optional int32 a = 1 [",
        ] {
            let mut text = head.to_owned();
            text.push_str(&piece.repeat(size / piece.len()));
            let start = Instant::now();
            check(text.as_bytes());
            // A tenth of a second is usual; what grows with the square of the
            // size takes hours.
            assert!(start.elapsed() < Duration::from_secs(20), "{head}{piece}…");
        }
    }
}
