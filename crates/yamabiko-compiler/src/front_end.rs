//! From `.proto` files on disk to descriptors: what the Rust side asks of the
//! front end, and its problems as diagnostics.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use crate::descriptors::Named as _;
use crate::diagnose;
use crate::diagnostic::{self, Diagnostic, Diagnostics};
use crate::problem::{Problem, Severity};
use crate::proto::{self, Linked, Open};
use crate::sources::{Opened, Sources};
use crate::well_known;

/// What a set of `.proto` files says.
pub(crate) struct Compiled {
    /// The files and all that they import, a file after what it imports, with
    /// names resolved and comments kept.
    pub(crate) files: Vec<FileDescriptorProto>,
    /// The names, in `files`, of the files that were asked for and of those
    /// that they import from disk: those to generate code for.
    pub(crate) generate: Vec<String>,
    /// Those that were asked for.
    pub(crate) asked: Vec<String>,
    /// What is known of the files beyond `files`.
    pub(crate) linked: Linked,
    /// Every file that was read from disk.
    pub(crate) paths: Vec<PathBuf>,
}

/// Reads `files`, which lie below one of the `includes`, and what they import.
pub(crate) fn compile(files: &[PathBuf], includes: &[PathBuf]) -> Result<Compiled, Diagnostics> {
    let mut open = Files::new(includes);
    let names: Option<Vec<String>> = files.iter().map(|file| open.sources.name_of(file)).collect();
    let mut problems = Vec::new();
    let linked = names.and_then(|names| proto::compile(&names, &mut open, &mut problems));
    let Files { sources, unreadable, .. } = open;
    problems.retain(|problem| problem.severity == Severity::Error);
    let Some(mut linked) = linked else {
        return Err(explain(files, includes, &problems, unreadable).into());
    };
    let files = std::mem::take(&mut linked.files);
    let names = files.iter().map(|file| file.name().to_owned());
    Ok(Compiled {
        generate: names.filter(|name| sources.path(name).is_some()).collect(),
        files,
        asked: linked.asked.clone(),
        linked,
        paths: sources.paths().map(Path::to_owned).collect(),
    })
}

/// The files of protobuf itself, and those below the include directories.
struct Files {
    sources: Sources,
    /// Why a file that is there could not be read.
    unreadable: BTreeMap<String, Diagnostic>,
    /// What was just read, for `open`, which follows `descriptor`.
    text: Option<String>,
}

impl Files {
    fn new(includes: &[PathBuf]) -> Self {
        let sources = Sources::new(includes.to_vec());
        Self { sources, unreadable: BTreeMap::new(), text: None }
    }
}

impl Open for Files {
    fn descriptor(&mut self, name: &str) -> Option<FileDescriptorProto> {
        self.text = None;
        // First, so that a copy beside the user's files does not define them again.
        if let Some(text) = well_known::text(name) {
            self.text = Some(text.to_owned());
            return None;
        }
        match self.sources.open(name) {
            Ok(Opened::Text(text)) => self.text = Some(text),
            Ok(Opened::Alias(known)) => return Some(alias(name, &known)),
            Ok(Opened::NotFound) => {}
            Err(diagnostic) => drop(self.unreadable.insert(name.to_owned(), diagnostic)),
        }
        None
    }

    fn open(&mut self, _: &str) -> Result<Vec<u8>, String> {
        self.text.take().map(String::into_bytes).ok_or_else(|| NOT_FOUND.to_owned())
    }
}

const NOT_FOUND: &str = "File not found.";

/// A file that holds nothing but what `known` defines.
fn alias(name: &str, known: &str) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some(name.to_owned()),
        dependency: vec![known.to_owned()],
        public_dependency: vec![0],
        ..Default::default()
    }
}

/// Why the files cannot be compiled: they are read again, in a way that finds
/// all that is wrong.
fn explain(
    files: &[PathBuf],
    includes: &[PathBuf],
    problems: &[Problem],
    unreadable: BTreeMap<String, Diagnostic>,
) -> Vec<Diagnostic> {
    let mut found = diagnose::check(files, includes, &BTreeMap::new()).diagnostics;
    found.retain(|diagnostic| diagnostic.severity() == diagnostic::Severity::Error);
    if found.is_empty() {
        found.extend(unreadable.into_values());
    }
    if found.is_empty() {
        let words = problems.iter().map(|problem| Diagnostic::new(problem.message.as_str()));
        found.extend(words);
    }
    found
}
