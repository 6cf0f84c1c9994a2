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
mod reserved;
mod service;
mod types;
mod words;

pub(crate) use edition::Edition;
pub(crate) use places::{Part, Places};

use buffa_codegen::generated::descriptor::{FileDescriptorProto, SourceCodeInfo};

use crate::lex::Lexer;
use crate::problem::{Place, Problem};
use edition::Syntax;
use hints::{Block, Context};
use locations::{At, Locations};

/// A file as its text says it.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The descriptor, with source information.
    pub file: FileDescriptorProto,
    /// Where the parts of its elements stand.
    pub places: Places,
    /// The edition that the file names; one that `file` has no number for is
    /// among its unknown fields.
    pub edition: Option<Edition>,
    /// Whether the text is broken. What could be read is in `file`.
    pub had_errors: bool,
}

/// Reads a file. Whatever is wrong with it goes to `problems`.
pub(crate) fn parse(name: &str, text: &[u8], problems: &mut Vec<Problem>) -> Parsed {
    let mut file = FileDescriptorProto { name: Some(name.to_owned()), ..Default::default() };
    let first_problem = problems.len();
    let mut parser = Parser::new(name, text, problems);
    parser.file(&mut file);
    if hints::is_utf16(text) {
        // The first error stands for all the others, which every letter makes.
        parser.problems.truncate(first_problem + 1);
        if let Some(problem) = parser.problems.get_mut(first_problem) {
            problem.hint = Some(hints::UTF16.to_owned());
        }
    }

    let edition = match parser.syntax {
        Syntax::Editions(edition) => Some(edition),
        Syntax::Proto2 | Syntax::Proto3 => None,
    };
    let Parser { locations, places, had_errors, .. } = parser;
    *file.source_code_info.get_or_insert_default() =
        SourceCodeInfo { location: locations.into_list(), ..Default::default() };
    Parsed { file, places, edition, had_errors }
}

/// A declaration that cannot be understood. The problem has been recorded, and
/// whoever reads declarations one after the other skips this one.
#[derive(Debug)]
struct Broken;

/// So many problems of one file are told. More help nobody, and a file of
/// garbage has one in every byte.
const MAX_PROBLEMS: usize = 1000;

type Parsing<T = ()> = Result<T, Broken>;

/// Reads one file.
struct Parser<'a> {
    file_name: &'a str,
    text: &'a [u8],
    lexer: Lexer<'a>,
    syntax: Syntax,
    problems: &'a mut Vec<Problem>,
    /// How many there may be, with those of other files.
    most_problems: usize,
    had_errors: bool,
    locations: Locations,
    places: Places,
    /// The comments before the current token, for the declaration that starts
    /// with it.
    upcoming: Upcoming,
    /// How many messages the current one lies in.
    message_depth: usize,
    /// The blocks around the current token: messages, groups, enums and
    /// services.
    blocks: Vec<Block>,
    /// What the current statement stands in, and the lexer at its first token.
    statement: (Context, Lexer<'a>),
    /// The first block that seems to lack its end, to judge by what stands
    /// in it at its own column, and the line of that.
    suspect: Option<(Block, u32)>,
    /// Whether the file says which language it is in.
    has_syntax: bool,
}

/// Comments that wait for their declaration.
#[derive(Debug, Default)]
struct Upcoming {
    leading: String,
    detached: Vec<String>,
}

impl<'a> Parser<'a> {
    fn new(file_name: &'a str, text: &'a [u8], problems: &'a mut Vec<Problem>) -> Self {
        Self {
            file_name,
            text,
            lexer: Lexer::new(text),
            syntax: Syntax::Proto2,
            most_problems: problems.len() + MAX_PROBLEMS,
            problems,
            had_errors: false,
            locations: Locations::default(),
            places: Places::default(),
            upcoming: Upcoming::default(),
            message_depth: 0,
            blocks: Vec::new(),
            statement: (Context::File, Lexer::new(text)),
            suspect: None,
            has_syntax: false,
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
        self.statement = (context, self.lexer.clone());
        let current = self.current();
        if self.suspect.is_none()
            && let Some(block) = self.blocks.last()
            && current.line > block.place.line
            && current.column <= block.place.column
            && matches!(current.text, b"message" | b"enum" | b"service" | b"extend")
        {
            self.suspect = Some((block.clone(), current.line));
        }
    }

    /// Reads a block, which the current token opens.
    fn in_block<T>(
        &mut self,
        keyword: &'static str,
        name: Option<String>,
        place: Place,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let name = name.unwrap_or_default();
        self.blocks.push(Block { keyword, name, place, greatest: None });
        let result = read(self);
        self.blocks.pop();
        result
    }

    /// Remembers the number of a field or value of the innermost block.
    fn count(&mut self, number: i32) {
        if self.statement.0 != Context::Extend
            && let Some(block) = self.blocks.last_mut()
        {
            block.greatest = block.greatest.max(Some(number));
        }
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
