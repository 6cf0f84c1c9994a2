//! Numbers of fields: which are allowed, which are free.

use std::collections::BTreeSet;

use crate::parse::Part;
use crate::problem::Problem;
use crate::resolve::{Builder, Field, FieldId, FileId, MessageId, Pool, fields_in_order};

/// The largest number that a field may have.
pub(super) const MAX: i32 = (1 << 29) - 1;
/// Numbers that protobuf keeps for itself.
const KEPT: std::ops::RangeInclusive<i32> = 19_000..=19_999;
/// How many free numbers are suggested at most.
const SUGGESTIONS: i32 = 3;
/// So many of a message's ranges are shown.
const MAX_SHOWN: usize = 20;

/// A message whose fields need other numbers.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    count: i32,
    /// The element that was noticed first.
    first: Option<Vec<i32>>,
}

/// Remembers that numbers from `start` to `end` cannot be had.
pub(super) fn want(builder: &mut Builder<'_>, message: Option<MessageId>, start: i32, end: i32) {
    let fit = |value: i32| value.clamp(0, MAX);
    let path = builder.path.clone();
    let wanted = builder.wanted.entry(message).or_default();
    wanted.count = fit(wanted.count.saturating_add(fit(fit(end) - fit(start))));
    wanted.first.get_or_insert(path);
}

/// Suggests free numbers for the messages that need some.
pub(crate) fn suggest_numbers(builder: &mut Builder<'_>) {
    for message in builder.pool[builder.file].messages.clone() {
        let Some(wanted) = builder.wanted.remove(&Some(message)) else { continue };
        let Some(path) = wanted.first.filter(|_| wanted.count > 0) else { continue };
        let free = free_numbers(builder.pool, message, wanted.count.min(SUGGESTIONS));
        let free: Vec<String> = free.iter().map(ToString::to_string).collect();
        let name = &builder.pool[message].full_name;
        let text = format!("Suggested field numbers for {name}: {}", free.join(", "));
        let outer = std::mem::replace(&mut builder.path, path);
        builder.error(Part::Number, text);
        builder.path = outer;
    }
}

fn free_numbers(pool: &Pool, id: MessageId, count: i32) -> Vec<i32> {
    let message = &pool[id];
    let fields = message.fields.iter().chain(&message.extensions);
    let mut used: Vec<(i32, i32)> = fields
        .map(|field| pool[*field].number)
        .filter(|number| (1..=MAX).contains(number))
        .map(|number| (number, number + 1))
        .collect();
    let clamp = |value: i32| value.clamp(0, MAX + 1);
    used.extend(message.reserved.iter().map(|(start, end)| (clamp(*start), clamp(*end))));
    let ranges = message.extension_ranges.iter();
    used.extend(ranges.map(|range| (clamp(range.start), clamp(range.end))));
    used.retain(|(start, end)| start < end);
    used.extend([(MAX, MAX + 1), (*KEPT.start(), *KEPT.end())]);
    used.sort_unstable();
    let mut free = Vec::new();
    let mut next = 1;
    for (start, end) in used {
        while next < start && i32::try_from(free.len()).is_ok_and(|length| length < count) {
            free.push(next);
            next += 1;
        }
        next = next.max(end);
    }
    free
}

/// The number of a field by itself.
pub(super) fn number(builder: &mut Builder<'_>, id: FieldId) {
    let Field { number, is_extension, scope, .. } = builder.pool[id];
    if number <= 0 {
        want(builder, scope, 0, 1);
        builder.error(Part::Number, "Field numbers must be positive integers.");
    } else if !is_extension && number > MAX {
        // Extensions are held against the ranges of what they extend.
        want(builder, scope, 0, 1);
        builder.error(Part::Number, format!("Field numbers cannot be greater than {MAX}."));
    }
}

/// An extension has a number that the message keeps for its fields.
pub(crate) fn not_an_extension_number(builder: &mut Builder<'_>, id: FieldId, message: MessageId) {
    let message = &builder.pool[message];
    let number = builder.pool[id].number;
    let text =
        format!("\"{}\" does not declare {number} as an extension number.", message.full_name);
    let mut ranges: Vec<String> = message
        .extension_ranges
        .iter()
        .take(MAX_SHOWN + 1)
        .map(|range| format!("{} to {}", range.start, i64::from(range.end) - 1))
        .collect();
    if let Some(last) = ranges.get_mut(MAX_SHOWN) {
        "…".clone_into(last);
    }
    let hint = (!ranges.is_empty())
        .then(|| format!("the numbers of its extensions are {}", ranges.join(", ")));
    builder.error_with_hint(Part::Number, text, hint);
}

/// Enters a field under its number, which may be taken.
pub(crate) fn number_used_twice(builder: &mut Builder<'_>, id: FieldId) {
    let Some(message) = builder.pool[id].containing else { return };
    let Some(other) = builder.pool.enter_number(message, id) else { return };
    // Counted once for a message: many fields may ask.
    let pool = &builder.pool;
    let next = builder.next_free.entry(message).or_insert_with(|| next_free(pool, message)).clone();
    let (field, other) = (&pool[id], &pool[other]);
    let containing = &pool[message].full_name;
    let number = field.number;
    if field.is_extension && other.is_extension && other.file != builder.file {
        let text = format!(
            "Extension number {number} has already been used in \"{containing}\" by extension \
             \"{}\" defined in {}.",
            other.full_name, pool[other.file].name
        );
        builder.warning(Part::Number, text);
    } else if field.is_extension {
        let text = format!(
            "Extension number {number} has already been used in \"{containing}\" by extension \
             \"{}\".",
            other.full_name
        );
        builder.error(Part::Number, text);
    } else {
        let text = format!(
            "Field number {number} has already been used in \"{containing}\" by field \"{}\". {next}.",
            other.name
        );
        builder.error(Part::Number, text);
    }
}

/// The next free number, as far as protoc looks for it.
fn next_free(pool: &Pool, id: MessageId) -> String {
    let message = &pool[id];
    let mut used = BTreeSet::new();
    for field in &message.fields {
        let number = i64::from(pool[*field].number);
        used.insert((number, number));
    }
    for range in &message.extension_ranges {
        used.insert((range.start.into(), i64::from(range.end) - 1));
    }
    for (start, end) in &message.reserved {
        used.insert((i64::from(*start), i64::from(*end) - 1));
    }
    let mut next = 1;
    for (start, end) in used {
        if !(start..=end).contains(&next) {
            break;
        }
        next = end + 1;
    }
    if next <= i64::from(MAX) {
        format!("Next available field number is {next}")
    } else {
        "There are no available field numbers".to_owned()
    }
}

/// Fields with numbers that protobuf keeps for itself. protoc looks for them
/// once all files are linked.
pub(crate) fn reserved_numbers(pool: &Pool, file: FileId, problems: &mut Vec<Problem>) {
    for field in fields_in_order(pool, file) {
        if KEPT.contains(&pool[field].number) {
            let text = format!(
                "Field numbers {} through {} are reserved for the protocol buffer library \
                 implementation.",
                KEPT.start(),
                KEPT.end()
            );
            let hint = format!("`{}` has number {}", pool[field].full_name, pool[field].number);
            problems.push(Problem::error(&pool[file].name, None, text).with_hint(hint));
        }
    }
}
