//! Which brackets within a statement's head belong together, and which of them
//! take more than one line.

use super::pieces::Piece;

/// What stands in a pair of brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inside {
    /// Options of a field, a value or a range.
    Options,
    /// The fields of a message.
    Message,
    /// The values of a list.
    List,
    /// The name of an extension or the address of a type.
    Name,
}

/// A pair of brackets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    /// What stands in them.
    pub inside: Inside,
    /// The token that opens.
    pub open: usize,
    /// The token that closes.
    pub close: usize,
    /// Each entry has a line of its own.
    pub is_broken: bool,
    /// How many commas stand in it directly.
    commas: usize,
}

/// The pairs of a head, in the order in which they open.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    pairs: Vec<Pair>,
}

impl Brackets {
    /// The pairs of the tokens from `first` to before `end`. A bracket that
    /// has no partner is in none.
    pub(super) fn new(pieces: &[Piece<'_>], first: usize, end: usize) -> Self {
        let mut pairs: Vec<Pair> = Vec::new();
        // Which of the pairs are open.
        let mut open: Vec<usize> = Vec::new();
        let is_option = pieces[first].is("option");
        for index in first..end {
            let piece = &pieces[index];
            let closes = match piece.text {
                b"]" => &[Inside::Options, Inside::List, Inside::Name][..],
                b"}" | b">" => &[Inside::Message],
                _ => &[],
            };
            let is_symbol = piece.kind == crate::lex::Kind::Symbol;
            let top = open.last().map(|&pair| pairs[pair]);
            if let Some(top) = top
                && is_symbol
                && closes.contains(&top.inside)
                && is_partner(pieces, top.open, piece.text)
            {
                let pair = open.pop().expect("it has a last one");
                pairs[pair].close = index;
                pairs[pair].is_broken |= piece.is_on_a_new_line();
                let is_broken = pairs[pair].is_broken;
                if let Some(&around) = open.last() {
                    let around = &mut pairs[around];
                    let spreads = match around.inside {
                        Inside::Message => true,
                        Inside::Options => around.commas > 0,
                        Inside::List | Inside::Name => false,
                    };
                    around.is_broken |= is_broken && spreads;
                }
                continue;
            }
            if let (Some(&around), true) = (open.last(), piece.is_on_a_new_line()) {
                // Within an entry, a line break may go.
                let may_begin = begins_entry(pieces, index);
                pairs[around].is_broken |= may_begin || has_line_comment(piece);
            }
            if let Some(&around) = open.last()
                && piece.is_symbol(b',')
            {
                pairs[around].commas += 1;
            }
            let inside = match (piece.text, top.map(|top| top.inside)) {
                _ if !is_symbol => None,
                (b"[", None) => Some(Inside::Options),
                (b"[", Some(Inside::Message)) if pieces[index - 1].is_symbol(b':') => {
                    Some(Inside::List)
                }
                (b"[", Some(_)) => Some(Inside::Name),
                (b"{", None) if is_option => Some(Inside::Message),
                (b"{", Some(_)) | (b"<", Some(Inside::Message | Inside::List)) => {
                    Some(Inside::Message)
                }
                _ => None,
            };
            if let Some(inside) = inside {
                open.push(pairs.len());
                pairs.push(Pair { inside, open: index, close: 0, is_broken: false, commas: 0 });
            }
        }
        pairs.retain(|pair| pair.close > 0);
        Self { pairs }
    }

    /// The pair that a token opens.
    pub(super) fn opened_by(&self, index: usize) -> Option<Pair> {
        let found = self.pairs.binary_search_by_key(&index, |pair| pair.open).ok()?;
        Some(self.pairs[found])
    }

    /// Gives each of several options a line of its own; false if that changes
    /// nothing.
    pub(super) fn break_options(&mut self) -> bool {
        let mut changed = false;
        for pair in &mut self.pairs {
            if pair.inside == Inside::Options && pair.commas > 0 && !pair.is_broken {
                pair.is_broken = true;
                changed = true;
            }
        }
        changed
    }
}

fn is_partner(pieces: &[Piece<'_>], open: usize, close: &[u8]) -> bool {
    matches!((pieces[open].text, close), (b"[", b"]") | (b"{", b"}") | (b"<", b">"))
}

fn has_line_comment(piece: &Piece<'_>) -> bool {
    piece.before.comments.iter().any(|comment| !comment.is_block)
}

/// Whether a token may be the first one of an entry, by what stands before it.
fn begins_entry(pieces: &[Piece<'_>], index: usize) -> bool {
    let previous = &pieces[index - 1];
    let is_joined = matches!(previous.text, b"." | b"=" | b":" | b"-" | b"/" | b"(")
        || matches!(pieces[index].text, b"." | b"=" | b":" | b"/" | b"," | b")");
    let is_string = |index: usize| pieces[index].kind == crate::lex::Kind::String;
    !(is_joined || (is_string(index) && is_string(index - 1)))
}
