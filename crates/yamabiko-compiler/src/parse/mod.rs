//! From tokens to a file's descriptor, as protoc's parser leaves it: types are
//! named as written, options are not interpreted, nothing is looked up.
//!
//! What is wrong is said in protoc's words, at its places and in its order,
//! and after an error the parser goes on where protoc's does: after the
//! statement, or after the block that the statement opens. What protoc does
//! not know is in the hints.
//!
//! `words` takes tokens one by one; each other file reads one kind of
//! declaration, its function being named after what it reads.

mod default_value;
mod edition;
mod enumeration;
mod extend;
mod field;
mod file;
mod hints;
mod locations;
mod map;
mod message;
mod oneof;
mod option;
pub(crate) mod paths;
mod places;
mod range;
mod report;
mod reserved;
mod service;
mod types;
mod words;

pub(crate) use places::{Part, Places};

use buffa_codegen::generated::descriptor::{FileDescriptorProto, SourceCodeInfo};

use crate::lex::Lexer;
use crate::problem::Problem;
use edition::Syntax;
use hints::{Block, Context, Surroundings};
use locations::{At, Locations};
use report::Report;

/// A file as its text says it.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The descriptor. An edition that the types of
    /// descriptors do not know yet is among its unknown fields.
    pub file: FileDescriptorProto,
    /// Where the parts of its elements stand.
    pub places: Places,
    /// Whether the text is broken. What could be read is in `file`.
    pub had_errors: bool,
}

/// Reads a file. Whatever is wrong with it goes to `problems`.
pub(crate) fn parse(name: &str, text: &[u8], problems: &mut Vec<Problem>) -> Parsed {
    let (mut parsed, locations) = read(name, text, problems);
    *parsed.file.source_code_info.get_or_insert_default() =
        SourceCodeInfo { location: locations.into_list(), ..Default::default() };
    parsed
}

/// The same without source information, which is much of what there is to know
/// of a file, and which only those need who show it.
pub(crate) fn parse_without_locations(
    name: &str,
    text: &[u8],
    problems: &mut Vec<Problem>,
) -> Parsed {
    read(name, text, problems).0
}

/// So many texts this thread has read, for tests of what is read again.
#[cfg(test)]
pub(crate) fn texts_read() -> usize {
    TEXTS_READ.get()
}

#[cfg(test)]
thread_local! {
    static TEXTS_READ: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn read(name: &str, text: &[u8], problems: &mut Vec<Problem>) -> (Parsed, Locations) {
    #[cfg(test)]
    TEXTS_READ.set(TEXTS_READ.get() + 1);
    let mut file = FileDescriptorProto { name: Some(name.to_owned()), ..Default::default() };
    let mut parser = Parser::new(text, Report::new(name, problems));
    parser.file(&mut file);
    if hints::is_utf16(text) {
        // Nearly every byte makes an error, and all mean the same.
        parser.report.keep_first(hints::UTF16);
    }
    let Parser { locations, places, report, .. } = parser;
    (Parsed { file, places, had_errors: report.has_errors() }, locations)
}

/// A declaration that cannot be understood. The problem has been recorded, and
/// whoever reads declarations one after the other skips this one.
#[derive(Debug)]
struct Broken;

type Parsing<T = ()> = Result<T, Broken>;

/// Reads one file.
struct Parser<'a> {
    lexer: Lexer<'a>,
    syntax: Syntax,
    report: Report<'a>,
    locations: Locations,
    places: Places,
    /// The comments before the current token, for the declaration that starts
    /// with it.
    upcoming: Upcoming,
    /// How many messages the current one lies in.
    message_depth: usize,
    surroundings: Surroundings<'a>,
}

/// Comments that wait for their declaration.
#[derive(Debug, Default)]
struct Upcoming {
    leading: String,
    detached: Vec<String>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a [u8], report: Report<'a>) -> Self {
        let lexer = Lexer::new(text);
        Self {
            surroundings: Surroundings::new(&lexer),
            lexer,
            syntax: Syntax::Proto2,
            report,
            locations: Locations::default(),
            places: Places::default(),
            upcoming: Upcoming::default(),
            message_depth: 0,
        }
    }

    /// Reads something into a location of its own.
    fn located<T>(&mut self, parent: At, path: &[i32], read: impl FnOnce(&mut Self, At) -> T) -> T {
        let at = self.locations.open(Some(parent), path, &self.lexer.current());
        let result = read(self, at);
        self.locations.close(at, &self.lexer.previous());
        result
    }

    /// A statement starts with the current token.
    fn begin_statement(&mut self, context: Context) {
        self.surroundings.begin_statement(context, &self.lexer);
    }

    /// Reads the block of the declaration at `at`.
    fn in_block<T>(
        &mut self,
        keyword: &'static str,
        name: Option<String>,
        at: At,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let place = self.locations.start(at);
        self.surroundings.open(Block::new(keyword, name.as_deref(), place));
        let result = read(self);
        self.surroundings.close();
        result
    }

    /// Remembers that a location is where this part of its element stands.
    fn note(&mut self, element: At, part: Part, at: At) {
        let place = self.locations.start(at);
        self.places.insert(self.locations.path(element), part, place);
    }
}

/// An index in a path.
fn index(list: usize) -> i32 {
    i32::try_from(list).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
