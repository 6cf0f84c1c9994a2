//! Better words for what the front end says: the mistake in the user's terms,
//! the place where it was made, and what to write instead.
//!
//! `syntax` knows what goes wrong in writing, `numbers` what field numbers are
//! free, `lookup` what a name that does not exist was meant to be.

pub(crate) mod lookup;
mod numbers;
pub(crate) mod similar;
mod syntax;

use std::path::Path;

use crate::diagnostic::Diagnostic;
use crate::sources::Sources;

/// A marked piece of source text, in bytes, with a word about it.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) offset: usize,
    pub(crate) length: usize,
    pub(crate) text: String,
}

impl Mark {
    fn new(offset: usize, length: usize, text: impl Into<String>) -> Self {
        Self { offset, length, text: text.into() }
    }
}

/// An error on its way to the user. The first mark is the place of the error.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) message: String,
    pub(crate) marks: Vec<Mark>,
    pub(crate) helps: Vec<String>,
}

impl Finding {
    fn new(message: impl Into<String>, mark: Mark) -> Self {
        Self { message: message.into(), marks: vec![mark], helps: Vec::new() }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.helps.push(help.into());
        self
    }

    fn and(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }
}

/// An error as the front end words it, with the file that it is in.
pub(crate) struct Scene<'a> {
    pub(crate) message: &'a str,
    pub(crate) marks: &'a [Mark],
    pub(crate) text: &'a str,
    pub(crate) sources: &'a Sources,
}

impl<'a> Scene<'a> {
    /// What the front end put in quotes.
    fn quoted(&self) -> Vec<&'a str> {
        self.message.split('\'').skip(1).step_by(2).collect()
    }

    /// What the message says was expected, and what was found instead.
    fn expected_and_found(&self) -> Option<(&'a str, &'a str)> {
        let (expected, found) = self.message.strip_prefix("expected ")?.split_once(", but ")?;
        let found = found
            .strip_prefix("found '")
            .map_or(found, |found| found.strip_suffix('\'').unwrap_or(found));
        Some((expected, found))
    }

    fn mark(&self) -> Option<&'a Mark> {
        self.marks.first()
    }

    /// The text before the first mark, and the text from it.
    fn around(&self) -> (&'a str, &'a str) {
        let offset = self.mark().map_or(0, |mark| mark.offset);
        self.text.split_at_checked(offset).unwrap_or((self.text, ""))
    }

    /// The text of a mark.
    fn marked(&self, mark: &Mark) -> &'a str {
        self.text.get(mark.offset..mark.offset + mark.length).unwrap_or_default()
    }
}

/// The same finding, said better where a rule knows how.
pub(crate) fn improve(finding: Finding, text: &str, sources: &Sources) -> Finding {
    let scene = Scene { message: &finding.message, marks: &finding.marks, text, sources };
    [syntax::improve, numbers::improve, lookup::improve]
        .iter()
        .find_map(|improve| improve(&scene))
        .unwrap_or_else(|| {
            let mut plain = finding.clone();
            plain.message = in_backticks(&plain.message);
            for mark in &mut plain.marks {
                // The row of carets says "here" already.
                if matches!(mark.text.as_str(), "found here" | "defined here" | "imported here") {
                    mark.text.clear();
                }
            }
            plain
        })
}

/// Whether nothing after this error is as the author of the file sees it.
pub(crate) fn hides_the_rest(message: &str) -> bool {
    [syntax::OPEN_STRING, syntax::NO_SYNTAX_LINE].contains(&message)
}

/// Puts a hint on a file that is not there: one with a similar name.
pub(crate) fn similar_file(file: &Path, diagnostic: Diagnostic) -> Diagnostic {
    let directory = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let names: Vec<String> = std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "proto"))
        .collect();
    let wanted = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match similar::best(wanted, names.iter().map(String::as_str)) {
        Some(name) => {
            diagnostic.help(format!("did you mean {}?", file.with_file_name(name).display()))
        }
        None => diagnostic,
    }
}

/// `'name'` as `` `name` ``, where the quotes come in pairs.
fn in_backticks(message: &str) -> String {
    if message.matches('\'').count().is_multiple_of(2) {
        message.replace('\'', "`")
    } else {
        message.to_owned()
    }
}
