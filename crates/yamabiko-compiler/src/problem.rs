//! What a phase of the front end has to say about a file.
//!
//! The message is protoc's, word for word, so that whoever reads it with a
//! program finds what they look for; what protoc does not say goes into the
//! hint.

/// A place in a file. Both numbers start at 0; columns are protoc's: bytes,
/// with a tab leading to the next multiple of 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Place {
    /// The line, the first one being 0.
    pub line: u32,
    /// The column, the first one being 0.
    pub column: u32,
}

/// Whether a file with this problem can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The file is broken.
    Error,
    /// The file is good, but its author should know something.
    Warning,
}

/// Something wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The name of the file, as imports give it.
    pub file: String,
    /// Where in the file; `None` if it is about the file as a whole.
    pub place: Option<Place>,
    /// What is wrong, in protoc's words.
    pub message: String,
    /// Whether the file can be used.
    pub severity: Severity,
    /// What to do about it, in ours.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem that makes the file useless.
    pub(crate) fn error(file: &str, place: Option<Place>, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            place,
            message: message.into(),
            severity: Severity::Error,
            hint: None,
        }
    }

    /// A problem that the file can be used with.
    pub(crate) fn warning(file: &str, place: Option<Place>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(file, place, message) }
    }

    /// The same problem with a hint for its author.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
