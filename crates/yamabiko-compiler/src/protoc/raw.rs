//! `--decode_raw`: a message of an unknown type as text.
//!
//! Nobody can know whether bytes with a length are text, bytes or a message; as
//! protoc does, those that can be read as a message are.

use crate::python::octal;

/// How deep groups may be nested in what is read.
const DEPTH: usize = 100;

/// How deep bytes are looked into for messages.
const GUESSES: usize = 10;

/// What stands at a number.
enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
    Group(Vec<(u32, Value<'a>)>),
}

/// The message as text; `None` if the bytes are none.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    write(&read_all(bytes)?, 0, GUESSES, &mut text);
    Some(text)
}

fn read_all(mut bytes: &[u8]) -> Option<Vec<(u32, Value<'_>)>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (number, kind) = tag(&mut bytes)?;
        fields.push((number, value(&mut bytes, number, kind, DEPTH)?));
    }
    Some(fields)
}

fn tag(bytes: &mut &[u8]) -> Option<(u32, u32)> {
    let mut rest = *bytes;
    let tag = varint(&mut rest)?;
    // protoc reads five bytes at most, and takes 32 bits of them.
    if bytes.len() - rest.len() > 5 {
        return None;
    }
    *bytes = rest;
    let number = u32::try_from(tag >> 3 & 0x1fff_ffff).ok()?;
    let kind = u32::try_from(tag & 7).ok()?;
    (number != 0).then_some((number, kind))
}

fn value<'a>(bytes: &mut &'a [u8], number: u32, kind: u32, depth: usize) -> Option<Value<'a>> {
    match kind {
        0 => varint(bytes).map(Value::Varint),
        1 => array(bytes).map(u64::from_le_bytes).map(Value::Fixed64),
        2 => {
            let length = usize::try_from(varint(bytes)?).ok()?;
            let (content, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            Some(Value::Bytes(content))
        }
        3 => group(bytes, number, depth.checked_sub(1)?).map(Value::Group),
        5 => array(bytes).map(u32::from_le_bytes).map(Value::Fixed32),
        _ => None,
    }
}

fn group<'a>(bytes: &mut &'a [u8], number: u32, depth: usize) -> Option<Vec<(u32, Value<'a>)>> {
    let mut fields = Vec::new();
    loop {
        match tag(bytes)? {
            (end, 4) => return (end == number).then_some(fields),
            (inner, kind) => fields.push((inner, value(bytes, inner, kind, depth)?)),
        }
    }
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (array, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*array)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        // Of the tenth byte only one bit is left; protoc drops the others.
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn write(fields: &[(u32, Value<'_>)], indentation: usize, guesses: usize, text: &mut String) {
    for (number, value) in fields {
        text.extend(std::iter::repeat_n(' ', indentation));
        let nested = match value {
            Value::Varint(value) => {
                text.push_str(&format!("{number}: {value}\n"));
                continue;
            }
            Value::Fixed32(value) => {
                text.push_str(&format!("{number}: 0x{value:08x}\n"));
                continue;
            }
            Value::Fixed64(value) => {
                text.push_str(&format!("{number}: 0x{value:016x}\n"));
                continue;
            }
            Value::Group(fields) => {
                text.push_str(&format!("{number} {{\n"));
                write(fields, indentation + 2, guesses, text);
                true
            }
            Value::Bytes(bytes) => match read_all(bytes) {
                Some(fields) if !bytes.is_empty() && guesses > 0 => {
                    text.push_str(&format!("{number} {{\n"));
                    write(&fields, indentation + 2, guesses - 1, text);
                    true
                }
                _ => {
                    text.push_str(&format!("{number}: \"{}\"\n", octal(bytes)));
                    false
                }
            },
        };
        if nested {
            text.extend(std::iter::repeat_n(' ', indentation));
            text.push_str("}\n");
        }
    }
}
