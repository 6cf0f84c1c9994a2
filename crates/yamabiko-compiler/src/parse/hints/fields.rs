//! Fields and values with parts that miss, that stand in the wrong order or
//! that other languages have.

use super::statement::{Statement, written};
use super::surroundings::Context;
use crate::lex::{Kind, Token};
use crate::parse::Parser;

/// The greatest number of a field, 2²⁹ − 1.
const MAX_FIELD_NUMBER: i32 = 0x1fff_ffff;

pub(super) fn hint(
    parser: &Parser<'_>,
    statement: &Statement<'_>,
    message: &str,
) -> Option<String> {
    match message {
        "Integer out of range." => number_out_of_range(parser, statement),
        "Expected field name." => field_name(parser, statement),
        "Missing field number." => number_missing(parser, statement),
        "Expected field number." => field_number(parser, statement),
        "Missing numeric value for enum constant." => value_missing(parser, statement),
        "Expected integer." if statement.context == Context::Enum => {
            Some("the value of an enum is a whole number without quotes".to_owned())
        }
        "Expected enum constant name." => enum_value(statement),
        "Expected type name." => field_type(statement),
        _ => None,
    }
}

/// A number that is too great, or that has digits of another base.
fn number_out_of_range(parser: &Parser<'_>, statement: &Statement<'_>) -> Option<String> {
    let before = statement.before();
    if statement.context == Context::Enum {
        return Some(format!("an enum has values from {} to {}", i32::MIN, i32::MAX));
    }
    let is_field_number = statement.context != Context::File
        && before.last()?.is("=")
        && before.iter().all(|token| !token.is("["));
    is_field_number
        .then(|| format!("field numbers go from 1 to {MAX_FIELD_NUMBER}; {}", next_is_free(parser)))
}

/// In proto2 a field has a label; whoever leaves it out means proto3.
pub(super) fn label_missing(parser: &Parser<'_>) -> String {
    if parser.surroundings.has_syntax {
        "a field of proto2 starts with `optional`, `repeated` or `required`".to_owned()
    } else {
        "the file does not say its syntax, so it is read as proto2: \
         write `syntax = \"proto3\";` as its first line"
            .to_owned()
    }
}

fn field_name(parser: &Parser<'_>, statement: &Statement<'_>) -> Option<String> {
    let number = next_number(parser);
    let before = written(statement.before());
    match statement.word(0) {
        // `name: string = 1;`
        ":" => {
            let rest = statement.up_to(";").or_else(|| statement.up_to("}"))?;
            let kind: Vec<Token<'_>> =
                rest[1..].iter().copied().take_while(|token| !token.is("=")).collect();
            let kind = written(&kind);
            let given = rest.iter().rposition(|token| token.is("=")).map(|at| &rest[at + 1..]);
            let number = given.map_or(number.to_string(), written);
            Some(format!("the type comes first: `{kind} {before} = {number};`"))
        }
        "[" => {
            let label = statement.first();
            let element = before.strip_prefix(label).filter(|_| is_label(label)).unwrap_or(&before);
            let element = element.trim_start();
            Some(format!("a list is a repeated field: `repeated {element} … = {number};`"))
        }
        "<" => {
            let element = statement.up_to(">")?;
            let element = written(&element[1..]);
            Some(match statement.word(-1) {
                "Map" | "HashMap" | "dict" | "Dict" => {
                    format!("keywords are written in lower case: `map<{element}>`")
                }
                "optional" | "Optional" | "Option" => {
                    format!("write `optional {element} … = {number};`")
                }
                _ => format!("a list is a repeated field: `repeated {element} … = {number};`"),
            })
        }
        // `name = 1;`
        "=" if is_scalar(statement.word(-1)) => {
            Some(format!("the field has no name: write `{before} name =`"))
        }
        "=" => Some(format!("the field has no type: write for example `string {before} =`")),
        // `int 32 x = 1;` and `string 1st = 1;`
        _ if statement.kind(0) == Kind::Integer => {
            Some("a name does not start with a digit".to_owned())
        }
        _ => None,
    }
}

