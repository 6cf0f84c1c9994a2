//! What to say about each problem: a code, a headline in plain words, the places
//! that matter, and how to mend it.
//!
//! A rule is found by protoc's message, and looks at the text around the place.
//! A rule that gives nothing says that the problem follows from another one.

mod characters;
mod declarations;
mod endings;
mod enums;
mod general;
mod imports;
mod labels;
mod members;
mod methods;
mod names;
mod numbers;
mod options;

pub(super) use characters::characters;

use super::context::Context;
use super::finding::Finding;
use crate::explain::codes;

/// What a rule makes of a problem.
enum Verdict {
    Says(Box<Finding>),
    /// It follows from something that was said already.
    Follows,
    /// This rule has nothing to say.
    Unknown,
}

impl From<Finding> for Verdict {
    fn from(finding: Finding) -> Self {
        Self::Says(Box::new(finding))
    }
}

impl From<Option<Finding>> for Verdict {
    fn from(finding: Option<Finding>) -> Self {
        finding.map_or(Self::Unknown, Self::from)
    }
}

/// Explains a problem; `None` if it follows from another one.
pub(super) fn explain(context: &mut Context<'_>) -> Option<Finding> {
    let rules: [fn(&mut Context<'_>) -> Verdict; 10] = [
        characters::explain,
        endings::explain,
        declarations::explain,
        members::explain,
        labels::explain,
        methods::explain,
        numbers::explain,
        names::explain,
        enums::explain,
        imports::explain,
    ];
    for rule in rules {
        match rule(context) {
            Verdict::Says(finding) => return Some(*finding),
            Verdict::Follows => return None,
            Verdict::Unknown => {}
        }
    }
    match options::explain(context) {
        Verdict::Says(finding) => Some(*finding),
        Verdict::Follows => None,
        Verdict::Unknown => general::explain(context),
    }
}

/// Whether a finding is about a name that is not there.
pub(super) fn misses_a_name(finding: &Finding) -> bool {
    // A misspelled word of the language is one, whatever is imported.
    let is_of_language = finding.headline.ends_with("is not a protobuf type");
    let misses = [codes::UNKNOWN_TYPE, codes::NOT_IMPORTED, codes::OTHER_PACKAGE];
    misses.contains(&finding.code) && !is_of_language
}
