//! Editions: those that are supported.

use crate::parse::Part;
use crate::problem::Problem;
use crate::resolve::{Builder, FileId, Pool, edition, edition_name};

/// The edition of the file at hand.
pub(crate) fn edition(builder: &mut Builder<'_>) {
    let name = edition_name(builder.edition);
    let message = match builder.edition {
        edition::PROTO2..=edition::E2024 | edition::UNSTABLE => return,
        // There was a message about the syntax.
        edition::UNKNOWN => return,
        ..edition::PROTO2 => {
            format!("Edition {name} is earlier than the minimum supported edition PROTO2")
        }
        _ => format!("Edition {name} is later than the maximum supported edition 2024"),
    };
    let hint = "the newest edition is 2024".to_owned();
    builder.error_with_hint(Part::Edition, message, Some(hint));
}

/// A file in the edition that is still in the making. protoc looks for it once
/// all files are linked.
pub(crate) fn unstable_edition(pool: &Pool, file: FileId, problems: &mut Vec<Problem>) {
    if pool[file].edition == edition::UNSTABLE {
        let text = "is a file using edition UNSTABLE, which is later than the protoc maximum \
                    supported edition 2024.";
        problems.push(Problem::error(&pool[file].name, None, text));
    }
}
