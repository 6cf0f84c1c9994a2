//! Ranges of numbers: of extensions, and reserved ones.

use std::collections::HashSet;
use std::ops::Range;

use super::numbers;
use super::overlaps::{MAX_TOLD, Ranges};
use crate::parse::Part;
use crate::resolve::{Builder, EnumId, MessageId};

/// A reserved range of a message by itself.
pub(crate) fn reserved_range(builder: &mut Builder<'_>, id: MessageId, index: usize) {
    let (start, end) = builder.pool[id].reserved[index];
    if start <= 0 {
        numbers::want(builder, Some(id), start, end);
        builder.error(Part::Number, "Reserved numbers must be positive integers.");
    }
    if start >= end {
        let message = "Reserved range end number must be greater than start number.";
        builder.error(Part::Number, message);
    }
}

/// A reserved range of an enum by itself.
pub(crate) fn enum_reserved_range(builder: &mut Builder<'_>, id: EnumId, index: usize) {
    let (start, end) = builder.pool[id].reserved.get(index).copied().unwrap_or_default();
    if start > end {
        let message = "Reserved range end number must be greater than start number.";
        builder.error(Part::Number, message);
    }
}

/// A range of extensions by itself. Whether its end is too large depends on
/// the message's options.
pub(crate) fn extension_range(builder: &mut Builder<'_>, id: MessageId, start: i32, end: i32) {
    if start <= 0 {
        numbers::want(builder, Some(id), start, end);
        builder.error(Part::Number, "Extension numbers must be positive integers.");
    }
    if start >= end {
        let message = "Extension range end number must be greater than start number.";
        builder.error(Part::Number, message);
    }
}

/// Ranges and names that are in each other's way.
pub(crate) fn ranges_of_message(builder: &mut Builder<'_>, id: MessageId) {
    let reserved = builder.pool[id].reserved.clone();
    let all = Ranges::new(reserved.iter().map(wide));
    let mut left = MAX_TOLD;
    for (index, first) in reserved.iter().enumerate() {
        for other in all.later(&wide(first), index, &mut left) {
            let second = &reserved[other];
            let message = format!(
                "Reserved range {} to {} overlaps with already-defined range {} to {}.",
                second.0,
                last(second),
                first.0,
                last(first)
            );
            builder.at(9, index, |builder| builder.error(Part::Number, message));
        }
    }
    let names = builder.pool[id].reserved_names.clone();
    let mut seen = HashSet::new();
    for name in &names {
        if !seen.insert(name.as_str()) {
            let message = format!("Field name \"{name}\" is reserved multiple times.");
            builder.error(Part::Name, message);
        }
    }
    fields_in_ranges(builder, id, &all, &seen);
    overlapping_extensions(builder, id, &reserved, &all);
}

fn fields_in_ranges(
    builder: &mut Builder<'_>,
    id: MessageId,
    reserved: &Ranges,
    names: &HashSet<&str>,
) {
    let ranges = builder.pool[id].extension_ranges.clone();
    let extensions = Ranges::new(ranges.iter().map(|range| wide(&(range.start, range.end))));
    let mut left = MAX_TOLD;
    for (field_index, field) in builder.pool[id].fields.clone().into_iter().enumerate() {
        let (name, number) = (builder.pool[field].name.clone(), builder.pool[field].number);
        for index in extensions.holding(number, left) {
            left -= 1;
            let range = &ranges[index];
            let message = format!(
                "Extension range {} to {} includes field \"{name}\" ({number}).",
                range.start,
                i64::from(range.end) - 1
            );
            builder.at(5, index, |builder| {
                numbers::want(builder, Some(id), 0, 1);
                builder.error(Part::Number, message);
            });
        }
        for index in reserved.holding(number, left) {
            left -= 1;
            let message = format!("Field \"{name}\" uses reserved number {number}.");
            let hint = "a reserved number was used before, and old data may still have it; \
                        take another one";
            builder.at(9, index, |builder| {
                numbers::want(builder, Some(id), 0, 1);
                builder.error_with_hint(Part::Number, message, Some(hint.to_owned()));
            });
        }
        if names.contains(name.as_str()) {
            let message = format!("Field name \"{name}\" is reserved.");
            builder.at(2, field_index, |builder| builder.error(Part::Name, message));
        }
    }
}

fn overlapping_extensions(
    builder: &mut Builder<'_>,
    id: MessageId,
    reserved: &[(i32, i32)],
    all_reserved: &Ranges,
) {
    let ranges: Vec<(i32, i32)> =
        builder.pool[id].extension_ranges.iter().map(|range| (range.start, range.end)).collect();
    let all = Ranges::new(ranges.iter().map(wide));
    let mut left = MAX_TOLD;
    for (index, first) in ranges.iter().enumerate() {
        for other in all_reserved.overlapping(&wide(first), left) {
            left -= 1;
            let second = &reserved[other];
            let message = format!(
                "Extension range {} to {} overlaps with reserved range {} to {}.",
                first.0,
                last(first),
                second.0,
                last(second)
            );
            builder.at(5, index, |builder| builder.error(Part::Number, message));
        }
        for other in all.later(&wide(first), index, &mut left) {
            let second = &ranges[other];
            let message = format!(
                "Extension range {} to {} overlaps with already-defined range {} to {}.",
                second.0,
                last(second),
                first.0,
                last(first)
            );
            builder.at(5, index, |builder| builder.error(Part::Number, message));
        }
    }
}

fn wide(range: &(i32, i32)) -> Range<i64> {
    i64::from(range.0)..i64::from(range.1)
}

fn last(range: &(i32, i32)) -> i64 {
    i64::from(range.1) - 1
}
