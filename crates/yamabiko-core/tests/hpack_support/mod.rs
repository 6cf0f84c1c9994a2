//! What the HPACK tests share: blocks in hexadecimal, field lists as text.
#![allow(dead_code, reason = "each test file uses a part")]

use yamabiko_core::field::Field;
use yamabiko_core::hpack::{DEFAULT_TABLE_SIZE, DecodeError, Decoder};

/// A limit for strings that no example comes near.
pub const MAX_STRING: usize = 64 * 1024;

/// The octets of `text`, in hexadecimal with spaces anywhere.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|character| character.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

pub fn decoder() -> Decoder {
    Decoder::new(DEFAULT_TABLE_SIZE, MAX_STRING)
}

/// The fields of `block` as `name: value`, up to the error if there is one.
pub fn decode(decoder: &mut Decoder, block: &[u8]) -> (Vec<String>, Result<(), DecodeError>) {
    let mut fields = Vec::new();
    let result = decoder.decode(block, |field| fields.push(text(&field.to_field())));
    (fields, result)
}

/// The dynamic table as `name: value`, the newest first.
pub fn table(decoder: &Decoder) -> Vec<String> {
    decoder.table().map(text).collect()
}

fn text(field: &Field) -> String {
    format!("{}: {}", field.name().escape_ascii(), field.value().escape_ascii())
}
