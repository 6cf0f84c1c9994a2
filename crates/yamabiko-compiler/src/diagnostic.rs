//! What is wrong with a `.proto` file, and where: the errors of this crate.
//!
//! A [`Diagnostic`] is data (message, file, marked places, advice); its
//! `Display` form is the one of `render`, without colours, so that it reads well
//! on a terminal, in a log, and inside what cargo prints about a failed build
//! script.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::explain::Code;
use crate::render;

/// So many bytes before and after a marked piece are shown of a long line.
const SHOWN: usize = 200;

/// A place in a source file. Lines and columns count from 1; a column counts
/// characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Whether a file can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file is broken.
    Error,
    /// The file can be used, but its author should know something.
    Warning,
}

/// A marked piece of one source line, with a word about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    start: Position,
    length: usize,
    range: Range<usize>,
    line_text: String,
    /// How many characters of the line are left out before `line_text`.
    left_out: usize,
    text: String,
    file: Option<PathBuf>,
}

impl Label {
    /// Marks `length` bytes of `source` from byte `offset`. A piece that runs
    /// over the end of its line is cut there.
    pub(crate) fn new(source: &str, offset: usize, length: usize, text: &str) -> Self {
        Self::in_bytes(source.as_bytes(), offset..offset + length, text)
    }

    /// Marks a range of a text that may not be UTF-8.
    pub(crate) fn in_bytes(source: &[u8], range: Range<usize>, text: &str) -> Self {
        let start = letter_start(source, range.start);
        let newline = |byte: &u8| *byte == b'\n';
        let line_start = source[..start].iter().rposition(newline).map_or(0, |at| at + 1);
        let line_end =
            source[start..].iter().position(newline).map_or(source.len(), |at| start + at);
        let end = range.end.clamp(start, line_end);
        let shown_start = line_start.max(letter_start(source, start.saturating_sub(SHOWN)));
        let shown_end = letter_start(source, line_end.min(end.min(start + SHOWN) + SHOWN));
        let shown_end = shown_end.max(shown_start);
        let count = |piece: &[u8]| without_mark(piece).chars().count();
        let line_text = without_mark(&source[shown_start..shown_end]);
        Self {
            start: Position {
                line: source[..line_start].iter().filter(|byte| newline(byte)).count() + 1,
                column: count(&source[line_start..start]) + 1,
            },
            length: count(source[start..end].trim_ascii_end()).max(1),
            range: start..end,
            line_text: line_text.trim_end_matches('\r').to_owned(),
            left_out: count(&source[line_start..shown_start]),
            text: text.to_owned(),
            file: None,
        }
    }

    /// The same in another file than the diagnostic's.
    pub(crate) fn of_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Where the marked piece starts.
    pub fn start(&self) -> Position {
        self.start
    }

    /// How many characters are marked; at least 1.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The marked bytes of the file.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// What there is to say about the piece; may be empty.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file that the piece is in, if it is not the diagnostic's.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The line, or what is shown of it, and how many characters before that
    /// are left out.
    pub(crate) fn line(&self) -> (&str, usize) {
        (&self.line_text, self.left_out)
    }
}

/// Bytes as text, without a byte order mark.
fn without_mark(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
}

/// A replacement of some bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes in their place.
    pub text: String,
}

/// What mends a file: changes that belong together, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub(crate) title: String,
    pub(crate) changes: Vec<Change>,
}

impl Edit {
    /// What it does, as advice: lower case, no full stop.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The changes, in the order of the file; they do not overlap.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

/// What Google's protoc says about a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protoc {
    /// Its message.
    pub message: String,
    /// The line and the column, from 1, in bytes and with tabs to multiples of
    /// 8; `None` if it gives none.
    pub place: Option<(u32, u32)>,
}

/// One thing that is wrong: a message, usually with a place, often with advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    code: Option<Code>,
    severity: Severity,
    message: String,
    file: Option<PathBuf>,
    labels: Vec<Label>,
    helps: Vec<String>,
    // Boxed, since results carry diagnostics about.
    edit: Option<Box<Edit>>,
    protoc: Option<Box<Protoc>>,
}

impl Diagnostic {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            code: None,
            severity: Severity::Error,
            message: message.into(),
            file: None,
            labels: Vec::new(),
            helps: Vec::new(),
            edit: None,
            protoc: None,
        }
    }

    pub(crate) fn with_code(mut self, code: Code) -> Self {
        self.code = Some(code);
        self
    }

    pub(crate) fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(crate) fn with_edit(mut self, edit: Option<Edit>) -> Self {
        self.edit = edit.map(Box::new);
        self
    }

    pub(crate) fn with_protoc(mut self, protoc: Option<Protoc>) -> Self {
        self.protoc = protoc.map(Box::new);
        self
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

    /// The stable code, for `yamabiko explain`; `None` if it is not about what a
    /// file says.
    pub fn code(&self) -> Option<Code> {
        self.code
    }

    /// Whether the file can be used.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What mends it, if that can be done by a program.
    pub fn edit(&self) -> Option<&Edit> {
        self.edit.as_deref()
    }

    /// What Google's protoc says about it, if it does.
    pub fn protoc(&self) -> Option<&Protoc> {
        self.protoc.as_deref()
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
}

/// Where the letter that the byte at `offset` is part of starts.
pub(crate) fn letter_start(text: &[u8], offset: usize) -> usize {
    let offset = offset.min(text.len());
    let is_inside = |at: usize| text.get(at).is_some_and(|byte| (0x80..0xc0).contains(byte));
    // A letter has at most four bytes; what is longer is no text.
    let first = (offset.saturating_sub(3)..=offset).rev().find(|at| !is_inside(*at));
    let begins = |at: usize| at == offset || text.get(at).is_some_and(|byte| *byte >= 0xc0);
    first.filter(|at| begins(*at)).unwrap_or(offset)
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        render::text(self, &render::PLAIN, out)
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
