//! Fields and values with parts that miss, that stand in the wrong order, or
//! that other languages have.

use std::ops::Range;

use super::Verdict;
use crate::diagnose::context::{Context, MAX_NUMBER};
use crate::diagnose::finding::Finding;
use crate::diagnose::outline::{Sort, Statement};
use crate::explain::codes;
use crate::lex::Kind;

pub(super) fn explain(context: &mut Context<'_>) -> Verdict {
    match context.message() {
        "Expected field name." => field_name(context).into(),
        "Missing field number." => number_missing(context).into(),
        "Expected field number." => not_a_number(context).into(),
        "Integer out of range." => out_of_range(context).into(),
        "Missing numeric value for enum constant." => value_missing(context).into(),
        "Expected enum constant name."
        | "Expected type name."
        | "Expected message name."
        | "Expected enum name."
        | "Expected service name."
        | "Expected method name."
        | "Expected oneof name." => name_missing(context).into(),
        _ => Verdict::Unknown,
    }
}

/// The message or enum whose statement cannot be read.
fn block<'c>(context: &'c Context<'_>) -> Option<&'c Statement> {
    // The place may be behind the statement, at the next one.
    let before = context.token.checked_sub(1)?;
    let around = context.view.outline.around(before);
    let is_block = |one: &&Statement| matches!(one.sort, Sort::Message | Sort::Enum | Sort::Extend);
    around.into_iter().rev().find(is_block)
}

fn next_number(context: &Context<'_>) -> i64 {
    block(context).map_or(1, |block| context.next_free(block))
}

fn next_of(context: &Context<'_>) -> String {
    match block(context).map(|block| context.name_of(block)).filter(|name| !name.is_empty()) {
        Some(name) => format!("the next free number of `{name}` is {}", next_number(context)),
        None => "numbers start at 1".to_owned(),
    }
}

fn field_name(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let start = context.statement_start(context.token);
    let first = start + usize::from(is_label(text.word(start)));
    let number = next_number(context);
    match context.word(0) {
        ":" => type_after_name(context, first),
        "?" if context.word(1) == ":" => {
            let range = context.here();
            Some(
                Finding::new(codes::NOT_A_FIELD, "there is no `?` in protobuf", range.clone())
                    .replace("write `optional` before the field", range, ""),
            )
        }
        "[" => {
            let close = (context.token..context.token + 3).find(|token| text.is(*token, "]"))?;
            let element = text.written(first..context.token).to_owned();
            let range = text.span(start..close + 1);
            Some(
                Finding::new(
                    codes::NOT_A_FIELD,
                    "a list is written with `repeated`",
                    text.span(context.token..close + 1),
                )
                .replace(
                    format!("write `repeated {element}`"),
                    range,
                    format!("repeated {element}"),
                ),
            )
        }
        "<" => generic(context, start, first),
        "=" if first + 1 == context.token => {
            let word = context.word(-1).to_owned();
            let range = text.range(first);
            let finding = Finding::new(codes::NOT_A_FIELD, "", range.clone());
            Some(if is_scalar(&word) {
                Finding { headline: "the field has no name".to_owned(), ..finding }.replace(
                    format!("give it one: `{word} value = …`"),
                    range.end..range.end,
                    " value",
                )
            } else {
                Finding { headline: format!("field `{word}` has no type"), ..finding }.replace(
                    format!("write its type before it, for example `string {word} = …`"),
                    range.start..range.start,
                    "string ",
                )
            })
        }
        word if word == "-" || text.kind(context.token) == Kind::Integer => {
            let range = context.here();
            Some(
                Finding::new(
                    codes::BAD_NAME,
                    format!("a name does not start with `{word}`"),
                    range.clone(),
                )
                .replace(
                    format!("write for example `_{word}`").replace("`_-`", "`_`"),
                    range.start..range.start,
                    "v",
                ),
            )
        }
        _ if keyword(text, start).is_some() => capital(context, start),
        word if is_label(word) => {
            let range = context.here();
            Some(
                Finding::new(
                    codes::NOT_A_FIELD,
                    format!("`{word}` stands before the type"),
                    range.clone(),
                )
                .replace("remove it here", range, ""),
            )
        }
        _ => {
            let _ = number;
            None
        }
    }
}

