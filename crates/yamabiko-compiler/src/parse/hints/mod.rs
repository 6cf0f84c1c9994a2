//! What protoc leaves unsaid: how to mend what it complains about.
//!
//! A hint is found from protoc's message and from what is written around the
//! place, the statement in which it stands above all. Where nothing better
//! than the message can be said, there is none.

mod declarations;
mod endings;
mod fields;
mod literals;
mod statement;
mod surroundings;

pub(super) use literals::{UTF16, is_utf16, of_fault};
pub(super) use surroundings::{Block, Context, Surroundings};

use super::Parser;
use statement::Statement;

/// A hint for an error at the current token.
pub(super) fn of_error(parser: &Parser<'_>, message: &str) -> Option<String> {
    match message {
        "Expected \"required\", \"optional\", or \"repeated\"." => {
            // All fields of a file lack it, or none: it is said once.
            let is_first =
                parser.report.problems().iter().all(|problem| problem.message != message);
            return is_first.then(|| fields::label_missing(parser));
        }
        "Unmatched \"}\"." => {
            return Some("there is one `}` too many in the file: remove it".to_owned());
        }
        "Field labels (required/optional/repeated) are not allowed on map fields." => {
            return Some("a map holds many entries already: remove the label".to_owned());
        }
        "Fields in oneofs must not have labels (required / optional / repeated)." => {
            return Some(
                "remove the label; to choose a list, put it into a message of its own".to_owned(),
            );
        }
        "Map fields are not allowed in oneofs." => {
            return Some("put the map into a message, and that into the oneof".to_owned());
        }
        "Reached maximum recursion limit for nested messages." => {
            return Some("messages lie at most 31 deep in each other".to_owned());
        }
        _ if message.starts_with("Reached end of input in") => {
            return endings::block_not_closed(parser);
        }
        _ => {}
    }
    let statement = Statement::around(parser);
    declarations::hint(&statement, message)
        .or_else(|| fields::hint(parser, &statement, message))
        .or_else(|| endings::hint(&statement, message))
}
