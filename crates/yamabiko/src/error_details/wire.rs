//! Protobuf's binary format for the few kinds of fields that error details
//! have. Unknown fields are skipped, so that newer peers are understood.

use std::collections::BTreeMap;
use std::time::Duration;

use buffa::DecodeError;
use buffa::encoding::{
    Tag, WireType, decode_varint, encode_varint, skip_field, wire_type_mismatch,
};
use buffa::types::{decode_bytes, decode_string, put_bytes_field, put_string_field};

/// A message, field by field.
pub(super) trait Fields: Default {
    /// Appends all fields that are set.
    fn put(&self, out: &mut Vec<u8>);

    /// Takes one field off the front of `bytes`; false, and nothing is taken, if there is none of
    /// that number.
    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<bool, DecodeError>;
}

/// The message that `bytes`, all of them, encode.
pub(super) fn decode<M: Fields>(mut bytes: &[u8]) -> Result<M, DecodeError> {
    let mut message = M::default();
    while !bytes.is_empty() {
        let tag = Tag::decode(&mut bytes)?;
        if !message.take(tag, &mut bytes)? {
            skip_field(tag, &mut bytes)?;
        }
    }
    Ok(message)
}

/// The bytes of a message.
pub(super) fn encode<M: Fields>(message: &M) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.put(&mut bytes);
    bytes
}

/// A kind of field.
pub(super) trait Kind {
    /// Appends the field, unless it is what it is by default.
    fn put(&self, number: u32, out: &mut Vec<u8>);

    /// Takes a value of the field: the last one of a single field counts.
    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<(), DecodeError>;
}

impl Kind for String {
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        if !self.is_empty() {
            put_string_field(number, self, out);
        }
    }

    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<(), DecodeError> {
        expect(tag, WireType::LengthDelimited)?;
        *self = decode_string(bytes)?;
        Ok(())
    }
}

impl Kind for Vec<u8> {
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        if !self.is_empty() {
            put_bytes_field(number, self, out);
        }
    }

    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<(), DecodeError> {
        expect(tag, WireType::LengthDelimited)?;
        *self = decode_bytes(bytes)?;
        Ok(())
    }
}

impl Kind for i64 {
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        if *self != 0 {
            put_integer(number, *self, out);
        }
    }

    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<(), DecodeError> {
        expect(tag, WireType::Varint)?;
        *self = decode_varint(bytes)?.cast_signed();
        Ok(())
    }
}

impl Kind for Option<i64> {
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        if let Some(value) = self {
            put_integer(number, *value, out);
        }
    }

    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<(), DecodeError> {
        self.get_or_insert_default().take(tag, bytes)
    }
}

impl Kind for Vec<String> {
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        for text in self {
            put_string_field(number, text, out);
        }
    }

    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<(), DecodeError> {
        expect(tag, WireType::LengthDelimited)?;
        self.push(decode_string(bytes)?);
        Ok(())
    }
}

impl<M: Fields> Kind for Vec<M> {
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        for message in self {
            put_bytes_field(number, &encode(message), out);
        }
    }

    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<(), DecodeError> {
        expect(tag, WireType::LengthDelimited)?;
        self.push(decode(&decode_bytes(bytes)?)?);
        Ok(())
    }
}

impl<M: Fields> Kind for Option<M> {
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        if let Some(message) = self {
            put_bytes_field(number, &encode(message), out);
        }
    }

    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<(), DecodeError> {
        expect(tag, WireType::LengthDelimited)?;
        let piece = decode_bytes(bytes)?;
        let mut piece = &piece[..];
        // A message that comes in two pieces is merged.
        let message = self.get_or_insert_default();
        while !piece.is_empty() {
            let tag = Tag::decode(&mut piece)?;
            if !message.take(tag, &mut piece)? {
                skip_field(tag, &mut piece)?;
            }
        }
        Ok(())
    }
}

/// `map<string, string>`
impl Kind for BTreeMap<String, String> {
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        for (key, value) in self {
            let mut entry = Vec::new();
            // An entry says both, the empty ones too.
            put_string_field(1, key, &mut entry);
            put_string_field(2, value, &mut entry);
            put_bytes_field(number, &entry, out);
        }
    }

    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<(), DecodeError> {
        expect(tag, WireType::LengthDelimited)?;
        let Entry { key, value } = decode(&decode_bytes(bytes)?)?;
        self.insert(key, value);
        Ok(())
    }
}

#[derive(Default)]
struct Entry {
    key: String,
    value: String,
}

impl Fields for Entry {
    fn put(&self, out: &mut Vec<u8>) {
        self.key.put(1, out);
        self.value.put(2, out);
    }

    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<bool, DecodeError> {
        match tag.field_number() {
            1 => self.key.take(tag, bytes)?,
            2 => self.value.take(tag, bytes)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// `google.protobuf.Duration`
#[derive(Default)]
struct Span {
    seconds: i64,
    nanos: i64,
}

impl Fields for Span {
    fn put(&self, out: &mut Vec<u8>) {
        self.seconds.put(1, out);
        self.nanos.put(2, out);
    }

    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<bool, DecodeError> {
        match tag.field_number() {
            1 => self.seconds.take(tag, bytes)?,
            2 => self.nanos.take(tag, bytes)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// A time that has passed already is no time at all.
impl Kind for Option<Duration> {
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        let Some(duration) = self else { return };
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Some(Span { seconds, nanos: duration.subsec_nanos().into() }).put(number, out);
    }

    fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<(), DecodeError> {
        expect(tag, WireType::LengthDelimited)?;
        let Span { seconds, nanos } = decode(&decode_bytes(bytes)?)?;
        let nanos = u32::try_from(nanos).unwrap_or(0).min(999_999_999);
        *self = Some(u64::try_from(seconds).map_or(Duration::ZERO, |s| Duration::new(s, nanos)));
        Ok(())
    }
}

fn put_integer(number: u32, value: i64, out: &mut Vec<u8>) {
    Tag::new(number, WireType::Varint).encode(out);
    encode_varint(value.cast_unsigned(), out);
}

fn expect(tag: Tag, wire_type: WireType) -> Result<(), DecodeError> {
    if tag.wire_type() == wire_type { Ok(()) } else { Err(wire_type_mismatch(tag, wire_type)) }
}