/// `name: string = 1;`
fn type_after_name(context: &Context<'_>, first: usize) -> Option<Finding> {
    let text = context.text();
    let name = context.token.checked_sub(1).filter(|name| *name >= first)?;
    let line = text.line(text.range(context.token).start);
    let end = (context.token..text.tokens().len()).find(|token| {
        matches!(text.word(*token), ";" | "=" | "}" | ",")
            || text.line(text.range(*token).start) > line
    })?;
    if end == context.token + 1 {
        return None;
    }
    let kind = text.written(context.token + 1..end).to_owned();
    let written = text.word(name).to_owned();
    let range = text.span(name..end);
    let (number, shown) = if text.is(end, "=") {
        (String::new(), text.word(end + 1).to_owned())
    } else {
        let number = next_number(context);
        (format!(" = {number}"), number.to_string())
    };
    Some(
        Finding::new(
            codes::TYPE_AFTER_NAME,
            "the type stands before the name, without a colon",
            range.clone(),
        )
        .replace(
            format!("write `{kind} {written} = {shown};`"),
            range,
            format!("{kind} {written}{number}"),
        ),
    )
}

/// `list<string> names = 1;`
fn generic(context: &Context<'_>, start: usize, first: usize) -> Option<Finding> {
    let text = context.text();
    let close = (context.token..context.token + 12).find(|token| text.is(*token, ">"))?;
    let inside = text.written(context.token + 1..close).to_owned();
    let word = context.word(-1).to_owned();
    let range = text.span(start..close + 1);
    let mark = text.span(first..close + 1);
    let finding = |headline: String| Finding::new(codes::NOT_A_FIELD, headline, mark.clone());
    let written = match word.to_lowercase().as_str() {
        "map" | "hashmap" | "dict" | "dictionary" | "record" if inside.contains(',') => {
            format!("map<{inside}>")
        }
        "optional" | "option" | "nullable" => format!("optional {inside}"),
        _ => format!("repeated {inside}"),
    };
    let headline = match written.split_once([' ', '<']) {
        Some(("map", _)) => format!("a map is written `map<…>`, not `{word}<…>`"),
        Some(("optional", _)) => format!("there is no `{word}<…>` in protobuf"),
        _ => format!("there is no `{word}<…>` in protobuf: a list is a repeated field"),
    };
    Some(finding(headline).replace(format!("write `{written}`"), range, written))
}

fn number_missing(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let start = context.statement_start(context.token);
    if keyword(text, start).is_some() {
        return capital(context, start);
    }
    if matches!(text.word(start), "service" | "syntax" | "import" | "package" | "rpc") {
        let word = text.word(start).to_owned();
        return Some(Finding::new(
            codes::WRONG_PLACE,
            format!("`{word}` does not stand inside a message"),
            text.range(start),
        ));
    }
    let name_at = context.token.checked_sub(1)?;
    let (name, range) = (text.word(name_at).to_owned(), text.range(name_at));
    let number = next_number(context);
    let here = context.here();
    let no_number =
        || Finding::new(codes::NO_NUMBER, format!("field `{name}` has no number"), range.clone());
    let title = format!("give it the next free one: `{name} = {number}`");
    match context.word(0) {
        "-" => hyphens(context, name_at),
        ":" if text.kind(context.token + 1) == Kind::Integer => Some(
            Finding::new(
                codes::SYNTAX_ERROR,
                "before the number stands `=`, not `:`",
                here.clone(),
            )
            .replace("write `=`", here, " ="),
        ),
        ":" => type_after_name(context, name_at),
        "," => Some(no_number().edit(
            title,
            vec![
                (range.end..range.end, format!(" = {number}").into_bytes()),
                (here, b";".to_vec()),
            ],
        )),
        _ if text.kind(context.token) == Kind::Integer => Some(
            Finding::new(
                codes::SYNTAX_ERROR,
                format!("`=` is missing before the number of `{name}`"),
                here.clone(),
            )
            .replace("insert `=` here", here.start..here.start, "= "),
        ),
        "." => Some(
            Finding::new(codes::BAD_NAME, "`.` is not allowed in names", here.clone()).replace(
                "write `_`",
                here,
                "_",
            ),
        ),
        ";" | "[" | "}" => {
            Some(no_number().replace(title, range.end..range.end, format!(" = {number}")))
        }
        "(" => Some(
            Finding::new(codes::WRONG_PLACE, "there are no methods in a message", range)
                .help("a method is `rpc Name (Request) returns (Reply);` inside a `service`"),
        ),
        "{" => None,
        // The next field, perhaps.
        _ if text.line(here.start) > text.line(range.start) => {
            Some(no_number().replace(title, range.end..range.end, format!(" = {number};")))
        }
        _ => None,
    }
}

