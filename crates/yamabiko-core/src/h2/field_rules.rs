//! Which fields a header section may hold (RFC 9113 §8.2 and §8.3), checked
//! field by field while HPACK decodes them.

use crate::field::{FieldKind, FieldRef};

/// The part of a message that a header section is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The head of a request.
    Request,
    /// The head of a response, or an informational one.
    Response,
    /// What follows the body.
    Trailers,
}

/// Why a section cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It breaks a rule of HTTP: the stream is reset.
    Malformed(&'static str),
    /// It is over the limit.
    TooLarge {
        /// bytes, counted as RFC 9113 §6.5.2 does
        size: usize,
    },
}

/// The rules of one section, and what has been seen of it.
#[derive(Debug)]
pub struct FieldRules {
    section: Section,
    pseudo: u8,
    regular: bool,
    size: usize,
    broken: Option<&'static str>,
}

const fn bit(kind: FieldKind) -> u8 {
    1 << kind as u8
}

impl FieldRules {
    /// The rules of `section`.
    pub fn new(section: Section) -> Self {
        FieldRules { section, pseudo: 0, regular: false, size: 0, broken: None }
    }

    /// Looks at the next field. Says whether it may be used so far.
    #[inline]
    pub fn admit(&mut self, field: &FieldRef<'_>, limit: usize) -> bool {
        use FieldKind::*;
        self.size += field.size();
        let broken = match (self.section, field.kind) {
            (_, Malformed) => Some("a malformed field"),
            (_, ConnectionSpecific) => Some("a connection-specific field"),
            (Section::Request, kind @ (Method | Scheme | Authority | Path))
            | (Section::Response, kind @ Status) => {
                let again = self.pseudo & bit(kind) != 0;
                self.pseudo |= bit(kind);
                if again {
                    Some("a pseudo-header field twice")
                } else if self.regular {
                    Some("a pseudo-header field behind a regular one")
                } else if field.value.is_empty() && kind != Authority {
                    Some("an empty pseudo-header field")
                } else {
                    None
                }
            }
            (_, Method | Scheme | Authority | Path | Status | UnknownPseudo) => {
                Some("a pseudo-header field that has no place here")
            }
            _ => {
                self.regular = true;
                None
            }
        };
        self.broken = self.broken.or(broken);
        self.broken.is_none() && self.size <= limit
    }

    /// The verdict, once the whole section has been seen.
    ///
    /// # Errors
    /// An [`Unusable`] section.
    pub fn finish(self, limit: usize) -> Result<(), Unusable> {
        let required = match self.section {
            Section::Request => {
                bit(FieldKind::Method) | bit(FieldKind::Scheme) | bit(FieldKind::Path)
            }
            Section::Response => bit(FieldKind::Status),
            Section::Trailers => 0,
        };
        if let Some(reason) = self.broken {
            Err(Unusable::Malformed(reason))
        } else if self.size > limit {
            Err(Unusable::TooLarge { size: self.size })
        } else if self.pseudo & required != required {
            Err(Unusable::Malformed("a required pseudo-header field is missing"))
        } else {
            Ok(())
        }
    }
}
