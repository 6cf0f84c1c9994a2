//! The statements that give descriptors their options.
//!
//! Custom options can be read only after the extensions that they are have been
//! registered, so the options of everything are set again at the end.

use buffa::{Message, MessageField, ProtoBox};
use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    ServiceDescriptorProto,
};

use super::text::Text;
use super::{escape, names};
use crate::descriptors::Named as _;

/// Options as a Python literal: `None` if there are none.
pub(super) fn literal<T: Message + Default, P: ProtoBox<T>>(
    options: &MessageField<T, P>,
) -> Option<String> {
    let bytes = options.as_option()?.encode_to_vec();
    (!bytes.is_empty()).then(|| format!("b'{}'", escape::octal(&bytes)))
}

/// Writes the options of `file` and of all that is in it.
pub(super) fn write(text: &mut Text, file: &FileDescriptorProto) {
    if literal(&file.options).is_none() {
        text.line("DESCRIPTOR._loaded_options = None");
    }
    set(text, &file.options, "_globals['DESCRIPTOR']");
    for proto in &file.enum_type {
        enumeration(text, &[], proto);
    }
    for proto in &file.extension {
        set(text, &proto.options, &format!("_globals['{}']", proto.name()));
    }
    for proto in &file.message_type {
        message(text, &[], proto);
    }
    for proto in &file.service {
        service(text, proto);
    }
}

fn set<T: Message + Default, P: ProtoBox<T>>(
    text: &mut Text,
    options: &MessageField<T, P>,
    descriptor: &str,
) {
    if let Some(options) = literal(options) {
        text.line(format!("{descriptor}._loaded_options = None"));
        text.line(format!("{descriptor}._serialized_options = {options}"));
    }
}

fn message(text: &mut Text, parents: &[&DescriptorProto], proto: &DescriptorProto) {
    let descriptor = format!("_globals['{}']", names::descriptor(parents, proto.name()));
    let within = [parents, &[proto]].concat();
    for nested in &proto.nested_type {
        message(text, &within, nested);
    }
    for oneof in &proto.oneof_decl {
        set(text, &oneof.options, &format!("{descriptor}.oneofs_by_name['{}']", oneof.name()));
    }
    for nested in &proto.enum_type {
        enumeration(text, &within, nested);
    }
    fields(text, &proto.field, &format!("{descriptor}.fields_by_name"));
    fields(text, &proto.extension, &format!("{descriptor}.extensions_by_name"));
    set(text, &proto.options, &descriptor);
}

fn fields(text: &mut Text, fields: &[FieldDescriptorProto], by_name: &str) {
    for field in fields {
        set(text, &field.options, &format!("{by_name}['{}']", field.name()));
    }
}

fn enumeration(text: &mut Text, parents: &[&DescriptorProto], proto: &EnumDescriptorProto) {
    let descriptor = format!("_globals['{}']", names::descriptor(parents, proto.name()));
    set(text, &proto.options, &descriptor);
    for value in &proto.value {
        set(text, &value.options, &format!("{descriptor}.values_by_name[\"{}\"]", value.name()));
    }
}

fn service(text: &mut Text, proto: &ServiceDescriptorProto) {
    let descriptor = format!("_globals['{}']", names::descriptor(&[], proto.name()));
    set(text, &proto.options, &descriptor);
    for method in &proto.method {
        set(text, &method.options, &format!("{descriptor}.methods_by_name['{}']", method.name()));
    }
}
