//! Writes statements, one below the other, with their comments.

use super::order::Class;
use super::pieces::{Gap, Piece};
use super::statements::{Block, End, Statement};
use super::{comments, head};

/// How many spaces a block is further in.
pub(super) const INDENT: usize = 2;

/// Writes a file.
pub(super) fn print(pieces: &[Piece<'_>], statements: &[Statement]) -> Vec<u8> {
    let mut printer = Printer { pieces, out: Vec::new(), indent: 0 };
    let mut previous = None;
    for statement in statements {
        let wants_blank = previous.is_some_and(|previous| printer.separates(previous, statement));
        let is_list = previous.is_none_or(|previous| printer.are_imports(previous, statement));
        printer.gap(&pieces[statement.first].before, is_list, wants_blank);
        printer.statement(statement);
        previous = Some(statement);
    }
    let end = pieces.last().map(|piece| &piece.before);
    if let Some(end) = end.filter(|end| !end.comments.is_empty()) {
        printer.gap(end, previous.is_none(), false);
        while printer.out.last() == Some(&b'\n') {
            printer.out.pop();
        }
    }
    if !printer.out.is_empty() {
        printer.out.push(b'\n');
    }
    printer.out
}

struct Printer<'a> {
    pieces: &'a [Piece<'a>],
    out: Vec<u8>,
    /// How many spaces the current block is in.
    indent: usize,
}

impl Printer<'_> {
    /// Whether a blank line belongs between two statements of a file.
    fn separates(&self, previous: &Statement, next: &Statement) -> bool {
        let class = |statement| Class::of(self.pieces, statement);
        if class(previous) != class(next) {
            return true;
        }
        class(next) == Class::Definition
            && [previous, next].iter().any(|statement| match &statement.end {
                End::Semicolon(_) => false,
                End::Block(block) => !block.statements.is_empty(),
            })
    }

    /// Imports stand together, as they are sorted.
    fn are_imports(&self, previous: &Statement, next: &Statement) -> bool {
        [previous, next].iter().all(|statement| Class::of(self.pieces, statement) == Class::Import)
    }

    /// Goes to a new line for what follows a gap, with the comments in it. A
    /// blank line at the beginning of it goes if it may.
    fn gap(&mut self, gap: &Gap<'_>, is_tight: bool, wants_blank: bool) {
        if gap.is_comment_within_line() && !self.out.is_empty() {
            self.new_line(true);
            comments::write_own_line(&gap.comments[0], self.indent, &mut self.out);
            self.new_line(true);
            return;
        }
        // A comment with a blank line behind it belongs to what it stands
        // below; one with a blank line above it to nothing, or to what follows.
        let adds_blank = wants_blank && !gap.has_blank_line() && gap.is_one_comment();
        let drops_blank = is_tight && !gap.has_detached_comment() && gap.is_one_comment();
        for (index, comment) in gap.comments.iter().enumerate() {
            let is_blank = match index {
                0 => !drops_blank && (comment.breaks > 1 || adds_blank),
                _ => comment.breaks > 1,
            };
            match comment.breaks {
                0 if index > 0 => self.out.push(b' '),
                _ => self.new_line(is_blank),
            }
            comments::write_own_line(comment, self.indent, &mut self.out);
        }
        let is_blank = match gap.comments.is_empty() {
            true => !is_tight && (gap.breaks > 1 || wants_blank),
            false => gap.breaks > 1,
        };
        self.new_line(is_blank);
    }

    /// Begins a line, unless it is the first one of the file.
    fn new_line(&mut self, is_blank: bool) {
        if !self.out.is_empty() {
            self.out.extend_from_slice(if is_blank { b"\n\n" } else { b"\n" });
        }
        self.out.resize(self.out.len() + self.indent, b' ');
    }

    fn statement(&mut self, statement: &Statement) {
        head::write(self.pieces, statement, self.indent, &mut self.out);
        if let End::Block(block) = &statement.end {
            self.block(block);
        }
        self.behind(statement.last());
    }

    /// Writes the comment behind a token.
    fn behind(&mut self, index: usize) {
        if let Some(comment) = &self.pieces[index].after {
            self.out.push(b' ');
            comments::write_behind(comment, self.indent, &mut self.out);
        }
    }

    /// Writes what follows a `{`, and the `}`.
    fn block(&mut self, block: &Block) {
        self.behind(block.open);
        let end = &self.pieces[block.close].before;
        let has_comments = self.pieces[block.open].after.is_some() || !end.comments.is_empty();
        if block.statements.is_empty() && !has_comments {
            self.out.push(b'}');
            return;
        }
        if block.statements.is_empty() && end.is_comment_within_line() {
            self.out.push(b' ');
            comments::write_behind(&end.comments[0], self.indent, &mut self.out);
            self.out.extend_from_slice(b" }");
            return;
        }
        self.indent += INDENT;
        for (index, statement) in block.statements.iter().enumerate() {
            self.gap(&self.pieces[statement.first].before, index == 0, false);
            self.statement(statement);
        }
        if !end.comments.is_empty() {
            self.gap(end, false, false);
            while self.out.last().is_some_and(u8::is_ascii_whitespace) {
                self.out.pop();
            }
        }
        self.indent -= INDENT;
        self.new_line(false);
        self.out.push(b'}');
    }
}
