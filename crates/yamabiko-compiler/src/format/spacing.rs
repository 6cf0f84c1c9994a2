//! Whether a space stands between two tokens of a line.

use super::pieces::Piece;
use crate::lex::Kind;

/// Whether a space stands between a token and the one before it, in one line
/// of a statement's head.
pub(super) fn is_spaced(previous: &Piece<'_>, next: &Piece<'_>) -> bool {
    let symbol = |piece: &Piece<'_>| match (piece.kind, piece.text) {
        (Kind::Symbol, &[symbol]) => symbol,
        _ => 0,
    };
    // Side by side they would be something else: a number, a comment.
    let is_number = |piece: &Piece<'_>| matches!(piece.kind, Kind::Integer | Kind::Float);
    match (symbol(previous), symbol(next)) {
        (b'.', _) if is_number(next) => return true,
        (_, b'.') if is_number(previous) => return true,
        (b'/', b'/' | b'*') => return true,
        _ => {}
    }
    match (symbol(previous), symbol(next)) {
        (_, b';' | b',' | b')' | b']' | b':') => false,
        (b'(' | b'[' | b'.' | b'-' | b'/', _) | (_, b'/') => false,
        (b',' | b'=' | b':', _) => true,
        // In front of a name from the root; within a name there is none.
        (0, b'.') => is_before_type(previous) && next.before.is_spaced,
        (_, b'.') => previous.is_symbol(b'>'),
        (0, b'(') => previous.is("option") || previous.is("returns"),
        (0, b'<') => !previous.is("map"),
        (b'<' | b'{', _) | (_, b'>' | b'}') => false,
        _ => true,
    }
}

fn is_before_type(piece: &Piece<'_>) -> bool {
    matches!(piece.text, b"repeated" | b"optional" | b"required" | b"extend" | b"stream")
}
