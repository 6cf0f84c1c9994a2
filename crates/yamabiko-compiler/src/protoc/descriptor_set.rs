//! Sets of descriptors, as `--descriptor_set_out` writes them and
//! `--descriptor_set_in` reads them.

use std::collections::HashSet;
use std::fs;

use buffa::encoding::encode_varint;
use buffa::{Message as _, MessageField};
use buffa_codegen::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};

use super::command::Command;
use super::inputs::Loaded;
use super::streams::{Streams, reason};
use crate::descriptors::Named as _;

/// `FileDescriptorSet.file`: the field 1, with a length.
const KEY_OF_FILE: u64 = 1 << 3 | 2;

/// Writes the set that the command line asks for.
pub(super) fn write(command: &Command, loaded: &Loaded, streams: &mut Streams<'_>) -> Option<()> {
    let asked = &command.descriptor_set;
    let Some(path) = &asked.file else {
        return Some(());
    };
    let linked = &loaded.linked;
    let names: HashSet<&str> = linked.asked.iter().map(String::as_str).collect();
    let mut set = Vec::new();
    for file in linked.files.iter().filter(|file| asked.imports || names.contains(file.name())) {
        let full = asked.all_options.then(|| linked.with_source_options(file));
        if asked.source_info {
            add(full.as_ref().unwrap_or(file), &mut set);
        } else {
            let mut file = full.unwrap_or_else(|| file.clone());
            file.source_code_info = MessageField::none();
            add(&file, &mut set);
        }
    }
    if let Err(error) = fs::write(path, set) {
        streams.complain(format!("{path}: {}", reason(&error)));
        return None;
    }
    Some(())
}

/// Adds a file to an encoded set. They are as large as all comments together,
/// so that none is copied for it.
fn add(file: &FileDescriptorProto, set: &mut Vec<u8>) {
    encode_varint(KEY_OF_FILE, set);
    file.encode_length_delimited(set);
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
