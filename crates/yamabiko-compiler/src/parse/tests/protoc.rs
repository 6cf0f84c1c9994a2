//! The real protoc, to compare with.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The directory of this crate's tests.
pub(super) const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

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
    let output = run(python().args(["-c", script]));
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

/// Runs a command that must succeed.
pub(super) fn run(command: &mut Command) -> Output {
    let output = command.output().expect("the command can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// What `tests/protoc/set-up` makes: `protoc-venv` in cargo's target directory.
fn environment() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root.join(target).join("protoc-venv")
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
    let mut names: Vec<String> = found
        .iter()
        .map(|path| path.strip_prefix(root).expect("it lies below").to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
