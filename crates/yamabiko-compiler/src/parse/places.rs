//! Where each part of an element stands, for the messages of later phases.

use std::collections::HashMap;

use crate::problem::Place;

/// A part of an element that a message can point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// The element's name.
    Name,
    /// A field's, a value's or a range's number.
    Number,
    /// A field's type.
    Type,
    /// The message that an extension extends.
    Extendee,
    /// A field's default value.
    DefaultValue,
    /// A method's request.
    InputType,
    /// A method's response.
    OutputType,
    /// An option's name.
    OptionName,
    /// An option's value.
    OptionValue,
    /// The name of an imported file.
    Import,
    /// The file's edition.
    Edition,
    /// Anything else.
    Other,
}

/// The places of a file's parts. An element is named by its path in the
/// file's descriptor, as in `SourceCodeInfo`.
#[derive(Debug, Default)]
pub(crate) struct Places {
    places: HashMap<(Box<[i32]>, Part), Place>,
}

impl Places {
    /// Where a part of an element stands, if the file says it.
    pub(crate) fn find(&self, path: &[i32], part: Part) -> Option<Place> {
        self.places.get(&(path.into(), part)).copied()
    }

    /// Remembers a place.
    pub(super) fn insert(&mut self, path: &[i32], part: Part, place: Place) {
        self.places.insert((path.into(), part), place);
    }
}
