//! A file as tokens, each with what stands before it: comments and line breaks.

use std::ops::Range;

use crate::lex::{Kind, Lexer};

/// A comment as it stands in the file, without the end of its last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comment<'a> {
    /// With its marks.
    pub text: &'a [u8],
    /// `/* … */`, not `// …`.
    pub is_block: bool,
    /// How many line breaks stand between what comes before and this.
    pub breaks: usize,
    /// The column that it starts in, in bytes.
    pub column: usize,
}

/// What stands between two tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Gap<'a> {
    /// The comments, in order.
    pub comments: Vec<Comment<'a>>,
    /// How many line breaks follow the last comment, or stand between the
    /// tokens if there is none.
    pub breaks: usize,
    /// There is at least a space or a comment.
    pub is_spaced: bool,
}

/// A token and what stands before it.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    /// The sort of the token; [`Kind::End`] after the last one.
    pub kind: Kind,
    /// The token as it stands in the file.
    pub text: &'a [u8],
    /// What stands before it.
    pub before: Gap<'a>,
    /// The comment that stands on its line and belongs to it, once it has been
    /// taken out of what stands before the next one.
    pub after: Option<Comment<'a>>,
}

impl Piece<'_> {
    /// Whether it reads so.
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text.as_bytes()
    }

    /// Whether it is that one of the marks; a string is none.
    pub(super) fn is_symbol(&self, symbol: u8) -> bool {
        self.kind == Kind::Symbol && self.text == [symbol]
    }

    /// Whether a comment or a line break stands before it.
    pub(super) fn is_on_a_new_line(&self) -> bool {
        self.before.breaks > 0 || self.before.comments.iter().any(|comment| comment.breaks > 0)
    }
}

impl Gap<'_> {
    /// Whether a blank line stands anywhere in it.
    pub(super) fn has_blank_line(&self) -> bool {
        self.breaks > 1 || self.comments.iter().any(|comment| comment.breaks > 1)
    }

    /// Whether a blank line follows a comment: what stands before it does not
    /// belong to what stands after it.
    pub(super) fn has_detached_comment(&self) -> bool {
        let Some((_, others)) = self.comments.split_first() else { return false };
        self.breaks > 1 || others.iter().any(|comment| comment.breaks > 1)
    }

    /// Whether protoc takes all comments for one: they are either a single
    /// block or nothing but lines.
    pub(super) fn is_one_comment(&self) -> bool {
        self.comments.len() == 1 || self.comments.iter().all(|comment| !comment.is_block)
    }

    /// A comment between two tokens on one line, which belongs to neither.
    pub(super) fn is_comment_within_line(&self) -> bool {
        matches!(&self.comments[..], [comment] if comment.is_block && comment.breaks == 0)
            && self.breaks == 0
    }
}

/// The tokens of a file without a mark of its byte order. The last one is the
/// end of the file.
pub(super) fn pieces(text: &[u8]) -> Vec<Piece<'_>> {
    let mut lexer = Lexer::new(text);
    let mut pieces = Vec::new();
    let mut end = 0;
    loop {
        let more = lexer.next();
        let token = lexer.current();
        let start = if more { lexer.offset() - token.text.len() } else { text.len() };
        let before = gap(text, end..start);
        pieces.push(Piece { kind: token.kind, text: token.text, before, after: None });
        if !more {
            return pieces;
        }
        end = lexer.offset();
    }
}

/// What stands in a range in which no token does.
fn gap(text: &[u8], range: Range<usize>) -> Gap<'_> {
    let mut gap = Gap { is_spaced: !range.is_empty(), ..Gap::default() };
    let mut at = range.start;
    while at < range.end {
        let rest = &text[at..range.end];
        let (length, is_block) = if rest.starts_with(b"//") {
            (memchr::memchr(b'\n', rest).unwrap_or(rest.len()), false)
        } else if rest.starts_with(b"/*") {
            (block_length(rest), true)
        } else {
            gap.breaks += usize::from(rest[0] == b'\n');
            at += 1;
            continue;
        };
        let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1);
        let breaks = std::mem::take(&mut gap.breaks);
        let text = rest[..length].trim_ascii_end();
        gap.comments.push(Comment { text, is_block, breaks, column: at - line });
        at += length;
    }
    gap
}

/// How long a block comment is that something starts with.
fn block_length(text: &[u8]) -> usize {
    memchr::memmem::find(&text[2..], b"*/").map_or(text.len(), |end| end + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_knows_how_many_lines_it_is_away() {
        let pieces = pieces(b"a; // one\n\n/* two */ b // three");
        let found: Vec<_> = pieces
            .iter()
            .map(|piece| {
                let comments: Vec<_> =
                    piece.before.comments.iter().map(|c| (c.text, c.breaks)).collect();
                (piece.text, comments, piece.before.breaks)
            })
            .collect();
        assert_eq!(
            found,
            [
                (&b"a"[..], vec![], 0),
                (b";", vec![], 0),
                (b"b", vec![(&b"// one"[..], 0), (b"/* two */", 2)], 0),
                (b"", vec![(b"// three", 0)], 0),
            ]
        );
    }
}