/// `user-name`.
fn hyphens(context: &Context<'_>, name_at: usize) -> Option<Finding> {
    let text = context.text();
    let end = (context.token..context.token + 12)
        .find(|token| matches!(text.word(*token), "=" | ";" | "}" | "," | "{"))?;
    let range = text.span(name_at..end);
    let name = text.slice(range.clone()).trim_end().replace(['-', ' '], "_");
    Some(Finding::new(codes::BAD_NAME, "`-` is not allowed in names", context.here()).replace(
        format!("write `{name}`"),
        range,
        name,
    ))
}

fn not_a_number(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let number = next_number(context);
    let here = context.here();
    Some(match text.kind(context.token) {
        _ if context.word(0) == "-" => {
            let range = text.span(context.token..context.token + 2);
            Finding::new(
                codes::NUMBER_TOO_SMALL,
                "field numbers must be positive: they start at 1",
                range.clone(),
            )
            .replace(next_of(context), range, number.to_string())
        }
        Kind::String | Kind::Identifier | Kind::Float => {
            let headline = format!("`{}` is no field number", context.word(0));
            Finding::new(codes::SYNTAX_ERROR, headline, here.clone())
                .help("after `=` stands the number of the field, not a value")
                .replace(next_of(context), here, number.to_string())
        }
        _ => Finding::new(codes::NO_NUMBER, "the field has no number", here.start..here.start)
            .replace(next_of(context), here.start..here.start, number.to_string()),
    })
}

fn out_of_range(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let start = context.statement_start(context.token);
    let in_list = (start..context.token).any(|token| text.is(token, "["));
    if in_list || context.word(-1) != "=" {
        return None;
    }
    let here = context.here();
    let block = block(context)?;
    if block.sort == Sort::Enum {
        return Some(
            Finding::new(
                codes::BAD_NUMBER,
                format!("{} is too large for an enum", context.word(0)),
                here,
            )
            .help(format!("an enum has values from {} to {}", i32::MIN, i32::MAX)),
        );
    }
    Some(
        Finding::new(
            codes::NUMBER_TOO_BIG,
            format!("the largest field number is {MAX_NUMBER}"),
            here.clone(),
        )
        .replace(next_of(context), here, number(context)),
    )
}

fn number(context: &Context<'_>) -> String {
    next_number(context).to_string()
}

