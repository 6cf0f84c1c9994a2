//! `descriptor_pb2.py`, which has to say in Python what is in it: the library
//! that reads serialized descriptors in pure Python is made of it.

mod features;
mod fields;
mod links;

use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto,
};

use super::text::Text;
use super::{escape, names, options};
use crate::descriptors::{Named as _, Pool};

const KEY: &str = "create_key=_descriptor._internal_create_key";

/// Writes the descriptor of the file for Python without C, up to `else`.
pub(super) fn file(text: &mut Text, file: &FileDescriptorProto, serialized: &[u8]) {
    let (syntax, edition) = syntax(file);
    let options = options::literal(&file.options).unwrap_or_else(|| "None".to_owned());
    text.line("if not _descriptor._USE_C_DESCRIPTORS:");
    text.indented(|text| {
        text.line("DESCRIPTOR = _descriptor.FileDescriptor(");
        text.line(format!("  name='{}',", file.name()));
        text.line(format!("  package='{}',", file.package.as_deref().unwrap_or_default()));
        text.line(format!("  syntax='{syntax}',"));
        text.line(format!("  edition='{edition}',"));
        text.line(format!("  serialized_options={options},"));
        text.line(format!("  {KEY},"));
        text.line(format!("  serialized_pb=b'{}'", escape::hexadecimal(serialized)));
        let modules = |names: &mut dyn Iterator<Item = &String>| -> String {
            names.map(|name| names::alias(&names::module(name)) + ".DESCRIPTOR,").collect()
        };
        if !file.dependency.is_empty() {
            text.add(&format!("  ,\n  dependencies=[{}]", modules(&mut file.dependency.iter())));
        }
        if !file.public_dependency.is_empty() {
            let mut public = file
                .public_dependency
                .iter()
                .filter_map(|&index| file.dependency.get(usize::try_from(index).ok()?));
            text.add(&format!(",\n  public_dependencies=[{}]", modules(&mut public)));
        }
        text.line(")");
    });
}

/// Writes the descriptors of all types for Python without C, up to `else`.
pub(super) fn types(text: &mut Text, pool: &Pool<'_>, file: &FileDescriptorProto) {
    let scope = file.package.as_deref().unwrap_or_default();
    text.line("if not _descriptor._USE_C_DESCRIPTORS:");
    text.indented(|text| {
        for proto in &file.enum_type {
            enumeration(text, scope, &[], proto);
        }
        for proto in &file.message_type {
            nested_enumerations(text, scope, &[], proto);
        }
        for proto in &file.message_type {
            message(text, pool, scope, &[], proto);
            text.line("");
        }
        links::write(text, pool, file);
        features::write(text, file);
    });
}

fn syntax(file: &FileDescriptorProto) -> (&str, String) {
    match (file.syntax.as_deref(), file.edition) {
        (_, Some(edition)) => ("editions", format!("{edition:?}")),
        (Some("proto3"), None) => ("proto3", "EDITION_PROTO3".to_owned()),
        _ => ("proto2", "EDITION_PROTO2".to_owned()),
    }
}

fn full_name(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

fn nested_enumerations(
    text: &mut Text,
    scope: &str,
    parents: &[&DescriptorProto],
    proto: &DescriptorProto,
) {
    let scope = full_name(scope, proto.name());
    let within = [parents, &[proto]].concat();
    for nested in &proto.nested_type {
        nested_enumerations(text, &scope, &within, nested);
    }
    for nested in &proto.enum_type {
        enumeration(text, &scope, &within, nested);
    }
}

fn enumeration(
    text: &mut Text,
    scope: &str,
    parents: &[&DescriptorProto],
    proto: &EnumDescriptorProto,
) {
    let descriptor = names::descriptor(parents, proto.name());
    let none = || "None".to_owned();
    text.line(format!("{descriptor} = _descriptor.EnumDescriptor("));
    text.line(format!("  name='{}',", proto.name()));
    text.line(format!("  full_name='{}',", full_name(scope, proto.name())));
    text.line("  filename=None,\n  file=DESCRIPTOR,");
    text.line(format!("  {KEY},\n  values=["));
    for (index, value) in proto.value.iter().enumerate() {
        let number = value.number.unwrap_or_default();
        let options = options::literal(&value.options).unwrap_or_else(none);
        text.line("    _descriptor.EnumValueDescriptor(");
        text.line(format!("      name='{}', index={index}, number={number},", value.name()));
        text.line(format!("      serialized_options={options},"));
        text.line(format!("      type=None,\n      {KEY}),"));
    }
    let options = options::literal(&proto.options).unwrap_or_else(none);
    text.line("  ],\n  containing_type=None,");
    text.line(format!("  serialized_options={options},\n)"));
    text.line(format!("_sym_db.RegisterEnumDescriptor({descriptor})\n"));
}

fn message(
    text: &mut Text,
    pool: &Pool<'_>,
    scope: &str,
    parents: &[&DescriptorProto],
    proto: &DescriptorProto,
) {
    let full = full_name(scope, proto.name());
    let within = [parents, &[proto]].concat();
    for nested in &proto.nested_type {
        message(text, pool, &full, &within, nested);
    }
    let descriptor = names::descriptor(parents, proto.name());
    text.line(format!("\n{descriptor} = _descriptor.Descriptor("));
    text.indented(|text| {
        text.line(format!("name='{}',\nfull_name='{full}',", proto.name()));
        text.line("filename=None,\nfile=DESCRIPTOR,\ncontaining_type=None,");
        text.line(format!("{KEY},"));
        fields::write(text, pool, &full, "fields", &proto.field);
        fields::write(text, pool, &full, "extensions", &proto.extension);
        let nested: String = proto
            .nested_type
            .iter()
            .map(|nested| names::descriptor(&within, nested.name()) + ", ")
            .collect();
        text.line(format!("nested_types=[{nested}],\nenum_types=["));
        for nested in &proto.enum_type {
            text.line(format!("  {},", names::descriptor(&within, nested.name())));
        }
        let options = options::literal(&proto.options).unwrap_or_else(|| "None".to_owned());
        text.line(format!("],\nserialized_options={options},"));
        let extendable = if proto.extension_range.is_empty() { "False" } else { "True" };
        text.line(format!("is_extendable={extendable},"));
        let ranges: String = proto
            .extension_range
            .iter()
            .map(|range| format!("({}, {}), ", range.start.unwrap_or(0), range.end.unwrap_or(0)))
            .collect();
        text.line(format!("extension_ranges=[{ranges}],\noneofs=["));
        for (index, oneof) in proto.oneof_decl.iter().enumerate() {
            let options = options::literal(&oneof.options)
                .map(|options| format!(", serialized_options={options}"))
                .unwrap_or_default();
            let name = oneof.name();
            text.line("  _descriptor.OneofDescriptor(");
            text.line(format!("    name='{name}', full_name='{full}.{name}',"));
            text.line(format!("    index={index}, containing_type=None,"));
            text.line(format!("    {KEY},\n  fields=[]{options}),"));
        }
        text.line("],");
    });
    text.line(")");
}
