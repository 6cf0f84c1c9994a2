//! protoc itself, which grpcio-tools brings along, and how ours compares to it.
#![allow(dead_code, reason = "not every test needs all of it")]

pub mod corpora;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The Python that has grpcio-tools.
pub fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in target/");
    let python = target.join("protoc-venv/bin/python");
    assert!(
        python.exists(),
        "no {}: run crates/yamabiko-compiler/tests/protoc/set-up first",
        python.display()
    );
    python
}

/// The directory of grpcio-tools with google/protobuf/*.proto.
pub fn include() -> PathBuf {
    site_packages().join("grpc_tools/_proto")
}

/// The packages of that Python.
pub fn site_packages() -> PathBuf {
    let python = python();
    let library = python.with_file_name("../lib");
    let versions = fs::read_dir(&library).expect("a virtual environment has packages");
    let version = versions.flatten().next().expect("of one Python").path();
    fs::canonicalize(version.join("site-packages")).expect("a virtual environment has packages")
}

/// Our own protoc, the example of that name.
pub fn ours() -> PathBuf {
    let test = std::env::current_exe().expect("a test is a program");
    let target = test.parent().and_then(Path::parent).expect("it is in target/debug/deps");
    let protoc = target.join("examples/protoc");
    assert!(protoc.exists(), "no {}: run cargo build --example protoc first", protoc.display());
    protoc
}

/// A new, empty directory.
pub fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory can be made in target/");
    directory
}

/// The `.proto` files below a directory, by their names, sorted.
pub fn proto_files(directory: &Path) -> Vec<String> {
    let files = contents(directory);
    files.into_keys().filter(|name| name.ends_with(".proto")).collect()
}

/// All files below a directory.
pub fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    collect(directory, "", &mut found);
    found
}

fn collect(directory: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(directory).expect("the directory is there").flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if path.is_dir() {
            collect(&path, &format!("{name}/"), found);
        } else {
            found.insert(name, fs::read(path).expect("the file is there"));
        }
    }
}

/// What a run of protoc comes to.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub code: String,
    pub stdout: String,
    pub stderr: String,
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A command line, and the directory that it runs in.
pub struct Run {
    pub name: String,
    pub arguments: Vec<String>,
    pub stdin: Vec<u8>,
}

/// What plugins are looked for in.
const PATH: &str = "bin:/usr/local/bin:/usr/bin:/bin";

/// Runs protoc itself in the directories of `runs`, which are below `directory`.
pub fn run_theirs(directory: &Path, runs: &[Run]) -> Vec<Outcome> {
    for run in runs {
        let file = |extension: &str| directory.join(format!("{}.{extension}", run.name));
        fs::write(file("arguments"), run.arguments.join("\n")).expect("a file can be written");
        fs::write(file("stdin"), &run.stdin).expect("a file can be written");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protoc/command_lines.py");
    let status = Command::new(python())
        .arg(script)
        .arg(directory)
        .env("PATH", PATH)
        .status()
        .expect("Python starts");
    assert!(status.success(), "command_lines.py failed: {status}");
    let read = |run: &Run, extension: &str| {
        let path = directory.join(format!("{}.{extension}", run.name));
        String::from_utf8_lossy(&fs::read(path).expect("it was written")).into_owned()
    };
    runs.iter()
        .map(|run| Outcome {
            code: read(run, "code"),
            stdout: read(run, "stdout"),
            stderr: without_log(&read(run, "stderr")),
            files: contents(&directory.join(&run.name)),
        })
        .collect()
}

/// Runs ours in the directory of a run.
pub fn run_ours(directory: &Path, run: &Run) -> Outcome {
    let home = directory.join(&run.name);
    let stdin = directory.join(format!("{}.stdin", run.name));
    fs::write(&stdin, &run.stdin).expect("a file can be written");
    let output = Command::new(ours())
        .args(&run.arguments)
        .current_dir(&home)
        .env("PATH", PATH)
        .stdin(Stdio::from(fs::File::open(stdin).expect("it was written")))
        .output()
        .expect("the example starts");
    Outcome {
        code: output.status.code().map_or_else(|| "killed".to_owned(), |code| code.to_string()),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: without_hints(&String::from_utf8_lossy(&output.stderr)),
        files: contents(&home),
    }
}

/// Where the two differ, for people; nothing if they do not.
pub fn difference(theirs: &Outcome, ours: &Outcome) -> Option<String> {
    if theirs == ours {
        return None;
    }
    let mut told = String::new();
    for (what, theirs, ours) in [
        ("exit code", &theirs.code, &ours.code),
        ("stdout", &theirs.stdout, &ours.stdout),
        ("stderr", &theirs.stderr, &ours.stderr),
    ] {
        if theirs != ours {
            told.push_str(&format!("  {what}\n    theirs: {theirs:?}\n    ours:   {ours:?}\n"));
        }
    }
    let names = theirs.files.keys().chain(ours.files.keys());
    let names: std::collections::BTreeSet<&String> = names.collect();
    for name in names {
        match (theirs.files.get(name), ours.files.get(name)) {
            (Some(theirs), Some(ours)) if theirs == ours => {}
            (Some(theirs), Some(ours)) => told.push_str(&file_difference(name, theirs, ours)),
            (Some(_), None) => told.push_str(&format!("  {name}: only theirs\n")),
            _ => told.push_str(&format!("  {name}: only ours\n")),
        }
    }
    Some(told)
}

fn file_difference(name: &str, theirs: &[u8], ours: &[u8]) -> String {
    let place = theirs.iter().zip(ours).take_while(|(one, other)| one == other).count();
    let around = |bytes: &[u8]| {
        let start = place.saturating_sub(60);
        bytes[start..bytes.len().min(place + 60)].escape_ascii().to_string()
    };
    format!(
        "  {name} differs at byte {place}\n    theirs: {}\n    ours:   {}\n",
        around(theirs),
        around(ours)
    )
}

/// protoc logs beside its messages, with the time and the process.
fn without_log(text: &str) -> String {
    let logged = |line: &str| {
        let mut letters = line.chars();
        line.starts_with("WARNING: All log messages before")
            || (letters.next().is_some_and(|letter| "IWE".contains(letter))
                && letters.take(4).filter(char::is_ascii_digit).count() == 4)
    };
    text.split_inclusive('\n').filter(|line| !logged(line)).collect()
}

fn without_hints(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with("  hint: ")).collect()
}
