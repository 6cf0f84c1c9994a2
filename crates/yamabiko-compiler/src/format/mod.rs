//! A `.proto` file as everybody writes it: two spaces for each block, one
//! statement a line, no more than one blank line, the prelude in order and its
//! imports sorted.
//!
//! The formatter moves white space and, before the first definition, whole
//! statements; no token and no comment is ever lost, and what a comment belongs
//! to stays the same: descriptors are equal before and after, but for where
//! things stand and the order of imports. Lists and messages that are values
//! stay on one line if they were written so.
//!
//! `pieces` reads tokens with what stands between them, `statements` makes
//! statements of them, `order` puts the prelude in order, `print` writes
//! statements, `head` what a statement says, `brackets` finds which of its
//! brackets belong together, `spacing` and `comments` write the little things.

mod brackets;
mod comments;
mod head;
mod order;
mod pieces;
mod print;
mod spacing;
mod statements;

use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::problem::{Place, Problem, Severity};

/// The text of a `.proto` file as everybody writes it.
///
/// Bytes that are not UTF-8 are kept. An error is what is wrong with a file
/// that is broken; `path` is how it calls the file.
pub fn format(path: &Path, text: &[u8]) -> Result<Vec<u8>, Diagnostics> {
    try_format(&path.to_string_lossy(), text).map_err(|problems| told(path, text, &problems))
}

/// What is wrong with a file, for people.
pub(crate) fn told(path: &Path, text: &[u8], problems: &[Problem]) -> Diagnostics {
    let source = String::from_utf8_lossy(text);
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    let diagnostics = errors.map(|problem| {
        let mut diagnostic = Diagnostic::new(problem.message.clone()).in_file(path);
        if let Some(place) = problem.place {
            diagnostic = diagnostic.at(Label::new(&source, offset(&source, place), 1, ""));
        }
        problem.hint.iter().fold(diagnostic, Diagnostic::help)
    });
    diagnostics.collect::<Vec<_>>().into()
}

/// How many bytes stand before a place.
pub(crate) fn offset(text: &str, place: Place) -> usize {
    let mut lines = text.split_inclusive('\n');
    let line = place.line as usize;
    let before: usize = lines.by_ref().take(line).map(str::len).sum();
    let mut column = 0;
    let bytes = lines.next().unwrap_or_default().bytes();
    before
        + bytes
            .take_while(|&byte| {
                let is_before = column < place.column;
                column += if byte == b'\t' { 8 - column % 8 } else { 1 };
                is_before
            })
            .count()
}

/// A file in its best form. A file that is broken is left alone, and what is
/// wrong with it is said.
fn try_format(name: &str, text: &[u8]) -> Result<Vec<u8>, Vec<Problem>> {
    let mut problems = Vec::new();
    if crate::parse::parse_without_locations(name, text, &mut problems).had_errors {
        return Err(problems);
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut pieces = pieces::pieces(text);
    let not_sound = || vec![Problem::error(name, None, "The file cannot be formatted.")];
    let statements = statements::statements(&pieces).ok_or_else(not_sound)?;
    order::drop_empty(&mut pieces, &statements);
    let mut statements = statements::statements(&pieces).ok_or_else(not_sound)?;
    order::attach_trailing(&mut pieces, &statements);
    order::sort_prelude(&pieces, &mut statements);
    Ok(print::print(&pieces, &statements))
}

#[cfg(test)]
mod tests;
