//! What options say: their messages are read by the descriptors of the set, so
//! that custom ones are known as well.

use std::collections::HashMap;

use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use super::text::quoted;
use super::{FilePrinter, joined};
use crate::descriptors::Named as _;
use crate::resolve::wire::{self, Record, WireValue};

/// How deep messages may be nested in options, as in protoc.
const DEPTH: usize = 100;

/// An option or a field of one, with its value.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// What it is declared as.
    field: &'a FieldDescriptorProto,
    /// As text format calls it.
    name: String,
    value: Value<'a>,
}

#[derive(Debug)]
enum Value<'a> {
    Plain(String),
    Message(Vec<Entry<'a>>),
}

/// Messages and enums by full name, and extensions by what they extend.
#[derive(Debug, Default)]
pub(super) struct Schema<'a> {
    messages: HashMap<String, &'a DescriptorProto>,
    enums: HashMap<String, &'a EnumDescriptorProto>,
    extensions: HashMap<(&'a str, i32), (String, &'a FieldDescriptorProto)>,
}

impl<'a> Schema<'a> {
    pub(super) fn new(files: &'a [FileDescriptorProto]) -> Self {
        let mut schema = Self::default();
        for file in files {
            let package = file.package.as_deref().unwrap_or_default();
            schema.add(package, &file.message_type, &file.enum_type, &file.extension);
        }
        schema
    }

    fn add(
        &mut self,
        scope: &str,
        messages: &'a [DescriptorProto],
        enums: &'a [EnumDescriptorProto],
        extensions: &'a [FieldDescriptorProto],
    ) {
        for declared in enums {
            self.enums.insert(joined(scope, declared.name()), declared);
        }
        for field in extensions {
            let extended = without_dot(field.extendee.as_deref());
            let key = (extended, field.number.unwrap_or_default());
            self.extensions.insert(key, (joined(scope, field.name()), field));
        }
        for message in messages {
            let name = joined(scope, message.name());
            self.add(&name, &message.nested_type, &message.enum_type, &message.extension);
            self.messages.insert(name, message);
        }
    }

