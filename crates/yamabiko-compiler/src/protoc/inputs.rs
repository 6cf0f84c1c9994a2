//! From the files on the command line to linked descriptors.

use std::collections::HashMap;
use std::path::Path;

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use super::command::{Command, Dependencies};
use super::source_tree::{Name, SourceTree};
use super::streams::Streams;
use super::{descriptor_set, problems};
use crate::descriptors::Named as _;
use crate::problem::{Problem, Severity};
use crate::proto::{self, Linked, Open};

/// The files that were asked for, and all that they import.
pub(super) struct Loaded {
    /// The files; the same one may have been asked for twice.
    pub(super) linked: Linked,
    /// Whether there was a warning.
    pub(super) has_warnings: bool,
}

/// Reads the files that `command` names; what is wrong with them is said.
pub(super) fn load(
    command: &Command,
    tree: &SourceTree,
    streams: &mut Streams<'_>,
) -> Option<Loaded> {
    let sets = descriptor_set::read(command, streams)?;
    let mut asked = Vec::new();
    for input in &command.inputs {
        let known = sets.iter().any(|file| file.name() == input);
        if command.proto_path.is_empty() {
            if !known {
                streams.complain(format!(
                    "Could not find file in descriptor database: {input}: \
                     No such file or directory"
                ));
                return None;
            }
            asked.push(input.clone());
        } else {
            asked.push(relative(input, known, tree, streams)?);
        }
    }
    let mut found = Vec::new();
    let mut files = Files { tree, sets, unstable_editions: command.policy.unstable_editions };
    let linked = proto::compile(&asked, &mut files, &mut found);
    problems::print(&found, command.policy.error_format, tree, streams);
    let has_warnings = found.iter().any(|problem| problem.severity == Severity::Warning);
    let loaded = Loaded { linked: linked?, has_warnings };
    complies(command, &loaded, streams).then_some(loaded)
}

impl Loaded {
    /// The files that were asked for.
    pub(super) fn asked_files(&self) -> impl Iterator<Item = &FileDescriptorProto> {
        let files = &self.linked.files;
        let by_name: HashMap<&str, _> = files.iter().map(|file| (file.name(), file)).collect();
        self.linked.asked.iter().filter_map(move |name| by_name.get(name.as_str()).copied())
    }
}

/// Links the file that imports call `asked`, and what it imports.
pub(super) fn link(asked: &str, tree: &SourceTree, problems: &mut Vec<Problem>) -> Option<Linked> {
    let mut files = Files { tree, sets: Vec::new(), unstable_editions: false };
    proto::compile(&[asked.to_owned()], &mut files, problems)
}

/// The name that imports have for `input`, a path or such a name itself.
fn relative(
    input: &str,
    in_a_set: bool,
    tree: &SourceTree,
    streams: &mut Streams<'_>,
) -> Option<String> {
    let is_name = || in_a_set || tree.read(input).is_ok();
    if !Path::new(input).exists() {
        if is_name() {
            return Some(input.to_owned());
        }
        streams.complain(format!(
            "Could not make proto path relative: {input}: No such file or directory"
        ));
        return None;
    }
    match tree.name_of(input) {
        Name::Virtual(name) => Some(name),
        Name::Shadowed(by) => {
            streams.complain(format!(
                "{input}: Input is shadowed in the --proto_path by \"{by}\".  Either use the \
                 latter file as your input or reorder the --proto_path so that the former \
                 file's location comes first."
            ));
            None
        }
        Name::Unreadable(_) if in_a_set => Some(input.to_owned()),
        Name::Unreadable(reason) => {
            streams.complain(format!("Could not map to virtual file: {input}: {reason}"));
            None
        }
        Name::Outside if is_name() => Some(input.to_owned()),
        Name::Outside => {
            streams.complain(format!(
                "{input}: File does not reside within any path specified using --proto_path \
                 (or -I).  You must specify a --proto_path which encompasses this file.  Note \
                 that the proto_path must be an exact prefix of the .proto file names -- protoc \
                 is too dumb to figure out when two paths (e.g. absolute and relative) are \
                 equivalent (it's harder than you think)."
            ));
            let directory = Path::new(input).parent().map(|path| path.display().to_string());
            let directory = directory.filter(|path| !path.is_empty());
            streams.advise(format!("add -I{}", directory.as_deref().unwrap_or(".")));
            None
        }
    }
}

/// Whether the files are as the command line wants them.
fn complies(command: &Command, loaded: &Loaded, streams: &mut Streams<'_>) -> bool {
    const DIRECT: &str = "File is imported but not declared in --direct_dependencies: %s";
    const OPTION: &str = "File is option imported but not declared in --option_dependencies: %s";
    let policy = &command.policy;
    for file in loaded.asked_files() {
        if policy.disallow_services && !file.service.is_empty() {
            streams.complain(format!(
                "{}: This file contains services, but --disallow_services was used.",
                file.name()
            ));
            return false;
        }
        let mut allowed = true;
        let imports = [
            (&policy.direct_dependencies, DIRECT, &file.dependency),
            (&policy.option_dependencies, OPTION, &file.option_dependency),
        ];
        for (dependencies, message, imports) in imports {
            for import in imports {
                if let Some(violation) = violation(dependencies, message, import) {
                    streams.complain(format!("{}: {violation}", file.name()));
                    allowed = false;
                }
            }
        }
        if !allowed {
            return false;
        }
    }
    true
}

fn violation(dependencies: &Dependencies, message: &str, import: &str) -> Option<String> {
    let allowed = dependencies.allowed.as_ref()?;
    if allowed.contains(import) {
        return None;
    }
    let message = dependencies.violation.as_deref().unwrap_or(message);
    Some(message.replace("%s", import))
}

/// Files on disk, those that are built in, and those of descriptor sets, which
/// come after what is on disk.
struct Files<'a> {
    tree: &'a SourceTree,
    sets: Vec<FileDescriptorProto>,
    unstable_editions: bool,
}

impl Open for Files<'_> {
    fn allows_unstable_editions(&self) -> bool {
        self.unstable_editions
    }

    fn open(&mut self, name: &str) -> Result<Vec<u8>, String> {
        self.tree.read(name).map(|source| source.content)
    }

    fn descriptor(&mut self, name: &str) -> Option<FileDescriptorProto> {
        if self.tree.is_on_disk(name) {
            return None;
        }
        self.sets.iter().find(|file| file.name() == name).cloned()
    }
}
