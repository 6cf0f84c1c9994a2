//! From `.proto` files to descriptors. This file is the only one that knows
//! the crate `protox`, and [`compile`] the only way in: our own front end will
//! replace what is below.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use buffa_codegen::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};
use miette::Diagnostic as _;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use protox::prost_reflect::prost_types;

use crate::diagnostic::{Diagnostic, Diagnostics, Label, letter_start};
use crate::hints::{self, Finding, Mark};
use crate::sources::{Opened, Sources};

/// What a set of `.proto` files says.
pub(crate) struct Compiled {
    /// The files and all that they import, a file after what it imports, with
    /// names resolved and comments kept.
    pub(crate) files: Vec<FileDescriptorProto>,
    /// The names, in `files`, of the files that were asked for and of those
    /// that they import from disk: those to generate code for.
    pub(crate) generate: Vec<String>,
    /// Every file that was read from disk.
    pub(crate) paths: Vec<PathBuf>,
}

/// Reads `files`, which lie below one of the `includes`, and what they import.
pub(crate) fn compile(files: &[PathBuf], includes: &[PathBuf]) -> Result<Compiled, Diagnostics> {
    let sources = Rc::new(RefCell::new(Sources::new(includes.to_vec())));
    let problem = Rc::new(RefCell::new(None));
    let mut resolver = ChainFileResolver::new();
    // First, so that a copy beside the user's files does not define them again.
    resolver.add(GoogleFileResolver::new());
    resolver.add(Roots { sources: Rc::clone(&sources), problem: Rc::clone(&problem) });
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);

    let mut found = Vec::new();
    for file in files {
        let name = name_of(file, &sources.borrow())?;
        if let Err(error) = compiler.open_file(&name) {
            match problem.borrow_mut().take() {
                Some(diagnostic) => found.push(diagnostic),
                None => explain(&error, &sources.borrow(), &mut found),
            }
        }
    }
    if !found.is_empty() {
        return Err(told_once(found).into());
    }
    let set = decode(&compiler.encode_file_descriptor_set())?;
    let sources = sources.borrow();
    Ok(Compiled {
        generate: set
            .file
            .iter()
            .filter_map(|file| file.name.clone())
            .filter(|name| sources.path(name).is_some())
            .collect(),
        files: set.file,
        paths: sources.paths().map(Path::to_owned).collect(),
    })
}

/// Leaves out what follows from an earlier error: an import that is broken is
/// reported once, not once for each importer; two errors at one place are one
/// mistake; and what comes after a string that is not closed is in the string.
fn told_once(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut places = BTreeSet::new();
    let mut whole_files = BTreeSet::new();
    found
        .into_iter()
        .filter(|diagnostic| {
            let file = diagnostic.file().map(Path::to_owned);
            let Some(position) = diagnostic.position() else {
                return whole_files.insert((file, diagnostic.message().to_owned()));
            };
            if hints::hides_the_rest(diagnostic.message()) {
                // Nothing else in the file is as the author sees it.
                return whole_files.insert((file, String::new()));
            }
            !whole_files.contains(&(file.clone(), String::new())) && places.insert((file, position))
        })
        .collect()
}

fn name_of(file: &Path, sources: &Sources) -> Result<String, Diagnostic> {
    if let Err(error) = std::fs::metadata(file) {
        return Err(if error.kind() == std::io::ErrorKind::NotFound {
            let diagnostic = Diagnostic::new(format!("no such file: {}", file.display()));
            hints::similar_file(file, diagnostic)
        } else {
            Diagnostic::new(format!("cannot read {}: {error}", file.display()))
        });
    }
    sources.name_of(file).ok_or_else(|| {
        Diagnostic::new(format!("{} is in none of the include directories", file.display()))
            .help("include the directory that its imports are relative to")
    })
}

fn decode(encoded: &[u8]) -> Result<FileDescriptorSet, Diagnostic> {
    let options = buffa_codegen::tooling_decode_options().map_err(Diagnostic::new)?;
    options
        .decode_from_slice(encoded)
        .map_err(|error| Diagnostic::new(format!("the descriptors cannot be read back: {error}")))
}

/// Our include directories, as protox asks for them.
struct Roots {
    sources: Rc<RefCell<Sources>>,
    /// A diagnostic of ours, while an error of protox stands in for it.
    problem: Rc<RefCell<Option<Diagnostic>>>,
}

impl FileResolver for Roots {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match self.sources.borrow_mut().open(name) {
            Ok(Opened::Text(text)) => File::from_source(name, &text),
            Ok(Opened::Alias(known)) => Ok(alias(name, &known)),
            Ok(Opened::NotFound) => Err(protox::Error::file_not_found(name)),
            Err(diagnostic) => {
                let error = protox::Error::new(diagnostic.to_string());
                *self.problem.borrow_mut() = Some(diagnostic);
                Err(error)
            }
        }
    }
}