fn value_missing(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let name_at = context.token.checked_sub(1)?;
    let (name, range) = (text.word(name_at).to_owned(), text.range(name_at));
    let around = context.view.outline.around(name_at);
    let block = around.into_iter().rev().find(|one| one.sort == Sort::Enum)?;
    let numbers: Vec<i64> = block.members().iter().filter_map(|one| one.number(text)).collect();
    let number = numbers.iter().max().map_or(0, |greatest| greatest + 1);
    let finding = Finding::new(
        codes::VALUE_WITHOUT_NUMBER,
        format!("value `{name}` has no number"),
        range.clone(),
    );
    let title = format!("write `{name} = {number};`");
    let here = context.here();
    match context.word(0) {
        "-" => hyphens(context, name_at),
        "," => {
            // Every value of the enum lacks one, as in C.
            let mut changes = Vec::new();
            let mut next = number;
            for member in block.members() {
                let end = text.range(member.head.start).end;
                if member.number(text).is_none() {
                    changes.push((end..end, format!(" = {next}").into_bytes()));
                    next += 1;
                }
            }
            let _ = changes;
            Some(finding.edit(
                title,
                vec![
                    (range.end..range.end, format!(" = {number}").into_bytes()),
                    (here, b";".to_vec()),
                ],
            ))
        }
        ";" => Some(finding.replace(title, range.end..range.end, format!(" = {number}"))),
        "}" => Some(finding.replace(title, range.end..range.end, format!(" = {number};"))),
        _ if text.line(here.start) > text.line(range.start) => {
            Some(finding.replace(title, range.end..range.end, format!(" = {number};")))
        }
        _ => None,
    }
}

/// A keyword with nothing that could be a name after it, or a name that is none.
fn name_missing(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let here = context.here();
    let word = context.word(0).to_owned();
    match text.kind(context.token) {
        Kind::Integer | Kind::Float => Some(Finding::new(
            codes::BAD_NAME,
            format!("a name does not start with a digit: `{word}`"),
            here,
        )),
        Kind::String => {
            let inside = word.trim_matches(['"', '\'']).to_owned();
            let what = if context.message() == "Expected type name." { "types" } else { "names" };
            Some(
                Finding::new(
                    codes::SYNTAX_ERROR,
                    format!("{what} are written without quotes"),
                    here.clone(),
                )
                .replace(format!("write `{inside}`"), here, inside),
            )
        }
        _ if word == "}" && context.message() == "Expected type name." => {
            let oneof = context.enclosing(Sort::Oneof)?;
            Some(
                Finding::new(
                    codes::EMPTY_ONEOF,
                    format!("oneof `{}` has no field", context.name_of(oneof)),
                    context.name_range(oneof),
                )
                .help("a oneof has at least one field")
                .without(context.range_of(oneof)),
            )
        }
        _ if word == ")" => Some(
            Finding::new(codes::SYNTAX_ERROR, "a method takes and returns one message", here)
                .help("if there is nothing to say, that is `google.protobuf.Empty`"),
        ),
        _ => {
            let before = context.word(-1).to_owned();
            let range: Range<usize> = text.range(context.token.checked_sub(1)?);
            Some(
                Finding::new(
                    codes::SYNTAX_ERROR,
                    format!("after `{before}` a name is missing"),
                    range.end..range.end,
                )
                .help("a name is made of letters, digits and `_`"),
            )
        }
    }
}

/// The keyword that a word is but for its case.
fn keyword(text: &crate::diagnose::text::Text, start: usize) -> Option<&'static str> {
    let word = text.word(start);
    if text.kind(start + 1) != Kind::Identifier || !text.is(start + 2, "{") {
        return None;
    }
    match word {
        "class" | "struct" | "record" | "type" => Some("message"),
        _ if word.chars().next().is_some_and(char::is_uppercase) => ["message", "enum", "oneof"]
            .into_iter()
            .find(|keyword| keyword.eq_ignore_ascii_case(word)),
        _ => None,
    }
}

fn capital(context: &Context<'_>, start: usize) -> Option<Finding> {
    let text = context.text();
    let meant = keyword(text, start)?;
    let word = text.word(start).to_owned();
    let range = text.range(start);
    let headline = if meant.eq_ignore_ascii_case(&word) {
        format!("keywords are written in lower case: `{meant}`, not `{word}`")
    } else {
        format!("there is no `{word}` in protobuf")
    };
    Some(Finding::new(codes::UNKNOWN_KEYWORD, headline, range.clone()).replace(
        format!("write `{meant}`"),
        range,
        meant,
    ))
}

fn is_label(word: &str) -> bool {
    matches!(word, "optional" | "required" | "repeated")
}

fn is_scalar(word: &str) -> bool {
    crate::hints::lookup::SCALARS.contains(&word)
}
