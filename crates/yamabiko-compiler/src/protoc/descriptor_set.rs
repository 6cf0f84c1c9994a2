//! Sets of descriptors, as `--descriptor_set_out` writes them and
//! `--descriptor_set_in` reads them.

use std::fs;

use buffa::{Message as _, MessageField};
use buffa_codegen::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};

use super::command::Command;
use super::inputs::Loaded;
use super::streams::{Streams, reason};
use crate::descriptors::Named as _;

/// Writes the set that the command line asks for.
pub(super) fn write(command: &Command, loaded: &Loaded, streams: &mut Streams<'_>) -> Option<()> {
    let asked = &command.descriptor_set;
    let Some(path) = &asked.file else {
        return Some(());
    };
    let linked = &loaded.linked;
    let files = linked
        .files
        .iter()
        .filter(|file| asked.imports || linked.asked.iter().any(|name| name == file.name()))
        .map(|file| {
            let full = asked.all_options.then(|| linked.with_source_options(file.name()));
            let mut file = full.flatten().unwrap_or_else(|| file.clone());
            if !asked.source_info {
                file.source_code_info = MessageField::none();
            }
            file
        });
    let set = FileDescriptorSet { file: files.collect(), ..FileDescriptorSet::default() };
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
