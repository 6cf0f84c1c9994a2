//! What code to generate from files that have been compiled: Rust, Python, or
//! whatever a plugin of protoc writes.

mod absent;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::GeneratedFile;
use crate::descriptors::{Named as _, Pool};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::front_end::Compiled;
use crate::layout;
use crate::packages;
use crate::plugin::{self, Failure, Unsupported};
use crate::protoc::Location;
use crate::python::{Generator, Source, octal};

/// What to generate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// Rust for the crate `yamabiko`: a module for each package, with the
    /// packages of imported files.
    Rust,
    /// Python, as protoc and grpcio-tools write it: `x_pb2.py`, and
    /// `x_pb2_grpc.py` for a file that has services.
    Python,
    /// What Python's type checkers read: `x_pb2.pyi`, and `x_pb2_grpc.pyi` for a
    /// file that has services.
    Pyi,
    /// Whatever a plugin writes.
    Plugin(Plugin),
}

/// A plugin of protoc: a program called `protoc-gen-…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    name: String,
    program: Option<PathBuf>,
    options: Vec<String>,
}

impl Plugin {
    /// The plugin `protoc-gen-go`, called so or only `go`. It is looked for on
    /// PATH.
    pub fn new(name: &str) -> Self {
        let name = name.strip_prefix("protoc-gen-").unwrap_or(name);
        Self { name: format!("protoc-gen-{name}"), program: None, options: Vec::new() }
    }

    /// Says where the program is, instead of on PATH.
    #[must_use]
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.program = Some(path.into());
        self
    }

    /// Adds an option, such as `paths=source_relative`; the plugin gets all of
    /// them, with commas between.
    #[must_use]
    pub fn option(mut self, option: impl Into<String>) -> Self {
        self.options.push(option.into());
        self
    }
}

/// The files of a target, with paths relative to its directory, and what could
/// not be generated.
pub(crate) type Generated = (Vec<GeneratedFile>, Vec<String>);

/// Generates the code of a target, for the files that were asked for.
pub(crate) fn generate(target: &Target, compiled: &Compiled) -> Result<Generated, Diagnostics> {
    match target {
        Target::Rust => {
            let mut warnings = Vec::new();
            let packages = packages::generate(&compiled.files, &compiled.generate, &mut warnings)?;
            Ok((layout::for_source_tree(&packages), warnings))
        }
        Target::Python => python(compiled, Generator::Messages, Generator::Services),
        Target::Pyi => python(compiled, Generator::Interface, Generator::ServiceTypes),
        Target::Plugin(plugin) => Ok((run(plugin, compiled)?, Vec::new())),
    }
}

fn python(
    compiled: &Compiled,
    messages: Generator,
    services: Generator,
) -> Result<Generated, Diagnostics> {
    let failed = |message: String| Diagnostic::new(message);
    let pool = Pool::new(&compiled.files).map_err(failed)?;
    let generated: BTreeSet<String> = compiled.asked.iter().cloned().collect();
    let mut files = Vec::new();
    for name in &generated {
        let Some(file) = pool.file(name) else { continue };
        let embedded = compiled.linked.embedded(file);
        let source = Source { pool: &pool, file, embedded: &embedded, generated: &generated };
        let services = Some(services).filter(|_| !file.service.is_empty());
        for generator in [Some(messages), services].into_iter().flatten() {
            let pieces = generator
                .generate(&source, "")
                .map_err(|message| Diagnostic::new(message).in_file(name))?;
            files.extend(pieces.into_iter().map(|piece| GeneratedFile {
                path: PathBuf::from(piece.file),
                content: piece.text,
            }));
        }
    }
    Ok((files, Vec::new()))
}

fn run(plugin: &Plugin, compiled: &Compiled) -> Result<Vec<GeneratedFile>, Diagnostic> {
    let name = plugin.name.as_str();
    let parameter = plugin.options.join(",");
    let request = plugin::request(&compiled.linked, &compiled.files, &compiled.asked, parameter);
    let program = plugin.program.as_deref().unwrap_or(Path::new(name));
    let response = plugin::run(program, request).map_err(|failure| match failure {
        Failure::NotStarted(error) => absent::explain(plugin, &error),
        Failure::Ended(message) => Diagnostic::new(format!("{name}: {}", plain(&message)))
            .help("what it had to say is above"),
        Failure::Unreadable(answer) => {
            let start = &answer[..answer.len().min(60)];
            Diagnostic::new(format!("{name} wrote what is no answer of a plugin: {}", octal(start)))
                .help("a plugin may write to standard error, but nothing of its own to standard output")
        }
    })?;
    if let Some(error) = response.error.as_deref().filter(|error| !error.is_empty()) {
        return Err(Diagnostic::new(format!("{name}: {error}")));
    }
    let asked =
        compiled.files.iter().filter(|file| compiled.asked.iter().any(|name| name == file.name()));
    plugin::supports(name, &response, asked).map_err(|unsupported| match unsupported {
        Unsupported::Optional(message) | Unsupported::Edition(message) => {
            Diagnostic::new(message.replace("\n\n", " ").replace("  ", " "))
        }
    })?;
    let pieces = plugin::pieces(&response)
        .ok_or_else(|| Diagnostic::new(format!("{name} gave its first file no name")))?;
    let mut location = Location::default();
    for piece in pieces {
        location
            .try_add(piece)
            .map_err(|message| Diagnostic::new(format!("{name}: {}", plain(&message))))?;
    }
    location.into_files().map(|(path, content)| inside(name, path, content)).collect()
}

/// A file that a plugin wants to write, if that is below its directory.
fn inside(plugin: &str, path: String, content: String) -> Result<GeneratedFile, Diagnostic> {
    let path = PathBuf::from(path);
    let is_below = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if is_below {
        return Ok(GeneratedFile { path, content });
    }
    Err(Diagnostic::new(format!(
        "{plugin} wants to write outside of its directory: {}",
        path.display()
    )))
}

/// A message of protoc as one of ours.
fn plain(message: &str) -> String {
    let message = message.strip_suffix('.').unwrap_or(message);
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
