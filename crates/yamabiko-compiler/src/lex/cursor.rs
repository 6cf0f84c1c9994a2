//! A position in a file that knows its line and column.

use crate::problem::Place;

const TAB_WIDTH: u32 = 8;

/// A position in a file. Copying it marks the place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    offset: usize,
    line: u32,
    column: u32,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, offset: 0, line: 0, column: 0 }
    }

    /// The same position in a text that ends so many bytes after it.
    pub(super) fn cut(self, rest: usize) -> Self {
        let end = self.text.len().min(self.offset.saturating_add(rest));
        Self { text: &self.text[..end], ..self }
    }

    pub(super) fn at_end(&self) -> bool {
        self.offset >= self.text.len()
    }

    /// The next byte. At the end of the file it is 0, which ends everything
    /// that a 0 within the file ends too.
    pub(super) fn peek(&self) -> u8 {
        self.text.get(self.offset).copied().unwrap_or(0)
    }

    /// Passes over one byte; does nothing at the end.
    pub(super) fn advance(&mut self) {
        let Some(&byte) = self.text.get(self.offset) else { return };
        self.offset += 1;
        match byte {
            b'\n' => {
                self.line += 1;
                self.column = 0;
            }
            b'\t' => self.column += TAB_WIDTH - self.column % TAB_WIDTH,
            _ => self.column += 1,
        }
    }

    /// Passes over the next byte if it is in a class. Classes leave out 0
    /// where the end of the file must not be in them.
    pub(super) fn advance_if(&mut self, class: impl Fn(u8) -> bool) -> bool {
        let takes = !self.at_end() && class(self.peek());
        if takes {
            self.advance();
        }
        takes
    }

    /// Passes over the next byte if it is this one.
    pub(super) fn advance_over(&mut self, byte: u8) -> bool {
        self.advance_if(|next| next == byte)
    }

    /// Passes over all bytes of a class that follow.
    pub(super) fn skip_while(&mut self, class: impl Fn(u8) -> bool) {
        while self.advance_if(&class) {}
    }

    pub(super) fn text_since(&self, start: &Self) -> &'a [u8] {
        &self.text[start.offset..self.offset]
    }

    pub(super) fn line(&self) -> u32 {
        self.line
    }

    pub(super) fn column(&self) -> u32 {
        self.column
    }

    pub(super) fn text(&self) -> &'a [u8] {
        self.text
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn place(&self) -> Place {
        Place { line: self.line, column: self.column }
    }
}
