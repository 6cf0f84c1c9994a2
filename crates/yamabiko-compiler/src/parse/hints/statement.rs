//! The statement in which an error stands, read again.

use super::surroundings::Context;
use crate::lex::{Kind, Token};
use crate::parse::Parser;

/// So many tokens and bytes say enough about a statement, and reading them
/// takes no time.
const ENOUGH: usize = 64;
const ENOUGH_BYTES: usize = 4096;

/// A statement from its first word on.
pub(super) struct Statement<'a> {
    pub(super) context: Context,
    tokens: Vec<Token<'a>>,
    /// Which of the tokens the error is at.
    error: usize,
}

impl<'a> Statement<'a> {
    /// The statement that is being read.
    pub(super) fn around(parser: &Parser<'a>) -> Self {
        let context = parser.surroundings.context;
        let lexer = &parser.surroundings.start;
        let length = parser.lexer.offset() - lexer.offset();
        if length > ENOUGH_BYTES {
            return Self::at_current(parser, context);
        }
        let mut lexer = lexer.cut(length + ENOUGH_BYTES);
        let current = parser.current();
        let mut tokens = vec![lexer.current()];
        let mut error = (tokens[0] == current).then_some(0);
        while tokens.len() < ENOUGH && lexer.next() {
            if error.is_none() && lexer.current() == current {
                error = Some(tokens.len());
            }
            tokens.push(lexer.current());
        }
        match error {
            Some(error) => Self { context, tokens, error },
            // Too far from the start, or before it: look at its surroundings.
            None => Self::at_current(parser, context),
        }
    }

    fn at_current(parser: &Parser<'a>, context: Context) -> Self {
        let mut lexer = parser.lexer.cut(ENOUGH_BYTES);
        let mut tokens = vec![lexer.previous(), lexer.current()];
        while tokens.len() < ENOUGH && lexer.next() {
            tokens.push(lexer.current());
        }
        Self { context, tokens, error: 1 }
    }

    /// The token at a distance from the error: 0 is the one at the error, -1
    /// the one before it.
    pub(super) fn token(&self, distance: isize) -> Option<Token<'a>> {
        self.tokens.get(self.error.checked_add_signed(distance)?).copied()
    }

    /// The text of the token at a distance from the error, or nothing.
    pub(super) fn word(&self, distance: isize) -> &'a str {
        self.token(distance).map_or("", |token| word(&token))
    }

    /// The sort of the token at a distance from the error.
    pub(super) fn kind(&self, distance: isize) -> Kind {
        self.token(distance).map_or(Kind::End, |token| token.kind)
    }

    /// The first word.
    pub(super) fn first(&self) -> &'a str {
        word(&self.tokens[0])
    }

    /// What is written before the error.
    pub(super) fn before(&self) -> &[Token<'a>] {
        &self.tokens[..self.error]
    }

    /// What is written from the error on, up to a token that reads so.
    pub(super) fn up_to(&self, end: &str) -> Option<&[Token<'a>]> {
        let rest = &self.tokens[self.error..];
        let length = rest.iter().position(|token| token.is(end))?;
        Some(&rest[..length])
    }
}

/// Tokens as people write them.
pub(super) fn written(tokens: &[Token<'_>]) -> String {
    let mut text = String::new();
    for (position, token) in tokens.iter().enumerate() {
        let before = position.checked_sub(1).map(|before| tokens[before]);
        let apart = before
            .is_some_and(|before| before.line != token.line || before.end_column != token.column);
        if apart {
            text.push(' ');
        }
        text.push_str(&token.to_text());
    }
    text
}

/// The text of a token; what is no text, in place of which there is nothing to
/// say.
fn word<'a>(token: &Token<'a>) -> &'a str {
    std::str::from_utf8(token.text).unwrap_or_default()
}
