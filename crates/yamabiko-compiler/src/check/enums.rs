//! Enums: the names and numbers of their values.

use std::collections::{HashMap, HashSet};

use buffa_codegen::generated::descriptor::EnumDescriptorProto;

use super::advice::prefixed_value;
use super::overlaps::{MAX_TOLD, Ranges};
use crate::parse::Part;
use crate::resolve::{Builder, EnumId, edition, pascal_case};

/// What is reserved in an enum, and who uses it.
pub(crate) fn reserved_in_enum(builder: &mut Builder<'_>, id: EnumId, proto: &EnumDescriptorProto) {
    let reserved = builder.pool[id].reserved.clone();
    // The end of such a range is part of it.
    let wide = |range: &(i32, i32)| i64::from(range.0)..i64::from(range.1) + 1;
    let all = Ranges::new(reserved.iter().map(wide));
    let mut left = MAX_TOLD;
    for (index, first) in reserved.iter().enumerate() {
        for other in all.later(&wide(first), index, &mut left) {
            let second = &reserved[other];
            let message = format!(
                "Reserved range {} to {} overlaps with already-defined range {} to {}.",
                second.0, second.1, first.0, first.1
            );
            builder.at(4, index, |builder| builder.error(Part::Number, message));
        }
    }
    let mut names = HashSet::new();
    for name in &proto.reserved_name {
        if !names.insert(name) {
            let message = format!("Enum value \"{name}\" is reserved multiple times.");
            builder.error(Part::Name, message);
        }
    }
    let mut left = MAX_TOLD;
    for (value_index, value) in builder.pool[id].values.clone().into_iter().enumerate() {
        let (name, number) = (builder.pool[value].name.clone(), builder.pool[value].number);
        for index in all.holding(number, left) {
            left -= 1;
            let message = format!("Enum value \"{name}\" uses reserved number {number}.");
            builder.at(4, index, |builder| builder.error(Part::Number, message));
        }
        if names.contains(&name) {
            let message = format!("Enum value \"{name}\" is reserved.");
            builder.at(2, value_index, |builder| builder.error(Part::Name, message));
        }
    }
}

/// The values of an enum, once its options are known.
pub(super) fn values(builder: &mut Builder<'_>, id: EnumId, proto: &EnumDescriptorProto) {
    names_without_prefix(builder, id, proto);
    let pool = &builder.pool;
    let first = pool[id].values.first().map(|value| pool[*value].number);
    if !pool[id].features.closed() && first.is_some_and(|number| number != 0) {
        let name = prefixed_value(&pool[id].name, "UNSPECIFIED");
        let hint = match pool[id].values.iter().any(|value| pool[*value].number == 0) {
            true => "move the value that is 0 to the top".to_owned(),
            false => format!("insert `{name} = 0;` as the first value"),
        };
        builder.at(2, 0, |builder| {
            let message = "The first enum value must be zero for open enums.";
            builder.error_with_hint(Part::Number, message, Some(hint));
        });
    }
    if !proto.options.allow_alias.unwrap_or(false) {
        aliases(builder, id);
    }
}

fn aliases(builder: &mut Builder<'_>, id: EnumId) {
    let values = builder.pool[id].values.clone();
    let mut used: Vec<i64> =
        values.iter().map(|value| builder.pool[*value].number.into()).collect();
    used.sort_unstable();
    // From each number the first one after it that is free.
    let mut free: HashMap<i64, i64> = HashMap::new();
    for number in used.into_iter().rev() {
        let next = free.get(&(number + 1)).copied().unwrap_or(number + 1);
        free.insert(number, next);
    }
    let mut first: HashMap<i32, String> = HashMap::new();
    for (index, value) in values.iter().enumerate() {
        let value = &builder.pool[*value];
        let Some(other) = first.get(&value.number) else {
            first.insert(value.number, value.full_name.clone());
            continue;
        };
        let mut message = format!(
            "\"{}\" uses the same enum value as \"{other}\". If this is intended, set 'option \
             allow_alias = true;' to the enum definition.",
            value.full_name
        );
        let next = free[&i64::from(value.number)];
        if next < i64::from(i32::MAX) {
            message.push_str(&format!(" The next available enum value is {next}."));
        }
        builder.at(2, index, |builder| builder.error(Part::Number, message));
    }
}

/// Values must differ even without the enum's name before them, and whatever
/// the case, since generators may write them so.
fn names_without_prefix(builder: &mut Builder<'_>, id: EnumId, proto: &EnumDescriptorProto) {
    let prefix: String = builder.pool[id].name.replace('_', "").to_lowercase();
    let legacy = proto.options.deprecated_legacy_json_field_conflicts.unwrap_or(false);
    let mut seen: HashMap<String, (String, i32)> = HashMap::new();
    for (index, value) in builder.pool[id].values.clone().into_iter().enumerate() {
        let (name, number) = (builder.pool[value].name.clone(), builder.pool[value].number);
        let stripped = pascal_case(without_prefix(&name, &prefix));
        let Some((other, other_number)) = seen.get(&stripped) else {
            seen.insert(stripped, (name, number));
            continue;
        };
        if *other == name || *other_number == number {
            continue;
        }
        let message = format!(
            "Enum name {name} has the same name as {other} if you ignore case and strip out the \
             enum name prefix (if any). (If you are using allow_alias, please assign the same \
             number to each enum value name.)"
        );
        builder.at(2, index, |builder| {
            if legacy && builder.edition == edition::PROTO2 {
                builder.warning(Part::Name, message);
            } else {
                builder.error(Part::Name, message);
            }
        });
    }
}

/// A name without `prefix`, which is lower case; underscores do not count.
fn without_prefix<'n>(name: &'n str, prefix: &str) -> &'n str {
    let mut wanted = prefix.bytes().peekable();
    let mut rest = 0;
    for (index, byte) in name.bytes().enumerate() {
        let Some(next) = wanted.peek() else { break };
        rest = index + 1;
        if byte == b'_' {
            continue;
        }
        if byte.to_ascii_lowercase() != *next {
            return name;
        }
        wanted.next();
    }
    if wanted.peek().is_some() {
        return name;
    }
    let stripped = name.get(rest..).unwrap_or(name).trim_start_matches('_');
    if stripped.is_empty() { name } else { stripped }
}
