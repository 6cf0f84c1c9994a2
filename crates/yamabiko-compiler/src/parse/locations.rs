//! `SourceCodeInfo` as it grows: a location for each element and for each part
//! of it, in the order in which they begin.
//!
//! A location is opened before its element is read and closed after; between
//! the two, its path may grow and its start may move.

use buffa_codegen::generated::descriptor::source_code_info::Location;

use crate::lex::Token;
use crate::problem::Place;

/// A location that is open or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At(usize);

/// The locations of a file so far.
#[derive(Debug, Default)]
pub(super) struct Locations {
    list: Vec<Location>,
}

impl Locations {
    /// Opens a location at a token. Its path is the parent's and more.
    pub(super) fn open(&mut self, parent: Option<At>, more: &[i32], token: &Token<'_>) -> At {
        let parent = parent.map_or(&[][..], |At(parent)| &self.list[parent].path);
        // With room for what may be added before it is closed.
        let mut path = Vec::with_capacity(parent.len() + more.len() + 1);
        path.extend_from_slice(parent);
        path.extend_from_slice(more);
        let mut span = Vec::with_capacity(4);
        span.extend([number(token.line), number(token.column)]);
        self.list.push(Location { path, span, ..Location::default() });
        At(self.list.len() - 1)
    }

    /// Closes a location after a token, unless that has been done.
    pub(super) fn close(&mut self, at: At, token: &Token<'_>) {
        let span = &mut self.list[at.0].span;
        if span.len() == 2 {
            // Three numbers if it is a single line.
            if span[0] != number(token.line) {
                span.push(number(token.line));
            }
            span.push(number(token.end_column));
        }
    }

    pub(super) fn extend_path(&mut self, at: At, more: &[i32]) {
        self.list[at.0].path.extend_from_slice(more);
    }

    pub(super) fn path(&self, at: At) -> &[i32] {
        &self.list[at.0].path
    }

    pub(super) fn start(&self, at: At) -> Place {
        match self.list[at.0].span[..] {
            [line, column, ..] => {
                Place { line: line.unsigned_abs(), column: column.unsigned_abs() }
            }
            _ => Place::default(),
        }
    }

    pub(super) fn move_start(&mut self, at: At, place: Place) {
        self.list[at.0].span[0] = number(place.line);
        self.list[at.0].span[1] = number(place.column);
    }

    /// Gives an element its comments.
    pub(super) fn comment(
        &mut self,
        at: At,
        leading: &str,
        trailing: &[u8],
        detached: Vec<String>,
    ) {
        let location = &mut self.list[at.0];
        if !leading.is_empty() {
            location.leading_comments = Some(leading.to_owned());
        }
        if !trailing.is_empty() {
            location.trailing_comments = Some(text(trailing));
        }
        location.leading_detached_comments = detached;
    }

    /// How many locations there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Replaces the locations from `start` on by copies for each of the
    /// `indices`, which stand in the path at `depth`.
    pub(super) fn repeat(&mut self, start: usize, depth: usize, indices: std::ops::Range<usize>) {
        let originals = self.list.split_off(start);
        for index in indices {
            for original in &originals {
                let mut copy = original.clone();
                copy.path[depth] = i32::try_from(index).unwrap_or(i32::MAX);
                self.list.push(copy);
            }
        }
    }

    pub(super) fn into_list(self) -> Vec<Location> {
        self.list
    }
}

/// Comments may hold any bytes; descriptors, only text.
pub(super) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// A line or column as descriptors have it.
fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