    /// The message of that name.
    pub(super) fn message(&self, name: Option<&str>) -> Option<&'a DescriptorProto> {
        self.messages.get(without_dot(name)).copied()
    }

    /// What a message holds. What is not known is left out.
    fn entries(&self, message: &str, bytes: &[u8], depth: usize) -> Vec<Entry<'a>> {
        let (Some(declared), Some(depth)) =
            (self.messages.get(message).copied(), depth.checked_sub(1))
        else {
            return Vec::new();
        };
        let mut values: Vec<(String, &'a FieldDescriptorProto, WireValue)> = Vec::new();
        for record in wire::read_all(bytes).unwrap_or_default() {
            let (number, value) = match message_set_item(declared, &record) {
                Some(item) => item,
                None => (record.number, record.value),
            };
            let Some((name, field)) = self.field(message, declared, number) else { continue };
            // A message in pieces is one message.
            if is_message(field)
                && !is_repeated(field)
                && let Some((.., whole)) = values.iter_mut().find(|(other, ..)| *other == name)
                && let (
                    WireValue::Bytes(whole) | WireValue::Group(whole),
                    WireValue::Bytes(piece) | WireValue::Group(piece),
                ) = (whole, &value)
            {
                whole.extend_from_slice(piece);
            } else {
                values.push((name, field, value));
            }
        }
        let mut entries = Vec::new();
        for (name, field, value) in values {
            let values = self.values(field, value, depth).into_iter();
            entries.extend(values.map(|value| Entry { field, name: name.clone(), value }));
        }
        entries
    }

    /// A field with its name as text format has it.
    fn field(
        &self,
        message: &str,
        declared: &'a DescriptorProto,
        number: u32,
    ) -> Option<(String, &'a FieldDescriptorProto)> {
        let number = i32::try_from(number).ok()?;
        if let Some(field) = declared.field.iter().find(|field| field.number == Some(number)) {
            let name = match field.r#type {
                Some(Type::TYPE_GROUP) => last_part(field.type_name.as_deref()),
                _ => field.name(),
            };
            return Some((name.to_owned(), field));
        }
        let (name, field) = self.extensions.get(&(message, number))?;
        Some((format!("[{name}]"), *field))
    }

    fn values(
        &self,
        field: &'a FieldDescriptorProto,
        value: WireValue,
        depth: usize,
    ) -> Vec<Value<'a>> {
        let kind = field.r#type.unwrap_or(Type::TYPE_MESSAGE);
        match value {
            WireValue::Bytes(bytes) | WireValue::Group(bytes) if is_message(field) => {
                let name = without_dot(field.type_name.as_deref());
                vec![Value::Message(self.entries(name, &bytes, depth))]
            }
            WireValue::Bytes(packed) if wire::is_numeric(kind) => {
                let mut rest = &packed[..];
                let mut values = Vec::new();
                while !rest.is_empty() {
                    let Some(value) = wire::read_value(kind, &mut rest) else { break };
                    values.push(Value::Plain(self.plain(field, kind, &value)));
                }
                values
            }
            value => vec![Value::Plain(self.plain(field, kind, &value))],
        }
    }

    fn plain(&self, field: &FieldDescriptorProto, kind: Type, value: &WireValue) -> String {
        match (kind, value) {
            (Type::TYPE_BOOL, WireValue::Varint(value)) => (*value != 0).to_string(),
            (Type::TYPE_ENUM, WireValue::Varint(value)) => {
                let number = truncated(*value);
                let declared = self.enums.get(without_dot(field.type_name.as_deref()));
                let value = declared.and_then(|declared| {
                    declared.value.iter().find(|value| value.number == Some(number))
                });
                value.map_or_else(|| number.to_string(), |value| value.name().to_owned())
            }
            (Type::TYPE_INT32 | Type::TYPE_INT64, WireValue::Varint(value)) => {
                value.cast_signed().to_string()
            }
            (Type::TYPE_SINT32 | Type::TYPE_SINT64, WireValue::Varint(value)) => {
                ((value >> 1).cast_signed() ^ -(value & 1).cast_signed()).to_string()
            }
            (_, WireValue::Varint(value)) => value.to_string(),
            (Type::TYPE_FLOAT, WireValue::Fixed32(value)) => {
                float(&format!("{:?}", f32::from_bits(*value)))
            }
            (Type::TYPE_SFIXED32, WireValue::Fixed32(value)) => value.cast_signed().to_string(),
            (_, WireValue::Fixed32(value)) => value.to_string(),
            (Type::TYPE_DOUBLE, WireValue::Fixed64(value)) => {
                float(&format!("{:?}", f64::from_bits(*value)))
            }
            (Type::TYPE_SFIXED64, WireValue::Fixed64(value)) => value.cast_signed().to_string(),
            (_, WireValue::Fixed64(value)) => value.to_string(),
            (_, WireValue::Bytes(bytes) | WireValue::Group(bytes)) => quoted(bytes),
        }
    }
}

impl<'a> FilePrinter<'a> {
    /// `option … = …;` for each option of a message of google.protobuf; says
    /// whether there was one.
    pub(super) fn option_statements(&mut self, message: &str, bytes: &[u8], scope: &str) -> bool {
        let options = self.options(message, bytes, scope);
        for (name, value) in &options {
            let value = self.rendered(&format!("option {name} ="), value, ";");
            self.text.line(format!("option {name} = {value};"));
        }
        !options.is_empty()
    }

    /// ` [name = value, …]`, or nothing; `head` is what stands before it.
    pub(super) fn bracketed(
        &self,
        head: &str,
        plain: Vec<(String, String)>,
        message: &str,
        bytes: &[u8],
        scope: &str,
    ) -> String {
        let options = self.options(message, bytes, scope);
        if plain.is_empty() && options.is_empty() {
            return String::new();
        }
        let in_line: Vec<String> = plain
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .chain(options.iter().map(|(name, value)| format!("{name} = {}", value.in_line())))
            .collect();
        let line = format!(" [{}]", in_line.join(", "));
        if self.text.fits(head.len() + line.len() + 1) {
            return line;
        }
        let plain = plain.into_iter().map(|(name, value)| format!("  {name} = {value}"));
        let options = options.iter().map(|(name, value)| {
            format!(
                "  {name} = {}",
                self.rendered(&format!("  {name} ="), value, ",").replace('\n', "\n  ")
            )
        });
        let lines: Vec<String> = plain.chain(options).collect();
        format!(" [\n{}\n]", lines.join(",\n"))
    }

    fn rendered(&self, head: &str, value: &Value<'_>, end: &str) -> String {
        let line = value.in_line();
        if self.text.fits(head.len() + 1 + line.len() + end.len()) {
            line
        } else {
            value.in_lines()
        }
    }

