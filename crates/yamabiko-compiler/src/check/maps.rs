//! Maps: the messages that stand for their entries.

use std::collections::HashMap;

use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};

use crate::parse::Part;
use crate::resolve::{Builder, FieldId, MessageId, TypeReference, camel_case};

/// A field whose type is the entry of a map.
pub(super) fn entry(builder: &mut Builder<'_>, id: FieldId) {
    let pool = &builder.pool;
    let TypeReference::Message(message) = pool[id].refers_to else { return };
    if !pool[message].map_entry {
        return;
    }
    let Some((key, value)) = key_and_value(builder, id, message) else {
        let text = "map_entry should not be set explicitly. Use map<KeyType, ValueType> instead.";
        builder.error(Part::Type, text);
        return;
    };
    let (key, value) = (&pool[key], &pool[value]);
    let first = match value.refers_to {
        TypeReference::Enum(of) => pool[of].values.first().map(|value| pool[*value].number),
        _ => None,
    };
    match key.kind {
        Some(Type::TYPE_ENUM) => {
            builder.error(Part::Type, "Key in map fields cannot be enum types.");
        }
        Some(
            Type::TYPE_FLOAT
            | Type::TYPE_DOUBLE
            | Type::TYPE_MESSAGE
            | Type::TYPE_GROUP
            | Type::TYPE_BYTES,
        ) => {
            let text = "Key in map fields cannot be float/double, bytes or message types.";
            let hint = "keys are integers, booleans or strings".to_owned();
            builder.error_with_hint(Part::Type, text, Some(hint));
        }
        _ => {}
    }
    if first.is_some_and(|number| number != 0) {
        builder.error(Part::Type, "Enum value in map must define 0 as the first value.");
    }
}

/// The fields of an entry, if it is as the parser makes them.
fn key_and_value(
    builder: &Builder<'_>,
    id: FieldId,
    message: MessageId,
) -> Option<(FieldId, FieldId)> {
    let pool = &builder.pool;
    let (field, entry) = (&pool[id], &pool[message]);
    let [key, value] = entry.fields[..] else { return None };
    let is = |id: FieldId, number: i32, name: &str| {
        let field = &pool[id];
        field.label == Label::LABEL_OPTIONAL && field.number == number && field.name == name
    };
    let sound = entry.extensions.is_empty()
        && field.is_repeated()
        && entry.extension_ranges.is_empty()
        && entry.messages.is_empty()
        && entry.enums.is_empty()
        && entry.name == format!("{}Entry", camel_case(&field.name))
        && field.containing == entry.parent
        && is(key, 1, "key")
        && is(value, 2, "value");
    sound.then_some((key, value))
}

/// A file that is broken may be so because the entry of a map took a name that
/// something else has.
pub(crate) fn map_conflicts(builder: &mut Builder<'_>) {
    let messages = builder.pool[builder.file].messages.clone();
    for (index, message) in messages.into_iter().enumerate() {
        builder.at(4, index, |builder| conflicts(builder, message));
    }
}

fn conflicts(builder: &mut Builder<'_>, id: MessageId) {
    let mut seen: HashMap<String, MessageId> = HashMap::new();
    for (index, nested) in builder.pool[id].messages.clone().into_iter().enumerate() {
        let pool = &builder.pool;
        let name = &pool[nested].name;
        if let Some(other) = seen.get(name) {
            if pool[*other].map_entry || pool[nested].map_entry {
                let text = format!(
                    "Expanded map entry type {name} conflicts with an existing nested message \
                     type."
                );
                builder.error(Part::Name, text);
                break;
            }
        } else {
            seen.insert(name.clone(), nested);
        }
        builder.at(3, index, |builder| conflicts(builder, nested));
    }
    let pool = &builder.pool;
    let is_entry = |name: &str| seen.get(name).is_some_and(|nested| pool[*nested].map_entry);
    let message = &pool[id];
    let fields = message.fields.iter().map(|field| (&pool[*field].name, "field"));
    let enums = message.enums.iter().map(|of| (&pool[*of].name, "enum type"));
    let oneofs = message.oneofs.iter().map(|oneof| (&pool[*oneof].name, "oneof type"));
    let found: Vec<String> = fields
        .chain(enums)
        .chain(oneofs)
        .filter(|(name, _)| is_entry(name))
        .map(|(name, kind)| {
            format!("Expanded map entry type {name} conflicts with an existing {kind}.")
        })
        .collect();
    for text in found {
        builder.error(Part::Name, text);
    }
}
