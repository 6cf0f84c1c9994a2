//! Metadata: the header fields of a call that belong to the application.

use std::fmt;

use super::binary;
use super::invalid_metadata::{BINARY_SUFFIX, InvalidMetadata, ascii_key, binary_key, check_value};
use crate::field::Field;

/// Names with values, in the order set or received; a name may occur several times.
///
/// Names are compared without case. A name that ends in `-bin` has bytes for values, every other
/// name has text of printable ASCII. A value that a peer sent against these rules is kept and
/// reads as absent: it never fails a call. An empty `Metadata` allocates nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    fields: Vec<Field>,
}

/// A value of metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text of printable ASCII.
    Ascii(&'a str),
    /// Bytes, of a name that ends in `-bin`.
    Binary(Vec<u8>),
    /// What the peer sent as it stands, which is neither.
    Invalid(&'a [u8]),
}

impl Metadata {
    /// Without any values.
    pub const fn new() -> Self {
        Self { fields: Vec::new() }
    }

    /// Sets this text as the only value of the name.
    ///
    /// # Errors
    /// If the name or the value may not be sent, with the [rule](super::MetadataRule).
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), InvalidMetadata> {
        let key = ascii_key(key)?;
        check_value(&key, value)?;
        self.remove(&key);
        self.push(&key, value);
        Ok(())
    }

    /// Adds this text to the values of the name.
    ///
    /// # Errors
    /// If the name or the value may not be sent, with the [rule](super::MetadataRule).
    pub fn append(&mut self, key: &str, value: &str) -> Result<(), InvalidMetadata> {
        let key = ascii_key(key)?;
        check_value(&key, value)?;
        self.push(&key, value);
        Ok(())
    }

    /// Sets these bytes as the only value of the name, which ends in `-bin`.
    ///
    /// # Errors
    /// If the name may not be sent, with the [rule](super::MetadataRule).
    pub fn insert_bin(&mut self, key: &str, value: &[u8]) -> Result<(), InvalidMetadata> {
        let key = binary_key(key)?;
        self.remove(&key);
        self.push(&key, &binary::encode(value));
        Ok(())
    }

    /// Adds these bytes to the values of the name, which ends in `-bin`.
    ///
    /// # Errors
    /// If the name may not be sent, with the [rule](super::MetadataRule).
    pub fn append_bin(&mut self, key: &str, value: &[u8]) -> Result<(), InvalidMetadata> {
        self.push(&binary_key(key)?, &binary::encode(value));
        Ok(())
    }

    /// Removes every value of the name; whether there was one.
    pub fn remove(&mut self, key: &str) -> bool {
        let before = self.fields.len();
        self.fields.retain(|field| !field.name().eq_ignore_ascii_case(key.as_bytes()));
        self.fields.len() < before
    }

    /// The first text of the name.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key).next()
    }

    /// Every text of the name.
    pub fn get_all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.named(key).flat_map(values).filter_map(|value| match value {
            Value::Ascii(text) => Some(text),
            _ => None,
        })
    }

    /// The first bytes of the name, which ends in `-bin`.
    pub fn get_bin(&self, key: &str) -> Option<Vec<u8>> {
        self.get_all_bin(key).next()
    }

    /// All bytes of the name, which ends in `-bin`.
    pub fn get_all_bin(&self, key: &str) -> impl Iterator<Item = Vec<u8>> {
        self.named(key).flat_map(values).filter_map(|value| match value {
            Value::Binary(bytes) => Some(bytes),
            _ => None,
        })
    }

    /// Every name with every value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        let named = self.fields.iter().filter_map(|field| Some((ascii(field.name())?, field)));
        named.flat_map(|(key, field)| values(field).map(move |value| (key, value)))
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Adds a field as it came from the wire, or as it is to go there, without a check.
    #[inline]
    pub fn push_field(&mut self, field: Field) {
        self.fields.push(field);
    }

    /// The fields as they stand on the wire.
    #[inline]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    fn named<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a Field> {
        self.fields.iter().filter(|field| field.name().eq_ignore_ascii_case(key.as_bytes()))
    }

    fn push(&mut self, key: &str, value: &str) {
        self.fields.push(Field::new(key.as_bytes(), value.as_bytes()));
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.fields).finish()
    }
}

fn is_binary(field: &Field) -> bool {
    field.name().ends_with(BINARY_SUFFIX.as_bytes())
}

/// The values of a field: one of text, commas or not; one or several of bytes.
fn values(field: &Field) -> impl Iterator<Item = Value<'_>> {
    let binary = is_binary(field);
    field.value().split(move |&byte| binary && byte == b',').map(<[u8]>::trim_ascii).map(
        move |value| {
            let valid = if binary {
                binary::decode(value).map(Value::Binary)
            } else {
                ascii(value).map(Value::Ascii)
            };
            valid.unwrap_or(Value::Invalid(value))
        },
    )
}

fn ascii(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')).then_some(text)
}
