//! Everything that a file defines, one after the other, with its path and where
//! it stands: for rules about the text.

use std::collections::HashMap;

use buffa_codegen::generated::descriptor::source_code_info::Location;
use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto,
};

use crate::descriptors::Named as _;
use crate::parse::paths;

/// A definition.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Definition<'a> {
    /// A message; the entries of maps are left out.
    Message(&'a DescriptorProto),
    /// A field of a message, or an extension.
    Field(&'a FieldDescriptorProto),
    /// A oneof that is written so, with its message.
    Oneof(&'a OneofDescriptorProto),
    /// An enum.
    Enum(&'a EnumDescriptorProto),
    /// A value of an enum.
    Value(&'a EnumValueDescriptorProto, &'a EnumDescriptorProto),
    /// A service.
    Service(&'a ServiceDescriptorProto),
    /// A method of a service.
    Method(&'a MethodDescriptorProto, &'a ServiceDescriptorProto),
}

/// A definition and where it belongs.
#[derive(Debug, Clone)]
pub(crate) struct Element<'a> {
    /// What is defined.
    pub definition: Definition<'a>,
    /// Its path in the file, as in source information.
    pub path: Vec<i32>,
    /// Its name with all that it lies in.
    pub full_name: String,
}

/// The definitions of a file; outer ones come before what is in them.
pub(crate) fn elements(file: &FileDescriptorProto) -> Vec<Element<'_>> {
    let mut walk = Walk { elements: Vec::new() };
    let package = file.package.as_deref().unwrap_or_default();
    walk.messages(&file.message_type, &[paths::file::MESSAGE], package);
    walk.enums(&file.enum_type, &[paths::file::ENUM], package);
    walk.fields(&file.extension, &[paths::file::EXTENSION], package);
    for (index, service) in file.service.iter().enumerate() {
        let path = [paths::file::SERVICE, at(index)];
        let full_name = walk.add(Definition::Service(service), &path, package, service.name());
        for (index, method) in service.method.iter().enumerate() {
            let path = joined(&path, &[paths::service::METHOD, at(index)]);
            walk.add(Definition::Method(method, service), &path, &full_name, method.name());
        }
    }
    walk.elements
}

struct Walk<'a> {
    elements: Vec<Element<'a>>,
}

impl<'a> Walk<'a> {
    fn add(&mut self, definition: Definition<'a>, path: &[i32], scope: &str, name: &str) -> String {
        let full_name = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
        let element = Element { definition, path: path.to_vec(), full_name: full_name.clone() };
        self.elements.push(element);
        full_name
    }

    fn messages(&mut self, messages: &'a [DescriptorProto], list: &[i32], scope: &str) {
        for (index, message) in messages.iter().enumerate() {
            if is_map_entry(message) {
                continue;
            }
            let path = joined(list, &[at(index)]);
            let full_name = self.add(Definition::Message(message), &path, scope, message.name());
            let inner = |list: i32| joined(&path, &[list]);
            self.fields(&message.field, &inner(paths::message::FIELD), &full_name);
            for (index, oneof) in message.oneof_decl.iter().enumerate() {
                if !is_synthetic(message, index) {
                    let path = joined(&path, &[paths::message::ONEOF, at(index)]);
                    self.add(Definition::Oneof(oneof), &path, &full_name, oneof.name());
                }
            }
            let extensions = inner(paths::message::EXTENSION);
            self.fields(&message.extension, &extensions, &full_name);
            self.enums(&message.enum_type, &inner(paths::message::ENUM), &full_name);
            self.messages(&message.nested_type, &inner(paths::message::MESSAGE), &full_name);
        }
    }

    fn fields(&mut self, fields: &'a [FieldDescriptorProto], list: &[i32], scope: &str) {
        for (index, field) in fields.iter().enumerate() {
            let path = joined(list, &[at(index)]);
            self.add(Definition::Field(field), &path, scope, field.name());
        }
    }

    fn enums(&mut self, enums: &'a [EnumDescriptorProto], list: &[i32], scope: &str) {
        for (index, proto) in enums.iter().enumerate() {
            let path = joined(list, &[at(index)]);
            let full_name = self.add(Definition::Enum(proto), &path, scope, proto.name());
            for (index, value) in proto.value.iter().enumerate() {
                let path = joined(&path, &[paths::enumeration::VALUE, at(index)]);
                self.add(Definition::Value(value, proto), &path, &full_name, value.name());
            }
        }
    }
}

/// Whether a message stands for the entries of a map.
pub(crate) fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.map_entry == Some(true)
}

/// Whether a oneof is only there for an `optional` field.
pub(crate) fn is_synthetic(message: &DescriptorProto, oneof: usize) -> bool {
    let is_in = |field: &&FieldDescriptorProto| field.oneof_index == i32::try_from(oneof).ok();
    message.field.iter().find(is_in).is_some_and(|field| field.proto3_optional == Some(true))
}

/// A path and what comes below it.
pub(crate) fn joined(path: &[i32], below: &[i32]) -> Vec<i32> {
    [path, below].concat()
}

/// An index in a path.
pub(crate) fn at(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}

/// Where the elements of a file stand.
#[derive(Debug)]
pub(crate) struct Locations<'a> {
    by_path: HashMap<&'a [i32], &'a Location>,
}

impl<'a> Locations<'a> {
    /// Those of a file with source information.
    pub(crate) fn new(file: &'a FileDescriptorProto) -> Self {
        let mut by_path = HashMap::new();
        for location in &file.source_code_info.location {
            // The first of the same, as an `extend` has one for each field.
            by_path.entry(location.path.as_slice()).or_insert(location);
        }
        Self { by_path }
    }

    /// Where what has that path stands.
    pub(crate) fn find(&self, path: &[i32]) -> Option<&'a Location> {
        self.by_path.get(path).copied()
    }
}
