//! Better words for what the front end says: the headline in the user's terms,
//! and what to write instead. (stub)
use crate::diagnostic::Diagnostic;
use crate::sources::Sources;
use std::path::Path;

/// A marked piece of source text, in bytes.
pub(crate) struct Mark {
    pub(crate) offset: usize,
    pub(crate) length: usize,
    pub(crate) text: String,
}
/// An error as the front end words it.
pub(crate) struct Raw {
    pub(crate) message: String,
    pub(crate) labels: Vec<Mark>,
    pub(crate) help: Option<String>,
}
pub(crate) fn improve(raw: Raw, _text: &str, _sources: &Sources) -> Raw {
    raw
}
pub(crate) fn similar_file(_file: &Path, diagnostic: Diagnostic) -> Diagnostic {
    diagnostic
}
