//! Tokens as statements: a head, and perhaps a block of further statements.

use super::pieces::Piece;
use crate::lex::Kind;

/// A statement, as indexes of tokens.
#[derive(Debug)]
pub(super) struct Statement {
    /// The first token.
    pub first: usize,
    /// What it ends with.
    pub end: End,
}

/// What a statement ends with.
#[derive(Debug)]
pub(super) enum End {
    /// `;`, which is this token.
    Semicolon(usize),
    /// A block.
    Block(Block),
}

/// What stands between braces.
#[derive(Debug)]
pub(super) struct Block {
    /// The token `{`.
    pub open: usize,
    /// What is in it.
    pub statements: Vec<Statement>,
    /// The token `}`.
    pub close: usize,
}

impl Statement {
    /// The last token.
    pub(super) fn last(&self) -> usize {
        match &self.end {
            End::Semicolon(index) => *index,
            End::Block(block) => block.close,
        }
    }

    /// Where its head ends: the `;` or `{`.
    pub(super) fn head_end(&self) -> usize {
        match &self.end {
            End::Semicolon(index) => *index,
            End::Block(block) => block.open,
        }
    }

    /// It is nothing but a `;`.
    pub(super) fn is_empty(&self) -> bool {
        self.first == self.head_end() && matches!(self.end, End::Semicolon(_))
    }
}

/// The statements of a whole file that is sound, or nothing if the file is
/// not as a sound one is.
pub(super) fn statements(pieces: &[Piece<'_>]) -> Option<Vec<Statement>> {
    let mut reader = Reader { pieces, next: 0 };
    let statements = reader.statements()?;
    (reader.pieces.get(reader.next)?.kind == Kind::End).then_some(statements)
}

struct Reader<'a> {
    pieces: &'a [Piece<'a>],
    next: usize,
}

impl Reader<'_> {
    /// Statements up to a `}` or the end. The parser bounds how deep they lie.
    fn statements(&mut self) -> Option<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            let piece = self.pieces.get(self.next)?;
            if piece.kind == Kind::End || piece.is_symbol(b'}') {
                return Some(statements);
            }
            statements.push(self.statement()?);
        }
    }

    fn statement(&mut self) -> Option<Statement> {
        let first = self.next;
        // In the value of an option, braces hold a value. A field may have a
        // type `option` only by another name.
        let is_option = self.pieces.get(first)?.is("option");
        let mut depth = 0_usize;
        loop {
            let index = self.next;
            let piece = self.pieces.get(index)?;
            self.next += 1;
            if piece.kind == Kind::End {
                return None;
            }
            if piece.kind != Kind::Symbol {
                continue;
            }
            match piece.text {
                b"{" if depth == 0 && !is_option => {
                    let statements = self.statements()?;
                    let close = self.next;
                    if !self.pieces.get(close)?.is_symbol(b'}') {
                        return None;
                    }
                    self.next += 1;
                    let block = Block { open: index, statements, close };
                    return Some(Statement { first, end: End::Block(block) });
                }
                b"{" | b"[" => depth += 1,
                b"}" | b"]" => depth = depth.checked_sub(1)?,
                b";" if depth == 0 => {
                    return Some(Statement { first, end: End::Semicolon(index) });
                }
                _ => {}
            }
        }
    }
}
