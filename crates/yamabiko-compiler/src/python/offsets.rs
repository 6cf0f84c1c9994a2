//! Where the descriptor of each type lies in the serialized file.

use buffa::Message as _;
use buffa_codegen::generated::descriptor::{DescriptorProto, FileDescriptorProto};

use super::names;
use super::text::Text;
use crate::descriptors::Named as _;

/// Writes the offsets of all enums, messages and services of `file`, whose
/// bytes are `serialized`.
pub(super) fn write(text: &mut Text, file: &FileDescriptorProto, serialized: &[u8]) {
    for proto in &file.enum_type {
        interval(text, serialized, &proto.encode_to_vec(), &names::descriptor(&[], proto.name()));
    }
    for proto in &file.message_type {
        message(text, serialized, &[], proto);
    }
    for proto in &file.service {
        interval(text, serialized, &proto.encode_to_vec(), &names::descriptor(&[], proto.name()));
    }
}

fn message(
    text: &mut Text,
    serialized: &[u8],
    parents: &[&DescriptorProto],
    proto: &DescriptorProto,
) {
    interval(text, serialized, &proto.encode_to_vec(), &names::descriptor(parents, proto.name()));
    let within = [parents, &[proto]].concat();
    for nested in &proto.nested_type {
        message(text, serialized, &within, nested);
    }
    for nested in &proto.enum_type {
        let name = names::descriptor(&within, nested.name());
        interval(text, serialized, &nested.encode_to_vec(), &name);
    }
}

/// protoc looks for the first bytes that are the same, wherever they are.
fn interval(text: &mut Text, serialized: &[u8], part: &[u8], name: &str) {
    let start = memchr::memmem::find(serialized, part).expect("a part is within the whole");
    let end = start + part.len();
    text.line(format!("_globals['{name}']._serialized_start={start}"));
    text.line(format!("_globals['{name}']._serialized_end={end}"));
}
