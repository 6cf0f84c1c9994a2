//! Map fields, and the message that each of them stands for.

use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::{DescriptorProto, FieldDescriptorProto};

use super::types::FieldType;
use super::{Parser, Parsing};

/// The type of a map field.
pub(super) struct MapType {
    key: FieldType,
    value: FieldType,
}

impl Parser<'_> {
    /// What follows the word `map`.
    pub(super) fn map_type(&mut self, field: &mut FieldDescriptorProto) -> Parsing<MapType> {
        if field.oneof_index.is_some() {
            return Err(self.error("Map fields are not allowed in oneofs."));
        }
        if field.label.is_some() {
            return Err(self.error(
                "Field labels (required/optional/repeated) are not allowed on map fields.",
            ));
        }
        if field.extendee.is_some() {
            return Err(self.error("Map fields are not allowed to be extensions."));
        }
        field.label = Some(Label::LABEL_REPEATED);
        self.consume("<")?;
        let key = self.field_type()?;
        self.consume(",")?;
        let value = self.field_type()?;
        self.consume(">")?;
        Ok(MapType { key, value })
    }
}

impl MapType {
    /// The message of one entry, which becomes the type of the field.
    pub(super) fn entry(self, field: &mut FieldDescriptorProto) -> DescriptorProto {
        let name = entry_name(field.name.as_deref().unwrap_or_default());
        field.type_name = Some(name.clone());
        let mut key = part("key", 1, self.key);
        let mut value = part("value", 2, self.value);
        for option in &field.options.uninterpreted_option {
            // What holds for the map holds for its keys and values.
            let [first, rest @ ..] = &option.name[..] else { continue };
            let is_features = !first.is_extension && first.name_part == "features";
            let is_enforce_utf8 =
                !first.is_extension && first.name_part == "enforce_utf8" && rest.is_empty();
            for part in [&mut key, &mut value] {
                let is_string = part.r#type == Some(Type::TYPE_STRING);
                if is_features || is_enforce_utf8 && is_string {
                    part.options.get_or_insert_default().uninterpreted_option.push(option.clone());
                }
            }
        }
        let mut entry = DescriptorProto {
            name: Some(name),
            field: vec![key, value],
            ..DescriptorProto::default()
        };
        entry.options.get_or_insert_default().map_entry = Some(true);
        entry
    }
}

fn part(name: &str, number: i32, declared: FieldType) -> FieldDescriptorProto {
    let mut part = FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::LABEL_OPTIONAL),
        ..FieldDescriptorProto::default()
    };
    match declared {
        FieldType::Scalar(scalar) => part.r#type = Some(scalar),
        FieldType::Named(name) => part.type_name = Some(name),
    }
    part
}

/// `foo_map` has entries of type `FooMapEntry`.
fn entry_name(field: &str) -> String {
    let mut name = String::with_capacity(field.len() + "Entry".len());
    let mut starts_word = true;
    for letter in field.chars() {
        if letter == '_' {
            starts_word = true;
        } else {
            name.push(if starts_word { letter.to_ascii_uppercase() } else { letter });
            starts_word = false;
        }
    }
    name + "Entry"
}
