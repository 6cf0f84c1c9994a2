//! What has no rule of its own: protoc's words, made plain, with the code of
//! their kind.

use crate::diagnose::context::Context;
use crate::diagnose::finding::Finding;
use crate::diagnose::outline::Sort;
use crate::explain::{Code, codes};
use crate::problem::Severity;

/// Pieces of protoc's messages, and what kind of problem has them. The first
/// that fits counts.
const KINDS: &[(&str, Code)] = &[
    ("maximum recursion limit", codes::TOO_DEEP),
    ("Reserved names must be", codes::RESERVED_NAME_QUOTES),
    ("is reserved multiple times", codes::RANGES_OVERLAP),
    ("Reserved numbers must be positive", codes::BAD_RANGE),
    ("Extension numbers", codes::BAD_RANGE),
    ("range end number must be", codes::BAD_RANGE),
    ("Field number out of bounds", codes::BAD_RANGE),
    ("as an extension number", codes::NOT_AN_EXTENSION_NUMBER),
    ("Extension number ", codes::NOT_AN_EXTENSION_NUMBER),
    ("declare", codes::EXTENSION_RANGE),
    ("Integer out of range", codes::BAD_NUMBER),
    ("efault value", codes::BAD_DEFAULT),
    ("Explicit default", codes::BAD_DEFAULT),
    ("has no value named", codes::BAD_DEFAULT),
    ("Oneof must have at least one field", codes::EMPTY_ONEOF),
    ("JSON name", codes::JSON_NAMES),
    ("json_name", codes::JSON_NAMES),
    ("MessageSet", codes::OLD_FEATURE),
    ("Group ", codes::OLD_FEATURE),
    ("group", codes::OLD_FEATURE),
    ("map_entry", codes::OPTION_PLACE),
    ("already defined", codes::NAME_TWICE),
    ("not a valid identifier", codes::BAD_NAME),
    ("Package name", codes::PACKAGE_NAME),
    ("Package Depth", codes::PACKAGE_NAME),
    ("visibility", codes::NOT_VISIBLE),
    ("not visible", codes::NOT_VISIBLE),
    ("should be", codes::NAME_STYLE),
    ("naming style", codes::NAME_STYLE),
    ("NAMING_STYLE", codes::NAME_STYLE),
    ("deprecated", codes::DEPRECATED_USE),
    ("introduced in", codes::DEPRECATED_USE),
    ("has been removed", codes::DEPRECATED_USE),
    ("eature", codes::FEATURE),
    ("cannot be set on an entity", codes::OPTION_PLACE),
    ("can only be specified", codes::OPTION_PLACE),
    ("is only allowed on", codes::OPTION_PLACE),
    ("may only be set on", codes::OPTION_PLACE),
    ("not allowed under edition", codes::OPTION_PLACE),
    ("was already set", codes::OPTION_TWICE),
    ("Already set option", codes::OPTION_TWICE),
    ("Value must be", codes::OPTION_VALUE),
    ("Value out of range", codes::OPTION_VALUE),
    ("option value", codes::OPTION_VALUE),
    ("aggregate value", codes::OPTION_VALUE),
    ("Enum type \"", codes::OPTION_VALUE),
    ("Error while parsing option value", codes::OPTION_VALUE),
    ("Option ", codes::OPTION_PLACE),
    ("edition", codes::UNKNOWN_SYNTAX),
    ("Unrecognized syntax", codes::UNKNOWN_SYNTAX),
    ("must be followed by", codes::BAD_NUMBER),
    ("Need space between", codes::BAD_NUMBER),
    ("ctal numbers", codes::BAD_NUMBER),
    ("decimal point", codes::BAD_NUMBER),
    ("Imports should precede", codes::WRONG_PLACE),
    ("option import", codes::WRONG_PLACE),
    ("Expected", codes::SYNTAX_ERROR),
    ("Missing", codes::SYNTAX_ERROR),
    ("Unexpected", codes::SYNTAX_ERROR),
    ("end of input", codes::OPEN_BLOCK),
    ("'-'", codes::SYNTAX_ERROR),
    ("BOM", codes::NOT_UTF8),
];

pub(super) fn explain(context: &mut Context<'_>) -> Option<Finding> {
    let message = context.message();
    let code = KINDS.iter().find(|(piece, _)| message.contains(piece));
    let code = code.map_or(codes::OTHER, |(_, code)| *code);
    let range = match context.problem.place {
        Some(_) => context.here(),
        None => nowhere(context),
    };
    let mut finding = Finding::new(code, plain(message), range.clone());
    if code == codes::SYNTAX_ERROR && !context.word(0).is_empty() {
        let word: String = context.word(0).chars().take(40).collect();
        finding.label = format!("`{word}` cannot stand here");
    }
    if let Some(hint) = &context.problem.hint {
        finding = finding.help(hint.clone());
    }
    if code == codes::RESERVED_NAME_QUOTES {
        finding = reserved_name(context, finding);
    }
    if code == codes::TOO_DEEP {
        // Whatever is in there is as deep.
        let around = crate::diagnose::statements::around(&context.view, &finding);
        finding = finding.without(around);
    }
    if context.problem.severity == Severity::Warning {
        finding = finding.warning();
    }
    Some(finding)
}

/// A problem without a place is at the first thing that its message names.
fn nowhere(context: &Context<'_>) -> std::ops::Range<usize> {
    let text = context.text();
    for word in context.message().split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
    {
        if word.len() < 3 {
            continue;
        }
        let is_it = |token: &usize| text.is(*token, word);
        let is_option = |token: &usize| {
            context.view.outline.around(*token).iter().any(|one| one.sort == Sort::Option)
                || text.is(token + 1, "=")
        };
        let found = (0..text.tokens().len()).filter(is_it).find(is_option);
        if let Some(token) = found {
            return text.range(token);
        }
    }
    text.range(0)
}

fn reserved_name(context: &Context<'_>, finding: Finding) -> Finding {
    let text = context.text();
    let to_quotes = context.message().contains("string literals. (Only");
    let start = context.statement_start(context.token);
    let end = (start..text.tokens().len()).find(|token| text.is(*token, ";"));
    let Some(end) = end.filter(|end| *end < start + 64) else { return finding };
    let changes: Vec<_> = (start + 1..end)
        .filter(|token| !text.is(*token, ","))
        .map(|token| {
            let word = text.word(token);
            let inside = word.trim_matches(['"', '\'']);
            let written = if to_quotes { format!("\"{inside}\"") } else { inside.to_owned() };
            (text.range(token), written.into_bytes())
        })
        .collect();
    let title =
        if to_quotes { "write the names in quotes" } else { "write the names without quotes" };
    finding.edit(title, changes)
}

/// protoc's words as a headline: one line, lower case, no full stop, names in
/// backquotes.
pub(super) fn plain(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let mut letters = message.chars();
    let first = letters.next();
    let second = letters.clone().next();
    // Names stay as they are.
    let is_word = second.is_some_and(|second| second.is_lowercase() || second == ' ');
    let mut plain: String = match first {
        Some(first) if is_word => first.to_lowercase().chain(letters).collect(),
        _ => message.to_owned(),
    };
    if plain.matches('"').count().is_multiple_of(2) {
        plain = plain.replace('"', "`");
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
