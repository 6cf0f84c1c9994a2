//! The option messages of a file, whatever their type.

use buffa::{DefaultInstance, Enumeration as _, Inline, Message as _, MessageField};
use buffa_codegen::generated::descriptor::field_options::OptionRetention;
use buffa_codegen::generated::descriptor::file_options::OptimizeMode;
use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, EnumValueOptions, ExtensionRangeOptions,
    FieldDescriptorProto, FieldOptions, FileDescriptorProto, FileOptions, MessageOptions,
    MethodOptions, OneofOptions, ServiceOptions, UninterpretedOption,
};

/// An option message.
pub(super) trait Options {
    /// The full name of its type.
    fn type_name(&self) -> &'static str;
    /// What is not interpreted yet.
    fn uninterpreted(&mut self) -> &mut Vec<UninterpretedOption>;
    /// The message on the wire.
    fn bytes(&self) -> Vec<u8>;
    /// Replaces the message; `None` if the bytes are none.
    fn replace(&mut self, bytes: &[u8]) -> Option<()>;
    /// Whether it has fields that are not in the language's own descriptors.
    fn has_custom(&self) -> bool;
    /// Whether features or declarations of extensions are among its fields.
    fn has_source_fields(&self) -> bool;
}

macro_rules! options {
    ($($options:ty, $name:literal;)*) => {
        $(impl Options for $options {
            fn type_name(&self) -> &'static str {
                $name
            }

            fn uninterpreted(&mut self) -> &mut Vec<UninterpretedOption> {
                &mut self.uninterpreted_option
            }

            fn bytes(&self) -> Vec<u8> {
                self.encode_to_vec()
            }

            fn replace(&mut self, bytes: &[u8]) -> Option<()> {
                *self = Self::decode_from_slice(bytes).ok()?;
                Some(())
            }

            fn has_custom(&self) -> bool {
                !self.__buffa_unknown_fields.is_empty()
            }

            fn has_source_fields(&self) -> bool {
                self.features.is_set()
            }
        })*
    };
}

options! {
    FileOptions, "google.protobuf.FileOptions";
    MessageOptions, "google.protobuf.MessageOptions";
    FieldOptions, "google.protobuf.FieldOptions";
    OneofOptions, "google.protobuf.OneofOptions";
    EnumOptions, "google.protobuf.EnumOptions";
    EnumValueOptions, "google.protobuf.EnumValueOptions";
    ServiceOptions, "google.protobuf.ServiceOptions";
    MethodOptions, "google.protobuf.MethodOptions";
}

impl Options for ExtensionRangeOptions {
    fn type_name(&self) -> &'static str {
        "google.protobuf.ExtensionRangeOptions"
    }

    fn uninterpreted(&mut self) -> &mut Vec<UninterpretedOption> {
        &mut self.uninterpreted_option
    }

    fn bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    fn replace(&mut self, bytes: &[u8]) -> Option<()> {
        *self = Self::decode_from_slice(bytes).ok()?;
        Some(())
    }

    fn has_custom(&self) -> bool {
        !self.__buffa_unknown_fields.0.is_empty()
    }

    fn has_source_fields(&self) -> bool {
        self.features.is_set() || !self.declaration.is_empty() || self.verification.is_some()
    }
}

/// Where an element has its options, if it has any.
trait Slot {
    fn options(&mut self) -> Option<&mut dyn Options>;
    fn clear(&mut self);
}

impl<T: Options + Default + DefaultInstance> Slot for MessageField<T, Inline<T>> {
    fn options(&mut self) -> Option<&mut dyn Options> {
        self.as_option_mut().map(|options| options as &mut dyn Options)
    }

    fn clear(&mut self) {
        *self = Self::none();
    }
}

/// The option message at a path of the file's descriptor.
pub(super) fn find<'p>(
    proto: &'p mut FileDescriptorProto,
    path: &[i32],
) -> Option<&'p mut dyn Options> {
    slot(proto, path)?.options()
}

/// Takes an option message away.
pub(super) fn remove(proto: &mut FileDescriptorProto, path: &[i32]) {
    if let Some(slot) = slot(proto, path) {
        slot.clear();
    }
}

fn slot<'p>(proto: &'p mut FileDescriptorProto, path: &[i32]) -> Option<&'p mut dyn Slot> {
    Some(match *path {
        [8] => &mut proto.options,
        [4, index, ref rest @ ..] => slot_in_message(item(&mut proto.message_type, index)?, rest)?,
        [5, index, ref rest @ ..] => slot_in_enum(item(&mut proto.enum_type, index)?, rest)?,
        [6, index, 3] => &mut item(&mut proto.service, index)?.options,
        [6, index, 2, method, 4] => {
            &mut item(&mut item(&mut proto.service, index)?.method, method)?.options
        }
        [7, index, 8] => &mut item(&mut proto.extension, index)?.options,
        _ => return None,
    })
}

