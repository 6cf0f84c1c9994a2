//! Records as they stand on the wire: a number and a value.

use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;

/// A field's number with one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub number: u32,
    pub value: WireValue,
}

/// A value as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WireValue {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Vec<u8>),
    /// What is between the start and the end of a group.
    Group(Vec<u8>),
}

impl WireValue {
    /// Whether it is what a field without presence has if it is not set.
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Varint(value) | Self::Fixed64(value) => *value == 0,
            Self::Fixed32(value) => *value == 0,
            Self::Bytes(value) | Self::Group(value) => value.is_empty(),
        }
    }

    fn wire_type(&self) -> u64 {
        match self {
            Self::Varint(_) => 0,
            Self::Fixed64(_) => 1,
            Self::Bytes(_) => 2,
            Self::Group(_) => 3,
            Self::Fixed32(_) => 5,
        }
    }
}

/// A 32-bit number as a varint holds it.
pub(crate) fn sign_extended(value: i32) -> u64 {
    i64::from(value).cast_unsigned()
}

/// Whether a value is of the shape that a type has.
pub(crate) fn fits(kind: Type, value: &WireValue) -> bool {
    match value {
        WireValue::Varint(_) => is_numeric(kind) && width(kind).is_none(),
        WireValue::Fixed32(_) => width(kind) == Some(4),
        WireValue::Fixed64(_) => width(kind) == Some(8),
        WireValue::Bytes(_) => matches!(kind, Type::TYPE_STRING | Type::TYPE_BYTES),
        WireValue::Group(_) => false,
    }
}

/// The bytes that a type always takes; `None` if that depends on the value.
fn width(kind: Type) -> Option<usize> {
    match kind {
        Type::TYPE_FIXED32 | Type::TYPE_SFIXED32 | Type::TYPE_FLOAT => Some(4),
        Type::TYPE_FIXED64 | Type::TYPE_SFIXED64 | Type::TYPE_DOUBLE => Some(8),
        _ => None,
    }
}

/// Whether lists of a type can be packed.
pub(crate) fn is_numeric(kind: Type) -> bool {
    !matches!(kind, Type::TYPE_STRING | Type::TYPE_BYTES | Type::TYPE_MESSAGE | Type::TYPE_GROUP)
}

/// The zero of a type.
pub(crate) fn zero(kind: Type) -> WireValue {
    match width(kind) {
        Some(4) => WireValue::Fixed32(0),
        Some(_) => WireValue::Fixed64(0),
        None if is_numeric(kind) => WireValue::Varint(0),
        None => WireValue::Bytes(Vec::new()),
    }
}

/// Writes a record.
pub(crate) fn write(record: &Record, out: &mut Vec<u8>) {
    let tag = u64::from(record.number) << 3;
    write_varint(tag | record.value.wire_type(), out);
    match &record.value {
        WireValue::Bytes(bytes) => {
            write_varint(bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
        WireValue::Group(bytes) => {
            out.extend_from_slice(bytes);
            write_varint(tag | 4, out);
        }
        value => write_value(value, out),
    }
}

/// Writes a number without its field, as in a packed list.
pub(crate) fn write_value(value: &WireValue, out: &mut Vec<u8>) {
    match value {
        WireValue::Varint(value) => write_varint(*value, out),
        WireValue::Fixed32(value) => out.extend_from_slice(&value.to_le_bytes()),
        WireValue::Fixed64(value) => out.extend_from_slice(&value.to_le_bytes()),
        WireValue::Bytes(bytes) | WireValue::Group(bytes) => out.extend_from_slice(bytes),
    }
}

fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Reads a number of a packed list.
pub(crate) fn read_value(kind: Type, bytes: &mut &[u8]) -> Option<WireValue> {
    match width(kind) {
        Some(4) => read_array(bytes).map(|value| WireValue::Fixed32(u32::from_le_bytes(value))),
        Some(_) => read_array(bytes).map(|value| WireValue::Fixed64(u64::from_le_bytes(value))),
        None => read_varint(bytes).map(WireValue::Varint),
    }
}

fn read_array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (array, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*array)
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Reads a record; `None` if the bytes are broken.
pub(crate) fn read(bytes: &mut &[u8]) -> Option<Record> {
    let tag = read_varint(bytes)?;
    let number = u32::try_from(tag >> 3).ok().filter(|number| *number > 0)?;
    let value = match tag & 7 {
        0 => WireValue::Varint(read_varint(bytes)?),
        1 => WireValue::Fixed64(u64::from_le_bytes(read_array(bytes)?)),
        2 => {
            let length = usize::try_from(read_varint(bytes)?).ok()?;
            let (value, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            WireValue::Bytes(value.to_owned())
        }
        3 => WireValue::Group(read_group(number, bytes)?),
        5 => WireValue::Fixed32(u32::from_le_bytes(read_array(bytes)?)),
        _ => return None,
    };
    Some(Record { number, value })
}

/// Reads up to the end of a group that has begun.
fn read_group(number: u32, bytes: &mut &[u8]) -> Option<Vec<u8>> {
    let start = *bytes;
    let mut open = vec![number];
    loop {
        let before = *bytes;
        let tag = read_varint(bytes)?;
        let field = u32::try_from(tag >> 3).ok()?;
        match tag & 7 {
            3 => open.push(field),
            4 => {
                if open.pop() != Some(field) {
                    return None;
                }
                if open.is_empty() {
                    return Some(start[..start.len() - before.len()].to_owned());
                }
            }
            _ => {
                *bytes = before;
                read(bytes)?;
            }
        }
    }
}

/// All records of a message; `None` if its bytes are broken.
pub(crate) fn read_all(mut bytes: &[u8]) -> Option<Vec<Record>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        records.push(read(&mut bytes)?);
    }
    Some(records)
}
