//! The parser beside protoc, and on its own.

mod broken_syntax;
mod descriptors;
mod mutilated;
mod protoc;
mod source_info;

use super::{Parsed, parse};
use crate::problem::{Problem, Severity};

/// A file that is good.
fn good(text: &str) -> Parsed {
    let mut problems = Vec::new();
    let parsed = parse("test.proto", text.as_bytes(), &mut problems);
    assert_eq!(problems, [], "{text}");
    assert!(!parsed.had_errors);
    parsed
}

/// A problem as protoc prints it, without the name of the file.
fn line(problem: &Problem) -> String {
    let kind = match problem.severity {
        Severity::Error => "",
        Severity::Warning => "warning: ",
    };
    match problem.place {
        Some(place) => {
            format!("{}:{}: {kind}{}", place.line + 1, place.column + 1, problem.message)
        }
        None => format!(" {kind}{}", problem.message),
    }
}