fn number_missing(parser: &Parser<'_>, statement: &Statement<'_>) -> Option<String> {
    let number = next_number(parser);
    let before = written(statement.before());
    match statement.word(0) {
        "-" => {
            let name = name_with_hyphens(statement)?;
            Some(format!("names have no `-`: write `{}`", name.replace('-', "_")))
        }
        ":" => {
            let given = if statement.kind(1) == Kind::Integer { statement.word(1) } else { "…" };
            Some(format!("write `=` in place of `:`: `{before} = {given};`"))
        }
        "," => Some(format!("the field has no number, and ends with `;`: `{before} = {number};`")),
        _ if statement.kind(0) == Kind::Integer => {
            Some(format!("write `=` before the number: `{before} = {};`", statement.word(0)))
        }
        "." => Some("a name has no `.`".to_owned()),
        // Perhaps the next field.
        _ if statement.word(0) == ";" || stands_on_a_later_line(statement) => {
            Some(format!("write `{before} = {number};`"))
        }
        "(" | "{" => None,
        "[" => Some(format!("write the number before the options: `{before} = {number} [`")),
        _ => Some(format!("write `{before} = {number};`")),
    }
}

fn field_number(parser: &Parser<'_>, statement: &Statement<'_>) -> Option<String> {
    let free = next_is_free(parser);
    Some(match statement.kind(0) {
        Kind::String | Kind::Identifier => {
            format!("after `=` stands the number of the field, not a value; {free}")
        }
        Kind::Float => format!("field numbers are whole; {free}"),
        _ if statement.word(0) == "-" => format!("field numbers are positive; {free}"),
        _ => free,
    })
}

fn value_missing(parser: &Parser<'_>, statement: &Statement<'_>) -> Option<String> {
    let name = written(statement.before());
    let next = parser
        .surroundings
        .block()
        .and_then(|block| block.greatest)
        .map_or(0, |greatest| greatest.saturating_add(1));
    match statement.word(0) {
        "-" => Some("names have no `-`: write `_`".to_owned()),
        "," | ";" | "}" => Some(format!("write `{name} = {next};`")),
        _ if stands_on_a_later_line(statement) => Some(format!("write `{name} = {next};`")),
        _ => None,
    }
}

fn enum_value(statement: &Statement<'_>) -> Option<String> {
    match statement.kind(0) {
        Kind::Integer | Kind::Float => Some("a name does not start with a digit".to_owned()),
        Kind::String => Some("write the name without quotes".to_owned()),
        _ => None,
    }
}

fn field_type(statement: &Statement<'_>) -> Option<String> {
    match (statement.kind(0), statement.context) {
        (Kind::String, _) => Some("write the type without quotes".to_owned()),
        (Kind::Integer, Context::Message | Context::Oneof) => {
            Some("a field is a type, a name, `=` and a number: `string name = 1;`".to_owned())
        }
        _ if statement.word(0) == "}" && statement.context == Context::Oneof => {
            Some("a oneof has at least one field".to_owned())
        }
        _ if statement.word(0) == ")" => Some(
            "a method takes and returns one message; if there is nothing to say, \
             google.protobuf.Empty"
                .to_owned(),
        ),
        _ => None,
    }
}

fn is_label(word: &str) -> bool {
    matches!(word, "optional" | "required" | "repeated")
}

fn is_scalar(word: &str) -> bool {
    crate::parse::types::scalar(word.as_bytes()).is_some()
}

/// `user-name`, of which the error is at the first hyphen.
fn name_with_hyphens(statement: &Statement<'_>) -> Option<String> {
    let first = statement.before().last()?;
    let mut name = first.to_text().into_owned();
    name.push_str(&written(statement.up_to("=").or_else(|| statement.up_to(";"))?));
    Some(name)
}

fn stands_on_a_later_line(statement: &Statement<'_>) -> bool {
    matches!((statement.token(-1), statement.token(0)),
        (Some(before), Some(after)) if before.line < after.line)
}

fn next_is_free(parser: &Parser<'_>) -> String {
    match parser.surroundings.block() {
        Some(block) => format!("the next free number of {} is {}", block.name, next_number(parser)),
        None => "the least is 1".to_owned(),
    }
}

/// A number that no field of the message has.
fn next_number(parser: &Parser<'_>) -> i32 {
    let greatest = parser.surroundings.block().and_then(|block| block.greatest).unwrap_or(0);
    match greatest {
        // 19000 to 19999 are protobuf's own.
        18_999..=19_998 => 20_000,
        _ => greatest.clamp(0, MAX_FIELD_NUMBER - 1) + 1,
    }
}
