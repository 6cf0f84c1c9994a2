//! Mistakes that beginners make: one error each, at the right place, with the
//! cause in plain words and a way to mend it; see `acceptance/README.md`.

mod reference;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use yamabiko_compiler::{Checker, Diagnostic};

/// Where the mistake is, what names its cause, how it is mended, and the marks
/// of protoc, buf and protox for place, cause and mend.
struct Row {
    case: &'static str,
    line: usize,
    column: usize,
    cause: &'static [&'static str],
    mend: Mend,
    others: &'static str,
}

enum Mend {
    /// `--fix` makes a file that protoc accepts, and that says this.
    Edit(&'static str),
    /// The advice has these words.
    Words(&'static [&'static str]),
}
use Mend::{Edit, Words};

const fn row(
    case: &'static str,
    (line, column): (usize, usize),
    cause: &'static [&'static str],
    mend: Mend,
    others: &'static str,
) -> Row {
    Row { case, line, column, cause, mend, others }
}

const ROWS: &[Row] = &[
    row(
        "01_rpc_for_service",
        (5, 1),
        &["rpc", "service"],
        Edit("service HelloService {"),
        "●○◐ ●○○ ●◐○",
    ),
    row(
        "02_missing_semicolon",
        (6, 18),
        &["missing", "`;`", "name"],
        Edit("string name = 1;\n"),
        "◐●◐ ◐○○ ◐●◐",
    ),
    row(
        "03_number_zero",
        (6, 17),
        &["field numbers", "start at 1"],
        Edit("string name = 1;"),
        "●●● ●◐○ ●●◐",
    ),
    row(
        "04_number_twice",
        (7, 18),
        &["number 1", "already used", "`name`"],
        Edit("string email = 2;"),
        "●●● ●◐○ ●●○",
    ),
    row(
        "05_number_19500",
        (6, 17),
        &["19000 to 19999", "reserved"],
        Edit("string name = 1;"),
        "○●○ ●○○ ●●◐",
    ),
    row(
        "06_unknown_type",
        (10, 17),
        &["no message", "HelloRequst", "demo.v1"],
        Edit("(HelloRequest) returns"),
        "●●○ ●●○ ●●○",
    ),
    row(
        "06b_scalar_typo",
        (6, 3),
        &["strng", "not a protobuf type"],
        Edit("string name = 1;"),
        "●●○ ●●○ ●●○",
    ),
    row(
        "07_well_known_type",
        (6, 3),
        &["google.protobuf.Timestamp", "not imported"],
        Edit("import \"google/protobuf/timestamp.proto\";"),
        "●◐○ ●◐○ ●◐○",
    ),
    row(
        "08_import_typo",
        (5, 8),
        &["no file", "timestmap"],
        Edit("import \"google/protobuf/timestamp.proto\";"),
        "●●○ ●◐○ ●●○",
    ),
    row(
        "09_no_syntax",
        (1, 1),
        &["no `syntax` line", "proto2"],
        Edit("syntax = \"proto3\";\n"),
        "○○○ ○○○ ○◐○",
    ),
    row(
        "10_required",
        (6, 3),
        &["proto3", "no `required`"],
        Edit("  string name = 1;"),
        "◐●○ ●○○ ●●○",
    ),
    row(
        "11_message_twice",
        (9, 9),
        &["User", "already defined"],
        Edit("message User {"),
        "●●○ ◐●○ ●●○",
    ),
    row(
        "12_enum_first",
        (6, 9),
        &["first value", "Color", "must be 0", "proto3"],
        Edit("COLOR_UNSPECIFIED = 0;\n  RED = 1;"),
        "●●○ ●●○ ●●○",
    ),
    row(
        "13_reserved",
        (7, 17),
        &["number 6", "reserved 5 to 9"],
        Edit("string name = 10;"),
        "◐●◐ ●◐○ ●●○",
    ),
    row(
        "14_map_key",
        (6, 7),
        &["key of a map", "integer", "bool", "string"],
        Edit("map<string, string>"),
        "◐●◐ ●●○ ●●◐",
    ),
    row(
        "15_cycle",
        (5, 8),
        &["import each other", "a.proto", "b.proto"],
        Words(&["file of its own"]),
        "●●◐ ●◐○ ○●○",
    ),
    row(
        "16_returns_scalar",
        (10, 40),
        &["rpc must return a message", "string"],
        Edit("message SayHelloResponse {\n  string value = 1;\n}"),
        "●◐○ ●●○ ●○○",
    ),
    row(
        "18_commas",
        (6, 18),
        &["fields end with `;`", "`,`"],
        Edit("int32 age = 2;"),
        "●◐○ ●◐○ ●◐○",
    ),
    row(
        "18b_trailing_comma",
        (6, 37),
        &["`,`", "nothing after it"],
        Edit("[deprecated = true];"),
        "●◐○ ●●◐ ●◐○",
    ),
    row(
        "19_open_string",
        (5, 23),
        &["string", "not closed"],
        Edit("\"com.example.demo\";"),
        "●●● ◐◐○ ◐●○",
    ),
    row(
        "20_open_comment",
        (5, 1),
        &["comment", "not closed"],
        Edit("/* Who uses it. */"),
        "●●○ ●◐○ ○●○",
    ),
    row("22b_utf16", (0, 0), &["UTF-16", "UTF-8"], Edit("string name = 1;"), "○○○ ○○○ ○◐○"),
    row("23_latin1", (6, 27), &["not UTF-8", "0xE9"], Edit("// café"), "○○○ ●◐○ ○◐○"),
    row(
        "24_type_after_name",
        (6, 3),
        &["type", "before the name"],
        Edit("string name = 1;"),
        "●○○ ●○○ ●○○",
    ),
    row(
        "25_open_block",
        (5, 1),
        &["message User", "not closed"],
        Edit("string name = 1;\n}\n\nmessage Group"),
        "○●○ ●●○ ○◐○",
    ),
    row(
        "26_no_number",
        (6, 10),
        &["field `name`", "no number"],
        Edit("string name = 1;"),
        "●●○ ◐●○ ●◐◐",
    ),
    row(
        "27_repeated_in_oneof",
        (7, 5),
        &["repeated", "not allowed", "oneof"],
        Edit("MailsList mails = 1;"),
        "●●○ ●○○ ●●○",
    ),
    row(
        "28_json_clash",
        (7, 10),
        &["userName", "user_name", "JSON"],
        Edit("string user_name_2 = 2;"),
        "●●○ ●◐○ ●●○",
    ),
    row(
        "29_enum_scope",
        (10, 3),
        &["UNKNOWN", "already defined", "enum values share the scope"],
        Edit("SIZE_UNKNOWN = 0;"),
        "●●● ◐○○ ●◐○",
    ),
    row(
        "30_stream_outside",
        (10, 26),
        &["`stream`", "inside the parentheses"],
        Edit("returns (stream Res)"),
        "●◐○ ●◐○ ●◐○",
    ),
    row(
        "31_capital_keyword",
        (5, 1),
        &["keywords", "lower case", "message"],
        Edit("message User {"),
        "●○◐ ●○○ ●◐◐",
    ),
    row(
        "32_syntax_unquoted",
        (1, 10),
        &["syntax", "in quotes"],
        Edit("syntax = \"proto3\";"),
        "●◐○ ●●○ ●◐◐",
    ),
    row(
        "32b_proto4",
        (1, 10),
        &["no syntax \"proto4\""],
        Edit("syntax = \"proto3\";"),
        "●●● ●◐○ ●●●",
    ),
    row(
        "33_package_hyphen",
        (3, 11),
        &["`-`", "not allowed", "package"],
        Edit("package my_app.v1;"),
        "●○○ ●○○ ●○○",
    ),
    row(
        "34_number_too_big",
        (6, 17),
        &["largest field number", "536870911"],
        Edit("string name = 1;"),
        "●●● ●○○ ●●◐",
    ),
    row(
        "36_default",
        (6, 18),
        &["proto3", "no default values"],
        Edit("int32 age = 1;"),
        "◐●○ ●●○ ●●○",
    ),
    row(
        "37_no_returns",
        (10, 7),
        &["SayHello", "returns"],
        Edit("returns (SayHelloResponse);"),
        "●●◐ ●●○ ●●◐",
    ),
    row(
        "38_field_name_twice",
        (7, 9),
        &["field `name`", "already defined"],
        Edit("int32 name_2 = 2;"),
        "●●○ ◐●○ ●●○",
    ),
    row(
        "39_other_package",
        (8, 3),
        &["`Money` not found in `demo.v1`", "common.v1.Money"],
        Edit("common.v1.Money total = 1;"),
        "●◐○ ●◐○ ●◐○",
    ),
    row(
        "40_transitive_import",
        (9, 3),
        &["Money", "not imported"],
        Edit("import \"c.proto\";"),
        "●●● ●○○ ●●◐",
    ),
    row(
        "42_negative_number",
        (6, 17),
        &["field numbers must be positive"],
        Edit("string name = 1;"),
        "●◐○ ●◐○ ●●◐",
    ),
    row(
        "44_option_typo",
        (5, 8),
        &["no file option", "go_pakage"],
        Edit("option go_package ="),
        "●◐○ ●●○ ●◐○",
    ),
    row(
        "06c_scalar_capital",
        (6, 3),
        &["String", "not a protobuf type"],
        Edit("string name = 1;"),
        "",
    ),
    row("06d_int", (6, 3), &["int", "not a protobuf type"], Edit("int32 age = 1;"), ""),
    row(
        "11b_message_twice_differs",
        (9, 9),
        &["User", "already defined"],
        Words(&["rename one"]),
        "",
    ),
    row("more_43_edition_2999", (1, 11), &["no edition \"2999\""], Edit("edition = \"2024\";"), ""),
    row("more_list", (6, 3), &["list", "repeated"], Edit("repeated string names = 1;"), ""),
    row("more_array", (6, 9), &["list", "repeated"], Edit("repeated string names = 1;"), ""),
    row("more_date", (6, 3), &["not imported"], Edit("google.protobuf.Timestamp born = 1;"), ""),
    row("more_any", (6, 3), &["not imported"], Edit("google.protobuf.Any thing = 1;"), ""),
    row(
        "more_unqualified_timestamp",
        (6, 3),
        &["not imported"],
        Edit("google.protobuf.Timestamp born = 1;"),
        "",
    ),
    row(
        "more_file_not_imported",
        (6, 3),
        &["common.v1.Money", "not imported"],
        Edit("import \"common/v1/money.proto\";"),
        "",
    ),
    row(
        "more_optional_map",
        (6, 3),
        &["optional", "map"],
        Edit("  map<string, string> tags = 1;"),
        "",
    ),
    row("more_struct", (5, 1), &["no `struct`"], Edit("message User {"), ""),
    row("more_interface", (5, 1), &["no `interface`"], Edit("service Users {"), ""),
    row("more_func", (6, 3), &["no `func`"], Edit("rpc Find (Query)"), ""),
    row(
        "more_field_option_typo",
        (6, 20),
        &["no field option", "depricated"],
        Edit("[deprecated = true]"),
        "",
    ),
    row("more_enum_comma", (6, 10), &["`;`", "`,`"], Edit("RED = 0;\n  GREEN = 1;"), ""),
    row("more_syntax_case", (1, 10), &["no syntax \"Proto3\""], Edit("syntax = \"proto3\";"), ""),
    row(
        "more_17b_required_recursion",
        (6, 3),
        &["Node", "complete"],
        Edit("optional Node next = 1;"),
        "",
    ),
    row(
        "more_35_unused_import",
        (5, 8),
        &["timestamp.proto", "used"],
        Edit("package demo.v1;"),
        "",
    ),
];

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/acceptance")
}

