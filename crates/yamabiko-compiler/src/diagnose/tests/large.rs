//! Files that are long, on one line or on many, or deep, or many that import
//! each other: time and memory grow with what there is to read, and no faster.
//!
//! Each file is checked in a process of its own, whose processor time and
//! greatest size are what is measured: neither depends on what else runs.

use std::process::Command;
use std::time::{Duration, Instant};

use super::*;
use crate::explain::codes;

/// Long files of a kind: what comes first, what is there again and again, `#`
/// for a new number each time, and what comes last.
type Kind = (&'static str, &'static str, &'static str);

const KINDS: [Kind; 77] = [
    ("", "x", ""),
    ("", "1", ""),
    ("", "{", ""),
    ("", "}", ""),
    ("", "[", ""),
    ("", "(", ""),
    ("", "<", ""),
    ("", ";", ""),
    ("", "-", ""),
    ("", ".", ""),
    ("", "\"", ""),
    ("", "'x'", ""),
    ("", "\t", ""),
    ("", "\n", ""),
    ("", "\0", ""),
    ("", "“", ""),
    ("", "a ", ""),
    ("", "a\n", ""),
    (PROTO3, "/**/", ""),
    (PROTO3, "// x\n", ""),
    ("syntax = \"proto3\"; /*", "x", ""),
    (PROTO3, PROTO3, ""),
    ("syntax = \"proto3\"; package ", "a.", "a;"),
    (PROTO3, "package a; ", ""),
    ("syntax = \"proto3\"; import \"", "x", "\";"),
    (PROTO3, "import \"nowhere.proto\"; ", ""),
    (PROTO3, "import \"nowhere#.proto\"; ", ""),
    (PROTO3, "import \"google/protobuf/any.proto\"; ", ""),
    ("syntax = \"proto3\"; option java_package = \"", "x", "\";"),
    ("syntax = \"proto3\"; option java_package = \"", "\\q", "\";"),
    ("syntax = \"proto3\"; option java_package = ", "\"x\" ", ";"),
    (PROTO3, "option java_package = \"a\"; ", ""),
    (PROTO3, "option a# = 1; ", ""),
    (PROTO3, "option (a) = 1; ", ""),
    (PROTO3, "option a = {", ""),
    ("syntax = \"proto3\"; option ", "(a).", "b = 1;"),
    ("syntax = \"proto3\"; option (a) = { ", "a: 1 ", "};"),
    (PROTO3, "message A {} ", ""),
    (PROTO3, "message A# {} ", ""),
    (PROTO3, "message A# { A# a = 1; } ", ""),
    (PROTO3, "message A# {\n  A# a = 1;\n}\n", ""),
    (PROTO3, "message A {", ""),
    (PROTO3, "struct A# { int x; } ", ""),
    ("syntax = \"proto3\"; message ", "x", " { Foo a = 1; }"),
    ("syntax = \"proto3\"; message A { ", "string a = 1; ", "}"),
    ("syntax = \"proto3\"; message A { ", "string a# = #; ", "}"),
    ("syntax = \"proto3\"; message A { ", "string a# = 1; ", "}"),
    ("syntax = \"proto3\"; message A { ", "string a# = # ", "}"),
    ("syntax = \"proto3\"; message A { ", "string a# = #, ", "}"),
    ("syntax = \"proto3\"; message A { ", "string a_# = #; string a# = 1#; ", "}"),
    ("syntax = \"proto3\"; message A { ", "Foo a# = #; ", "}"),
    ("syntax = \"proto3\"; message A { ", "Foo# a# = #; ", "}"),
    ("syntax = \"proto3\"; message A { ", "map<string, int32> a# = #; ", "}"),
    ("syntax = \"proto3\"; message A { ", "message B# {} map<string, int32> b# = #; ", "}"),
    ("syntax = \"proto3\"; message A { ", "oneof o# { string a# = #; } ", "}"),
    ("syntax = \"proto3\"; message A { ", "optional string a# = #; ", "}"),
    ("syntax = \"proto3\"; message A { ", "a.", ""),
    ("syntax = \"proto3\"; message A { reserved ", "1, ", "1; }"),
    ("syntax = \"proto3\"; message A { reserved ", "#, ", "1; }"),
    ("syntax = \"proto3\"; message A { reserved ", "\"a\", ", "\"b\"; }"),
    ("syntax = \"proto3\"; message A { reserved ", "\"a#\", ", "\"b\"; }"),
    ("syntax = \"proto3\"; message A { string a = 1 [", "deprecated = true, ", "packed = true]; }"),
    ("syntax = \"proto2\"; message A { ", "optional group G# = # {} ", "}"),
    (
        "syntax = \"proto2\"; message A { ",
        "optional E a# = # [default = V]; ",
        "} enum E { W = 0; }",
    ),
    ("syntax = \"proto2\"; message A { extensions ", "#, ", "1; }"),
    (
        "syntax = \"proto2\"; message A { extensions 1 to max [",
        "declaration = { number: #, full_name: \".a#\", type: \"string\" }, ",
        "verification = DECLARATION]; }",
    ),
    ("syntax = \"proto2\"; message A { extensions 1; } extend A { ", "optional A a# = #; ", "}"),
    ("syntax = \"proto3\"; enum A { ", "V = 0; ", "}"),
    ("syntax = \"proto3\"; enum A { ", "V# = #; ", "}"),
    ("syntax = \"proto3\"; enum A { ", "V# = 0; ", "}"),
    ("syntax = \"proto3\"; enum A { ", "A# = #; B# = 0; ", "}"),
    ("syntax = \"proto3\"; enum A { V = 0; reserved ", "#, ", "-1; }"),
    ("syntax = \"proto3\"; message M {} service A { ", "rpc R#(M) returns (M); ", "}"),
    ("syntax = \"proto3\"; message M {} service A { ", "rpc R(M) returns (M); ", "}"),
    ("syntax = \"proto3\"; service A { ", "rpc R#(M) returns (N); ", "}"),
    (OPTIONS, "option (a) = 1; ", ""),
    (OPTIONS, "extend google.protobuf.FileOptions { int32 b# = 2#; } ", ""),
];

const PROTO3: &str = "syntax = \"proto3\"; ";
const OPTIONS: &str = "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\"; \
                       extend google.protobuf.FileOptions { repeated int32 a = 1000; } ";

/// A file of that kind with at least so many bytes.
fn long((first, again, last): Kind, size: usize) -> Vec<u8> {
    let mut text = first.to_owned();
    let mut number = 1;
    while text.len() < size {
        text.push_str(&again.replace('#', &number.to_string()));
        number += 1;
        if number == 19_000 {
            number = 20_000;
        }
    }
    text.push_str(last);
    text.into_bytes()
}

/// Files in which so many levels are open.
fn deep(levels: usize) -> [String; 13] {
    let nested = |first: &str, open: &str, inside: &str, close: &str, last: &str| {
        format!("{first}{}{inside}{}{last}", open.repeat(levels), close.repeat(levels))
    };
    let proto2 = "syntax = \"proto2\"; message M { ";
    [
        nested("", "message M {", "", "", ""),
        nested(PROTO3, "message M {", "", "", ""),
        nested(PROTO3, "message M {", "", "}", ""),
        nested(PROTO3, "message M {\n", "", "}\n", ""),
        nested("syntax = \"proto3\"; option (a) = ", "{ b: ", "1", "}", ";"),
        nested("syntax = \"proto3\"; option (a) = { a: ", "[", "", "]", "};"),
        nested("syntax = \"proto3\"; option ", "(", "a", ")", " = 1;"),
        nested(proto2, "optional group G = 1 { ", "", "}", "}"),
        nested(proto2, "oneof o { group G = 1 { ", "", "} }", "}"),
        nested(proto2, "extend M { optional group G = 1 { ", "", "} }", "}"),
        nested("syntax = \"proto3\"; message A { ", "map<int32, ", "A", ">", " a = 1; }"),
        nested("syntax = \"proto3\"; service S { ", "rpc A(B) returns (C) { ", "", "}", "}"),
        nested("", "{", "", "}", ""),
    ]
}

/// What it costs to check a file.
#[derive(Debug, Clone, Copy)]
struct Cost {
    time: Duration,
    /// The greatest size of the process, in bytes.
    memory: usize,
}

/// Checks a file in a process of its own; nothing where processes do not say
/// what they cost.
fn cost(directory: &Path, text: &[u8]) -> Option<Cost> {
    fs::metadata("/proc/self/schedstat").ok()?;
    let file = directory.join("a.proto");
    fs::write(&file, text).expect("the file can be written");
    let output = Command::new(std::env::current_exe().expect("the test is a program"))
        .args(["--exact", "--ignored", "--nocapture", "diagnose::tests::large::one_file"])
        .env("YAMABIKO_LARGE_FILE", &file)
        .output()
        .expect("the test can be run");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let number = |name: &str| -> u64 {
        let line = said.lines().find_map(|line| line.strip_prefix(name)).expect("it is said");
        line.trim().parse().expect("a number")
    };
    let memory = usize::try_from(number("kilobytes")).expect("it fits") << 10;
    Some(Cost { time: Duration::from_nanos(number("nanoseconds")), memory })
}

#[test]
#[ignore = "the other tests run it, on a file that they made"]
fn one_file() {
    let file = PathBuf::from(std::env::var_os("YAMABIKO_LARGE_FILE").expect("a file is named"));
    let root = file.parent().expect("it is in a directory").to_owned();
    let used = || -> u64 {
        let used = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux says so");
        used.split(' ').next().and_then(|used| used.parse().ok()).expect("it is a number")
    };
    let before = used();
    let diagnostics = check(&[file], &[root], &BTreeMap::new()).diagnostics;
    println!("\nnanoseconds {}", used() - before);
    let status = fs::read_to_string("/proc/self/status").expect("Linux says so");
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("it is there");
    println!("kilobytes {}", most.trim().trim_end_matches(" kB"));
    assert!(diagnostics.len() <= 101, "{}", diagnostics.len());
    let said: usize = diagnostics.iter().map(|one| one.to_string().len()).sum();
    assert!(said < 400_000, "{said} bytes of advice");
}

#[test]
#[cfg_attr(debug_assertions, ignore = "a build for tests is too slow: make mutations")]
fn what_is_long_costs_what_it_has_bytes() {
    let directory = directory("long");
    let size = 10 << 20;
    let Some(nothing) = cost(&directory, b"") else { return };
    for kind in KINDS {
        let (small, large) = (long(kind, size / 4), long(kind, size));
        let is_linear = || {
            let (once, more) = (cost(&directory, &small)?, cost(&directory, &large)?);
            let ratio = more.time.as_secs_f64() / once.time.as_secs_f64();
            let memory = more.memory.saturating_sub(nothing.memory) / large.len();
            let name: String = [kind.0, kind.1, "…"].concat().escape_default().take(72).collect();
            println!("{:>8.0?} {ratio:>5.1} {memory:>5} bytes for each  {name}", more.time);
            let memory = more.memory < nothing.memory + large.len() * MAX_BYTES + (4 << 20);
            // Four times as much takes four times as long; what grows with the square of
            // the size takes sixteen.
            Some(memory && (ratio < 9.0 || more.time < NOTHING))
        };
        // The machine may be busy with something else.
        let is_fine = (0..3).any(|_| is_linear().is_none_or(|fine| fine));
        assert!(is_fine, "{kind:?}");
    }
    fs::remove_dir_all(directory).expect("the directory can be removed");
}

/// What takes less than this takes no time.
const NOTHING: Duration = Duration::from_millis(60);
/// So much memory is taken for each byte at most. The shortest declarations are
/// one byte, `;`, and become a statement with its tokens and its places.
const MAX_BYTES: usize = 200;

#[test]
#[cfg_attr(debug_assertions, ignore = "a build for tests is too slow: make mutations")]
fn a_long_name_is_not_kept_for_all_that_is_in_it() {
    let directory = directory("names");
    let Some(nothing) = cost(&directory, b"") else { return };
    let name = "x".repeat(300_000);
    for kind in [
        ("message", "string a# = #; "),
        ("message", "string a# = 1; "),
        ("message", "Foo a# = #; "),
        ("message", "message A# {} "),
        ("enum", "V# = #; "),
        ("message M {} service", "rpc R#(M) returns (M); "),
    ] {
        let first = format!("{PROTO3}{} {name} {{ ", kind.0);
        let text = [first.as_bytes(), &long(("", kind.1, "}"), 100_000)].concat();
        let Some(cost) = cost(&directory, &text) else { continue };
        let more = cost.memory.saturating_sub(nothing.memory) >> 20;
        println!("{:>8.1?} {more:>4} MB {kind:?}", cost.time);
        // For each of a thousand fields, 300 MB.
        assert!(more < 400, "{more} MB for {kind:?}");
    }
    fs::remove_dir_all(directory).expect("the directory can be removed");
}

#[test]
fn ten_thousand_levels_are_one_mistake() {
    let directory = directory("deep");
    let Some(nothing) = cost(&directory, b"") else { return };
    for text in deep(10_000) {
        let Some(cost) = cost(&directory, text.as_bytes()) else { continue };
        let more = (cost.memory - nothing.memory.min(cost.memory)) >> 10;
        println!("{:>8.1?} {more:>6} kB {}", cost.time, &text[..60]);
        assert!(cost.time < Duration::from_secs(5), "{cost:?} for {}", &text[..60]);
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
    println!("{:.1?} for a cycle of 1,000 files", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    fs::remove_dir_all(directory).expect("the directory can be removed");
}
