//! Words that start nothing where they stand: from another place in the file,
//! from another language, or misspelled.

use super::statement::{Statement, written};
use super::surroundings::Context;
use crate::hints::similar;
use crate::lex::Kind;

/// What a statement of the file starts with.
const OF_FILE: [&str; 9] =
    ["syntax", "edition", "package", "import", "option", "message", "enum", "service", "extend"];

const VISIBILITY: &str = "`export` and `local` are keywords from edition 2024 on: \
                          write `edition = \"2024\";` as the first line";

pub(super) fn hint(statement: &Statement<'_>, message: &str) -> Option<String> {
    match message {
        "Expected top-level statement (e.g. \"message\")." => at_top(statement),
        "Expected \"rpc\"." => in_service(statement),
        "Expected \"(\"." => stream_outside(statement),
        "Expected \"returns\"." => Some(returns_missing(statement)),
        "Expected message type." => Some(scalar_in_method(statement)),
        "Expected syntax identifier." => {
            let name = statement.word(0);
            (statement.kind(0) == Kind::Identifier)
                .then(|| format!("write it in quotes: `{} = \"{name}\";`", statement.first()))
        }
        "Expected a string naming the file to import." => {
            let name = statement.up_to(";")?;
            if statement.kind(0) != Kind::Identifier
                || name.iter().any(|token| token.kind == Kind::String)
            {
                return None;
            }
            Some(format!("write it in quotes: `import \"{}\";`", written(name)))
        }
        "Missing field number." if statement.context == Context::Message => {
            outside_of_message(statement)
        }
        "Reserved names must be string literals. (Only editions supports identifiers.)" => {
            Some(format!("write it in quotes: `reserved \"{}\"`", statement.word(0)))
        }
        "Reserved names must be identifiers in editions, not string literals." => {
            let name = statement.word(0).trim_matches(['"', '\'']);
            Some(format!("write it without quotes: `reserved {name}`"))
        }
        "Expected message name."
        | "Expected enum name."
        | "Expected service name."
        | "Expected oneof name."
        | "Expected method name." => {
            let keyword = statement.before().last()?.to_text();
            Some(format!("after `{keyword}` stands a name, made of letters, digits and `_`"))
        }
        _ if message.starts_with("Unrecognized syntax identifier") => {
            Some("write `syntax = \"proto3\";`".to_owned())
        }
        _ if message.starts_with("Unknown edition") => {
            Some("write `edition = \"2023\";` or `edition = \"2024\";`".to_owned())
        }
        _ => None,
    }
}

fn at_top(statement: &Statement<'_>) -> Option<String> {
    let word = statement.word(0);
    let name = statement.word(1);
    Some(match word {
        "rpc" if statement.word(2) == "{" => format!(
            "`rpc` stands inside a service, and a service begins with `service {name} {{`: \
             did you mean `service`?"
        ),
        "rpc" => "`rpc` stands inside a service: put it into `service … { … }`".to_owned(),
        "class" | "struct" | "record" | "type" => foreign(word, "message", name),
        "interface" | "trait" | "protocol" => foreign(word, "service", name),
        "func" | "fn" | "def" | "function" | "method" => {
            "a method is `rpc Name (Request) returns (Reply);` inside a service".to_owned()
        }
        "optional" | "required" | "repeated" | "oneof" | "map" | "reserved" | "extensions" => {
            format!("`{word}` stands inside a message: put it into `message … {{ … }}`")
        }
        "export" | "local" => VISIBILITY.to_owned(),
        "syntax" | "edition" => {
            format!("`{word}` stands before everything else: make it the first line")
        }
        "#" | "/" => "a comment starts with `//`".to_owned(),
        _ if statement.kind(0) != Kind::Identifier => return None,
        _ => match similar::best(word, OF_FILE.into_iter()) {
            Some(meant) if meant.eq_ignore_ascii_case(word) => {
                format!("keywords are written in lower case: `{meant}`")
            }
            _ if statement.kind(1) == Kind::Identifier && statement.word(2) == "=" => {
                "fields stand inside a message: put this one into `message … { … }`".to_owned()
            }
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("a statement of the file starts with one of {}", OF_FILE.join(", ")),
        },
    })
}

fn foreign(word: &str, meant: &str, name: &str) -> String {
    format!("there is no `{word}` in protobuf: write `{meant} {name} {{`")
}

fn in_service(statement: &Statement<'_>) -> Option<String> {
    let word = statement.word(0);
    let name = match word {
        "func" | "fn" | "def" | "function" | "method" => statement.word(1),
        "message" | "enum" => {
            return Some(format!(
                "`{word}` does not stand inside a service: is the `}}` of the service missing?"
            ));
        }
        _ if word.eq_ignore_ascii_case("rpc") => {
            return Some("keywords are written in lower case: `rpc`".to_owned());
        }
        _ if statement.kind(0) == Kind::Identifier => word,
        _ => return None,
    };
    Some(format!("write `rpc {name} (Request) returns (Reply);`"))
}

fn stream_outside(statement: &Statement<'_>) -> Option<String> {
    if statement.word(0) == "stream" {
        let name = statement
            .up_to(")")?
            .iter()
            .find(|token| token.kind == Kind::Identifier && !token.is("stream"))?;
        return Some(format!(
            "`stream` stands inside the parentheses: `(stream {})`",
            name.to_text()
        ));
    }
    (statement.kind(0) == Kind::Identifier)
        .then(|| format!("the message stands in parentheses: `({})`", statement.word(0)))
}

fn returns_missing(statement: &Statement<'_>) -> String {
    if statement.word(0).eq_ignore_ascii_case("return") {
        return "write `returns`, with an s".to_owned();
    }
    if statement.word(0) == "-" || statement.word(0) == ":" {
        return "write `returns (Reply)`".to_owned();
    }
    "write `returns (Reply)` after it; a method without an answer returns google.protobuf.Empty"
        .to_owned()
}

fn scalar_in_method(statement: &Statement<'_>) -> String {
    let scalar = statement.word(0);
    if statement.context != Context::Service {
        return format!("only a message can be extended, and `{scalar}` is none");
    }
    format!(
        "a method takes and returns messages: put the {scalar} into one, \
         `message … {{ {scalar} value = 1; }}`"
    )
}

/// A declaration that cannot stand in a message, read as a field there.
fn outside_of_message(statement: &Statement<'_>) -> Option<String> {
    let first = statement.first();
    match first {
        "service" | "syntax" | "import" | "package" => Some(format!(
            "`{first}` does not stand inside a message: is the `}}` of the message before it \
             missing?"
        )),
        "rpc" => Some("`rpc` stands inside a service, not inside a message".to_owned()),
        "export" | "local" => Some(VISIBILITY.to_owned()),
        "Message" | "Enum" | "Oneof" if statement.word(0) == "{" => {
            Some(format!("keywords are written in lower case: `{}`", first.to_ascii_lowercase()))
        }
        _ => None,
    }
}
