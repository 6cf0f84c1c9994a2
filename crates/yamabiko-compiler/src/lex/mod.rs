//! From bytes to tokens, with places and comments.
//!
//! The tokens are those of protoc's tokenizer, its complaints are given in the
//! same words at the same places, and a line or a column means the same: bytes
//! are counted, and a tab leads to the next multiple of 8. Any bytes are taken;
//! what is wrong with them is kept in the lexer until [`Lexer::take_faults`].
//!
//! `cursor` counts bytes, lines and columns, `token` says what a token is,
//! `numbers` and `strings` read literals and what they mean, `comments` finds
//! out which comment belongs to which token.

mod comments;
mod cursor;
pub(crate) mod numbers;
pub(crate) mod strings;
mod token;

pub(crate) use token::{Kind, Token, is_identifier};

use crate::problem::Place;
use comments::CommentStart;
use cursor::Cursor;

/// Something that the bytes of a file cannot mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where it is.
    pub place: Place,
    /// The same, as a number of bytes from the start of the file.
    pub offset: usize,
    /// What it is, in protoc's words.
    pub message: String,
}

/// Reads a file token by token.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    cursor: Cursor<'a>,
    current: Token<'a>,
    previous: Token<'a>,
    faults: Vec<Fault>,
}

impl<'a> Lexer<'a> {
    /// A lexer before the first token of `text`.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self {
            cursor: Cursor::new(text),
            current: Token::START,
            previous: Token::START,
            faults: Vec::new(),
        }
    }

    /// The same lexer in a text that ends so many bytes after the current
    /// token.
    pub(crate) fn cut(&self, rest: usize) -> Self {
        Self { cursor: self.cursor.cut(rest), ..self.clone() }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &'a [u8] {
        self.cursor.text()
    }

    /// How many bytes have been read.
    pub(crate) fn offset(&self) -> usize {
        self.cursor.offset()
    }

    /// The token that was read last.
    pub(crate) fn current(&self) -> Token<'a> {
        self.current
    }

    /// The token before the current one.
    pub(crate) fn previous(&self) -> Token<'a> {
        self.previous
    }

    /// What was wrong with the bytes read since this was asked last.
    pub(crate) fn take_faults(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.faults)
    }

    /// Reads the next token; comments are passed over. False at the end of the
    /// file.
    pub(crate) fn next(&mut self) -> bool {
        self.previous = self.current;
        while !self.cursor.at_end() {
            self.cursor.skip_while(is_whitespace);
            match self.comment_start() {
                CommentStart::Line => {
                    self.line_comment(None);
                    continue;
                }
                CommentStart::Block(mark) => {
                    self.block_comment(mark, None);
                    continue;
                }
                CommentStart::Slash => return true,
                CommentStart::None => {}
            }
            if self.cursor.at_end() {
                break;
            }
            if is_control(self.cursor.peek()) {
                self.fault("Invalid control characters encountered in text.");
                while !self.cursor.at_end() && is_control(self.cursor.peek()) {
                    self.cursor.advance();
                }
                continue;
            }
            self.token();
            return true;
        }
        self.current = self.token_since(self.cursor, Kind::End);
        false
    }

    /// Reads the token that starts at the cursor.
    fn token(&mut self) {
        let start = self.cursor;
        let first = self.cursor.peek();
        let kind = if is_letter(first) {
            self.cursor.skip_while(is_alphanumeric);
            Kind::Identifier
        } else if first.is_ascii_digit() {
            self.cursor.advance();
            self.number(if first == b'0' { numbers::Begin::Zero } else { numbers::Begin::Digit })
        } else if first == b'.' {
            self.cursor.advance();
            if self.cursor.advance_if(|byte| byte.is_ascii_digit()) {
                self.space_before_point(start);
                self.number(numbers::Begin::Point)
            } else {
                Kind::Symbol
            }
        } else if first == b'"' || first == b'\'' {
            self.cursor.advance();
            self.string(first);
            Kind::String
        } else {
            if !first.is_ascii() {
                self.fault(format!("Interpreting non ascii codepoint {first}."));
            }
            self.cursor.advance();
            Kind::Symbol
        };
        self.current = self.token_since(start, kind);
    }

    /// `blah.123` is neither a name nor a number.
    fn space_before_point(&mut self, point: Cursor<'a>) {
        if self.previous.kind == Kind::Identifier
            && self.previous.line == point.line()
            && self.previous.end_column == point.column()
        {
            self.fault_at(point, "Need space between identifier and decimal point.");
        }
    }

    fn token_since(&self, start: Cursor<'a>, kind: Kind) -> Token<'a> {
        Token {
            kind,
            text: self.cursor.text_since(&start),
            line: start.line(),
            column: start.column(),
            end_column: self.cursor.column(),
        }
    }

    /// Says that something is wrong where the cursor stands.
    fn fault(&mut self, message: impl Into<String>) {
        self.fault_at(self.cursor, message);
    }

    fn fault_at(&mut self, cursor: Cursor<'a>, message: impl Into<String>) {
        let (place, offset) = (cursor.place(), cursor.offset());
        self.faults.push(Fault { place, offset, message: message.into() });
    }
}

fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

fn is_whitespace_in_line(byte: u8) -> bool {
    byte != b'\n' && is_whitespace(byte)
}

fn is_control(byte: u8) -> bool {
    byte < b' '
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests;
