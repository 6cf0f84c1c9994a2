//! What a set of files promises to those who use it, by name and number.

use std::collections::{BTreeMap, BTreeSet};

use buffa::Enumeration as _;
use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    MethodDescriptorProto,
};

use crate::descriptors::Named as _;
use crate::elements::{at, is_map_entry, is_synthetic, joined};
use crate::parse::paths;
use crate::proto::Linked;
use crate::resolve::{Features, FieldId, FileId, MessageId, Pool};

/// Where an element is defined.
#[derive(Debug, Clone)]
pub(super) struct Home {
    /// The file's name.
    pub file: String,
    /// Its path there.
    pub path: Vec<i32>,
    /// The package.
    pub package: String,
    /// Its name without the package.
    pub nested_name: String,
}

/// Numbers from the first to the last one, both included.
pub(super) type Numbers = (i32, i32);

/// A message.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub home: Home,
    pub proto: &'a DescriptorProto,
    pub fields: BTreeMap<i32, Field<'a>>,
    pub oneofs: BTreeSet<&'a str>,
    pub reserved: Vec<Numbers>,
    pub extension_ranges: Vec<Numbers>,
    pub features: Features,
}

/// A field or an extension.
#[derive(Debug)]
pub(super) struct Field<'a> {
    pub home: Home,
    pub proto: &'a FieldDescriptorProto,
    pub cardinality: Cardinality,
    pub oneof: Option<&'a str>,
    pub features: Features,
    /// The kind of thing it holds; groups are told from messages.
    pub kind: Kind,
}

/// How many values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cardinality {
    Required,
    Explicit,
    Implicit,
    Repeated,
    Map,
}

impl Cardinality {
    /// As messages call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Explicit => "optional with explicit presence",
            Self::Implicit => "optional with implicit presence",
            Self::Repeated => "repeated",
            Self::Map => "map",
        }
    }
}

/// A type.
pub(super) type Kind = Type;

/// An enum.
#[derive(Debug)]
pub(super) struct Enum<'a> {
    pub home: Home,
    pub proto: &'a EnumDescriptorProto,
    /// The names of each number, and where they are among the values.
    pub values: BTreeMap<i32, Vec<(&'a str, usize)>>,
    pub reserved: Vec<Numbers>,
    pub features: Features,
}

/// A service.
#[derive(Debug)]
pub(super) struct Service<'a> {
    pub home: Home,
    pub methods: BTreeMap<&'a str, (Vec<i32>, &'a MethodDescriptorProto)>,
}

/// Everything, by full name.
#[derive(Debug, Default)]
pub(super) struct Api<'a> {
    pub files: BTreeMap<&'a str, &'a FileDescriptorProto>,
    pub packages: BTreeSet<&'a str>,
    pub messages: BTreeMap<String, Message<'a>>,
    pub enums: BTreeMap<String, Enum<'a>>,
    pub services: BTreeMap<String, Service<'a>>,
    /// By the message that is extended and the number.
    pub extensions: BTreeMap<(String, i32), Field<'a>>,
}

impl<'a> Api<'a> {
    /// What the files that were asked for promise.
    pub(super) fn new(linked: &'a Linked) -> Self {
        let mut api = Self::default();
        let pool = linked.pool();
        for file in linked.files.iter().filter(|file| linked.asked.iter().any(|a| a == file.name()))
        {
            let Some(id) = pool.file(file.name()) else { continue };
            api.files.insert(file.name(), file);
            api.packages.insert(file.package.as_deref().unwrap_or_default());
            Reader { pool, file, api: &mut api }.file(id);
        }
        api
    }
}

struct Reader<'a, 'r> {
    pool: &'a Pool,
    file: &'a FileDescriptorProto,
    api: &'r mut Api<'a>,
}

