//! Options and features.

use super::{Verdict, general};
use crate::diagnose::context::{Context, quoted};
use crate::diagnose::finding::Finding;
use crate::diagnose::outline::Sort;
use crate::explain::codes;

pub(super) fn explain(context: &mut Context<'_>) -> Verdict {
    let message = context.message();
    let unknown = (message.starts_with("Option \"") && message.contains("\" unknown."))
        || (message.starts_with("Option field \"")
            && message.contains("is not a field or extension"));
    if unknown {
        return unknown_option(context).into();
    }
    match message {
        "Expected option value." | "Expected \"true\" or \"false\"." => value(context).into(),
        _ if message.starts_with("Value must be") => value(context).into(),
        _ if message.starts_with("Option \"") && message.ends_with("was already set.") => {
            set_twice(context).into()
        }
        _ => Verdict::Unknown,
    }
}

/// What options are set on.
fn element(context: &Context<'_>) -> &'static str {
    let around = context.around();
    let mut sorts = around.iter().map(|one| one.sort);
    let first = sorts.next();
    let of = if first == Some(Sort::Option) { sorts.next() } else { first };
    match of {
        Some(Sort::Message) => "message",
        Some(Sort::Enum) => "enum",
        Some(Sort::Value) => "enum value",
        Some(Sort::Service) => "service",
        Some(Sort::Method) => "method",
        Some(Sort::Oneof) => "oneof",
        Some(Sort::Field | Sort::Extend) => "field",
        Some(Sort::Extensions) => "extension range",
        _ => "file",
    }
}

fn unknown_option(context: &Context<'_>) -> Option<Finding> {
    let name = quoted(context.message()).first()?.to_string();
    let simple = name.trim_matches(['(', ')']).to_owned();
    let text = context.text();
    // protoc points at the start of the option's name.
    let last = simple.rsplit(['.', '(']).next().unwrap_or(&simple).trim_matches(')');
    let token = (context.token..context.token + 12)
        .find(|token| text.is(*token, last))
        .unwrap_or(context.token);
    let range = text.range(token);
    let what = element(context);
    let headline = if name.starts_with('(') {
        format!("there is no {what} option `{name}`")
    } else {
        format!("there is no {what} option `{simple}`")
    };
    let finding = Finding::new(codes::UNKNOWN_OPTION, headline, range.clone());
    let meant = context.problem.hint.as_deref().and_then(|hint| {
        let (_, rest) = hint.split_once('`')?;
        Some(rest.split_once('`')?.0.to_owned())
    });
    Some(match (meant, &context.problem.hint) {
        (Some(meant), Some(hint)) if hint.starts_with("did you mean `") => {
            finding.replace(format!("did you mean `{meant}`?"), range, meant)
        }
        (_, Some(hint)) => finding.help(hint.clone()),
        _ if name.starts_with('(') => finding.help("import the file that defines the extension"),
        _ => finding,
    })
}

fn value(context: &Context<'_>) -> Option<Finding> {
    let here = context.here();
    let word = context.word(0).to_owned();
    let finding =
        Finding::new(codes::OPTION_VALUE, general::plain(context.message()), here.clone());
    let finding = match &context.problem.hint {
        Some(hint) => finding.help(hint.clone()),
        None => finding,
    };
    let inside = word.trim_matches(['"', '\'']).to_owned();
    let is_quoted = inside.len() + 2 == word.len();
    let lower = inside.to_lowercase();
    let message = context.message();
    if matches!(lower.as_str(), "true" | "false")
        && (message.contains("true") || message.contains("boolean"))
    {
        return Some(
            Finding {
                headline: format!(
                    "a value that is true or false is written `{lower}`, not `{word}`"
                ),
                ..finding
            }
            .replace(format!("write `{lower}`"), here, lower),
        );
    }
    let is_enum = message.contains("identifier");
    let is_name = crate::lex::is_identifier(inside.as_bytes());
    if is_quoted && is_enum && is_name {
        return Some(finding.replace(format!("write `{inside}`"), here, inside));
    }
    let is_string = message.contains("quoted string") || message.contains("must be string");
    if !is_quoted && is_string && is_name {
        return Some(finding.replace(format!("write `\"{word}\"`"), here, format!("\"{word}\"")));
    }
    Some(finding)
}

fn set_twice(context: &Context<'_>) -> Option<Finding> {
    let name = quoted(context.message()).first()?.to_string();
    let mut finding =
        Finding::new(codes::OPTION_TWICE, format!("option `{name}` is set twice"), context.here());
    let around = context.around();
    let statement = around.first()?;
    if statement.sort == Sort::Option {
        let text = context.text();
        let head = text.written(statement.head.start + 1..statement.head.end);
        let key = head.split('=').next().unwrap_or(head).trim().to_owned();
        let siblings =
            around.get(1).map_or(context.view.outline.statements.as_slice(), |one| &one.block);
        let first = siblings.iter().find(|one| {
            one.sort == Sort::Option && {
                let head = text.written(one.head.start + 1..one.head.end);
                head.split('=').next().unwrap_or(head).trim() == key
            }
        });
        if let Some(first) = first.filter(|first| first.all != statement.all) {
            finding = finding.other(context.range_of(first), "first set here");
        }
        return Some(finding.replace("remove this line", context.lines_of(statement), ""));
    }
    Some(finding)
}
