//! A text that was mended in order to read on, and which byte of the original
//! each of its bytes stands for.

use std::borrow::Cow;
use std::ops::Range;

/// A change: what stands in a range gives way to something else.
pub(super) type Change = (Range<usize>, Vec<u8>);

/// A piece of the mended text.
#[derive(Debug, Clone)]
enum Piece {
    /// As in the original.
    Kept(Range<usize>),
    /// In place of a range of the original.
    New(Range<usize>, Vec<u8>),
}

impl Piece {
    fn length(&self) -> usize {
        match self {
            Self::Kept(range) => range.len(),
            Self::New(_, text) => text.len(),
        }
    }
}

/// The pieces of a mended text, in order.
#[derive(Debug, Clone)]
pub(super) struct Mended {
    pieces: Vec<Piece>,
}

impl Mended {
    /// The original, of so many bytes, with nothing changed.
    pub(super) fn new(length: usize) -> Self {
        Self { pieces: vec![Piece::Kept(0..length)] }
    }

    /// Changes the mended text. The changes are in the order of the text, and
    /// do not overlap.
    pub(super) fn change(&mut self, changes: &[Change]) {
        for (range, text) in changes.iter().rev() {
            self.change_one(range, text);
        }
    }

    fn change_one(&mut self, range: &Range<usize>, text: &[u8]) {
        let mut pieces = Vec::with_capacity(self.pieces.len() + 2);
        let mut start = 0;
        let mut replaced: Option<Range<usize>> = None;
        let mut position = None;
        for piece in self.pieces.drain(..) {
            let end = start + piece.length();
            let before = range.start.clamp(start, end) - start;
            let after = range.end.clamp(start, end) - start;
            let touched = range.start <= end && start <= range.end;
            if !touched {
                pieces.push(piece);
                start = end;
                continue;
            }
            let (left, gone, right) = split(piece, before, after);
            pieces.extend(left);
            position.get_or_insert(pieces.len());
            replaced = Some(match replaced {
                Some(range) => range.start.min(gone.start)..range.end.max(gone.end),
                None => gone,
            });
            pieces.extend(right);
            start = end;
        }
        let position = position.unwrap_or(pieces.len());
        pieces.insert(position, Piece::New(replaced.unwrap_or(0..0), text.to_owned()));
        self.pieces = pieces;
    }

    /// The mended text.
    pub(super) fn text<'o>(&self, original: &'o [u8]) -> Cow<'o, [u8]> {
        if let [Piece::Kept(all)] = &self.pieces[..]
            && *all == (0..original.len())
        {
            return Cow::Borrowed(original);
        }
        let mut text = Vec::with_capacity(original.len());
        for piece in &self.pieces {
            match piece {
                Piece::Kept(range) => text.extend_from_slice(&original[range.clone()]),
                Piece::New(_, new) => text.extend_from_slice(new),
            }
        }
        Cow::Owned(text)
    }

    /// Where a range of the mended text lies in the original, and whether it is
    /// the same there.
    pub(super) fn to_original(&self, range: &Range<usize>) -> (Range<usize>, bool) {
        let (start, exact_start) = self.offset_to_original(range.start, false);
        let (end, exact_end) = self.offset_to_original(range.end, !range.is_empty());
        let exact = exact_start && exact_end && (end.max(start) - start) == range.len();
        (start..end.max(start), exact)
    }

    fn offset_to_original(&self, offset: usize, is_end: bool) -> (usize, bool) {
        let mut start = 0;
        let mut last = 0;
        for piece in &self.pieces {
            let end = start + piece.length();
            let inside = if is_end { offset <= end && offset > start } else { offset < end };
            match piece {
                Piece::Kept(range) => {
                    if inside {
                        return (range.start + (offset - start), true);
                    }
                    last = range.end;
                }
                Piece::New(range, new) => {
                    if inside {
                        // What was only blanked out lies where it lay.
                        let at = if new.len() == range.len() {
                            range.start + (offset - start)
                        } else {
                            range.start
                        };
                        return (at, false);
                    }
                    last = range.end;
                }
            }
            start = end;
        }
        (last, true)
    }
}

/// A piece in three: what is before, which range of the original goes, what is
/// after.
fn split(
    piece: Piece,
    before: usize,
    after: usize,
) -> (Option<Piece>, Range<usize>, Option<Piece>) {
    match piece {
        Piece::Kept(range) => {
            let (start, end) = (range.start + before, range.start + after);
            let kept = |range: Range<usize>| (!range.is_empty()).then_some(Piece::Kept(range));
            (kept(range.start..start), start..end, kept(end..range.end))
        }
        Piece::New(range, mut text) => {
            if before == 0 && after == text.len() {
                return (None, range, None);
            }
            let rest = text.split_off(after);
            text.truncate(before);
            let new = |at: Range<usize>, text: Vec<u8>| {
                (!text.is_empty()).then_some(Piece::New(at, text))
            };
            let middle = range.end..range.end;
            (new(range, text), middle.clone(), new(middle, rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_touched_is_found_where_it_was() {
        let original = b"string name = 1\nint32 age = 2\n";
        let mut mended = Mended::new(original.len());
        mended.change(&[(15..15, b";".to_vec()), (29..29, b";".to_vec())]);
        let text = mended.text(original);
        assert_eq!(*text, *b"string name = 1;\nint32 age = 2;\n");
        assert_eq!(mended.to_original(&(17..22)), (16..21, true), "int32");
        assert_eq!(mended.to_original(&(15..16)), (15..15, false), "the first semicolon");

        mended.change(&[(17..22, b"int64".to_vec())]);
        assert_eq!(*mended.text(original), *b"string name = 1;\nint64 age = 2;\n");
        assert_eq!(mended.to_original(&(17..22)).0, 16..21);
        assert_eq!(mended.to_original(&(23..26)), (22..25, true), "age");
        mended.change(&[(16..31, Vec::new())]);
        assert_eq!(*mended.text(original), *b"string name = 1;\n");
        assert_eq!(mended.to_original(&(0..15)), (0..15, true));
        assert_eq!(mended.to_original(&(17..17)).0, 30..30, "the end");
    }
}
