//! Messages of types that are known only from their files: the values of
//! custom options. Their fields are written in the order of their numbers, as
//! protoc does with messages that it has a descriptor of.

use std::collections::BTreeMap;

use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;

use super::pool::{Field, FieldId, MessageId, Pool, TypeReference};
use super::wire::{self, Record, WireValue};

/// How deep messages may be nested, as in protoc.
pub(super) const DEPTH: usize = 100;

/// A message.
#[derive(Debug, Clone)]
pub(super) struct Dynamic {
    pub message: MessageId,
    fields: BTreeMap<i32, Vec<Content>>,
    /// Records of numbers that the message does not know.
    unknown: Vec<u8>,
}

/// A value of a field.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// As the field is written on the wire.
    Scalar(WireValue),
    Message(Dynamic),
}

impl Dynamic {
    /// A message without fields.
    pub(super) fn new(message: MessageId) -> Self {
        Self { message, fields: BTreeMap::new(), unknown: Vec::new() }
    }

    /// Reads a message; `None` if the bytes are none.
    pub(super) fn decode(pool: &Pool, message: MessageId, bytes: &[u8]) -> Option<Self> {
        let mut this = Self::new(message);
        this.merge(pool, bytes, DEPTH)?;
        Some(this)
    }

    fn merge(&mut self, pool: &Pool, mut bytes: &[u8], depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        while !bytes.is_empty() {
            let start = bytes;
            let record = wire::read(&mut bytes)?;
            if self.merge_item(pool, &record, depth).is_some() {
                continue;
            }
            let number = i32::try_from(record.number).ok()?;
            let known = pool.field_by_number(self.message, number);
            if known.and_then(|id| self.merge_record(pool, id, record, depth)).is_none() {
                self.unknown.extend_from_slice(&start[..start.len() - bytes.len()]);
            }
        }
        Some(())
    }

    /// An extension of a message set is a group of its own kind.
    fn merge_item(&mut self, pool: &Pool, record: &Record, depth: usize) -> Option<()> {
        let WireValue::Group(item) = &record.value else { return None };
        if !pool[self.message].message_set || record.number != 1 {
            return None;
        }
        let (mut number, mut message) = (None, None);
        let mut rest = &item[..];
        while !rest.is_empty() {
            match wire::read(&mut rest)? {
                Record { number: 2, value: WireValue::Varint(value) } => number = Some(value),
                Record { number: 3, value: WireValue::Bytes(value) } => message = Some(value),
                _ => {}
            }
        }
        let id = pool.field_by_number(self.message, i32::try_from(number?).ok()?)?;
        self.sub_message(pool, id)?.merge(pool, &message?, depth)
    }

    fn merge_record(
        &mut self,
        pool: &Pool,
        id: FieldId,
        record: Record,
        depth: usize,
    ) -> Option<()> {
        let field = &pool[id];
        match (field.kind?, record.value) {
            (Type::TYPE_MESSAGE, WireValue::Bytes(bytes))
            | (Type::TYPE_GROUP, WireValue::Group(bytes)) => {
                self.sub_message(pool, id)?.merge(pool, &bytes, depth)
            }
            (kind, WireValue::Bytes(packed)) if field.is_packable() && wire::is_numeric(kind) => {
                let mut rest = &packed[..];
                while !rest.is_empty() {
                    let value = wire::read_value(kind, &mut rest)?;
                    self.add(pool, id, Content::Scalar(value));
                }
                Some(())
            }
            (kind, value) if wire::fits(kind, &value) => {
                self.add(pool, id, Content::Scalar(value));
                Some(())
            }
            _ => None,
        }
    }

    /// Adds a value to a list, or sets the only value. Of the fields of a
    /// oneof, the last one stays.
    pub(super) fn add(&mut self, pool: &Pool, id: FieldId, content: Content) {
        let field = &pool[id];
        if let Some(oneof) = field.oneof {
            for other in &pool[oneof].fields {
                if *other != id {
                    self.fields.remove(&pool[*other].number);
                }
            }
        }
        let values = self.fields.entry(field.number).or_default();
        if !field.is_repeated() {
            values.clear();
        }
        values.push(content);
    }

    /// The message in a field: a new one for a list, else the one there.
    pub(super) fn sub_message(&mut self, pool: &Pool, id: FieldId) -> Option<&mut Self> {
        let field = &pool[id];
        let TypeReference::Message(message) = field.refers_to else { return None };
        let there = !field.is_repeated() && self.fields.contains_key(&field.number);
        if !there {
            self.add(pool, id, Content::Message(Self::new(message)));
        }
        match self.fields.get_mut(&field.number)?.last_mut()? {
            Content::Message(message) => Some(message),
            Content::Scalar(_) => None,
        }
    }

    /// Whether a field has a value.
    pub(super) fn has(&self, field: &Field) -> bool {
        match self.fields.get(&field.number).map(Vec::as_slice) {
            None | Some([]) => false,
            Some([Content::Scalar(value)]) if !field.is_repeated() && !field.has_presence() => {
                !value.is_zero()
            }
            Some(_) => true,
        }
    }

