//! Sets of descriptors, as `--descriptor_set_out` writes them, plugins are given
//! them and `--descriptor_set_in` reads them.

use std::collections::HashSet;
use std::fs;

use buffa::{Message as _, MessageField};
use buffa_codegen::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};

use super::command::Command;
use super::inputs::Loaded;
use super::streams::{Streams, reason};
use crate::descriptors::{Named as _, Pool, fill_json_names, without_source_retention};

/// What a set is to have in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contents {
    /// What the files that were asked for import.
    pub(super) imports: bool,
    /// Places and comments.
    pub(super) source_info: bool,
    /// Options that only the compiler is to see.
    pub(super) all_options: bool,
}

/// The files of a set, a file after what it imports.
pub(super) fn files(
    loaded: &Loaded,
    pool: &Pool<'_>,
    contents: Contents,
) -> Vec<FileDescriptorProto> {
    let mut seen = HashSet::new();
    if !contents.imports {
        // So that only the files themselves are met, in the order of imports.
        for file in loaded.asked_files() {
            let imports = file.dependency.iter().filter(|name| !loaded.asked.contains(name));
            seen.extend(imports.map(String::as_str));
        }
    }
    let mut ordered = Vec::new();
    for file in loaded.asked_files() {
        visit(pool, file.name(), &mut seen, &mut ordered);
    }
    ordered.into_iter().map(|original| file(pool, original, contents)).collect()
}

fn visit<'a>(
    pool: &Pool<'a>,
    name: &str,
    seen: &mut HashSet<&'a str>,
    ordered: &mut Vec<&'a FileDescriptorProto>,
) {
    let Some(file) = pool.file(name) else {
        return;
    };
    if !seen.insert(file.name()) {
        return;
    }
    for import in &file.dependency {
        visit(pool, import, seen, ordered);
    }
    ordered.push(file);
}

/// One file of a set.
pub(super) fn file(
    pool: &Pool<'_>,
    original: &FileDescriptorProto,
    contents: Contents,
) -> FileDescriptorProto {
    let mut file = if contents.all_options {
        original.clone()
    } else {
        without_source_retention(pool, original)
    };
    if !contents.source_info {
        file.source_code_info = MessageField::none();
    }
    fill_json_names(&mut file);
    file
}

/// Writes the set that the command line asks for.
pub(super) fn write(
    command: &Command,
    loaded: &Loaded,
    pool: &Pool<'_>,
    streams: &mut Streams<'_>,
) -> Option<()> {
    let asked = &command.descriptor_set;
    let Some(path) = &asked.file else {
        return Some(());
    };
    let contents = Contents {
        imports: asked.imports,
        source_info: asked.source_info,
        all_options: asked.all_options,
    };
    let set =
        FileDescriptorSet { file: files(loaded, pool, contents), ..FileDescriptorSet::default() };
    if let Err(error) = fs::write(path, set.encode_to_vec()) {
        streams.complain(format!("{path}: {}", reason(&error)));
        return None;
    }
    Some(())
}

/// The files of all sets that the command line names; of several with the same
/// name the first.
pub(super) fn read(
    command: &Command,
    streams: &mut Streams<'_>,
) -> Option<Vec<FileDescriptorProto>> {
    let mut files: Vec<FileDescriptorProto> = Vec::new();
    for path in &command.descriptor_set_in {
        let Ok(bytes) = fs::read(path) else {
            // Whatever the reason is, protoc gives this one.
            streams.complain(format!("{path}: No such file or directory"));
            return None;
        };
        let Ok(set) = FileDescriptorSet::decode_from_slice(&bytes) else {
            streams.complain(format!("{path}: Unable to parse."));
            return None;
        };
        for file in set.file {
            if !files.iter().any(|known| known.name() == file.name()) {
                files.push(file);
            }
        }
    }
    Some(files)
}
