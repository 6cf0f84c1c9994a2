//! Writes the head of a statement: everything up to its `;` or `{`.

use super::brackets::{Brackets, Inside, Pair};
use super::comments;
use super::pieces::Piece;
use super::print::INDENT;
use super::spacing::is_spaced;
use super::statements::Statement;
use crate::lex::Kind;

/// A line that would be longer is broken where that can be done, and line
/// breaks in it are kept.
const LINE: usize = 100;

/// Writes the head of a statement, the last token included, from the column
/// `indent` on.
pub(super) fn write(pieces: &[Piece<'_>], statement: &Statement, indent: usize, out: &mut Vec<u8>) {
    let (first, end) = (statement.first, statement.head_end());
    let start = out.len();
    let mut brackets = Brackets::new(pieces, first, end);
    let mut keeps_breaks = false;
    loop {
        let mut writer = Writer {
            pieces,
            first,
            brackets: &brackets,
            out,
            indent,
            open: Vec::new(),
            after_line_comment: false,
            keeps_breaks,
        };
        for index in first..=end {
            writer.token(index);
        }
        if keeps_breaks || !is_too_long(&out[start..], indent) {
            return;
        }
        if !brackets.break_options() {
            keeps_breaks = true;
        }
        out.truncate(start);
    }
}

fn is_too_long(head: &[u8], indent: usize) -> bool {
    let mut lines = head.split(|&byte| byte == b'\n').map(<[u8]>::len);
    lines.next().is_some_and(|first| first + indent > LINE) || lines.any(|line| line > LINE)
}

struct Writer<'a> {
    pieces: &'a [Piece<'a>],
    first: usize,
    brackets: &'a Brackets,
    out: &'a mut Vec<u8>,
    indent: usize,
    /// The pairs around the current token.
    open: Vec<Open>,
    after_line_comment: bool,
    keeps_breaks: bool,
}

/// A pair that is open, and where in it we are.
struct Open {
    pair: Pair,
    state: State,
}

/// Where in an entry of a message the next token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before it.
    Start,
    /// Behind its name.
    Named,
    /// Behind its `:`.
    Value,
    /// Behind a value.
    Done,
}

/// What separates a token from the one before it.
enum Separator {
    Nothing,
    Space,
    /// A new line, so many spaces in.
    Line(usize),
    /// The same, for a further entry, which a blank line may stand before.
    Entry(usize),
}

