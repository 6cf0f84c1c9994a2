//! What a rule makes of a problem.

use std::ops::Range;

use super::mended::Change;
use crate::diagnostic::Severity;
use crate::explain::Code;

/// Something that is wrong, with ranges of the mended text.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) code: Code,
    pub(super) severity: Severity,
    /// What is wrong, in plain words.
    pub(super) headline: String,
    /// Where.
    pub(super) range: Range<usize>,
    /// A word about that place.
    pub(super) label: String,
    /// Other places that matter.
    pub(super) others: Vec<Other>,
    /// Advice.
    pub(super) helps: Vec<String>,
    /// What mends it, in the order of the text.
    pub(super) edit: Option<(String, Vec<Change>)>,
    /// How to read on if there is no edit, or it does not help: as a rule the
    /// statement is blanked out.
    pub(super) without: Option<Range<usize>>,
    /// What is found in here follows from this.
    pub(super) covers: Option<Range<usize>>,
    /// Names may be missing from now on, in this file.
    pub(super) loses_names: bool,
}

/// Another place that matters for a finding.
#[derive(Debug, Clone)]
pub(super) struct Other {
    /// The file; `None` for the finding's own.
    pub(super) file: Option<String>,
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

impl Finding {
    pub(super) fn new(code: Code, headline: impl Into<String>, range: Range<usize>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            headline: headline.into(),
            range,
            label: String::new(),
            others: Vec::new(),
            helps: Vec::new(),
            edit: None,
            without: None,
            covers: None,
            loses_names: false,
        }
    }

    pub(super) fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    pub(super) fn label(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.helps.push(help.into());
        self
    }

    /// Another place in the same file.
    pub(super) fn other(mut self, range: Range<usize>, text: impl Into<String>) -> Self {
        self.others.push(Other { file: None, range, text: text.into() });
        self
    }

    /// Another place in whatever file.
    pub(super) fn elsewhere(
        mut self,
        file: &str,
        range: Range<usize>,
        text: impl Into<String>,
    ) -> Self {
        self.others.push(Other { file: Some(file.to_owned()), range, text: text.into() });
        self
    }

    /// What mends it; changes in any order.
    pub(super) fn edit(mut self, title: impl Into<String>, mut changes: Vec<Change>) -> Self {
        changes.sort_by_key(|(range, _)| (range.start, range.end));
        self.edit = Some((title.into(), changes));
        self
    }

    /// One replacement that mends it.
    pub(super) fn replace(
        self,
        title: impl Into<String>,
        range: Range<usize>,
        text: impl Into<String>,
    ) -> Self {
        self.edit(title, vec![(range, text.into().into_bytes())])
    }

    pub(super) fn covers(self, range: Range<usize>) -> Self {
        Self { covers: Some(range), ..self }
    }

    /// The text can be read on without this.
    pub(super) fn without(self, range: Range<usize>) -> Self {
        Self { without: Some(range), ..self }
    }

    pub(super) fn losing_names(self) -> Self {
        Self { loses_names: true, ..self }
    }
}
