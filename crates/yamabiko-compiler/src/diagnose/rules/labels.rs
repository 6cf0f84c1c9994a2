//! What a field may be: labels, maps, defaults, and what proto3 and editions do
//! not have.

use std::ops::Range;

use super::Verdict;
use crate::diagnose::context::Context;
use crate::diagnose::finding::Finding;
use crate::diagnose::outline::Sort;
use crate::explain::codes;

pub(super) fn explain(context: &mut Context<'_>) -> Verdict {
    let message = context.message();
    match message {
        "Fields in oneofs must not have labels (required / optional / repeated)." => {
            in_oneof(context).into()
        }
        "Field labels (required/optional/repeated) are not allowed on map fields." => {
            on_map(context).into()
        }
        "Map fields are not allowed in oneofs."
        | "Map fields are not allowed to be extensions." => {
            let place = if message.contains("oneofs") { "a oneof" } else { "an extension" };
            let token = context.token.saturating_sub(1);
            let range = context.text().range(token);
            Finding::new(codes::MAP_MISPLACED, format!("a map cannot be in {place}"), range)
                .help("put the map into a message of its own, and use that")
                .into()
        }
        "Key in map fields cannot be float/double, bytes or message types."
        | "Key in map fields cannot be enum types." => map_key(context).into(),
        "Required fields are not allowed in proto3." => required(context).into(),
        "Explicit default values are not allowed in proto3." => default(context).into(),
        "Extension ranges are not allowed in proto3." => {
            let Some(statement) = context.enclosing(Sort::Extensions) else {
                return Verdict::Unknown;
            };
            let lines = context.lines_of(statement);
            Finding::new(
                codes::OLD_FEATURE,
                "proto3 has no extension ranges",
                context.range_of(statement),
            )
            .help("use a `google.protobuf.Any` field, or proto2 or an edition")
            .replace("leave the range out", lines, "")
            .into()
        }
        "Groups are not supported in proto3 syntax." => {
            let range = context.here();
            Finding::new(codes::OLD_FEATURE, "proto3 has no groups", range)
                .help("declare a message and a field of that type")
                .into()
        }
        "Extensions in proto3 are only allowed for defining options." => Finding::new(
            codes::OLD_FEATURE,
            "in proto3 only options can be extended",
            context.here(),
        )
        .help("use a `google.protobuf.Any` field, or proto2 or an edition")
        .into(),
        _ if message.starts_with("Label \"") => edition(context).into(),
        // The name that is there twice has been told of.
        _ if message.starts_with("Expanded map entry type") => Verdict::Follows,
        _ => Verdict::Unknown,
    }
}

/// The label and the blanks after it.
fn with_blanks(context: &Context<'_>, token: usize) -> Range<usize> {
    context.text().range(token).start..context.text().range(token + 1).start
}

fn in_oneof(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let (label, here) = (context.word(0).to_owned(), context.here());
    let finding = Finding::new(
        codes::LABEL_IN_ONEOF,
        format!("`{label}` is not allowed inside a `oneof`"),
        here,
    );
    let whole = with_blanks(context, context.token);
    if label != "repeated" {
        return Some(finding.replace("remove it", whole, ""));
    }
    // A list goes into a message of its own.
    let oneof = context
        .view
        .outline
        .around(context.token)
        .into_iter()
        .rev()
        .find(|one| one.sort == Sort::Oneof)?;
    let member = oneof.block.iter().find(|one| one.all.contains(&context.token))?.member(text)?;
    let kind = text.written(member.kind.clone()).to_owned();
    let field = text.word(member.name).to_owned();
    let name = context.free_name(&format!("{}List", crate::resolve::camel_case(&field)));
    let start = context.range_of(oneof).start;
    let indent = text.indent(text.line(start)).to_owned();
    let declared =
        format!("message {name} {{\n{indent}  repeated {kind} {field} = 1;\n{indent}}}\n{indent}");
    let replaced = text.range(context.token).start..text.span(member.kind).end;
    Some(finding.help("a oneof holds one value; a list can be wrapped in a message").edit(
        format!("put the list into a message `{name}`"),
        vec![(start..start, declared.into_bytes()), (replaced, name.into_bytes())],
    ))
}

fn on_map(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let start = context.statement_start(context.token);
    let label = text.word(start).to_owned();
    if !matches!(label.as_str(), "repeated" | "optional" | "required") {
        return None;
    }
    Some(
        Finding::new(codes::LABEL_ON_MAP, format!("`{label}` is not allowed before a map"), text.range(start))
            .help("a map holds any number of entries already; for a list of maps, put the map into a message")
            .replace("remove it", with_blanks(context, start), ""),
    )
}

fn map_key(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let start = context.statement_start(context.token);
    let open = (start..start + 4).find(|token| text.is(*token, "<"))?;
    let comma = (open..open + 16).find(|token| text.is(*token, ","))?;
    let range = text.span(open + 1..comma);
    let key = text.slice(range.clone()).to_owned();
    let meant = if context.message().contains("enum") { "int32" } else { "string" };
    Some(
        Finding::new(
            codes::MAP_KEY,
            format!("the key of a map must be an integer, `bool` or `string`, not `{key}`"),
            range.clone(),
        )
        .help("for other keys, repeat a message that holds key and value")
        .replace(format!("use `{meant}` as the key"), range, meant),
    )
}

fn required(context: &Context<'_>) -> Option<Finding> {
    let start = context.statement_start(context.token);
    let text = context.text();
    if !text.is(start, "required") {
        return None;
    }
    Some(
        Finding::new(codes::REQUIRED, "proto3 has no `required`", text.range(start))
            .help("to know whether the field was set, write `optional`; check in your program that it is")
            .replace("remove it", with_blanks(context, start), ""),
    )
}

/// An element of a list in brackets, with the comma before or after it, or the
/// whole list if it is the only one.
fn list_element(context: &Context<'_>, name: &str) -> Option<(Range<usize>, Range<usize>)> {
    let text = context.text();
    let start = context.statement_start(context.token);
    let open = (start..text.tokens().len()).find(|token| matches!(text.word(*token), "[" | ";"))?;
    let close = (open..text.tokens().len()).find(|token| matches!(text.word(*token), "]" | ";"))?;
    let first = (open..close).find(|token| text.is(*token, name))?;
    let last = (first..close).find(|token| text.is(*token, ",")).unwrap_or(close);
    let element = text.span(first..last);
    let before = first - 1;
    let gone = if text.is(before, "[") && last == close {
        // With the blank before the list.
        text.range(open - 1).end..text.range(close).end
    } else if text.is(before, "[") {
        element.start..text.range(last + 1).start
    } else {
        text.range(before).start..element.end
    };
    Some((element, gone))
}

fn default(context: &Context<'_>) -> Option<Finding> {
    let (element, gone) = list_element(context, "default")?;
    Some(
        Finding::new(codes::DEFAULT, "proto3 has no default values", element)
            .help("a field that is not set is empty, 0 or false; write `optional` to tell, and choose in your program")
            .replace("remove it", gone, ""),
    )
}

fn edition(context: &Context<'_>) -> Option<Finding> {
    let label = context.word(0).to_owned();
    let finding = Finding::new(
        codes::LABEL_IN_EDITION,
        format!("editions have no `{label}`"),
        context.here(),
    );
    let whole = with_blanks(context, context.token);
    Some(if label == "optional" {
        finding.help("whether a field was set is known in editions anyway").replace(
            "remove it",
            whole,
            "",
        )
    } else {
        finding
            .help("`[features.field_presence = LEGACY_REQUIRED]` means the same, and should be avoided")
            .replace("remove it", whole, "")
    })
}