/// Checks a case as if we stood in its directory.
fn check(directory: &Path) -> Vec<Diagnostic> {
    let report = Checker::new().include(directory).check([directory.join("a.proto")]);
    report.diagnostics().to_vec()
}

/// What is said, with paths as from the case's directory.
fn said(directory: &Path, diagnostics: &[Diagnostic]) -> String {
    let format = yamabiko_compiler::Format::Text;
    let text = yamabiko_compiler::render(diagnostics, format).to_string();
    text.replace(&format!("{}/", directory.display()), "")
}

#[test]
fn each_mistake_is_told_as_recorded() {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut directories: Vec<PathBuf> = fs::read_dir(cases())
        .expect("the cases are there")
        .map(|entry| entry.expect("the cases can be listed").path())
        .filter(|path| path.is_dir())
        .collect();
    directories.sort();
    assert!(directories.len() >= 60, "the cases are there");
    for directory in directories {
        let said = said(&directory, &check(&directory));
        let expected = directory.join("expected.txt");
        if update {
            fs::write(&expected, said).expect("the text can be written");
        } else {
            let expected = fs::read_to_string(&expected).unwrap_or_default();
            assert_eq!(said, expected, "{}", directory.display());
        }
    }
}

/// Marks in halves.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Marks {
    place: u32,
    cause: u32,
    mend: u32,
}

