//! The names of fields in JSON, which are written down only where a file gives
//! them, or where somebody wants them all.

use std::collections::HashSet;

use buffa_codegen::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use super::named::Named as _;

/// The numbers in the paths of source code info.
const FILE_MESSAGES: i32 = 4;
const FILE_EXTENSIONS: i32 = 7;
const MESSAGE_FIELDS: i32 = 2;
const MESSAGE_NESTED: i32 = 3;
const MESSAGE_EXTENSIONS: i32 = 6;
const FIELD_JSON_NAME: i32 = 10;

/// Gives every field that has none the name that it has by default.
pub(crate) fn fill_json_names(file: &mut FileDescriptorProto) {
    each_field(file, &mut |_, field| {
        if field.json_name.is_none() {
            field.json_name = Some(default(field.name()));
        }
    });
}

/// Takes the names away that the file does not give. Its source code info says
/// which those are.
pub(crate) fn without_default_json_names(file: &mut FileDescriptorProto) {
    let written: HashSet<Vec<i32>> = file
        .source_code_info
        .as_option()
        .into_iter()
        .flat_map(|info| &info.location)
        .filter(|location| location.path.last() == Some(&FIELD_JSON_NAME))
        .map(|location| location.path.clone())
        .collect();
    each_field(file, &mut |path, field| {
        if !written.contains(&[path, &[FIELD_JSON_NAME]].concat()) {
            field.json_name = None;
        }
    });
}

type Visit<'v> = &'v mut dyn FnMut(&[i32], &mut FieldDescriptorProto);

fn each_field(file: &mut FileDescriptorProto, visit: Visit<'_>) {
    for (index, message) in numbered(&mut file.message_type) {
        each_field_of(message, &[FILE_MESSAGES, index], visit);
    }
    for (index, extension) in numbered(&mut file.extension) {
        visit(&[FILE_EXTENSIONS, index], extension);
    }
}

fn each_field_of(message: &mut DescriptorProto, path: &[i32], visit: Visit<'_>) {
    for (index, field) in numbered(&mut message.field) {
        visit(&[path, &[MESSAGE_FIELDS, index]].concat(), field);
    }
    for (index, extension) in numbered(&mut message.extension) {
        visit(&[path, &[MESSAGE_EXTENSIONS, index]].concat(), extension);
    }
    for (index, nested) in numbered(&mut message.nested_type) {
        each_field_of(nested, &[path, &[MESSAGE_NESTED, index]].concat(), visit);
    }
}

fn numbered<T>(elements: &mut [T]) -> impl Iterator<Item = (i32, &mut T)> {
    (0..).zip(elements)
}

/// `fooBar` for `foo_bar`.
fn default(name: &str) -> String {
    let mut json = String::with_capacity(name.len());
    let mut capital = false;
    for letter in name.chars() {
        if letter == '_' {
            capital = true;
        } else {
            json.push(if capital { letter.to_ascii_uppercase() } else { letter });
            capital = false;
        }
    }
    json
}
