//! The elements of a file go into the pool, and their names into the symbol
//! table. What can be said about an element without knowing what its names
//! refer to is checked here.

use std::collections::HashSet;

use buffa::{Enumeration, UnknownFieldData};
use buffa_codegen::generated::descriptor::descriptor_proto::ExtensionRange;
use buffa_codegen::generated::descriptor::field_descriptor_proto::Label;
use buffa_codegen::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, OneofDescriptorProto,
};

use super::builder::Builder;
use super::names::json_name;
use super::pool::{
    Field, FieldId, File, FileId, Message, MessageId, Oneof, OneofId, Range, TypeReference, edition,
};
use super::symbols::Symbol;
use crate::check;
use crate::parse::Part;

/// How deep messages may be nested, as in protoc.
const MESSAGE_DEPTH: usize = 32;
/// How many dots a package may have, as in protoc.
const PACKAGE_DOTS: usize = 100;
/// How long the name of a package may be, as in protoc.
const PACKAGE_LENGTH: usize = 511;

/// How many bytes the full names of a file have at most: some million of those
/// that people give.
const MAX_NAMED: usize = 64 << 20;

/// The edition that a file is in; `None` if its syntax is unknown.
pub(super) fn edition_of(proto: &FileDescriptorProto) -> Option<i32> {
    if let Some(edition) = proto.edition {
        return Some(edition.to_i32());
    }
    // One that is newer than the messages that it is read by.
    for field in &proto.__buffa_unknown_fields {
        if let (14, UnknownFieldData::Varint(edition)) = (field.number, &field.data) {
            return i32::try_from(*edition).ok();
        }
    }
    match proto.syntax.as_deref().unwrap_or_default() {
        "" | "proto2" => Some(edition::PROTO2),
        "proto3" => Some(edition::PROTO3),
        _ => None,
    }
}