impl std::ops::AddAssign for Marks {
    fn add_assign(&mut self, other: Self) {
        self.place += other.place;
        self.cause += other.cause;
        self.mend += other.mend;
    }
}

impl std::fmt::Display for Marks {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [place, cause, mend] =
            [self.place, self.cause, self.mend].map(|halves| f64::from(halves) / 2.0);
        write!(out, "{place:>5} / {cause:>5} / {mend:>5}")
    }
}

fn given(marks: &str) -> Marks {
    let halves = |mark| match mark {
        '●' => 2,
        '◐' => 1,
        '○' => 0,
        other => panic!("no mark: {other}"),
    };
    let [place, cause, mend] =
        <[char; 3]>::try_from(marks.chars().collect::<Vec<_>>()).expect("three marks");
    Marks { place: halves(place), cause: halves(cause), mend: halves(mend) }
}

fn rate(row: &Row, diagnostic: &Diagnostic, fixed: Result<String, String>) -> Marks {
    let place = diagnostic.position().map_or((0, 0), |position| (position.line, position.column));
    let found = row.cause.iter().filter(|word| diagnostic.message().contains(**word)).count();
    let has_edit = diagnostic.edit().is_some();
    Marks {
        place: match place {
            _ if !diagnostic.file().is_some_and(|file| file.ends_with("a.proto")) => 0,
            place if place == (row.line, row.column) => 2,
            (line, _) => u32::from(line == row.line),
        },
        cause: match found {
            0 => 0,
            _ if found < row.cause.len() => 1,
            _ => 2,
        },
        mend: match (&row.mend, fixed) {
            (Edit(text), Ok(fixed)) if has_edit && fixed.contains(text) => 2,
            (Edit(_), _) => u32::from(has_edit || !diagnostic.helps().is_empty()),
            (Words(words), _) => {
                let advice = diagnostic.helps().join("\n");
                if words.iter().all(|word| advice.contains(word)) { 2 } else { 0 }
            }
        },
    }
}

