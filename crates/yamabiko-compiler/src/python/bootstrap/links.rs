//! What descriptors refer to, which can be said only when all of them are there.

use buffa_codegen::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use crate::descriptors::{Named as _, Pool};
use crate::python::names;
use crate::python::text::Text;

/// Writes the links of all types in `file`, and those of the file to them.
pub(super) fn write(text: &mut Text, pool: &Pool<'_>, file: &FileDescriptorProto) {
    for proto in &file.message_type {
        message(text, pool, file, &[], proto);
    }
    for proto in &file.message_type {
        let descriptor = names::descriptor(&[], proto.name());
        text.line(format!("DESCRIPTOR.message_types_by_name['{}'] = {descriptor}", proto.name()));
    }
    for proto in &file.enum_type {
        let descriptor = names::descriptor(&[], proto.name());
        text.line(format!("DESCRIPTOR.enum_types_by_name['{}'] = {descriptor}", proto.name()));
    }
    for proto in &file.extension {
        let extension = names::expression(&[], proto.name());
        text.line(format!("DESCRIPTOR.extensions_by_name['{}'] = {extension}", proto.name()));
    }
    text.line("_sym_db.RegisterFileDescriptor(DESCRIPTOR)\n");
}

fn message(
    text: &mut Text,
    pool: &Pool<'_>,
    file: &FileDescriptorProto,
    parents: &[&DescriptorProto],
    proto: &DescriptorProto,
) {
    let within = [parents, &[proto]].concat();
    for nested in &proto.nested_type {
        message(text, pool, file, &within, nested);
    }
    let descriptor = names::descriptor(parents, proto.name());
    for field in &proto.field {
        if let Some((attribute, target)) = target(pool, file, field) {
            let name = field.name();
            text.line(format!("{descriptor}.fields_by_name['{name}'].{attribute} = {target}"));
        }
    }
    if let Some((parent, around)) = parents.split_last() {
        let parent = names::descriptor(around, parent.name());
        text.line(format!("{descriptor}.containing_type = {parent}"));
    }
    for nested in &proto.enum_type {
        let nested = names::descriptor(&within, nested.name());
        text.line(format!("{nested}.containing_type = {descriptor}"));
    }
    for (index, oneof) in proto.oneof_decl.iter().enumerate() {
        let oneof = format!("{descriptor}.oneofs_by_name['{}']", oneof.name());
        let index = i32::try_from(index).ok();
        for field in proto.field.iter().filter(|field| field.oneof_index == index) {
            let field = format!("{descriptor}.fields_by_name['{}']", field.name());
            text.line(format!("{oneof}.fields.append(\n  {field})"));
            text.line(format!("{field}.containing_oneof = {oneof}"));
        }
    }
}

fn target(
    pool: &Pool<'_>,
    file: &FileDescriptorProto,
    field: &FieldDescriptorProto,
) -> Option<(&'static str, String)> {
    let name = field.type_name.as_deref()?;
    let (attribute, defined_in, descriptor) = match pool.message(name) {
        Some(found) => {
            ("message_type", found.file, names::descriptor(&found.parents, found.proto.name()))
        }
        None => {
            let found = pool.enumeration(name)?;
            ("enum_type", found.file, names::descriptor(&found.parents, found.proto.name()))
        }
    };
    if defined_in.name() == file.name() {
        return Some((attribute, descriptor));
    }
    let alias = names::alias(&names::module(defined_in.name()));
    Some((attribute, format!("{alias}.{descriptor}")))
}
