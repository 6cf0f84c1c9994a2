//! What a stub file has to import, which is only what its types need.

use std::collections::{HashMap, HashSet};

use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use super::imports::{self, Imports};
use super::interface::named;
use super::interface_types::{is_message, is_well_known, map_entry};
use super::messages::has_generic_services;
use super::names;
use super::text::Text;
use crate::descriptors::{Named as _, Pool};

/// Writes the imports and returns the aliases of the imported files.
pub(super) fn write<'a>(
    text: &mut Text,
    pool: &Pool<'a>,
    file: &'a FileDescriptorProto,
    imports: &Imports,
    functional_only: bool,
) -> HashMap<String, String> {
    let mut needs = Needs {
        messages: !file.message_type.is_empty(),
        enums: !file.enum_type.is_empty(),
        ..Needs::default()
    };
    for message in &file.message_type {
        let well_known =
            file.package.as_deref() == Some("google.protobuf") && is_well_known(message.name());
        needs.well_known |= well_known;
        needs.add(pool, message);
    }
    if needs.datetime {
        text.line("import datetime\n");
    }
    let mut modules = Modules::new(imports, file);
    for import in pool.imports(file) {
        if functional_only && defines_features(import.name()) {
            continue;
        }
        modules.import(text, import);
        for public in pool.public_imports(import) {
            modules.import(text, public);
        }
    }
    needs.write(text, has_generic_services(file));
    for public in pool.public_imports(file) {
        let module = imports.module(file.name(), public.name());
        let messages = public.message_type.iter().map(|message| message.name());
        for name in messages.chain(public.enum_type.iter().map(|proto| proto.name())) {
            text.line(format!("from {module} import {name} as {name}"));
        }
    }
    text.line("");
    modules.aliases
}

/// Whether a file has features for other languages, which mean nothing here.
fn defines_features(file: &str) -> bool {
    matches!(file, "google/protobuf/cpp_features.proto" | "google/protobuf/java_features.proto")
}

/// The imports of other files' modules.
struct Modules<'i> {
    imports: &'i Imports,
    importer: &'i str,
    aliases: HashMap<String, String>,
    taken: HashSet<String>,
    has_importlib: bool,
}

impl<'i> Modules<'i> {
    fn new(imports: &'i Imports, file: &'i FileDescriptorProto) -> Self {
        Self {
            imports,
            importer: file.name(),
            aliases: HashMap::new(),
            taken: HashSet::new(),
            has_importlib: false,
        }
    }

    fn import(&mut self, text: &mut Text, file: &FileDescriptorProto) {
        let module = self.imports.module(self.importer, file.name());
        let mut alias = format!("_{}", module.rsplit('.').next().unwrap_or_default());
        while self.taken.contains(&alias) {
            alias.push_str("_1");
        }
        if names::has_keyword(&module) {
            if !self.has_importlib {
                text.line("import importlib");
                self.has_importlib = true;
            }
            text.line(format!("{alias} = {}", imports::expression(&module)));
            return;
        }
        text.line(imports::statement(&module, &alias));
        self.aliases.insert(file.name().to_owned(), alias.clone());
        self.taken.insert(alias);
    }
}

/// What the types of a file need besides other files.
#[derive(Default)]
struct Needs {
    repeated: bool,
    iterable: bool,
    messages: bool,
    enums: bool,
    extendable: bool,
    mapping: bool,
    optional: bool,
    union: bool,
    well_known: bool,
    datetime: bool,
}

impl Needs {
    fn add(&mut self, pool: &Pool<'_>, message: &DescriptorProto) {
        self.extendable |= !message.extension_range.is_empty();
        self.enums |= !message.enum_type.is_empty();
        for field in named(message) {
            self.optional = true;
            let repeated = field.label == Some(Label::LABEL_REPEATED);
            self.repeated |= repeated;
            match map_entry(pool, field) {
                Some((_, value)) => {
                    self.mapping = true;
                    self.value(value);
                }
                None => {
                    self.iterable |= repeated;
                    self.mapping |= is_message(field);
                    self.value(field);
                }
            }
        }
        for nested in &message.nested_type {
            self.add(pool, nested);
        }
    }

    fn value(&mut self, field: &FieldDescriptorProto) {
        self.union |= is_message(field) || field.r#type == Some(Type::TYPE_ENUM);
        self.datetime |= matches!(
            field.type_name.as_deref(),
            Some(".google.protobuf.Duration" | ".google.protobuf.Timestamp")
        );
    }

    fn write(&self, text: &mut Text, generic_services: bool) {
        let from = |needed: bool, package: &str, name: &str| {
            needed.then(|| format!("from google.protobuf{package} import {name} as _{name}"))
        };
        let modules = [
            from(self.repeated, ".internal", "containers"),
            from(self.enums, ".internal", "enum_type_wrapper"),
            from(self.extendable, ".internal", "python_message"),
            from(self.well_known, ".internal", "well_known_types"),
            from(true, "", "descriptor"),
            from(self.messages, "", "message"),
            from(generic_services, "", "service"),
        ];
        for module in modules.into_iter().flatten() {
            text.line(module);
        }
        let named = |needed: bool, name: &str| needed.then(|| format!("{name} as _{name}"));
        let collections: Vec<String> =
            [named(self.iterable, "Iterable"), named(self.mapping, "Mapping")]
                .into_iter()
                .flatten()
                .collect();
        if !collections.is_empty() {
            text.line(format!("from collections.abc import {}", collections.join(", ")));
        }
        let typing: Vec<String> =
            [named(true, "ClassVar"), named(self.optional, "Optional"), named(self.union, "Union")]
                .into_iter()
                .flatten()
                .collect();
        text.line(format!("from typing import {}", typing.join(", ")));
    }
}