/// A file that holds nothing but what `known` defines.
fn alias(name: &str, known: &str) -> File {
    File::from_file_descriptor_proto(prost_types::FileDescriptorProto {
        name: Some(name.to_owned()),
        dependency: vec![known.to_owned()],
        public_dependency: vec![0],
        ..Default::default()
    })
}

/// Puts an error of protox, and those related to it, in our form.
fn explain(error: &protox::Error, sources: &Sources, found: &mut Vec<Diagnostic>) {
    let message = error.to_string();
    if let Some(cycle) = message.strip_prefix("import cycle detected: ") {
        found.push(explain_cycle(cycle, sources));
        return;
    }
    let name = error.file();
    let in_characters = !error.is_parse();
    found.push(translate(error, message, name, in_characters, sources));
    for related in error.related().into_iter().flatten() {
        found.push(translate(related, related.to_string(), name, in_characters, sources));
    }
}

fn translate(
    error: &dyn miette::Diagnostic,
    message: String,
    name: Option<&str>,
    in_characters: bool,
    sources: &Sources,
) -> Diagnostic {
    let text = name.and_then(|name| sources.text(name)).unwrap_or_default();
    let marks = error.labels().into_iter().flatten().map(|label| {
        let (mut offset, mut length) = (label.offset(), label.len());
        if in_characters {
            (offset, length) = from_characters(text, offset, length);
        }
        let offset = letter_start(text, offset);
        Mark { offset, length, text: label.label().unwrap_or_default().to_owned() }
    });
    let helps = error.help().map(|help| help.to_string());
    let finding = Finding { message, marks: marks.collect(), helps: helps.into_iter().collect() };
    let finding = hints::improve(finding, text, sources);
    let mut diagnostic = Diagnostic::new(finding.message);
    if let Some(name) = name {
        diagnostic = diagnostic.in_file(sources.path(name).unwrap_or(Path::new(name)));
    }
    for mark in &finding.marks {
        diagnostic = diagnostic.at(Label::new(text, mark.offset, mark.length, &mark.text));
    }
    finding.helps.into_iter().fold(diagnostic, Diagnostic::help)
}

/// Errors that are found after parsing are placed by line and column; the
/// column is in bytes, but protox counts that many characters, over the end of
/// the line if need be.
fn from_characters(text: &str, offset: usize, length: usize) -> (usize, usize) {
    let Some((before, after)) = text.split_at_checked(offset) else { return (offset, length) };
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    let start = line + before[line..].chars().count();
    let marked = after.get(..length).unwrap_or(after);
    let length = match (marked.contains('\n'), text.get(start..)) {
        (true, Some(rest)) => rest.find([' ', ';', '{', ')', '\n']).unwrap_or(rest.len()),
        _ => marked.chars().count(),
    };
    (start, length)
}

/// `cycle` is a path of imports, `a -> b -> a`. It is told from the first file
/// of the alphabet, so that each cycle is told once.
fn explain_cycle(cycle: &str, sources: &Sources) -> Diagnostic {
    // Each file by the name it is known by, with the name it was imported by.
    let mut files: Vec<(&str, &str)> =
        cycle.split(" -> ").map(|name| (sources.known_name(name), name)).collect();
    files.dedup_by_key(|(known, _)| *known);
    // An import can lead into a cycle that it is not part of.
    let last = files.last().map(|(known, _)| *known);
    let entry = files.iter().position(|(known, _)| Some(*known) == last).unwrap_or(0);
    files.drain(..=entry);
    let first = (0..files.len()).min_by_key(|index| files[*index].0).unwrap_or(0);
    files.rotate_left(first);
    let path_of = |name| sources.path(name).unwrap_or(Path::new(name));
    let round: Vec<String> = files
        .iter()
        .chain(files.first())
        .map(|(known, _)| path_of(known).display().to_string())
        .collect();
    let diagnostic = Diagnostic::new(format!("files import each other: {}", round.join(" → ")));
    let Some((name, _)) = files.first() else { return diagnostic };
    let (_, next) = files.get(1).unwrap_or(&files[0]);
    let diagnostic = diagnostic.in_file(path_of(name));
    let text = sources.text(name).unwrap_or_default();
    let diagnostic = match text.find(&format!("\"{next}\"")) {
        Some(offset) => diagnostic.at(Label::new(text, offset, next.len() + 2, "")),
        None => diagnostic,
    };
    diagnostic.help("move what they share to a file of its own")
}
