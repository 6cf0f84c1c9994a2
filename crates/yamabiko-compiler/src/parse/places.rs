//! Where each part of an element stands, for the messages of later phases.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use crate::problem::Place;

/// A part of an element that a message can point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The element's name; of a file, its package.
    Name,
    /// A field's, a value's or a range's number.
    Number,
    /// A field's type.
    Type,
    /// The message that an extension extends. Only the first field of an
    /// `extend` block has it.
    Extendee,
    /// A field's default value.
    DefaultValue,
    /// A method's request.
    InputType,
    /// A method's response.
    OutputType,
    /// An option's name. The element is the option, or for `json_name` the
    /// field.
    OptionName,
    /// An option's value.
    OptionValue,
    /// The name of an imported file; see also [`Places::import`].
    Import,
    /// The file's edition or syntax.
    Edition,
    /// Anything else.
    Other,
}

#[derive(Debug)]
struct Entry {
    /// Where the path lies in `paths`.
    path: Range<usize>,
    part: Part,
    place: Place,
}

/// The places of a file's parts. An element is named by its path in the
/// file's descriptor, as in `SourceCodeInfo`; the file itself has the empty
/// path.
///
/// Most files are good and are never asked for a place, so the index is made
/// when the first question comes.
#[derive(Debug, Default)]
pub(crate) struct Places {
    entries: Vec<Entry>,
    paths: Vec<i32>,
    imports: HashMap<String, Place>,
    /// The entries in the order of their paths and parts.
    index: OnceCell<Vec<u32>>,
}

impl Places {
    /// Where a part of an element stands, if the file says it.
    pub(crate) fn find(&self, path: &[i32], part: Part) -> Option<Place> {
        let index = self.index.get_or_init(|| {
            let mut index: Vec<u32> = (0..).take(self.entries.len()).collect();
            index.sort_by_key(|&entry| self.key(entry));
            index
        });
        // The last of the same: what is said later counts.
        let after = index.partition_point(|&entry| self.key(entry) <= (path, part));
        let found = *index[..after].last()?;
        (self.key(found) == (path, part)).then(|| self.entries[found as usize].place)
    }

    /// Where a file is imported, by the name in the import; the last place if
    /// there are more. The name `weak` has the place of that word.
    pub(crate) fn import(&self, name: &str) -> Option<Place> {
        self.imports.get(name).copied()
    }

    fn key(&self, entry: u32) -> (&[i32], Part) {
        let entry = &self.entries[entry as usize];
        (&self.paths[entry.path.clone()], entry.part)
    }

    /// The same while places are still being added, for what has been added
    /// not long ago.
    pub(super) fn find_last(&self, path: &[i32], part: Part) -> Option<Place> {
        let is_it = |entry: &&Entry| entry.part == part && self.paths[entry.path.clone()] == *path;
        self.entries.iter().rev().find(is_it).map(|entry| entry.place)
    }

    /// Remembers a place.
    pub(super) fn insert(&mut self, path: &[i32], part: Part, place: Place) {
        let start = self.paths.len();
        self.paths.extend_from_slice(path);
        self.entries.push(Entry { path: start..self.paths.len(), part, place });
        self.index.take();
    }

    /// Remembers where a file is imported.
    pub(super) fn insert_import(&mut self, name: String, place: Place) {
        self.imports.insert(name, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_place_of_a_part_is_found() {
        let at = |line| Place { line, column: 0 };
        let mut places = Places::default();
        places.insert(&[4, 0], Part::Name, at(1));
        places.insert(&[4, 0, 2, 0], Part::Name, at(2));
        places.insert(&[4, 0], Part::Other, at(3));
        places.insert(&[4, 0], Part::Name, at(4));
        places.insert(&[], Part::Edition, at(5));

        assert_eq!(places.find(&[4, 0], Part::Name), Some(at(4)));
        assert_eq!(places.find(&[4, 0], Part::Other), Some(at(3)));
        assert_eq!(places.find(&[4, 0], Part::Number), None);
        assert_eq!(places.find(&[4], Part::Name), None);
        assert_eq!(places.find(&[], Part::Edition), Some(at(5)));
    }
}
