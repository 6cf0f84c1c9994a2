//! Taking tokens: what must come next, what may, and how to go on when it does
//! not.

use super::{At, Broken, Parser, Parsing, Upcoming, hints, locations::text};
use crate::lex::{Kind, Token, numbers, strings};
use crate::problem::{Place, Problem};

impl<'a> Parser<'a> {
    pub(super) fn current(&self) -> Token<'a> {
        self.lexer.current()
    }

    pub(super) fn looking_at(&self, text: &str) -> bool {
        self.current().is(text)
    }

    pub(super) fn looking_at_kind(&self, kind: Kind) -> bool {
        self.current().kind == kind
    }

    pub(super) fn at_end(&self) -> bool {
        self.looking_at_kind(Kind::End)
    }

    /// Goes on to the next token.
    pub(super) fn next(&mut self) {
        self.lexer.next();
        self.report_faults();
    }

    pub(super) fn try_consume(&mut self, text: &str) -> bool {
        let found = self.looking_at(text);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn consume(&mut self, text: &str) -> Parsing {
        if self.try_consume(text) { Ok(()) } else { Err(self.expected(text)) }
    }

    pub(super) fn consume_or(&mut self, text: &str, message: &str) -> Parsing {
        if self.try_consume(text) { Ok(()) } else { Err(self.error(message)) }
    }

    pub(super) fn identifier(&mut self, message: &str) -> Parsing<String> {
        if !self.looking_at_kind(Kind::Identifier) {
            return Err(self.error(message));
        }
        let name = self.current().to_text().into_owned();
        self.next();
        Ok(name)
    }

    /// A whole number; what is out of range counts as 0.
    pub(super) fn integer(&mut self, message: &str) -> Parsing<i32> {
        let value = self.integer64(i32::MAX.unsigned_abs().into(), message)?;
        Ok(i32::try_from(value).expect("the limit is what fits"))
    }

    pub(super) fn signed_integer(&mut self, message: &str) -> Parsing<i32> {
        if self.try_consume("-") {
            let value = self.integer64(i32::MIN.unsigned_abs().into(), message)?;
            let value = i64::try_from(value).expect("the limit is what fits");
            Ok(i32::try_from(-value).expect("the limit is what fits"))
        } else {
            self.integer(message)
        }
    }

    pub(super) fn integer64(&mut self, max: u64, message: &str) -> Parsing<u64> {
        if !self.looking_at_kind(Kind::Integer) {
            return Err(self.error(message));
        }
        let value = numbers::integer(self.current().text, max).unwrap_or_else(|| {
            // An integer it is all the same.
            self.error("Integer out of range.");
            0
        });
        self.next();
        Ok(value)
    }

    /// A whole number, if it is one that fits.
    pub(super) fn try_integer64(&mut self, max: u64) -> Option<u64> {
        if !self.looking_at_kind(Kind::Integer) {
            return None;
        }
        let value = numbers::integer(self.current().text, max)?;
        self.next();
        Some(value)
    }

    /// A number with or without a point, or one of the words for what is none.
    pub(super) fn number(&mut self, message: &str) -> Parsing<f64> {
        let token = self.current();
        let value = match token.kind {
            Kind::Float => numbers::float(token.text).unwrap_or_default(),
            Kind::Integer => self.integer_as_float(token),
            _ if token.is("inf") => f64::INFINITY,
            _ if token.is("nan") => f64::NAN,
            _ => return Err(self.error(message)),
        };
        self.next();
        Ok(value)
    }

    fn integer_as_float(&mut self, token: Token<'a>) -> f64 {
        if let Some(value) = numbers::integer(token.text, u64::MAX) {
            #[expect(clippy::cast_precision_loss, reason = "the nearest number is meant")]
            return value as f64;
        }
        let decimal = if token.text.starts_with(b"0") { None } else { numbers::float(token.text) };
        decimal.unwrap_or_else(|| {
            self.error("Integer out of range.");
            0.0
        })
    }

    /// A string; strings that follow each other are one.
    pub(super) fn string(&mut self, message: &str) -> Parsing<Vec<u8>> {
        if !self.looking_at_kind(Kind::String) {
            return Err(self.error(message));
        }
        let mut value = Vec::new();
        while self.looking_at_kind(Kind::String) {
            strings::unescape(self.current().text, &mut value);
            self.next();
        }
        Ok(value)
    }

    /// Takes what ends a declaration or opens its block, and with it the
    /// comments on both sides. Those before go to `at`, and the ones after are
    /// kept for the next declaration.
    pub(super) fn end_of_declaration(&mut self, end: &str, at: Option<At>) -> Parsing {
        if self.try_end_of_declaration(end, at) { Ok(()) } else { Err(self.expected(end)) }
    }

    pub(super) fn try_end_of_declaration(&mut self, end: &str, at: Option<At>) -> bool {
        if !self.looking_at(end) {
            return false;
        }
        let comments = self.lexer.next_with_comments();
        self.report_faults();
        let mut detached: Vec<String> = comments.detached.iter().map(|bytes| text(bytes)).collect();
        let leading = std::mem::replace(&mut self.upcoming.leading, text(&comments.leading));
        match at {
            Some(at) => {
                std::mem::swap(&mut self.upcoming.detached, &mut detached);
                self.locations.comment(at, leading, &comments.trailing, detached);
            }
            // What was detached within a scope ends with it.
            None if end == "}" => self.upcoming.detached = detached,
            None => self.upcoming.detached.append(&mut detached),
        }
        true
    }

    /// Goes on to the next token, whose comments belong to the declaration that
    /// starts with it.
    pub(super) fn next_with_comments(&mut self) {
        let comments = self.lexer.next_with_comments();
        self.report_faults();
        self.upcoming = Upcoming {
            leading: text(&comments.leading),
            detached: comments.detached.iter().map(|bytes| text(bytes)).collect(),
        };
    }

    /// Goes to the end of a statement that cannot be understood: after its
    /// semicolon or its block, or before the end of the block around it.
    pub(super) fn skip_statement(&mut self) {
        while !self.at_end() {
            if self.looking_at_kind(Kind::Symbol) {
                if self.try_end_of_declaration(";", None) {
                    return;
                } else if self.try_consume("{") {
                    return self.skip_rest_of_block();
                } else if self.looking_at("}") {
                    return;
                }
            }
            self.next();
        }
    }

    /// Goes to the end of a block. After each inner `}`, the next token is
    /// passed over unseen, as protoc does.
    fn skip_rest_of_block(&mut self) {
        let mut depth = 1_usize;
        while !self.at_end() {
            if self.looking_at_kind(Kind::Symbol) {
                if self.try_end_of_declaration("}", None) {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                } else if self.try_consume("{") {
                    depth += 1;
                }
            }
            self.next();
        }
    }

    fn expected(&mut self, text: &str) -> Broken {
        self.error(format!("Expected \"{text}\"."))
    }

    /// Records an error at the current token.
    pub(super) fn error(&mut self, message: impl Into<String>) -> Broken {
        let place = self.current().place();
        self.error_at(Some(place), message)
    }

    pub(super) fn error_at(&mut self, place: Option<Place>, message: impl Into<String>) -> Broken {
        let message = message.into();
        let hint = if self.report.is_full() { None } else { hints::of_error(self, &message) };
        let problem = Problem::error(self.report.file_name, place, message);
        self.report.add(Problem { hint, ..problem })
    }

    pub(super) fn warning_at(&mut self, place: Place, message: impl Into<String>) {
        let problem = Problem::warning(self.report.file_name, Some(place), message);
        self.report.add(problem);
    }

    /// Records what was wrong with the bytes of the last token and with what
    /// stands before it.
    fn report_faults(&mut self) {
        for fault in self.lexer.take_faults() {
            let hint = hints::of_fault(self.lexer.text(), &fault);
            let problem = Problem::error(self.report.file_name, Some(fault.place), fault.message);
            self.report.add(Problem { hint, ..problem });
        }
    }
}
