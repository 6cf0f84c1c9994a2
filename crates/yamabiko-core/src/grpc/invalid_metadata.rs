//! What may be set as metadata (grpc `doc/PROTOCOL-HTTP2.md`, "Custom-Metadata"), and the error
//! for what may not.

use std::fmt;

use crate::field::FieldKind;

/// The names that end so take bytes.
pub(super) const BINARY_SUFFIX: &str = "-bin";

/// A piece of metadata that must not be sent. The caller's mistake; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidMetadata {
    key: String,
    rule: MetadataRule,
}

/// The rule that a piece of metadata broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataRule {
    /// A name has at least one character.
    EmptyKey,
    /// A name is made of letters, digits, `-`, `_` and `.`.
    KeyCharacter,
    /// Names that begin with `grpc-` belong to gRPC.
    ReservedForGrpc,
    /// This name belongs to HTTP, which sets it or forbids it.
    ReservedForHttp,
    /// A name that ends in `-bin` takes bytes.
    BinaryKey,
    /// Bytes need a name that ends in `-bin`.
    AsciiKey,
    /// A value is made of printable ASCII and spaces.
    ValueCharacter,
    /// A value neither begins nor ends with a space.
    ValueSpace,
}

impl InvalidMetadata {
    /// The name, as it was given.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The rule that was broken.
    pub fn rule(&self) -> MetadataRule {
        self.rule
    }
}

impl fmt::Display for InvalidMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.rule, self.key)
    }
}

impl std::error::Error for InvalidMetadata {}

impl fmt::Display for MetadataRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyKey => "metadata name is empty",
            Self::KeyCharacter => {
                "metadata name has a character other than letters, digits, '-', '_' and '.'"
            }
            Self::ReservedForGrpc => "metadata name is reserved for gRPC (it begins with 'grpc-')",
            Self::ReservedForHttp => "metadata name is reserved for HTTP",
            Self::BinaryKey => "metadata name ends in '-bin', so it takes bytes, not text",
            Self::AsciiKey => "metadata name does not end in '-bin', so it takes text, not bytes",
            Self::ValueCharacter => {
                "metadata value has a character that is not printable ASCII \
                 (a name that ends in '-bin' takes any bytes)"
            }
            Self::ValueSpace => "metadata value begins or ends with a space",
        })
    }
}

/// The name in lower case, for a value of text.
pub(super) fn ascii_key(key: &str) -> Result<String, InvalidMetadata> {
    let name = valid_key(key)?;
    if name.ends_with(BINARY_SUFFIX) {
        return Err(broken(MetadataRule::BinaryKey, key));
    }
    Ok(name)
}

/// The name in lower case, for a value of bytes.
pub(super) fn binary_key(key: &str) -> Result<String, InvalidMetadata> {
    let name = valid_key(key)?;
    if !name.ends_with(BINARY_SUFFIX) {
        return Err(broken(MetadataRule::AsciiKey, key));
    }
    Ok(name)
}

/// Checks a value of text that is to be sent.
pub(super) fn check_value(key: &str, value: &str) -> Result<(), InvalidMetadata> {
    if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(broken(MetadataRule::ValueCharacter, key));
    }
    // RFC 9113 §8.2.1 makes the whole request malformed for it.
    if value.starts_with(' ') || value.ends_with(' ') {
        return Err(broken(MetadataRule::ValueSpace, key));
    }
    Ok(())
}

fn valid_key(key: &str) -> Result<String, InvalidMetadata> {
    if key.is_empty() {
        return Err(broken(MetadataRule::EmptyKey, key));
    }
    let name = key.to_ascii_lowercase();
    if name.starts_with(':') {
        return Err(broken(MetadataRule::ReservedForHttp, key));
    }
    if !name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'_' | b'-' | b'.')) {
        return Err(broken(MetadataRule::KeyCharacter, key));
    }
    if name.starts_with("grpc-") {
        return Err(broken(MetadataRule::ReservedForGrpc, key));
    }
    // `host` would contradict `:authority` (RFC 9113 §8.3.1).
    if FieldKind::classify(name.as_bytes(), b"") != FieldKind::Metadata || name == "host" {
        return Err(broken(MetadataRule::ReservedForHttp, key));
    }
    Ok(name)
}

fn broken(rule: MetadataRule, key: &str) -> InvalidMetadata {
    InvalidMetadata { key: key.to_owned(), rule }
}
