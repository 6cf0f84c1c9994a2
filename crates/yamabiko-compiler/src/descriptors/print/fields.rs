//! Fields, oneofs and maps.

use buffa::Message as _;
use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::{DescriptorProto, FieldDescriptorProto};

use super::options::last_part;
use super::text::quoted;
use super::{FilePrinter, Language, joined};
use crate::descriptors::Named as _;
use crate::resolve::json_name;

impl FilePrinter<'_> {
    /// A field of `scope`, or an extension in it.
    pub(super) fn field(&mut self, field: &FieldDescriptorProto, scope: &str) {
        let mut head = String::new();
        let entry = self.map_entry(field);
        let in_oneof = field.oneof_index.is_some() && field.proto3_optional != Some(true);
        let label = match field.label {
            Some(Label::LABEL_REPEATED) if entry.is_some() => "",
            Some(Label::LABEL_REPEATED) => "repeated ",
            Some(Label::LABEL_REQUIRED) => "required ",
            _ if in_oneof || self.language == Language::Edition => "",
            _ if self.language == Language::Proto2 || field.proto3_optional == Some(true) => {
                "optional "
            }
            _ => "",
        };
        head.push_str(label);
        // A group declares its message where it stands; any other is no group.
        let here = joined(scope, last_part(field.type_name.as_deref()));
        let is_group = field.r#type == Some(Type::TYPE_GROUP)
            && field.type_name.as_deref().is_some_and(|name| name.trim_start_matches('.') == here);
        match entry {
            Some((key, value)) => {
                let (key, value) = (self.type_of(key, &here), self.type_of(value, &here));
                head.push_str(&format!("map<{key}, {value}> {}", field.name()));
            }
            None if is_group => {
                head.push_str(&format!("group {}", last_part(field.type_name.as_deref())));
            }
            None => head.push_str(&format!("{} {}", self.type_of(field, scope), field.name())),
        }
        head.push_str(&format!(" = {}", field.number.unwrap_or_default()));
        let mut plain = Vec::new();
        if let Some(default) = &field.default_value {
            plain.push(("default".to_owned(), default_value(field, default)));
        }
        if let Some(name) = &field.json_name
            && field.extendee.is_none()
            && *name != json_name(field.name())
        {
            plain.push(("json_name".to_owned(), quoted(name.as_bytes())));
        }
        let options = field.options.encode_to_vec();
        let options = self.bracketed(&head, plain, "FieldOptions", &options, scope);
        match self.schema.message(field.type_name.as_deref()).filter(|_| is_group) {
            Some(group) => self.group(&(head + &options), group, scope),
            None => self.text.line(head + &options + ";"),
        }
    }

    fn group(&mut self, head: &str, group: &DescriptorProto, scope: &str) {
        self.text.open(head);
        self.message_body(group, &joined(scope, group.name()));
        self.text.close();
    }

    /// The fields of a map's key and value, if the field is a map.
    fn map_entry(
        &self,
        field: &FieldDescriptorProto,
    ) -> Option<(&FieldDescriptorProto, &FieldDescriptorProto)> {
        let entry = self.schema.message(field.type_name.as_deref())?;
        if entry.options.map_entry != Some(true) {
            return None;
        }
        let numbered = |number| entry.field.iter().find(move |field| field.number == Some(number));
        Some((numbered(1)?, numbered(2)?))
    }

    fn type_of(&self, field: &FieldDescriptorProto, scope: &str) -> String {
        let name = match field.r#type {
            Some(Type::TYPE_DOUBLE) => "double",
            Some(Type::TYPE_FLOAT) => "float",
            Some(Type::TYPE_INT32) => "int32",
            Some(Type::TYPE_INT64) => "int64",
            Some(Type::TYPE_UINT32) => "uint32",
            Some(Type::TYPE_UINT64) => "uint64",
            Some(Type::TYPE_SINT32) => "sint32",
            Some(Type::TYPE_SINT64) => "sint64",
            Some(Type::TYPE_FIXED32) => "fixed32",
            Some(Type::TYPE_FIXED64) => "fixed64",
            Some(Type::TYPE_SFIXED32) => "sfixed32",
            Some(Type::TYPE_SFIXED64) => "sfixed64",
            Some(Type::TYPE_BOOL) => "bool",
            Some(Type::TYPE_STRING) => "string",
            Some(Type::TYPE_BYTES) => "bytes",
            Some(Type::TYPE_MESSAGE | Type::TYPE_ENUM | Type::TYPE_GROUP) | None => {
                return self
                    .symbols
                    .shortest(field.type_name.as_deref().unwrap_or_default(), scope);
            }
        };
        name.to_owned()
    }
}

fn default_value(field: &FieldDescriptorProto, default: &str) -> String {
    match field.r#type {
        Some(Type::TYPE_STRING) => quoted(default.as_bytes()),
        // It is escaped already.
        Some(Type::TYPE_BYTES) => format!("\"{default}\""),
        _ => default.to_owned(),
    }
}
