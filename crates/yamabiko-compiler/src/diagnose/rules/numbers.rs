//! The numbers of fields, reserved ranges, and those of extensions.

use std::ops::Range;

use super::Verdict;
use crate::diagnose::context::{Context, MAX_NUMBER, quoted};
use crate::diagnose::finding::Finding;
use crate::diagnose::outline::{Sort, Statement, join};
use crate::explain::codes;

pub(super) fn explain(context: &mut Context<'_>) -> Verdict {
    let message = context.message();
    match message {
        "Field numbers must be positive integers." => {
            numbered(context, codes::NUMBER_TOO_SMALL, "field numbers start at 1".to_owned()).into()
        }
        _ if message.starts_with("Field numbers cannot be greater than") => {
            let headline = format!("the largest field number is {MAX_NUMBER}");
            numbered(context, codes::NUMBER_TOO_BIG, headline).into()
        }
        _ if message.starts_with("Field numbers 19000 through 19999") => kept(context).into(),
        _ if message.starts_with("Suggested field numbers for") => Verdict::Follows,
        _ if message.starts_with("Field number ") && message.contains("has already been used") => {
            twice(context).into()
        }
        _ if message.starts_with("Field \"") && message.contains("uses reserved number") => {
            reserved(context).into()
        }
        _ if message.starts_with("Field name \"") && message.ends_with("is reserved.") => {
            reserved_name(context).into()
        }
        _ if message.contains("overlaps with") => {
            Finding::new(codes::RANGES_OVERLAP, super::general::plain(message), context.here())
                .into()
        }
        _ if message.starts_with("Extension range") && message.contains("includes field") => {
            Finding::new(codes::EXTENSION_RANGE, super::general::plain(message), context.here())
                .into()
        }
        _ => Verdict::Unknown,
    }
}

/// The message that a field is in; with the field.
fn field_and_message<'c>(context: &'c Context<'_>) -> Option<(&'c Statement, &'c Statement)> {
    let around = context.around();
    let field = *around.iter().find(|one| one.sort == Sort::Field)?;
    let message = around.iter().skip_while(|one| one.sort != Sort::Field).skip(1);
    let message = message.copied().find(|one| matches!(one.sort, Sort::Message | Sort::Field))?;
    Some((field, message))
}

fn number_range(context: &Context<'_>, field: &Statement) -> Option<Range<usize>> {
    let number = field.member(context.text())?.number;
    (!number.is_empty()).then(|| context.text().span(number))
}

fn numbered(
    context: &Context<'_>,
    code: crate::explain::Code,
    headline: String,
) -> Option<Finding> {
    let (field, message) = field_and_message(context)?;
    let range = number_range(context, field)?;
    let finding = Finding::new(code, headline, range.clone());
    let (next, name) = (context.take_free(message), context.name_of(message));
    Some(finding.replace(
        format!("the next free number of `{name}` is {next}"),
        range,
        next.to_string(),
    ))
}

/// A number that is protobuf's own; protoc gives no place.
fn kept(context: &mut Context<'_>) -> Option<Finding> {
    // The hint names the field.
    let hint = context.problem.hint.as_deref()?;
    let full = hint.split('`').nth(1)?.to_owned();
    let view = std::rc::Rc::clone(&context.view);
    let mut place = None;
    view.outline.visit(&view.text, &mut |statement, scope| {
        let is_field = statement.sort == Sort::Field && place.is_none();
        let number = statement.number(&view.text).unwrap_or_default();
        if is_field && (19_000..=19_999).contains(&number) {
            let name = statement.name(&view.text).map_or("", |name| view.text.word(name));
            if join(scope, name) == full {
                place = Some(statement.all.start);
            }
        }
    });
    context.token = place?;
    numbered(
        context,
        codes::NUMBER_KEPT,
        "the numbers 19000 to 19999 are reserved by protobuf".to_owned(),
    )
}

fn twice(context: &Context<'_>) -> Option<Finding> {
    let other = *quoted(context.message()).get(1)?;
    let (field, message) = field_and_message(context)?;
    let text = context.text();
    let range = number_range(context, field)?;
    let number = text.slice(range.clone()).to_owned();
    let mut finding = Finding::new(
        codes::NUMBER_TWICE,
        format!("field number {number} is already used by `{other}`"),
        range.clone(),
    );
    let first = message.members().into_iter().find(|one| context.name_of(one) == other);
    if let Some(first) = first.and_then(|first| number_range(context, first)) {
        finding = finding.other(first, "first used here");
    }
    let next = context.take_free(message);
    Some(finding.replace(format!("the next free number is {next}"), range, next.to_string()))
}

/// A field with a reserved number; protoc points at the range.
fn reserved(context: &Context<'_>) -> Option<Finding> {
    let name = *quoted(context.message()).first()?;
    let text = context.text();
    let message = context.message_around()?;
    let field = message.members().into_iter().find(|one| context.name_of(one) == name)?;
    let range = number_range(context, field)?;
    let number = field.number(text)?;
    let mut finding =
        Finding::new(codes::NUMBER_RESERVED, format!("number {number} is reserved"), range.clone());
    let ranges = message.block.iter().filter(|one| one.sort == Sort::Reserved);
    let ranges = ranges.flat_map(|one| one.ranges(text));
    if let Some((_, _, tokens)) =
        ranges.into_iter().find(|(start, end, _)| (start..=end).contains(&&number))
    {
        let reserved = text.span(tokens);
        let written = text.slice(reserved.clone()).to_owned();
        finding = finding.other(reserved, "reserved here");
        finding.headline = format!("number {number} is in `reserved {written}`");
    }
    let next = context.take_free(message);
    Some(finding.help("a reserved number was used before, and old data may still have it").replace(
        format!("the next free number is {next}"),
        range,
        next.to_string(),
    ))
}

fn reserved_name(context: &Context<'_>) -> Option<Finding> {
    let name = *quoted(context.message()).first()?;
    let text = context.text();
    let (field, message) = field_and_message(context)?;
    let range = context.name_range(field);
    let mut finding =
        Finding::new(codes::NAME_RESERVED, format!("the name `{name}` is reserved"), range.clone());
    for statement in message.block.iter().filter(|one| one.sort == Sort::Reserved) {
        let written = |token: &usize| text.word(*token).trim_matches(['"', '\'']) == name;
        if let Some(token) = statement.head.clone().find(written) {
            finding = finding.other(text.range(token), "reserved here");
        }
    }
    let new = context.free_name(&format!("{name}_2"));
    Some(
        finding
            .help("a reserved name was used before, and old data in JSON or text may still have it")
            .replace(format!("take another name, for example `{new}`"), range, new),
    )
}
