//! What a token is.

use crate::problem::Place;

/// The sort of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Before the first token.
    Start,
    /// A word.
    Identifier,
    /// A whole number without sign: decimal, octal or hexadecimal.
    Integer,
    /// A number with a point or an exponent.
    Float,
    /// A string with its quotes.
    String,
    /// Any other byte.
    Symbol,
    /// After the last token.
    End,
}

/// A piece of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// Its sort.
    pub kind: Kind,
    /// The bytes as they stand in the file.
    pub text: &'a [u8],
    /// The line, from 0.
    pub line: u32,
    /// The column of the first byte, from 0.
    pub column: u32,
    /// The column after the last byte.
    pub end_column: u32,
}

impl<'a> Token<'a> {
    pub(super) const START: Self =
        Self { kind: Kind::Start, text: &[], line: 0, column: 0, end_column: 0 };

    /// Whether it reads so.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text.as_bytes()
    }

    /// Where it starts.
    pub(crate) fn place(&self) -> Place {
        Place { line: self.line, column: self.column }
    }

    /// The text for people and descriptors. Only the text of a string or of a
    /// symbol can hold anything but ASCII.
    pub(crate) fn to_text(self) -> std::borrow::Cow<'a, str> {
        String::from_utf8_lossy(self.text)
    }
}

/// Whether a name could be written as an identifier.
pub(crate) fn is_identifier(name: &[u8]) -> bool {
    match name.split_first() {
        Some((&first, rest)) => {
            super::is_letter(first) && rest.iter().all(|&byte| super::is_alphanumeric(byte))
        }
        None => false,
    }
}
