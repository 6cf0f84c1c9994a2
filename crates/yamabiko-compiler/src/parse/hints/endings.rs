//! What must close a statement, a list or a block, and does not.

use super::statement::{Statement, written};
use super::surroundings::Context;
use crate::lex::{Kind, Token};
use crate::parse::Parser;

pub(super) fn hint(statement: &Statement<'_>, message: &str) -> Option<String> {
    match message {
        "Expected \";\"." => semicolon(statement),
        "Expected \"=\"." => equals(statement),
        "Expected \"]\"." => bracket(statement),
        "Expected \"{\"." => match statement.word(0) {
            "-" => Some("names have no `-`".to_owned()),
            _ if !statement.token(0)?.text.is_ascii() => None,
            _ => Some("write `{` after the name".to_owned()),
        },
        "Expected identifier." if statement.word(0) == "]" && statement.word(-1) == "," => {
            Some("remove the `,` before `]`".to_owned())
        }
        "Expected identifier." if statement.first() == "package" => (statement.kind(0)
            == Kind::String)
            .then(|| "write the package without quotes".to_owned()),
        "Expected option value." if statement.word(0) == "[" => {
            Some("an option that is a list is written once for each of its elements".to_owned())
        }
        "Expected \"true\" or \"false\"." => {
            Some("write it without quotes, in lower case".to_owned())
        }
        _ => None,
    }
}

fn semicolon(statement: &Statement<'_>) -> Option<String> {
    let before = statement.token(-1)?;
    match statement.word(0) {
        "," => Some("a statement ends with `;`, not with `,`".to_owned()),
        "-" if statement.first() == "package" => {
            let name = statement.up_to(";").map(written)?;
            let start = written(&statement.before()[1..]);
            Some(format!(
                "a package has no `-`: write `package {};`",
                format!("{start}{name}").replace('-', "_")
            ))
        }
        "/" if statement.first() == "package" => {
            Some("the parts of a package are joined by `.`".to_owned())
        }
        "=" if statement.context == Context::File && statement.first() == "import" => None,
        "(" | "{" => None,
        _ if is_open_string(before) || touches(before, statement.token(0)?) => None,
        _ => Some(format!("insert `;` after {}", end_of(before))),
    }
}

/// Whether a string lacks its end, which has been said already.
fn is_open_string(token: Token<'_>) -> bool {
    token.kind == Kind::String && (token.text.len() == 1 || token.text.first() != token.text.last())
}

/// Whether two tokens look like one, as in `5a`: then something else is wrong.
fn touches(before: Token<'_>, after: Token<'_>) -> bool {
    before.line == after.line && before.end_column == after.column && !after.is("}")
}

/// A token and the place where it ends, as people count.
fn end_of(token: Token<'_>) -> String {
    let place = format!("line {}, column {}", token.line + 1, token.end_column + 1);
    // A long string says no more than its place.
    match token.to_text() {
        text if text.len() <= 40 => format!("`{text}`, at {place}"),
        _ => format!("what ends at {place}"),
    }
}

fn equals(statement: &Statement<'_>) -> Option<String> {
    match (statement.word(0), statement.kind(0)) {
        (":", _) => Some("write `=` in place of `:`".to_owned()),
        (_, Kind::String | Kind::Integer | Kind::Float | Kind::Identifier) => {
            Some(format!("write `=` before `{}`", statement.word(0)))
        }
        _ => None,
    }
}

fn bracket(statement: &Statement<'_>) -> Option<String> {
    match statement.kind(0) {
        Kind::Identifier => Some("options are separated by `,`".to_owned()),
        _ if statement.word(0) == ";" => Some("close the options with `]`".to_owned()),
        _ => None,
    }
}

/// The block that the end of the file lies in.
pub(super) fn block_not_closed(parser: &Parser<'_>) -> Option<String> {
    // One brace that is missing is said once; the blocks around miss it too.
    let last = parser.report.problems().last();
    if last.is_some_and(|problem| problem.message.starts_with("Reached end")) {
        return None;
    }
    let (block, advice) = match parser.surroundings.suspect() {
        Some((block, line)) => (block, format!("write `}}` before line {}", line + 1)),
        None => (
            parser.surroundings.block()?,
            "its `}` is missing, or that of a block in it".to_owned(),
        ),
    };
    let (keyword, name, line) = (block.keyword, &block.name, block.place.line + 1);
    Some(format!("`{keyword} {name}` of line {line} is not closed: {advice}"))
}
