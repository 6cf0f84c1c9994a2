//! The command in a directory of its own.
#![allow(dead_code, reason = "not every test needs all of it")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

pub const HELLO: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/hello/proto/hello.proto");

/// A directory in which commands run.
pub struct Place {
    pub directory: PathBuf,
}

impl Place {
    /// An empty one.
    pub fn empty(test: &str) -> Outcome<Self> {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory)?;
        Ok(Self { directory })
    }

    /// One with files.
    pub fn with(test: &str, files: &[(&str, &str)]) -> Outcome<Self> {
        let place = Self::empty(test)?;
        for (name, text) in files {
            place.write(name, text)?;
        }
        Ok(place)
    }

    pub fn write(&self, name: &str, text: &str) -> Outcome {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(&self.directory))?;
        Ok(fs::write(path, text)?)
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome<Output> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yamabiko"));
        Ok(command.args(arguments).current_dir(&self.directory).output()?)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub fn read(&self, name: &str) -> Outcome<String> {
        fs::read_to_string(self.path(name)).map_err(|error| format!("{name}: {error}").into())
    }

    /// The files below a folder, by their paths in it, sorted.
    pub fn files(&self, folder: &str) -> Outcome<Vec<String>> {
        let root = self.path(folder);
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path.strip_prefix(&root)?.display().to_string());
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

/// The exit code, what was said and what was complained of.
pub fn seen(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\\', "/");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

pub fn said(text: &str) -> (Option<i32>, String, String) {
    (Some(0), text.to_owned(), String::new())
}

/// A program of the virtual environment with protoc.
pub fn of_protoc(program: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in target/");
    let path = target.join("protoc-venv/bin").join(program);
    assert!(
        path.exists(),
        "no {}: run crates/yamabiko-compiler/tests/protoc/set-up first",
        path.display()
    );
    path
}
