//! What the fields of messages are to a type checker.

use std::collections::HashMap;

use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use super::names;
use crate::descriptors::{Message, Named as _, Pool};

/// The types that a stub file speaks of.
pub(super) struct Types<'a, 'p> {
    pool: &'p Pool<'a>,
    /// The file that the stub is of.
    pub(super) file: &'a FileDescriptorProto,
    aliases: HashMap<String, String>,
}

impl<'a, 'p> Types<'a, 'p> {
    /// Types for the stub of `file`, which imports other files by `aliases`.
    pub(super) fn new(
        pool: &'p Pool<'a>,
        file: &'a FileDescriptorProto,
        aliases: HashMap<String, String>,
    ) -> Self {
        Self { pool, file, aliases }
    }

    /// The name of a type, qualified by its module if that is another one.
    pub(super) fn level(
        &self,
        file: &FileDescriptorProto,
        parents: &[&DescriptorProto],
        name: &str,
    ) -> String {
        let expression = names::expression(parents, name);
        if file.name() == self.file.name() {
            return expression;
        }
        match self.aliases.get(file.name()) {
            Some(alias) => format!("{alias}.{expression}"),
            None => {
                let module = names::module(file.name());
                let last = module.rsplit('.').next().unwrap_or_default();
                format!("_{last}.{expression}")
            }
        }
    }

    /// Whether Python's protobuf gives the message methods of its own.
    pub(super) fn is_well_known(
        &self,
        parents: &[&DescriptorProto],
        proto: &DescriptorProto,
    ) -> bool {
        parents.is_empty()
            && self.file.package.as_deref() == Some("google.protobuf")
            && is_well_known(proto.name())
    }

    /// The type of the attribute of a field.
    pub(super) fn attribute(
        &self,
        within: &[&DescriptorProto],
        field: &FieldDescriptorProto,
    ) -> String {
        if let Some((key, value)) = map_entry(self.pool, field) {
            let container = if is_message(value) { "MessageMap" } else { "ScalarMap" };
            let (key, value) = (self.value(within, key), self.value(within, value));
            return format!("_containers.{container}[{key}, {value}]");
        }
        let value = self.value(within, field);
        if field.label != Some(Label::LABEL_REPEATED) {
            value
        } else if is_message(field) {
            format!("_containers.RepeatedCompositeFieldContainer[{value}]")
        } else {
            format!("_containers.RepeatedScalarFieldContainer[{value}]")
        }
    }

    /// What the constructor takes for a field.
    pub(super) fn argument(
        &self,
        within: &[&DescriptorProto],
        field: &FieldDescriptorProto,
    ) -> String {
        if let Some((key, value)) = map_entry(self.pool, field) {
            let (key, value) = (self.value(within, key), self.value(within, value));
            return format!("_Mapping[{key}, {value}]");
        }
        let value = self.value(within, field);
        let one = if is_message(field) {
            let time = match field.type_name.as_deref() {
                Some(".google.protobuf.Timestamp") => "datetime.datetime, ",
                Some(".google.protobuf.Duration") => "datetime.timedelta, ",
                _ => "",
            };
            format!("_Union[{time}{value}, _Mapping]")
        } else if field.r#type == Some(Type::TYPE_ENUM) {
            format!("_Union[{value}, str]")
        } else {
            value
        };
        if field.label == Some(Label::LABEL_REPEATED) { format!("_Iterable[{one}]") } else { one }
    }

    /// The type of one value of a field in the innermost message of `within`.
    fn value(&self, within: &[&DescriptorProto], field: &FieldDescriptorProto) -> String {
        let name = field.type_name.as_deref().unwrap_or_default();
        match field.r#type {
            Some(Type::TYPE_DOUBLE | Type::TYPE_FLOAT) => "float".to_owned(),
            Some(Type::TYPE_BOOL) => "bool".to_owned(),
            Some(Type::TYPE_STRING) => "str".to_owned(),
            Some(Type::TYPE_BYTES) => "bytes".to_owned(),
            Some(Type::TYPE_ENUM) => match self.pool.enumeration(name) {
                Some(found) => self.level(found.file, &found.parents, found.proto.name()),
                None => "int".to_owned(),
            },
            Some(Type::TYPE_MESSAGE | Type::TYPE_GROUP) => match self.pool.message(name) {
                Some(found) => self.message(within, found),
                None => "_message.Message".to_owned(),
            },
            _ => "int".to_owned(),
        }
    }

    /// Within a nested message that has the name of one at the top, the name
    /// would mean the wrong one; protoc adds the module.
    fn message(&self, within: &[&DescriptorProto], found: &Message<'_>) -> String {
        let name = self.level(found.file, &found.parents, found.proto.name());
        match within.split_last() {
            Some((own, around)) if !around.is_empty() && name == own.name() => {
                format!("{}.{name}", names::module(self.file.name()))
            }
            _ => name,
        }
    }
}

/// Whether Python's protobuf gives the message of that name in the package
/// `google.protobuf` methods of its own.
pub(super) fn is_well_known(name: &str) -> bool {
    matches!(name, "Any" | "Duration" | "FieldMask" | "ListValue" | "Struct" | "Timestamp")
}

/// Whether a field holds messages, in either encoding.
pub(super) fn is_message(field: &FieldDescriptorProto) -> bool {
    matches!(field.r#type, Some(Type::TYPE_MESSAGE | Type::TYPE_GROUP))
}

/// The key and the value of a field that is a map.
pub(super) fn map_entry<'a>(
    pool: &Pool<'a>,
    field: &FieldDescriptorProto,
) -> Option<(&'a FieldDescriptorProto, &'a FieldDescriptorProto)> {
    if field.label != Some(Label::LABEL_REPEATED) || field.r#type != Some(Type::TYPE_MESSAGE) {
        return None;
    }
    let entry = pool.message(field.type_name.as_deref()?)?.proto;
    if entry.options.as_option().and_then(|options| options.map_entry) != Some(true) {
        return None;
    }
    Some((entry.field.first()?, entry.field.get(1)?))
}