/// A copy of a case, mended; or why protoc does not accept it.
fn fixed_cases(rows: &[Row]) -> Vec<Result<String, String>> {
    let root = reference::directory("acceptance");
    let mut directories = Vec::new();
    for row in rows {
        let directory = root.join(row.case);
        copy(&cases().join(row.case), &directory);
        let fixed = Checker::new().include(&directory).fix([directory.join("a.proto")]);
        fixed.expect("the files can be written");
        directories.push(directory);
    }
    // One process for all: starting Python takes longer than compiling.
    let script = "import sys\nfrom grpc_tools import protoc\nfor d in sys.argv[1:]:\n    \
                  code = protoc.main(['protoc', '-I', d, '-I', protoc.__file__.rsplit('/', 1)[0] + '/_proto', \
                  '--descriptor_set_out=/dev/null', d + '/a.proto'])\n    print(code)\n";
    let output = Command::new(reference::python())
        .args(["-c", script])
        .args(&directories)
        .output()
        .expect("Python runs");
    let codes = String::from_utf8_lossy(&output.stdout).into_owned();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let codes: Vec<&str> = codes.lines().collect();
    assert_eq!(codes.len(), rows.len(), "protoc ran for each: {words}");
    directories
        .iter()
        .zip(codes)
        .map(|(directory, code)| match code {
            "0" => Ok(fs::read_to_string(directory.join("a.proto")).expect("it is UTF-8")),
            _ => Err(words.clone()),
        })
        .collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the directory can be made");
    for entry in fs::read_dir(from).expect("the case is there") {
        let path = entry.expect("the case can be listed").path();
        let to = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("the file can be copied");
        }
    }
}