impl<'a> Reader<'a, '_> {
    fn home(&self, path: &[i32], nested_name: String) -> Home {
        let package = self.file.package.clone().unwrap_or_default();
        Home { file: self.file.name().to_owned(), path: path.to_vec(), package, nested_name }
    }

    fn full_name(home: &Home) -> String {
        match home.package.as_str() {
            "" => home.nested_name.clone(),
            package => format!("{package}.{}", home.nested_name),
        }
    }

    fn file(&mut self, id: FileId) {
        let file = &self.pool[id];
        for (index, (proto, id)) in self.file.message_type.iter().zip(&file.messages).enumerate() {
            self.message(proto, *id, &[paths::file::MESSAGE, at(index)], None, "");
        }
        for (index, (proto, id)) in self.file.enum_type.iter().zip(&file.enums).enumerate() {
            let features = self.pool[*id].features;
            self.enumeration(proto, features, &[paths::file::ENUM, at(index)], "");
        }
        let extensions = [paths::file::EXTENSION];
        self.extensions(&self.file.extension, &file.extensions, &extensions, "");
        for (index, proto) in self.file.service.iter().enumerate() {
            let path = [paths::file::SERVICE, at(index)];
            let home = self.home(&path, proto.name().to_owned());
            let methods = proto.method.iter().enumerate().map(|(index, method)| {
                let path = joined(&path, &[paths::service::METHOD, at(index)]);
                (method.name(), (path, method))
            });
            let methods = methods.collect();
            self.api.services.insert(Self::full_name(&home), Service { home, methods });
        }
    }

    fn message(
        &mut self,
        proto: &'a DescriptorProto,
        id: MessageId,
        path: &[i32],
        shown_path: Option<Vec<i32>>,
        scope: &str,
    ) {
        let message = &self.pool[id];
        let nested_name = nested(scope, proto.name());
        let home = self.home(shown_path.as_deref().unwrap_or(path), nested_name.clone());
        let mut fields = BTreeMap::new();
        for (index, (field, id)) in proto.field.iter().zip(&message.fields).enumerate() {
            let path = match &shown_path {
                // The entry of a map is not written; its field is.
                Some(path) => path.clone(),
                None => joined(path, &[paths::message::FIELD, at(index)]),
            };
            let oneof = field.oneof_index.and_then(|index| usize::try_from(index).ok());
            let oneof = oneof.filter(|&index| !is_synthetic(proto, index));
            let oneof =
                oneof.and_then(|index| proto.oneof_decl.get(index)).map(|oneof| oneof.name());
            let home = self.home(&path, nested(&nested_name, field.name()));
            let mut field = self.field(field, *id, home);
            field.oneof = oneof;
            fields.insert(field.proto.number.unwrap_or_default(), field);
        }
        let written = (0..proto.oneof_decl.len()).filter(|&index| !is_synthetic(proto, index));
        let before = |end: Option<i32>| end.unwrap_or_default().saturating_sub(1);
        let reserved = proto.reserved_range.iter();
        let extensions = proto.extension_range.iter();
        let entry = Message {
            home,
            proto,
            fields,
            oneofs: written.map(|index| proto.oneof_decl[index].name()).collect(),
            reserved: reserved.map(|r| (r.start.unwrap_or_default(), before(r.end))).collect(),
            extension_ranges: extensions
                .map(|r| (r.start.unwrap_or_default(), before(r.end)))
                .collect(),
            features: message.features,
        };
        self.api.messages.insert(Self::full_name(&entry.home), entry);
        for (index, (inner, id)) in proto.nested_type.iter().zip(&message.messages).enumerate() {
            let shown = is_map_entry(inner).then(|| self.map_field(proto, path, inner)).flatten();
            let path = joined(path, &[paths::message::MESSAGE, at(index)]);
            self.message(inner, *id, &path, shown, &nested_name);
        }
        for (index, (inner, id)) in proto.enum_type.iter().zip(&message.enums).enumerate() {
            let path = joined(path, &[paths::message::ENUM, at(index)]);
            let features = self.pool[*id].features;
            self.enumeration(inner, features, &path, &nested_name);
        }
        let list = joined(path, &[paths::message::EXTENSION]);
        self.extensions(&proto.extension, &message.extensions, &list, &nested_name);
    }

    /// The path of the map that has these entries.
    fn map_field(
        &self,
        message: &DescriptorProto,
        path: &[i32],
        entry: &DescriptorProto,
    ) -> Option<Vec<i32>> {
        let end = format!(".{}.{}", message.name(), entry.name());
        let has_it = |field: &FieldDescriptorProto| {
            field.type_name.as_deref().is_some_and(|name| name.ends_with(&end))
        };
        let index = message.field.iter().position(has_it)?;
        Some(joined(path, &[paths::message::FIELD, at(index)]))
    }

    fn field(&self, proto: &'a FieldDescriptorProto, id: FieldId, home: Home) -> Field<'a> {
        let field = &self.pool[id];
        let is_map = match field.refers_to {
            crate::resolve::TypeReference::Message(message) => self.pool[message].map_entry,
            _ => false,
        };
        let cardinality = if is_map {
            Cardinality::Map
        } else if field.is_repeated() {
            Cardinality::Repeated
        } else if proto.label == Some(Label::LABEL_REQUIRED) || field.features.required() {
            Cardinality::Required
        } else if field.has_presence() {
            Cardinality::Explicit
        } else {
            Cardinality::Implicit
        };
        let kind = field.kind.unwrap_or(Type::TYPE_MESSAGE);
        Field { home, proto, cardinality, oneof: None, features: field.features, kind }
    }

    fn extensions(
        &mut self,
        protos: &'a [FieldDescriptorProto],
        ids: &[FieldId],
        list: &[i32],
        scope: &str,
    ) {
        for (index, (proto, id)) in protos.iter().zip(ids).enumerate() {
            let home = self.home(&joined(list, &[at(index)]), nested(scope, proto.name()));
            let field = self.field(proto, *id, home);
            let extendee = proto.extendee.as_deref().unwrap_or_default().trim_start_matches('.');
            let key = (extendee.to_owned(), proto.number.unwrap_or_default());
            self.api.extensions.insert(key, field);
        }
    }

    fn enumeration(
        &mut self,
        proto: &'a EnumDescriptorProto,
        features: Features,
        path: &[i32],
        scope: &str,
    ) {
        let home = self.home(path, nested(scope, proto.name()));
        let mut values: BTreeMap<i32, Vec<(&str, usize)>> = BTreeMap::new();
        for (index, value) in proto.value.iter().enumerate() {
            let number = value.number.unwrap_or_default();
            values.entry(number).or_default().push((value.name(), index));
        }
        let reserved = proto.reserved_range.iter();
        let reserved =
            reserved.map(|r| (r.start.unwrap_or_default(), r.end.unwrap_or_default())).collect();
        let full_name = Self::full_name(&home);
        self.api.enums.insert(full_name, Enum { home, proto, values, reserved, features });
    }
}

fn nested(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

impl Field<'_> {
    /// The type as messages call it.
    pub(super) fn kind_name(&self) -> String {
        match self.kind {
            Type::TYPE_ENUM => "enum".to_owned(),
            Type::TYPE_MESSAGE => "message".to_owned(),
            Type::TYPE_GROUP => "group".to_owned(),
            kind => kind.proto_name().trim_start_matches("TYPE_").to_lowercase(),
        }
    }

    /// The name of the message or enum that it holds; empty for scalars.
    pub(super) fn type_name(&self) -> &str {
        self.proto.type_name.as_deref().unwrap_or_default().trim_start_matches('.')
    }
}
