//! The real protoc, and files to compile.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use buffa::Message as _;

use crate::problem::{Problem, Severity};
use crate::proto::{Linked, Open, compile};

/// The directory of this crate's tests.
pub(super) const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

/// Directories in which imports are looked for.
pub(super) struct Roots(pub Vec<PathBuf>);

impl Open for Roots {
    fn open(&mut self, name: &str) -> Result<Vec<u8>, String> {
        self.0
            .iter()
            .find_map(|root| std::fs::read(root.join(name)).ok())
            .ok_or_else(|| "File not found.".to_owned())
    }
}

/// Files that are nowhere but here.
impl Open for HashMap<String, String> {
    fn open(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let text = self.get(name).ok_or("File not found.")?;
        Ok(text.clone().into_bytes())
    }
}

/// Compiles files, with what there is to say about them.
pub(super) fn link(names: &[&str], open: &mut dyn Open) -> (Option<Linked>, Vec<Problem>) {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut problems = Vec::new();
    let linked = compile(&names, open, &mut problems);
    (linked, problems)
}

/// A problem as protoc prints it.
pub(super) fn line(problem: &Problem) -> String {
    let kind = match problem.severity {
        Severity::Error => "",
        Severity::Warning => "warning: ",
    };
    let file = &problem.file;
    match problem.place {
        Some(place) => {
            format!("{file}:{}:{}: {kind}{}", place.line + 1, place.column + 1, problem.message)
        }
        None => format!("{file}: {kind}{}", problem.message),
    }
}

/// Python with grpcio-tools, which carries protoc.
pub(super) fn python() -> Command {
    let python = environment().join("bin/python");
    assert!(
        python.exists(),
        "{} is missing: run crates/yamabiko-compiler/tests/protoc/set-up, which installs protoc \
         there",
        python.display()
    );
    let mut command = Command::new(python);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Where the packages with `.proto` files are.
pub(super) fn site_packages() -> PathBuf {
    let script =
        "import grpc_tools, os; print(os.path.dirname(os.path.dirname(grpc_tools.__file__)))";
    let output = python().args(["-c", script]).output().expect("python runs");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

/// Runs protoc.
pub(super) fn protoc(arguments: &[String]) -> Output {
    let mut command = python();
    command.args(["-m", "grpc_tools.protoc"]).args(arguments);
    command.output().expect("protoc runs")
}

/// What `tests/protoc/set-up` makes: `protoc-venv` in cargo's target directory.
fn environment() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root.join(target).join("protoc-venv")
}

/// A new directory for a test's files, below cargo's.
pub(super) fn directory(test: &str) -> PathBuf {
    let directory = environment().with_file_name("protoc-tests").join(test);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("a directory can be made");
    directory
}

/// The names of the `.proto` files below a directory, in order.
pub(super) fn files_below(root: &Path) -> Vec<String> {
    fn visit(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).expect("the directory can be read") {
            let path = entry.expect("the directory can be read").path();
            if path.is_dir() {
                visit(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    visit(root, &mut found);
    let name = |path: &PathBuf| {
        path.strip_prefix(root).expect("it lies below").to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = found.iter().map(name).collect();
    names.sort();
    names
}

/// The files of a descriptor set, still encoded.
pub(super) fn files_of_set(mut set: &[u8]) -> Vec<Vec<u8>> {
    let varint = |bytes: &mut &[u8]| {
        let mut value = 0_usize;
        for shift in (0..).step_by(7) {
            let (byte, rest) = bytes.split_first().expect("the set is whole");
            *bytes = rest;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        value
    };
    let mut files = Vec::new();
    while !set.is_empty() {
        assert_eq!(varint(&mut set), 0x0a, "a set has nothing but files");
        let length = varint(&mut set);
        let (file, rest) = set.split_at(length);
        files.push(file.to_owned());
        set = rest;
    }
    files
}

/// The files of ours, encoded.
pub(super) fn encoded(linked: &Linked) -> Vec<Vec<u8>> {
    linked.files.iter().map(|file| file.encode_to_vec()).collect()
}
