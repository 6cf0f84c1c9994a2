//! A change that breaks something: what it is, whom it breaks, and what to do
//! instead.

/// Who notices a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breaks {
    /// Peers that speak the binary format: messages that were written before,
    /// or are written by a peer that has not changed.
    Wire,
    /// Peers that speak JSON, and files in it.
    Json,
    /// Code that uses what is generated, once that is generated anew.
    Source,
}

impl Breaks {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Json => "JSON",
            Self::Source => "source",
        }
    }
}

/// What there is to say about a change beside buf's words.
#[derive(Debug, Clone, Default)]
pub(super) struct Advice {
    pub breaks: Vec<(Breaks, String)>,
    pub instead: Option<String>,
}

impl Advice {
    pub(super) fn wire(self, text: impl Into<String>) -> Self {
        self.with(Breaks::Wire, text)
    }

    pub(super) fn json(self, text: impl Into<String>) -> Self {
        self.with(Breaks::Json, text)
    }

    pub(super) fn source(self, text: impl Into<String>) -> Self {
        self.with(Breaks::Source, text)
    }

    fn with(mut self, who: Breaks, text: impl Into<String>) -> Self {
        self.breaks.push((who, text.into()));
        self
    }

    pub(super) fn instead(mut self, text: impl Into<String>) -> Self {
        self.instead = Some(text.into());
        self
    }
}

/// A change as it was found.
#[derive(Debug)]
pub(super) struct Found {
    pub rule: &'static str,
    /// The file, as it is now or was; empty if it is about none.
    pub file: String,
    /// The path of what it is about, as that is now; none for the file.
    pub path: Vec<i32>,
    /// The path, within that, of the part that has changed. If it is not
    /// written, the place is that of the whole.
    pub part: Vec<i32>,
    pub message: String,
    pub advice: Advice,
}