    /// Options by the names that the source has for them.
    fn options(&self, message: &str, bytes: &[u8], scope: &str) -> Vec<(String, Value<'a>)> {
        let mut options = Vec::new();
        let message = format!("google.protobuf.{message}");
        self.flatten("", self.schema.entries(&message, bytes, DEPTH), scope, &mut options);
        options
    }

    /// Features are said one by one, other messages as a whole.
    fn flatten(
        &self,
        prefix: &str,
        entries: Vec<Entry<'a>>,
        scope: &str,
        options: &mut Vec<(String, Value<'a>)>,
    ) {
        for Entry { field, name, value } in entries {
            let name = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
                Some(full) => format!("{prefix}({})", self.extension(full, scope)),
                None => format!("{prefix}{}", field.name()),
            };
            let of_features = !prefix.is_empty()
                || field.type_name.as_deref() == Some(".google.protobuf.FeatureSet");
            match value {
                Value::Message(entries) if of_features && !entries.is_empty() => {
                    self.flatten(&format!("{name}."), entries, scope, options);
                }
                value => options.push((name, value)),
            }
        }
    }

    /// In full, which tells the reader where to look.
    fn extension(&self, full: &str, scope: &str) -> String {
        if self.symbols.means(full, full, scope) { full.to_owned() } else { format!(".{full}") }
    }
}

impl Value<'_> {
    fn in_line(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Message(entries) if entries.is_empty() => "{}".to_owned(),
            Self::Message(entries) => {
                let entries = entries.iter().map(|entry| match &entry.value {
                    value @ Self::Plain(_) => format!("{}: {}", entry.name, value.in_line()),
                    value @ Self::Message(_) => format!("{} {}", entry.name, value.in_line()),
                });
                format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn in_lines(&self) -> String {
        let Self::Message(entries) = self else { return self.in_line() };
        if entries.is_empty() {
            return self.in_line();
        }
        let mut out = "{\n".to_owned();
        for entry in entries {
            let line = match &entry.value {
                value @ Self::Plain(_) => format!("{}: {}", entry.name, value.in_line()),
                value @ Self::Message(_) => {
                    let line = format!("{} {}", entry.name, value.in_line());
                    if line.len() <= 80 {
                        line
                    } else {
                        format!("{} {}", entry.name, value.in_lines())
                    }
                }
            };
            out.push_str(&format!("  {}\n", line.replace('\n', "\n  ")));
        }
        out.push('}');
        out
    }
}

/// An extension of a message set is a group of its own kind.
fn message_set_item(declared: &DescriptorProto, record: &Record) -> Option<(u32, WireValue)> {
    let WireValue::Group(item) = &record.value else { return None };
    if record.number != 1 || declared.options.message_set_wire_format != Some(true) {
        return None;
    }
    let (mut number, mut message) = (None, None);
    for record in wire::read_all(item)? {
        match record {
            Record { number: 2, value: WireValue::Varint(value) } => number = Some(value),
            Record { number: 3, value: WireValue::Bytes(value) } => message = Some(value),
            _ => {}
        }
    }
    Some((u32::try_from(number?).ok()?, WireValue::Bytes(message?)))
}

fn is_message(field: &FieldDescriptorProto) -> bool {
    matches!(field.r#type, Some(Type::TYPE_MESSAGE | Type::TYPE_GROUP))
}

fn is_repeated(field: &FieldDescriptorProto) -> bool {
    field.label == Some(Label::LABEL_REPEATED)
}

/// A 32-bit number of which the varint holds the extended sign.
fn truncated(value: u64) -> i32 {
    i32::try_from(value.cast_signed()).unwrap_or_default()
}

/// A number as Rust shows it, in the words of `.proto` files.
fn float(shown: &str) -> String {
    match shown {
        "NaN" => "nan".to_owned(),
        // An integer has no zero of this sign.
        "-0.0" => "-0.0".to_owned(),
        shown => shown.strip_suffix(".0").unwrap_or(shown).to_owned(),
    }
}

fn without_dot(name: Option<&str>) -> &str {
    let name = name.unwrap_or_default();
    name.strip_prefix('.').unwrap_or(name)
}

/// The name of a type without what it is in.
pub(super) fn last_part(name: Option<&str>) -> &str {
    let name = name.unwrap_or_default();
    name.rsplit('.').next().unwrap_or(name)
}
