//! From `.proto` files on disk to descriptors: what the Rust side asks of the
//! front end, and its problems as diagnostics.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use buffa_codegen::generated::descriptor::{DescriptorProto, FileDescriptorProto};

use crate::descriptors::Named as _;
use crate::diagnose;
use crate::diagnostic::{self, Diagnostic, Diagnostics};
use crate::elements::{Definition, elements, is_map_entry};
use crate::problem::{Problem, Severity};
use crate::proto::{self, Linked, Open};
use crate::sources::{Opened, Sources};
use crate::well_known;

/// What a set of `.proto` files says.
pub(crate) struct Compiled {
    /// The files and all that they import, a file after what it imports, with
    /// names resolved and comments kept.
    pub(crate) files: Vec<FileDescriptorProto>,
    /// The names, in `files`, of those to generate code for: the files that were
    /// asked for, and what they import from disk, or have types of, unless the
    /// runtime has code for it.
    pub(crate) generate: Vec<String>,
    /// Those that were asked for.
    pub(crate) asked: Vec<String>,
    /// What is known of the files beyond `files`.
    pub(crate) linked: Linked,
    /// Every file that was read from disk.
    pub(crate) paths: Vec<PathBuf>,
}

/// Reads `files`, which lie below one of the `includes`, and what they import.
pub(crate) fn compile(
    files: &[PathBuf],
    includes: &[PathBuf],
    unstable_editions: bool,
) -> Result<Compiled, Diagnostics> {
    let mut open = Files { unstable_editions, ..Files::new(includes) };
    let names: Option<Vec<String>> = files.iter().map(|file| open.sources.name_of(file)).collect();
    let mut problems = Vec::new();
    let linked = names.and_then(|names| proto::compile(&names, &mut open, &mut problems));
    let Files { sources, unreadable, .. } = open;
    problems.retain(|problem| problem.severity == Severity::Error);
    let Some(mut linked) = linked else {
        return Err(explain(files, includes, &problems, unreadable).into());
    };
    let files = std::mem::take(&mut linked.files);
    Ok(Compiled {
        generate: to_generate(&files, &linked.asked, &sources),
        files,
        asked: linked.asked.clone(),
        linked,
        paths: sources.paths().map(Path::to_owned).collect(),
    })
}

/// The names of the files to generate code for.
fn to_generate(files: &[FileDescriptorProto], asked: &[String], sources: &Sources) -> Vec<String> {
    // Files of protobuf for which the runtime has no code: the features of languages. Most who
    // import them do so for an option, which needs none.
    let is_ours = |file: &&FileDescriptorProto| {
        let package = file.package.as_deref().unwrap_or_default();
        well_known::text(file.name()).is_some() && !RUNTIME_PACKAGES.contains(&package)
    };
    let (ours, others): (Vec<_>, Vec<_>) = files.iter().partition(is_ours);
    let mut generate: HashSet<&str> = others
        .into_iter()
        .map(|file| file.name())
        .filter(|name| sources.path(name).is_some())
        .collect();
    let mut used = HashSet::new();
    let on_disk = files.iter().filter(|file| generate.contains(file.name()));
    on_disk.for_each(|file| types_used(file, &mut used));
    for file in ours {
        let is_asked = asked.iter().any(|name| name == file.name());
        let mut defined = elements(file).into_iter().map(|element| element.full_name);
        if is_asked || defined.any(|name| used.contains(format!(".{name}").as_str())) {
            generate.insert(file.name());
        }
    }
    let in_order = files.iter().map(|file| file.name());
    in_order.filter(|name| generate.contains(name)).map(str::to_owned).collect()
}

/// The types that a file has fields or methods of.
fn types_used<'a>(file: &'a FileDescriptorProto, used: &mut HashSet<&'a str>) {
    for element in elements(file) {
        match element.definition {
            Definition::Field(field) => used.extend(field.type_name.as_deref()),
            Definition::Method(method, _) => {
                used.extend(method.input_type.as_deref());
                used.extend(method.output_type.as_deref());
            }
            _ => {}
        }
    }
    // The entries of maps are no elements.
    fn entries<'a>(messages: &'a [DescriptorProto], used: &mut HashSet<&'a str>) {
        for message in messages {
            if is_map_entry(message) {
                used.extend(message.field.iter().filter_map(|field| field.type_name.as_deref()));
            }
            entries(&message.nested_type, used);
        }
    }
    entries(&file.message_type, used);
}

/// The packages of protobuf's own files that the runtime has code for.
const RUNTIME_PACKAGES: [&str; 2] = ["google.protobuf", "google.protobuf.compiler"];

/// The files of protobuf itself, and those below the include directories.
struct Files {
    sources: Sources,
    unstable_editions: bool,
    /// Why a file that is there could not be read.
    unreadable: BTreeMap<String, Diagnostic>,
    /// What was just read, for `open`, which follows `descriptor`.
    text: Option<String>,
}

impl Files {
    fn new(includes: &[PathBuf]) -> Self {
        let sources = Sources::new(includes.to_vec());
        Self { sources, unstable_editions: false, unreadable: BTreeMap::new(), text: None }
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

    fn allows_unstable_editions(&self) -> bool {
        self.unstable_editions
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