#[test]
fn every_mistake_has_full_marks_and_one_error() {
    let mut ours = Marks::default();
    let mut theirs = [Marks::default(); 3];
    let mut lost = Vec::new();
    let mut rated = 0;
    for (row, fixed) in ROWS.iter().zip(fixed_cases(ROWS)) {
        let directory = cases().join(row.case);
        let diagnostics = check(&directory);
        let [diagnostic] = diagnostics.as_slice() else {
            panic!("one mistake, one error: {}\n{}", row.case, said(&directory, &diagnostics));
        };
        let why = fixed.as_ref().err().cloned().unwrap_or_default();
        let marks = rate(row, diagnostic, fixed);
        if marks != (Marks { place: 2, cause: 2, mend: 2 }) {
            lost.push(format!("{}: {marks}\n{diagnostic}{why}", row.case));
        }
        if row.others.is_empty() {
            continue;
        }
        rated += 1;
        ours += marks;
        for (sum, marks) in theirs.iter_mut().zip(row.others.split(' ')) {
            *sum += given(marks);
        }
    }
    println!("of {rated} mistakes, place / cause / mend:");
    for (name, marks) in ["yamabiko", "protoc 36.2", "buf 1.75", "protox 0.10"]
        .into_iter()
        .zip([ours, theirs[0], theirs[1], theirs[2]])
    {
        println!("  {name:<12} {marks}");
    }
    assert_eq!(rated, 42);
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn six_mistakes_are_six_errors_and_are_mended_in_one_go() {
    let directory = cases().join("more_41_six_mistakes");
    assert_eq!(check(&directory).len(), 6);
    let copied = reference::directory("acceptance-six");
    copy(&directory, &copied);
    let fixed = Checker::new().include(&copied).fix([copied.join("a.proto")]);
    let fixed = fixed.expect("the file can be written");
    assert_eq!(fixed.done.len(), 6, "{:?}", fixed.done);
    assert!(fixed.report.diagnostics().is_empty());
}

#[test]
fn mending_again_changes_nothing() {
    let directory = reference::directory("acceptance-again");
    copy(&cases().join("16_returns_scalar"), &directory);
    let file = directory.join("a.proto");
    let checker = Checker::new().include(&directory);
    assert_eq!(checker.fix([&file]).expect("it can be written").done.len(), 1);
    let text = fs::read(&file).expect("the file is there");
    assert!(checker.fix([&file]).expect("it can be written").done.is_empty());
    assert_eq!(fs::read(&file).expect("the file is there"), text);
}