impl Writer<'_> {
    fn token(&mut self, index: usize) {
        let closes = self.open.last().is_some_and(|open| open.pair.close == index);
        let separator = self.separator(index, closes);
        self.separate(index, separator);
        self.out.extend_from_slice(self.pieces[index].text);
        if closes {
            self.open.pop();
        } else {
            self.advance(index);
        }
        if let Some(pair) = self.brackets.opened_by(index) {
            self.open.push(Open { pair, state: State::Start });
        }
    }

    fn separator(&self, index: usize, closes: bool) -> Separator {
        if index == self.first {
            return Separator::Nothing;
        }
        let (previous, piece) = (&self.pieces[index - 1], &self.pieces[index]);
        if let Some(open) = self.open.last() {
            let is_empty = open.pair.open + 1 == open.pair.close;
            if closes && open.pair.is_broken && !is_empty {
                return Separator::Line(self.depth() - INDENT);
            }
            let starts = index == open.pair.open + 1 || self.begins_entry(open, index);
            if !closes && open.pair.is_broken && starts {
                let is_first = index == open.pair.open + 1;
                let depth = self.depth();
                return if is_first { Separator::Line(depth) } else { Separator::Entry(depth) };
            }
            if closes || index == open.pair.open + 1 {
                return Separator::Nothing;
            }
        }
        let is_string = |piece: &Piece<'_>| piece.kind == Kind::String;
        let may_break = piece.is("returns")
            || previous.is_symbol(b'=')
            || (previous.is_symbol(b',') && self.open.is_empty());
        if piece.is_on_a_new_line() {
            let is_piece_of_string = is_string(previous)
                || (matches!(previous.text, b"=" | b":") && self.has_more_strings(index));
            if is_string(piece) && is_piece_of_string {
                return Separator::Line(self.depth() + INDENT);
            }
            if self.keeps_breaks && may_break {
                return Separator::Line(self.depth() + 2 * INDENT);
            }
        }
        if is_spaced(previous, piece) || self.is_value_after_pair(index) {
            Separator::Space
        } else {
            Separator::Nothing
        }
    }

    /// A string in pieces: they stand below each other.
    fn has_more_strings(&self, index: usize) -> bool {
        self.pieces.get(index + 1).is_some_and(|next| next.kind == Kind::String)
    }

    /// Whether a message stands behind the name of an extension, or an entry
    /// behind a message.
    fn is_value_after_pair(&self, index: usize) -> bool {
        matches!(self.open.last(), Some(open) if open.pair.inside == Inside::Message)
            && matches!(self.pieces[index - 1].text, b"]" | b"}" | b">")
            && !matches!(self.pieces[index].text, b"," | b";" | b":" | b"]" | b"}" | b">")
    }

    /// How far in the entries of the innermost broken pair are.
    fn depth(&self) -> usize {
        self.indent + INDENT * self.open.iter().filter(|open| open.pair.is_broken).count()
    }

    fn begins_entry(&self, open: &Open, index: usize) -> bool {
        let (previous, piece) = (&self.pieces[index - 1], &self.pieces[index]);
        match open.pair.inside {
            Inside::Options | Inside::List => previous.is_symbol(b','),
            Inside::Name => false,
            Inside::Message => {
                let is_separator = piece.is_symbol(b',') || piece.is_symbol(b';');
                let is_string = piece.kind == Kind::String && previous.kind == Kind::String;
                match open.state {
                    State::Start => true,
                    State::Done => !is_separator && !is_string,
                    State::Named | State::Value => false,
                }
            }
        }
    }

    /// Goes on in the entry of a message.
    fn advance(&mut self, index: usize) {
        let piece = &self.pieces[index];
        let previous_is_string =
            self.pieces[index.saturating_sub(1)].kind == Kind::String && index > self.first;
        let Some(open) = self.open.last_mut() else { return };
        if open.pair.inside != Inside::Message {
            return;
        }
        let opens = matches!(piece.text, b"{" | b"<") && piece.kind == Kind::Symbol;
        open.state = match open.state {
            State::Start => State::Named,
            State::Named if piece.is_symbol(b':') => State::Value,
            State::Named if opens => State::Done,
            State::Named => State::Named,
            State::Value if piece.is_symbol(b'-') => State::Value,
            State::Value => State::Done,
            State::Done if piece.kind == Kind::String && previous_is_string => State::Done,
            State::Done if matches!(piece.text, b"," | b";") => State::Start,
            State::Done => State::Named,
        };
    }

    /// Writes the comments before a token, and what separates it from the one
    /// before.
    fn separate(&mut self, index: usize, separator: Separator) {
        if index == self.first {
            return;
        }
        let before = &self.pieces[index].before;
        let keeps_blank = matches!(separator, Separator::Entry(_));
        let indent = match separator {
            Separator::Line(indent) | Separator::Entry(indent) => indent,
            Separator::Nothing | Separator::Space => self.depth() + 2 * INDENT,
        };
        for comment in &before.comments {
            if comment.breaks > 0 || self.after_line_comment {
                self.new_line(indent, keeps_blank && comment.breaks > 1);
                comments::write_own_line(comment, indent, self.out);
            } else {
                self.out.push(b' ');
                comments::write_behind(comment, indent, self.out);
            }
            self.after_line_comment = !comment.is_block;
        }
        let ends_line = std::mem::take(&mut self.after_line_comment)
            || (!before.comments.is_empty() && before.breaks > 0);
        match separator {
            Separator::Line(_) | Separator::Entry(_) => {
                self.new_line(indent, keeps_blank && before.breaks > 1);
            }
            _ if ends_line => self.new_line(indent, false),
            Separator::Space => self.out.push(b' '),
            Separator::Nothing if !before.comments.is_empty() => self.out.push(b' '),
            Separator::Nothing => {}
        }
    }

    fn new_line(&mut self, indent: usize, is_blank: bool) {
        self.out.extend_from_slice(if is_blank { b"\n\n" } else { b"\n" });
        self.out.resize(self.out.len() + indent, b' ');
    }
}
