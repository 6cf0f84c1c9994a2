//! The text of a file as tokens with byte ranges, and protoc's places in it.

use std::ops::Range;

use crate::lex::{Kind, Lexer};
use crate::problem::Place;

/// A tab leads to the next multiple of this, as protoc counts columns.
const TAB_WIDTH: u32 = 8;

/// A token and where it lies.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// A text, cut into tokens.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) bytes: Vec<u8>,
    tokens: Vec<Token>,
    line_starts: Vec<usize>,
}

impl Text {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        let mut tokens = Vec::new();
        let mut lexer = Lexer::new(&bytes);
        // This passes over a byte order mark.
        lexer.next_with_comments();
        while lexer.current().kind != Kind::End {
            lexer.take_faults();
            let token = lexer.current();
            let end = lexer.offset();
            tokens.push(Token { kind: token.kind, range: end - token.text.len()..end });
            lexer.next();
        }
        let newlines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect();
        Self { bytes, tokens, line_starts }
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The byte at a place; the end of the line if the place lies behind it.
    pub(super) fn offset(&self, place: Place) -> usize {
        let Some(&start) = self.line_starts.get(place.line as usize) else {
            return self.bytes.len();
        };
        let mut column = 0;
        let mut offset = start;
        while column < place.column {
            match self.bytes.get(offset) {
                None | Some(b'\n') => break,
                Some(b'\t') => column += TAB_WIDTH - column % TAB_WIDTH,
                Some(_) => column += 1,
            }
            offset += 1;
        }
        offset
    }

    /// The line of a byte, from 0.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset) - 1
    }

    /// Where a line starts.
    pub(super) fn line_start(&self, line: usize) -> usize {
        self.line_starts.get(line).copied().unwrap_or(self.bytes.len())
    }

    /// Where a line ends, without its line break.
    pub(super) fn line_end(&self, line: usize) -> usize {
        let end = match self.line_starts.get(line + 1) {
            Some(next) => next - 1,
            None => self.bytes.len(),
        };
        let start = self.line_start(line);
        if end > start && self.bytes[end - 1] == b'\r' { end - 1 } else { end }
    }

    /// How far a line is indented.
    pub(super) fn indent(&self, line: usize) -> &str {
        let start = self.line_start(line);
        let length = self.bytes[start..].iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
        let end = start + length.count();
        std::str::from_utf8(&self.bytes[start..end]).unwrap_or_default()
    }

    /// The first token that ends after a byte; the number of tokens if none does.
    pub(super) fn token_at(&self, offset: usize) -> usize {
        self.tokens.partition_point(|token| token.range.end <= offset)
    }

    /// A token's text; nothing if there is no such token or it is no text.
    pub(super) fn word(&self, token: usize) -> &str {
        self.tokens.get(token).map_or("", |token| self.slice(token.range.clone()))
    }

    pub(super) fn is(&self, token: usize, word: &str) -> bool {
        self.word(token) == word
    }

    pub(super) fn kind(&self, token: usize) -> Kind {
        self.tokens.get(token).map_or(Kind::End, |token| token.kind)
    }

    /// Where a token lies; the end of the text if there is no such token.
    pub(super) fn range(&self, token: usize) -> Range<usize> {
        match self.tokens.get(token) {
            Some(token) => token.range.clone(),
            None => self.bytes.len()..self.bytes.len(),
        }
    }

    /// Where some tokens lie, from the first to the last.
    pub(super) fn span(&self, tokens: Range<usize>) -> Range<usize> {
        if tokens.is_empty() {
            let start = self.range(tokens.start).start;
            return start..start;
        }
        self.range(tokens.start).start..self.range(tokens.end - 1).end
    }

    /// A piece of the text; nothing if it is no text.
    pub(super) fn slice(&self, range: Range<usize>) -> &str {
        let bytes = self.bytes.get(range).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// What some tokens say, as it is written.
    pub(super) fn written(&self, tokens: Range<usize>) -> &str {
        self.slice(self.span(tokens))
    }
}

/// The place of a byte as protoc counts it.
pub(super) fn place(bytes: &[u8], offset: usize) -> Place {
    let before = &bytes[..offset.min(bytes.len())];
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = before[..start].iter().filter(|byte| **byte == b'\n').count();
    let mut column = 0;
    for byte in &before[start..] {
        column += if *byte == b'\t' { TAB_WIDTH - column % TAB_WIDTH } else { 1 };
    }
    Place { line: u32::try_from(line).unwrap_or(u32::MAX), column }
}
