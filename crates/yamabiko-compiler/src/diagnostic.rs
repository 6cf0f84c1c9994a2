//! What is wrong with a `.proto` file, and where: the errors of this crate.
//!
//! A [`Diagnostic`] is data (message, file, marked places, advice); its
//! `Display` form is laid out as `rustc` lays out its own, so that it reads
//! well on a terminal, in a log, and inside what cargo prints about a failed
//! build script. Nothing is ever coloured.

use std::fmt;
use std::path::{Path, PathBuf};

use unicode_width::UnicodeWidthStr;

/// A tab is printed as this many spaces, as `rustc` does.
const TAB: &str = "    ";

/// A place in a source file. Lines and columns count from 1; a column counts
/// characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// A marked piece of one source line, with a word about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    start: Position,
    length: usize,
    line_text: String,
    text: String,
}

impl Label {
    /// Marks `length` bytes of `source` from byte `offset`. A piece that runs
    /// over the end of its line is cut there.
    pub(crate) fn new(source: &str, offset: usize, length: usize, text: &str) -> Self {
        let offset = letter_start(source, offset);
        let line_start = source[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = source[offset..].find('\n').map_or(source.len(), |n| offset + n);
        let line_text = source[line_start..line_end].trim_end_matches('\r');
        let column = source[line_start..offset].chars().count();
        let mut end = (offset + length).min(line_end);
        while !source.is_char_boundary(end) {
            end += 1;
        }
        Self {
            start: Position {
                line: source[..line_start].matches('\n').count() + 1,
                column: column + 1,
            },
            length: source[offset..end].trim_end().chars().count().max(1),
            line_text: line_text.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Where the marked piece starts.
    pub fn start(&self) -> Position {
        self.start
    }

    /// How many characters are marked; at least 1.
    pub fn length(&self) -> usize {
        self.length
    }

    /// What there is to say about the piece; may be empty.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// One thing that is wrong: a message, usually with a place, often with advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    message: String,
    file: Option<PathBuf>,
    labels: Vec<Label>,
    helps: Vec<String>,
}

impl Diagnostic {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), file: None, labels: Vec::new(), helps: Vec::new() }
    }

    pub(crate) fn in_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Adds a marked place; the first one added is the place of the error.
    pub(crate) fn at(mut self, label: Label) -> Self {
        self.labels.push(label);
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.helps.push(help.into());
        self
    }

    /// The headline: lower case, one line, no full stop.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The file, as it was named to the compiler or found by an import.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Where the error is; `None` when it is about a whole file.
    pub fn position(&self) -> Option<Position> {
        self.labels.first().map(Label::start)
    }

    /// The marked places; the first is the place of the error.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// What to do about it, one piece of advice each.
    pub fn helps(&self) -> &[String] {
        &self.helps
    }

    /// The marked lines, each with a row of carets (`-` for all but the first
    /// label) below it.
    fn write_source(&self, out: &mut fmt::Formatter<'_>, margin: &str) -> fmt::Result {
        let mut labels: Vec<(usize, &Label)> = self.labels.iter().enumerate().collect();
        labels.sort_by_key(|(_, label)| label.start);
        let mut previous: Option<usize> = None;
        writeln!(out, "{margin} |")?;
        for (index, label) in labels {
            let line = label.start.line;
            if previous.is_some_and(|previous| previous + 1 < line) {
                writeln!(out, "...")?;
            }
            if previous != Some(line) {
                let width = margin.len();
                writeln!(out, "{line:>width$} | {}", label.line_text.replace('\t', TAB))?;
            }
            previous = Some(line);
            let indent = display_width(&label.line_text, 0, label.start.column - 1);
            let marked = display_width(&label.line_text, label.start.column - 1, label.length);
            let mark = if index == 0 { "^" } else { "-" }.repeat(marked.max(1));
            writeln!(
                out,
                "{}",
                format!("{margin} | {}{mark} {}", " ".repeat(indent), label.text).trim_end()
            )?;
        }
        Ok(())
    }
}

/// Where the letter that the byte at `offset` is part of starts.
pub(crate) fn letter_start(text: &str, offset: usize) -> usize {
    let offset = offset.min(text.len());
    (0..=offset).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or(0)
}

/// The columns that `count` characters of `line` from `first` take on a terminal.
fn display_width(line: &str, first: usize, count: usize) -> usize {
    let piece: String = line.chars().skip(first).take(count).collect();
    piece.replace('\t', TAB).width()
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "error: {}", self.message)?;
        let last_line = self.labels.iter().map(|label| label.start.line).max();
        let margin = " ".repeat(last_line.map_or(1, |line| line.to_string().len()));
        if let Some(file) = &self.file {
            write!(out, "{margin}--> {}", file.display())?;
            if let Some(Position { line, column }) = self.position() {
                write!(out, ":{line}:{column}")?;
            }
            writeln!(out)?;
        }
        if !self.labels.is_empty() {
            self.write_source(out, &margin)?;
        }
        if !self.helps.is_empty() && self.file.is_some() {
            writeln!(out, "{margin} |")?;
        }
        for help in &self.helps {
            let indent = " ".repeat(margin.len() + " = help: ".len());
            let help = help.replace('\n', &format!("\n{indent}"));
            writeln!(out, "{margin} = help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// Everything that is wrong with the files of one compilation; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    all: Vec<Diagnostic>,
}

impl Diagnostics {
    /// The errors, in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.all.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { all: vec![diagnostic] }
    }
}

impl From<Vec<Diagnostic>> for Diagnostics {
    fn from(all: Vec<Diagnostic>) -> Self {
        debug_assert!(!all.is_empty(), "an error says at least one thing");
        Self { all }
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.all.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            write!(out, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
