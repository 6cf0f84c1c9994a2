//! Field numbers: what is wrong with one, and which is free.

use super::{Finding, Mark, Scene};
use crate::hints::syntax::enclosing_block;

/// The largest field number, 2^29 - 1.
const MAXIMUM: u64 = 536_870_911;

pub(super) fn improve(scene: &Scene<'_>) -> Option<Finding> {
    let quoted = scene.quoted();
    let [mark, others @ ..] = scene.marks else { return None };
    let free = || match next_free(scene.text, mark.offset) {
        Some(number) => format!("the next free number is {number}"),
        None => "use a number that no other field of the message has".to_owned(),
    };
    if scene.message.starts_with("message numbers must be between") {
        let number = scene.marked(mark);
        let message = if number == "0" {
            "field numbers start at 1".to_owned()
        } else if number.starts_with('-') {
            format!("a field number must be positive: {number}")
        } else {
            format!("a field number is at most {MAXIMUM}: {number}")
        };
        return Some(Finding::new(message, plain(mark)).help(free()));
    }
    if scene.message == "integer is too large" {
        let message = format!("the number is too large: {}", scene.marked(mark));
        return Some(Finding::new(message, plain(mark)));
    }
    if scene.message.starts_with("invalid field number") {
        let number = quoted.first()?;
        let message = format!("field number {number} is reserved for protobuf itself");
        return Some(
            Finding::new(message, plain(mark)).help(format!("so are 19000 to 19999; {}", free())),
        );
    }
    if scene.message.starts_with("field number") && scene.message.ends_with("is already used") {
        let (number, again) = (quoted.first()?, others.first()?);
        let field = field_name(scene.text, mark.offset);
        let finding = Finding::new(
            format!("field number {number} is already used by `{field}`"),
            plain(again),
        );
        let first = Mark::new(mark.offset, mark.length, "first used here");
        return Some(finding.and(first).help(free()));
    }
    if scene.message.contains("conflicts with reserved range") {
        let (number, used) = (quoted.first()?, others.first()?);
        let finding = Finding::new(format!("field number {number} is reserved"), plain(used));
        let reserved = Mark::new(mark.offset, mark.length, "reserved here");
        return Some(
            finding
                .and(reserved)
                .help(format!("a reserved number was used by a field that is gone; {}", free())),
        );
    }
    None
}

fn plain(mark: &Mark) -> Mark {
    Mark::new(mark.offset, mark.length, "")
}

/// The name before the `=` before `offset`.
fn field_name(text: &str, offset: usize) -> &str {
    let before = text[..offset].trim_end().trim_end_matches('=').trim_end();
    let letters = before.trim_end_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
    &before[letters.len()..]
}

/// The smallest number that the message around `offset` neither uses nor
/// reserves; numbers of messages inside it count as used.
pub(super) fn next_free(text: &str, offset: usize) -> Option<u64> {
    let block = enclosing_block(text, offset)?;
    let mut taken: Vec<(u64, u64)> = Vec::new();
    for statement in block.split([';', '{', '}']) {
        let statement = statement.trim();
        if let Some(ranges) = statement.strip_prefix("reserved") {
            taken.extend(ranges.split(',').filter_map(range));
        } else if let Some((_, number)) = statement.split_once('=') {
            let number: String = number.trim().chars().take_while(char::is_ascii_digit).collect();
            taken.extend(number.parse().ok().map(|number| (number, number)));
        }
    }
    (1..=MAXIMUM).find(|number| !taken.iter().any(|(first, last)| (first..=last).contains(&number)))
}

/// `5`, `5 to 9` or `5 to max`.
fn range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once(" to ").unwrap_or((text, text));
    let first = first.trim().parse().ok()?;
    Some((first, if last.trim() == "max" { MAXIMUM } else { last.trim().parse().ok()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_free_number_is_neither_used_nor_reserved() {
        let text =
            "message A { reserved 2, 4 to 5; string a = 1; string b = 3 [x = 6]; int32 c = 0; }";
        assert_eq!(next_free(text, text.find("= 0").expect("is there")), Some(6));
        assert_eq!(next_free("string a = 0;", 11), None);
    }
}