fn slot_in_message<'p>(
    mut proto: &'p mut DescriptorProto,
    mut path: &[i32],
) -> Option<&'p mut dyn Slot> {
    while let [3, index, rest @ ..] = path {
        proto = item(&mut proto.nested_type, *index)?;
        path = rest;
    }
    Some(match *path {
        [7] => &mut proto.options,
        [2, index, 8] => &mut item(&mut proto.field, index)?.options,
        [6, index, 8] => &mut item(&mut proto.extension, index)?.options,
        [8, index, 2] => &mut item(&mut proto.oneof_decl, index)?.options,
        [5, index, 3] => &mut item(&mut proto.extension_range, index)?.options,
        [4, index, ref rest @ ..] => slot_in_enum(item(&mut proto.enum_type, index)?, rest)?,
        _ => return None,
    })
}

fn slot_in_enum<'p>(proto: &'p mut EnumDescriptorProto, path: &[i32]) -> Option<&'p mut dyn Slot> {
    Some(match *path {
        [3] => &mut proto.options,
        [2, index, 3] => &mut item(&mut proto.value, index)?.options,
        _ => return None,
    })
}

fn item<T>(list: &mut [T], index: i32) -> Option<&mut T> {
    list.get_mut(usize::try_from(index).ok()?)
}

/// The paths of all option messages of a file, in the order in which elements
/// are visited.
pub(super) fn paths(proto: &FileDescriptorProto) -> Vec<Vec<i32>> {
    let mut found = Vec::new();
    let mut path = Vec::new();
    note(proto.options.is_set(), &mut path, &[8], &mut found);
    for (index, message) in (0..).zip(&proto.message_type) {
        path.extend([4, index]);
        paths_of_message(message, &mut path, &mut found);
        path.clear();
    }
    for (index, declared) in (0..).zip(&proto.enum_type) {
        path.extend([5, index]);
        paths_of_enum(declared, &mut path, &mut found);
        path.clear();
    }
    for (index, field) in (0..).zip(&proto.extension) {
        note(field.options.is_set(), &mut path, &[7, index, 8], &mut found);
    }
    for (index, service) in (0..).zip(&proto.service) {
        note(service.options.is_set(), &mut path, &[6, index, 3], &mut found);
        for (method, declared) in (0..).zip(&service.method) {
            note(declared.options.is_set(), &mut path, &[6, index, 2, method, 4], &mut found);
        }
    }
    found
}

fn paths_of_message(proto: &DescriptorProto, path: &mut Vec<i32>, found: &mut Vec<Vec<i32>>) {
    note(proto.options.is_set(), path, &[7], found);
    for (index, declared) in (0..).zip(&proto.enum_type) {
        path.extend([4, index]);
        paths_of_enum(declared, path, found);
        path.truncate(path.len() - 2);
    }
    for (index, oneof) in (0..).zip(&proto.oneof_decl) {
        note(oneof.options.is_set(), path, &[8, index, 2], found);
    }
    for (index, field) in (0..).zip(&proto.field) {
        note(field.options.is_set(), path, &[2, index, 8], found);
    }
    for (index, message) in (0..).zip(&proto.nested_type) {
        path.extend([3, index]);
        paths_of_message(message, path, found);
        path.truncate(path.len() - 2);
    }
    for (index, field) in (0..).zip(&proto.extension) {
        note(field.options.is_set(), path, &[6, index, 8], found);
    }
    for (index, range) in (0..).zip(&proto.extension_range) {
        note(range.options.is_set(), path, &[5, index, 3], found);
    }
}

fn paths_of_enum(proto: &EnumDescriptorProto, path: &mut Vec<i32>, found: &mut Vec<Vec<i32>>) {
    note(proto.options.is_set(), path, &[3], found);
    for (index, value) in (0..).zip(&proto.value) {
        note(value.options.is_set(), path, &[2, index, 3], found);
    }
}

fn note(is_set: bool, path: &mut Vec<i32>, more: &[i32], found: &mut Vec<Vec<i32>>) {
    if is_set {
        found.push([path.as_slice(), more].concat());
    }
}

/// Whether a file says `optimize_for = LITE_RUNTIME`.
pub(super) fn is_lite(proto: &FileDescriptorProto) -> bool {
    proto.options.optimize_for == Some(OptimizeMode::LITE_RUNTIME)
}

/// Whether a field, as an option, is dropped from what generators embed.
pub(super) fn is_source_only(proto: &FieldDescriptorProto) -> bool {
    proto.options.retention == Some(OptionRetention::RETENTION_SOURCE)
}

/// The kinds of elements that a field, as an option, is for: a bit each.
pub(super) fn targets(proto: &FieldDescriptorProto) -> u16 {
    proto.options.targets.iter().fold(0, |bits, target| bits | 1 << target.to_i32())
}

/// Whether a range says anything about its extensions.
pub(super) fn declares(options: &ExtensionRangeOptions) -> bool {
    !options.declaration.is_empty() || options.verification.is_some()
}
