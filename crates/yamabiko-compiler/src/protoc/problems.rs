//! Problems with files, as lines for people.

use super::command::ErrorFormat;
use super::source_tree::SourceTree;
use super::streams::Streams;
use crate::problem::{Problem, Severity};

/// Says all `problems`, in protoc's words and, where there is something to do,
/// in ours.
pub(super) fn print(
    problems: &[Problem],
    format: ErrorFormat,
    tree: &SourceTree,
    streams: &mut Streams<'_>,
) {
    for problem in problems {
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let path = tree.read(&problem.file).ok().and_then(|source| source.path);
        let mut line = path.unwrap_or_else(|| problem.file.clone());
        if let Some(place) = problem.place {
            let (row, column) = (place.line + 1, place.column + 1);
            line += &match format {
                ErrorFormat::Gcc => format!(":{row}:{column}"),
                ErrorFormat::Msvs => format!("({row}) : {severity} in column={column}"),
            };
        }
        line += if problem.severity == Severity::Warning { ": warning: " } else { ": " };
        streams.complain(line + &problem.message);
        if let Some(hint) = &problem.hint {
            streams.advise(hint);
        }
    }
}
