//! What the parser remembers for the sake of hints alone.

use crate::lex::Lexer;
use crate::problem::Place;

/// Longer names are not repeated in hints.
const MAX_QUOTED: usize = 200;

/// What a statement stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) enum Context {
    /// The file.
    File,
    /// A message or a group.
    Message,
    /// A oneof.
    Oneof,
    /// An `extend` block.
    Extend,
    /// An enum.
    Enum,
    /// A service.
    Service,
}

/// A block that is open.
#[derive(Debug, Clone)]
pub(in crate::parse) struct Block {
    /// The word that its declaration starts with.
    pub(in crate::parse) keyword: &'static str,
    /// Its name, if it is one that a hint can quote.
    pub(in crate::parse) name: String,
    /// Where its declaration starts.
    pub(in crate::parse) place: Place,
    /// The greatest number in it so far.
    pub(in crate::parse) greatest: Option<i32>,
}

impl Block {
    pub(in crate::parse) fn new(keyword: &'static str, name: Option<&str>, place: Place) -> Self {
        // A hint may be given in each line of the block.
        let name = name.filter(|name| name.len() <= MAX_QUOTED).unwrap_or("…").to_owned();
        Self { keyword, name, place, greatest: None }
    }
}

/// What is around the current token.
#[derive(Debug)]
pub(in crate::parse) struct Surroundings<'a> {
    /// The blocks that are open: messages, groups, enums and services.
    blocks: Vec<Block>,
    /// What the current statement stands in.
    pub(super) context: Context,
    /// The lexer at the first token of the current statement.
    pub(super) start: Lexer<'a>,
    /// The first block that seems to lack its end, to judge by what stands in
    /// it at its own column, and the line of that.
    suspect: Option<(Block, u32)>,
    /// Whether the file says which language it is in.
    pub(in crate::parse) has_syntax: bool,
}

impl<'a> Surroundings<'a> {
    pub(in crate::parse) fn new(lexer: &Lexer<'a>) -> Self {
        Self {
            blocks: Vec::new(),
            context: Context::File,
            start: lexer.clone(),
            suspect: None,
            has_syntax: false,
        }
    }

    /// A statement starts with the lexer's current token.
    pub(in crate::parse) fn begin_statement(&mut self, context: Context, lexer: &Lexer<'a>) {
        self.context = context;
        self.start.clone_from(lexer);
        let current = lexer.current();
        if self.suspect.is_none()
            && let Some(block) = self.blocks.last()
            && current.line > block.place.line
            && current.column <= block.place.column
            && matches!(current.text, b"message" | b"enum" | b"service" | b"extend")
        {
            self.suspect = Some((block.clone(), current.line));
        }
    }

    pub(in crate::parse) fn open(&mut self, block: Block) {
        self.blocks.push(block);
    }

    pub(in crate::parse) fn close(&mut self) {
        self.blocks.pop();
    }

    /// How many blocks are open.
    pub(in crate::parse) fn depth(&self) -> usize {
        self.blocks.len()
    }

    /// Remembers the number of a field or value of the innermost block.
    pub(in crate::parse) fn count(&mut self, number: i32) {
        if self.context != Context::Extend
            && let Some(block) = self.blocks.last_mut()
        {
            block.greatest = block.greatest.max(Some(number));
        }
    }

    /// The innermost block.
    pub(super) fn block(&self) -> Option<&Block> {
        self.blocks.last()
    }

    /// The block that seems to lack its end, if it is open still, and the line
    /// before which that should stand.
    pub(super) fn suspect(&self) -> Option<(&Block, u32)> {
        let (suspect, line) = self.suspect.as_ref()?;
        let is_open = self.blocks.iter().any(|block| block.place == suspect.place);
        is_open.then_some((suspect, *line))
    }
}
