//! `SourceCodeInfo` as it grows: a location for each element and for each part
//! of it, in the order in which they begin.
//!
//! A location is opened before its element is read and closed after; between
//! the two, its path may grow and its start may move. There are several for
//! each line of a file, so that they share their memory until somebody wants
//! them as descriptors have them.

use std::ops::Range;

use buffa_codegen::generated::descriptor::source_code_info::Location;

use crate::lex::Token;
use crate::problem::Place;

/// A location that is open or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At(usize);

/// The locations of a file so far.
#[derive(Debug, Default)]
pub(super) struct Locations {
    list: Vec<Entry>,
    /// The paths, one after the other.
    paths: Vec<i32>,
    /// The comments of those that have any.
    comments: Vec<Comments>,
}

#[derive(Debug, Clone)]
struct Entry {
    /// Where the path lies in `paths`.
    path: Range<usize>,
    /// As in descriptors: line and column, and once it is closed the end.
    span: [i32; 4],
    /// How much of `span` is there.
    length: u8,
    /// Which of the comments are its own.
    comments: Option<usize>,
}

/// The comments of an element.
#[derive(Debug, Clone)]
struct Comments {
    leading: Option<String>,
    trailing: Option<String>,
    detached: Vec<String>,
}

impl Locations {
    /// Opens a location at a token. Its path is the parent's and more.
    pub(super) fn open(&mut self, parent: Option<At>, more: &[i32], token: &Token<'_>) -> At {
        let start = self.paths.len();
        if let Some(At(parent)) = parent {
            self.paths.extend_from_within(self.list[parent].path.clone());
        }
        self.paths.extend_from_slice(more);
        self.list.push(Entry {
            path: start..self.paths.len(),
            span: [number(token.line), number(token.column), 0, 0],
            length: 2,
            comments: None,
        });
        At(self.list.len() - 1)
    }

    /// Closes a location after a token, unless that has been done.
    pub(super) fn close(&mut self, at: At, token: &Token<'_>) {
        let Entry { span, length, .. } = &mut self.list[at.0];
        if *length == 2 {
            // Three numbers if it is a single line.
            if span[0] != number(token.line) {
                span[2] = number(token.line);
                *length += 1;
            }
            span[usize::from(*length)] = number(token.end_column);
            *length += 1;
        }
    }

    pub(super) fn extend_path(&mut self, at: At, more: &[i32]) {
        let path = self.list[at.0].path.clone();
        let start = if path.end == self.paths.len() {
            path.start
        } else {
            // Another one has begun behind it.
            let start = self.paths.len();
            self.paths.extend_from_within(path);
            start
        };
        self.paths.extend_from_slice(more);
        self.list[at.0].path = start..self.paths.len();
    }

    pub(super) fn path(&self, at: At) -> &[i32] {
        &self.paths[self.list[at.0].path.clone()]
    }

    pub(super) fn start(&self, at: At) -> Place {
        let [line, column, ..] = self.list[at.0].span;
        Place { line: line.unsigned_abs(), column: column.unsigned_abs() }
    }

    pub(super) fn move_start(&mut self, at: At, place: Place) {
        self.list[at.0].span[0] = number(place.line);
        self.list[at.0].span[1] = number(place.column);
    }

    /// Gives an element its comments.
    pub(super) fn comment(
        &mut self,
        at: At,
        leading: String,
        trailing: &[u8],
        detached: Vec<String>,
    ) {
        let entry = &mut self.list[at.0];
        if leading.is_empty() && trailing.is_empty() && detached.is_empty() {
            if let Some(comments) = entry.comments {
                self.comments[comments].detached = detached;
            }
            return;
        }
        let index = *entry.comments.get_or_insert(self.comments.len());
        if index == self.comments.len() {
            let none = Comments { leading: None, trailing: None, detached: Vec::new() };
            self.comments.push(none);
        }
        let comments = &mut self.comments[index];
        if !leading.is_empty() {
            comments.leading = Some(leading);
        }
        if !trailing.is_empty() {
            comments.trailing = Some(text(trailing));
        }
        comments.detached = detached;
    }

    /// How many locations there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Replaces the locations from `start` on by copies for each of the
    /// `indices`, which stand in the path at `depth`.
    pub(super) fn repeat(&mut self, start: usize, depth: usize, indices: Range<usize>) {
        let originals = self.list.split_off(start);
        for index in indices {
            for original in &originals {
                let from = self.paths.len();
                self.paths.extend_from_within(original.path.clone());
                self.paths[from + depth] = i32::try_from(index).unwrap_or(i32::MAX);
                let comments = original.comments.map(|comments| {
                    self.comments.push(self.comments[comments].clone());
                    self.comments.len() - 1
                });
                self.list.push(Entry {
                    path: from..self.paths.len(),
                    comments,
                    ..original.clone()
                });
            }
        }
    }

    pub(super) fn into_list(mut self) -> Vec<Location> {
        let paths = &self.paths;
        let locations = self.list.into_iter().map(|entry| {
            let mut location = Location {
                path: paths[entry.path].to_vec(),
                span: entry.span[..usize::from(entry.length)].to_vec(),
                ..Location::default()
            };
            if let Some(comments) = entry.comments {
                let comments = &mut self.comments[comments];
                location.leading_comments = comments.leading.take();
                location.trailing_comments = comments.trailing.take();
                location.leading_detached_comments = std::mem::take(&mut comments.detached);
            }
            location
        });
        locations.collect()
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
