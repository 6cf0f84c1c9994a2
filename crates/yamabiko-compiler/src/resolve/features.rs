//! The features of editions: what an element says of them, and what it has in
//! the end, after its parents and the defaults of its edition.

use buffa::Enumeration;
use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::{FeatureSet, FieldDescriptorProto};

use super::pool::edition;

/// One of the features that every language has. The value is its number in
/// `google.protobuf.FeatureSet`, less one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FeatureField {
    FieldPresence = 0,
    EnumType = 1,
    RepeatedFieldEncoding = 2,
    Utf8Validation = 3,
    MessageEncoding = 4,
    JsonFormat = 5,
    EnforceNamingStyle = 6,
    DefaultSymbolVisibility = 7,
}

/// A feature's name, and the name of the value that means nothing.
const NAMES: [(&str, &str); 8] = [
    ("field_presence", "FIELD_PRESENCE_UNKNOWN"),
    ("enum_type", "ENUM_TYPE_UNKNOWN"),
    ("repeated_field_encoding", "REPEATED_FIELD_ENCODING_UNKNOWN"),
    ("utf8_validation", "UTF8_VALIDATION_UNKNOWN"),
    ("message_encoding", "MESSAGE_ENCODING_UNKNOWN"),
    ("json_format", "JSON_FORMAT_UNKNOWN"),
    ("enforce_naming_style", "ENFORCE_NAMING_STYLE_UNKNOWN"),
    ("default_symbol_visibility", "VisibilityFeature::DEFAULT_SYMBOL_VISIBILITY_UNKNOWN"),
];

/// The values of the features, by [`FeatureField`]. In what an element says of
/// them itself, `None` stands for those that it inherits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Features([Option<u8>; 8]);

impl Features {
    /// What a file of an edition has unless it says otherwise.
    pub(super) fn defaults(file_edition: i32) -> Self {
        let values: [u8; 8] = match file_edition {
            ..=edition::PROTO2 => [1, 2, 2, 3, 1, 2, 2, 1],
            edition::PROTO3 => [2, 1, 1, 2, 1, 1, 2, 1],
            edition::E2023 => [1, 1, 1, 2, 1, 1, 2, 1],
            _ => [1, 1, 1, 2, 1, 1, 1, 2],
        };
        Self(values.map(Some))
    }

    /// What an element says itself.
    pub(crate) fn explicit(set: &FeatureSet) -> Self {
        fn number<E: Enumeration>(value: Option<E>) -> Option<u8> {
            value.map(|value| u8::try_from(value.to_i32()).unwrap_or(0))
        }
        Self([
            number(set.field_presence),
            number(set.enum_type),
            number(set.repeated_field_encoding),
            number(set.utf8_validation),
            number(set.message_encoding),
            number(set.json_format),
            number(set.enforce_naming_style),
            number(set.default_symbol_visibility),
        ])
    }

    /// What an element with these features of its own has below `parent`.
    pub(super) fn below(self, parent: Self) -> Result<Self, String> {
        let mut merged = parent;
        for (index, value) in self.0.iter().enumerate() {
            merged.0[index] = value.or(merged.0[index]);
        }
        match merged.0.iter().position(|value| *value == Some(0)) {
            None => Ok(merged),
            Some(index) => {
                let (name, unknown) = NAMES[index];
                Err(format!(
                    "Feature field `{name}` must resolve to a known value, found {unknown}"
                ))
            }
        }
    }

    /// What the syntax of older files says in place of features.
    pub(super) fn infer(&mut self, file_edition: i32, field: &FieldDescriptorProto) {
        if file_edition >= edition::E2023 {
            return;
        }
        if field.label == Some(Label::LABEL_REQUIRED) {
            self.set(FeatureField::FieldPresence, 3);
        }
        if field.r#type == Some(Type::TYPE_GROUP) {
            self.set(FeatureField::MessageEncoding, 2);
        }
        match field.options.packed {
            Some(true) => self.set(FeatureField::RepeatedFieldEncoding, 1),
            Some(false) if file_edition == edition::PROTO3 => {
                self.set(FeatureField::RepeatedFieldEncoding, 2);
            }
            _ => {}
        }
    }

    pub(crate) fn get(self, field: FeatureField) -> Option<u8> {
        self.0[field as usize]
    }

    pub(super) fn set(&mut self, field: FeatureField, value: u8) {
        self.0[field as usize] = Some(value);
    }

    /// `field_presence = IMPLICIT`.
    pub(crate) fn implicit_presence(self) -> bool {
        self.get(FeatureField::FieldPresence) == Some(2)
    }

    /// `field_presence = LEGACY_REQUIRED`.
    pub(crate) fn required(self) -> bool {
        self.get(FeatureField::FieldPresence) == Some(3)
    }

    /// `enum_type = CLOSED`.
    pub(crate) fn closed(self) -> bool {
        self.get(FeatureField::EnumType) == Some(2)
    }

    /// `repeated_field_encoding = PACKED`.
    pub(crate) fn packed(self) -> bool {
        self.get(FeatureField::RepeatedFieldEncoding) == Some(1)
    }

    /// `message_encoding = DELIMITED`.
    pub(crate) fn delimited(self) -> bool {
        self.get(FeatureField::MessageEncoding) == Some(2)
    }

    /// `json_format = LEGACY_BEST_EFFORT`.
    pub(crate) fn json_at_best(self) -> bool {
        self.get(FeatureField::JsonFormat) == Some(2)
    }

    /// `enforce_naming_style = STYLE2024`.
    pub(crate) fn style_2024(self) -> bool {
        self.get(FeatureField::EnforceNamingStyle) == Some(1)
    }

    /// `default_symbol_visibility`, as its number.
    pub(crate) fn visibility(self) -> u8 {
        self.get(FeatureField::DefaultSymbolVisibility).unwrap_or(1)
    }
}