    /// The field of a oneof that has a value.
    pub(super) fn set_of_oneof<'p>(
        &self,
        pool: &'p Pool,
        oneof: super::pool::OneofId,
    ) -> Option<&'p Field> {
        pool[oneof].fields.iter().map(|id| &pool[*id]).find(|field| self.has(field))
    }

    /// The numbers of the fields that are set.
    pub(super) fn numbers(&self) -> impl Iterator<Item = i32> {
        self.fields.keys().copied()
    }

    /// The message in a field, if it holds one.
    pub(super) fn message_in(&self, number: i32) -> Option<&Self> {
        match self.fields.get(&number)?.last()? {
            Content::Message(message) => Some(message),
            Content::Scalar(_) => None,
        }
    }

    /// Tells of the fields that are not for elements of a kind.
    pub(super) fn misplaced(&self, pool: &Pool, kind: usize, tell: &mut dyn FnMut(String)) {
        for (number, values) in &self.fields {
            let Some(id) = pool.field_by_number(self.message, *number) else { continue };
            let field = &pool[id];
            if field.targets != 0 && field.targets & 1 << kind == 0 {
                tell(field.full_name.clone());
            }
            if field.kind != Some(Type::TYPE_MESSAGE) {
                continue;
            }
            for value in values {
                if let Content::Message(value) = value {
                    value.misplaced(pool, kind, tell);
                }
            }
        }
    }

    /// The number in a field that holds numbers.
    pub(super) fn varint(&self, number: i32) -> Option<u64> {
        match self.fields.get(&number)?.last()? {
            Content::Scalar(WireValue::Varint(value)) => Some(*value),
            _ => None,
        }
    }

    /// Takes out what only the source is to say; `path` leads here, and the
    /// paths of what was taken out go to `stripped`.
    pub(super) fn strip(&mut self, pool: &Pool, path: &mut Vec<i32>, stripped: &mut Vec<Vec<i32>>) {
        let message = self.message;
        self.fields.retain(|number, values| {
            let Some(id) = pool.field_by_number(message, *number) else { return true };
            let field = &pool[id];
            path.push(*number);
            let keep = !field.source_only;
            if !keep {
                stripped.push(path.clone());
            } else if field.kind == Some(Type::TYPE_MESSAGE) {
                for (index, value) in (0..).zip(values) {
                    let Content::Message(value) = value else { continue };
                    let length = path.len();
                    path.extend(field.is_repeated().then_some(index));
                    value.strip(pool, path, stripped);
                    path.truncate(length);
                }
            }
            path.pop();
            keep
        });
    }

    /// The names of required fields without a value.
    pub(super) fn missing(&self, pool: &Pool, prefix: &str, found: &mut Vec<String>) {
        for id in &pool[self.message].fields {
            let field = &pool[*id];
            if field.is_required() && !self.has(field) {
                found.push(format!("{prefix}{}", field.name));
            }
        }
        for (number, values) in &self.fields {
            let Some(id) = pool.field_by_number(self.message, *number) else { continue };
            let field = &pool[id];
            for (index, value) in values.iter().enumerate() {
                let Content::Message(value) = value else { continue };
                let name = match field.is_extension {
                    true => format!("({})", field.full_name),
                    false => field.name.clone(),
                };
                let index = if field.is_repeated() { format!("[{index}]") } else { String::new() };
                value.missing(pool, &format!("{prefix}{name}{index}."), found);
            }
        }
    }

    /// The message on the wire.
    pub(super) fn encode(&self, pool: &Pool) -> Vec<u8> {
        let mut out = Vec::new();
        let entry = pool[self.message].map_entry;
        if entry {
            // Both fields of an entry are always written.
            for id in &pool[self.message].fields {
                let field = &pool[*id];
                if !self.fields.contains_key(&field.number) {
                    let value = default_value(pool, field);
                    write_values(pool, field, &[value], &mut out);
                }
                if let Some(values) = self.fields.get(&field.number) {
                    write_values(pool, field, values, &mut out);
                }
            }
            return out;
        }
        for (number, values) in &self.fields {
            let Some(id) = pool.field_by_number(self.message, *number) else { continue };
            let field = &pool[id];
            if !self.has(field) {
                continue;
            }
            if pool[self.message].message_set && field.is_extension {
                write_item(pool, field, values, &mut out);
            } else {
                write_values(pool, field, values, &mut out);
            }
        }
        out.extend_from_slice(&self.unknown);
        out
    }
}

fn default_value(pool: &Pool, field: &Field) -> Content {
    match field.refers_to {
        TypeReference::Message(message) => Content::Message(Dynamic::new(message)),
        TypeReference::Enum(of) => {
            let first = pool[of].values.first().map_or(0, |value| pool[*value].number);
            Content::Scalar(WireValue::Varint(wire::sign_extended(first)))
        }
        TypeReference::None => Content::Scalar(wire::zero(field.kind.unwrap_or(Type::TYPE_BYTES))),
    }
}

fn write_values(pool: &Pool, field: &Field, values: &[Content], out: &mut Vec<u8>) {
    let Ok(number) = u32::try_from(field.number) else { return };
    if field.is_packed() {
        let mut packed = Vec::new();
        for value in values {
            if let Content::Scalar(value) = value {
                wire::write_value(value, &mut packed);
            }
        }
        wire::write(&Record { number, value: WireValue::Bytes(packed) }, out);
        return;
    }
    for value in values {
        let value = match value {
            Content::Scalar(value) => value.clone(),
            Content::Message(message) if field.kind == Some(Type::TYPE_GROUP) => {
                WireValue::Group(message.encode(pool))
            }
            Content::Message(message) => WireValue::Bytes(message.encode(pool)),
        };
        wire::write(&Record { number, value }, out);
    }
}

/// An extension of a message set.
fn write_item(pool: &Pool, field: &Field, values: &[Content], out: &mut Vec<u8>) {
    let Some(Content::Message(message)) = values.last() else { return };
    let number = WireValue::Varint(wire::sign_extended(field.number));
    let mut item = Vec::new();
    wire::write(&Record { number: 2, value: number }, &mut item);
    wire::write(&Record { number: 3, value: WireValue::Bytes(message.encode(pool)) }, &mut item);
    wire::write(&Record { number: 1, value: WireValue::Group(item) }, out);
}