impl Builder<'_> {
    /// Declares everything in the file; `None` if there is no point in going on.
    pub(super) fn declare_file(&mut self, proto: &FileDescriptorProto) -> Option<()> {
        let package = proto.package.clone().unwrap_or_default();
        if package.len() > PACKAGE_LENGTH {
            self.error(Part::Name, "Package name is too long");
            return None;
        }
        if edition_of(proto).is_none() {
            let syntax = proto.syntax.as_deref().unwrap_or_default();
            self.error(Part::Other, format!("Unrecognized syntax: {syntax}"));
        }
        check::edition(self);
        self.pool.by_name.insert(self.name.clone(), self.file);
        self.pool.files.push(File {
            name: self.name.clone(),
            package: package.clone(),
            edition: self.edition,
            ..File::default()
        });
        if package.matches('.').count() > PACKAGE_DOTS {
            self.error(Part::Name, "Exceeds Maximum Package Depth");
            return None;
        }
        if !package.is_empty() {
            self.declare_package(&package);
        }
        self.declare_imports(proto)?;
        for (index, message) in proto.message_type.iter().enumerate() {
            let id = self.at(4, index, |this| this.declare_message(message, None, 1));
            self.pool[self.file].messages.push(id);
        }
        for (index, declared) in proto.enum_type.iter().enumerate() {
            let id = self.at(5, index, |this| this.declare_enum(declared, None));
            self.pool[self.file].enums.push(id);
        }
        for (index, service) in proto.service.iter().enumerate() {
            let id = self.at(6, index, |this| this.declare_service(service));
            self.pool[self.file].services.push(id);
        }
        for (index, extension) in proto.extension.iter().enumerate() {
            let id = self.at(7, index, |this| this.declare_field(extension, None, true));
            self.pool[self.file].extensions.push(id);
        }
        if proto.options.is_set() {
            // A last part that lookup takes off, as it does an element's name.
            self.pend(8, format!("{package}.dummy"));
        }
        Some(())
    }

    fn declare_package(&mut self, package: &str) {
        let dots = package.match_indices('.').map(|(dot, _)| dot);
        let ends: Vec<usize> = dots.chain([package.len()]).collect();
        for end in ends.into_iter().rev() {
            let name = &package[..end];
            match self.pool.symbols.add(name, Symbol::Package(self.file)) {
                Ok(()) => self.check_name(name.rsplit('.').next().unwrap_or(name)),
                Err(Symbol::Package(_)) => break,
                Err(other) => {
                    let other = other.file(self.pool);
                    let message = format!(
                        "\"{name}\" is already defined (as something other than a package) in \
                         file \"{}\".",
                        self.pool[other].name
                    );
                    self.error(Part::Name, message);
                    break;
                }
            }
        }
    }

    fn declare_imports(&mut self, proto: &FileDescriptorProto) -> Option<()> {
        let mut seen = HashSet::new();
        let mut dependencies = Vec::new();
        let mut for_options = Vec::new();
        let names = proto.dependency.iter().chain(&proto.option_dependency);
        for (index, name) in names.enumerate() {
            if !seen.insert(name) {
                self.import_error(name, format!("Import \"{name}\" was listed twice."));
            }
            let found = self.pool.by_name.get(name).copied();
            if found == Some(self.file) {
                // The file imports itself, which was reported when it was loaded.
                self.had_errors = true;
                return None;
            }
            match found {
                Some(file) if self.asked && self.pool[file].public.is_empty() => {
                    self.unused.push(file);
                }
                Some(_) => {}
                None => {
                    let message = format!("Import \"{name}\" was not found or had errors.");
                    self.import_error(name, message);
                }
            }
            if index < proto.dependency.len() {
                dependencies.push(found);
            } else {
                for_options.extend(found);
            }
        }
        let public: Vec<FileId> = proto
            .public_dependency
            .iter()
            .filter_map(|index| *dependencies.get(usize::try_from(*index).ok()?)?)
            .collect();
        let is_public: HashSet<FileId> = public.iter().copied().collect();
        self.unused.retain(|unused| !is_public.contains(unused));
        for file in dependencies.iter().flatten() {
            self.see(*file, false);
        }
        for file in &for_options {
            self.see(*file, true);
        }
        let file = self.file;
        self.pool[file].dependencies = dependencies;
        self.pool[file].option_dependencies = for_options;
        self.pool[file].public = public;
        Some(())
    }

    pub(super) fn scope(&self, parent: Option<MessageId>) -> &str {
        match parent {
            Some(message) => &self.pool[message].full_name,
            None => &self.pool[self.file].package,
        }
    }

    pub(super) fn full_name(&mut self, parent: Option<MessageId>, name: &str) -> String {
        let full_name = join(self.scope(parent), name);
        self.bounded(full_name, name)
    }

    /// A full name, but only the name itself once there were too many: a long one
    /// would be kept for each field in it.
    pub(super) fn bounded(&mut self, full_name: String, name: &str) -> String {
        let before = self.named;
        self.named += full_name.len();
        if self.named <= MAX_NAMED {
            return full_name;
        }
        if before <= MAX_NAMED {
            self.error(Part::Name, "The names in this file are too long.");
        }
        name.to_owned()
    }

    fn declare_message(
        &mut self,
        proto: &DescriptorProto,
        parent: Option<MessageId>,
        depth: usize,
    ) -> MessageId {
        let name = proto.name.clone().unwrap_or_default();
        let full_name = self.full_name(parent, &name);
        self.check_name(&name);
        let id = MessageId::at(self.pool.messages.len());
        self.pool.messages.push(Message {
            name,
            full_name: full_name.clone(),
            file: self.file,
            parent,
            reserved: proto
                .reserved_range
                .iter()
                .map(|range| (range.start.unwrap_or_default(), range.end.unwrap_or_default()))
                .collect(),
            reserved_names: proto.reserved_name.clone(),
            map_entry: proto.options.map_entry.unwrap_or_default(),
            visibility: proto.visibility.map_or(0, |visibility| visibility.to_i32()),
            ..Message::default()
        });
        for (index, oneof) in proto.oneof_decl.iter().enumerate() {
            let oneof = self.at(8, index, |this| this.declare_oneof(oneof, id));
            self.pool[id].oneofs.push(oneof);
        }
        for (index, field) in proto.field.iter().enumerate() {
            let field = self.at(2, index, |this| this.declare_field(field, Some(id), false));
            self.pool[id].fields.push(field);
        }
        for (index, declared) in proto.enum_type.iter().enumerate() {
            let declared = self.at(4, index, |this| this.declare_enum(declared, Some(id)));
            self.pool[id].enums.push(declared);
        }
        for (index, range) in proto.extension_range.iter().enumerate() {
            let range = self.at(5, index, |this| this.declare_extension_range(range, id));
            self.pool[id].extension_ranges.push(range);
        }
        for (index, extension) in proto.extension.iter().enumerate() {
            let extension = self.at(6, index, |this| this.declare_field(extension, Some(id), true));
            self.pool[id].extensions.push(extension);
        }
        for index in 0..proto.reserved_range.len() {
            self.at(9, index, |this| check::reserved_range(this, id, index));
        }
        if proto.options.is_set() {
            self.pend(7, full_name.clone());
        }
        if depth >= MESSAGE_DEPTH {
            self.error(Part::Other, "Reached maximum recursion limit for nested messages.");
            return id;
        }
        for (index, nested) in proto.nested_type.iter().enumerate() {
            let nested =
                self.at(3, index, |this| this.declare_message(nested, Some(id), depth + 1));
            self.pool[id].messages.push(nested);
        }
        self.add_symbol(&full_name, Symbol::Message(id));
        check::ranges_of_message(self, id);
        id
    }

    fn declare_oneof(&mut self, proto: &OneofDescriptorProto, message: MessageId) -> OneofId {
        let name = proto.name.clone().unwrap_or_default();
        let full_name = self.full_name(Some(message), &name);
        self.check_name(&name);
        let id = OneofId::at(self.pool.oneofs.len());
        let oneof = Oneof { name, message, ..Oneof::default() };
        self.pool.oneofs.push(oneof);
        if proto.options.is_set() {
            self.pend(2, full_name.clone());
        }
        self.add_symbol(&full_name, Symbol::Oneof(id));
        id
    }

    fn declare_field(
        &mut self,
        proto: &FieldDescriptorProto,
        scope: Option<MessageId>,
        is_extension: bool,
    ) -> FieldId {
        let name = proto.name.clone().unwrap_or_default();
        let full_name = self.full_name(scope, &name);
        self.check_name(&name);
        let oneof = match (scope, proto.oneof_index) {
            (Some(message), Some(index)) if !is_extension => usize::try_from(index)
                .ok()
                .and_then(|index| self.pool[message].oneofs.get(index).copied()),
            _ => None,
        };
        let id = FieldId::at(self.pool.fields.len());
        self.pool.fields.push(Field {
            json_name: proto.json_name.clone().unwrap_or_else(|| json_name(&name)),
            name,
            full_name: full_name.clone(),
            file: self.file,
            number: proto.number.unwrap_or_default(),
            label: proto.label.unwrap_or(Label::LABEL_OPTIONAL),
            kind: proto.r#type,
            refers_to: TypeReference::None,
            containing: scope.filter(|_| !is_extension),
            scope,
            is_extension,
            oneof,
            proto3_optional: proto.proto3_optional.unwrap_or_default(),
            has_default: proto.default_value.is_some(),
            features: super::features::Features::default(),
            explicit_json_name: proto.json_name.is_some(),
            source_only: false,
            targets: 0,
            support: None,
        });
        check::declared_field(self, id, proto);
        if proto.options.is_set() {
            self.pend(8, full_name.clone());
        }
        self.add_symbol(&full_name, Symbol::Field(id));
        id
    }

    fn declare_extension_range(&mut self, proto: &ExtensionRange, message: MessageId) -> Range {
        let (start, end) = (proto.start.unwrap_or_default(), proto.end.unwrap_or_default());
        check::extension_range(self, message, start, end);
        if proto.options.is_set() {
            let full_name = self.pool[message].full_name.clone();
            self.pend(3, full_name);
        }
        Range { start, end, ..Range::default() }
    }

    /// Gives an element its name; says whether the name was free.
    pub(super) fn add_symbol(&mut self, full_name: &str, symbol: Symbol) -> bool {
        let Err(other) = self.pool.symbols.add(full_name, symbol) else { return true };
        let file = other.file(self.pool);
        let message = if file != self.file {
            let file = &self.pool[file].name;
            format!("\"{full_name}\" is already defined in file \"{file}\".")
        } else if let Some((scope, name)) = full_name.rsplit_once('.') {
            format!("\"{name}\" is already defined in \"{scope}\".")
        } else {
            format!("\"{full_name}\" is already defined.")
        };
        self.error(Part::Name, message);
        false
    }

    pub(super) fn check_name(&mut self, name: &str) {
        if name.is_empty() {
            self.error(Part::Name, "Missing name.");
        } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.error(Part::Name, format!("\"{name}\" is not a valid identifier."));
        }
    }
}

pub(super) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
