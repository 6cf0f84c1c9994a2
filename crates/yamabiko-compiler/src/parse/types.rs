//! The types of fields and methods, as written.

use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;

use super::{Parser, Parsing};

/// A type as a field names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FieldType {
    /// A type of the language, or `group`.
    Scalar(Type),
    /// A message or an enum.
    Named(String),
}

impl Parser<'_> {
    /// A type that a field can have.
    pub(super) fn field_type(&mut self) -> Parsing<FieldType> {
        let text = self.current().text;
        let new_integers = self.syntax.has_new_integer_types();
        let scalar = if new_integers { scalar_of_unstable(text) } else { scalar(text) };
        if let Some(scalar) = scalar {
            if self.syntax.is_editions() && scalar == Type::TYPE_GROUP {
                self.error(
                    "Group syntax is no longer supported in editions. To get group behavior you \
                     can specify features.message_encoding = DELIMITED on a message field.",
                );
            }
            self.next();
            return Ok(FieldType::Scalar(scalar));
        }
        if let Some(successor) = successor(text).filter(|_| new_integers) {
            let obsolete = self.current().to_text();
            self.error(format!(
                "Type '{obsolete}' is obsolete in unstable editions, use '{successor}' instead."
            ));
            self.next();
            return Ok(FieldType::Scalar(Type::TYPE_INT32));
        }
        self.named_type().map(FieldType::Named)
    }

    /// The name of a message or of an enum.
    pub(super) fn named_type(&mut self) -> Parsing<String> {
        if scalar(self.current().text).is_some() {
            self.error("Expected message type.");
            // As if it were one, to find more mistakes.
            let name = self.current().to_text().into_owned();
            self.next();
            return Ok(name);
        }
        let mut name = String::new();
        if self.try_consume(".") {
            name.push('.');
        }
        name.push_str(&self.identifier("Expected type name.")?);
        while self.try_consume(".") {
            name.push('.');
            name.push_str(&self.identifier("Expected identifier.")?);
        }
        Ok(name)
    }
}

/// The types of the language.
pub(super) fn scalar(name: &[u8]) -> Option<Type> {
    Some(match name {
        b"double" => Type::TYPE_DOUBLE,
        b"float" => Type::TYPE_FLOAT,
        b"uint64" => Type::TYPE_UINT64,
        b"fixed64" => Type::TYPE_FIXED64,
        b"fixed32" => Type::TYPE_FIXED32,
        b"bool" => Type::TYPE_BOOL,
        b"string" => Type::TYPE_STRING,
        b"group" => Type::TYPE_GROUP,
        b"bytes" => Type::TYPE_BYTES,
        b"uint32" => Type::TYPE_UINT32,
        b"sfixed32" => Type::TYPE_SFIXED32,
        b"sfixed64" => Type::TYPE_SFIXED64,
        b"int32" => Type::TYPE_INT32,
        b"int64" => Type::TYPE_INT64,
        b"sint32" => Type::TYPE_SINT32,
        b"sint64" => Type::TYPE_SINT64,
        _ => return None,
    })
}

/// The types of the edition `UNSTABLE`, in which the plain names of integers
/// mean the fixed encodings.
fn scalar_of_unstable(name: &[u8]) -> Option<Type> {
    Some(match name {
        b"uint64" => Type::TYPE_FIXED64,
        b"uint32" => Type::TYPE_FIXED32,
        b"int32" => Type::TYPE_SFIXED32,
        b"int64" => Type::TYPE_SFIXED64,
        b"varint32" => Type::TYPE_INT32,
        b"varint64" => Type::TYPE_INT64,
        b"uvarint32" => Type::TYPE_UINT32,
        b"uvarint64" => Type::TYPE_UINT64,
        b"zigzag32" => Type::TYPE_SINT32,
        b"zigzag64" => Type::TYPE_SINT64,
        _ if successor(name).is_some() => return None,
        _ => return scalar(name),
    })
}

/// What the edition `UNSTABLE` has in place of a type.
fn successor(name: &[u8]) -> Option<&'static str> {
    Some(match name {
        b"fixed32" => "uint32",
        b"fixed64" => "uint64",
        b"sfixed32" => "int32",
        b"sfixed64" => "int64",
        b"sint32" => "zigzag32",
        b"sint64" => "zigzag64",
        _ => return None,
    })
}
