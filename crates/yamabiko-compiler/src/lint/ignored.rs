//! Comments that tell a linter to leave something alone:
//! `// yamabiko:lint:ignore RULE`, or as buf writes it.

use crate::elements::Locations;

const INSTRUCTIONS: [&str; 2] = ["yamabiko:lint:ignore", "buf:lint:ignore"];

/// Whether a line of a comment is an instruction.
pub(super) fn is_instruction(line: &str) -> bool {
    INSTRUCTIONS.iter().any(|instruction| line.starts_with(instruction))
}

/// Whether the comment of what has that path, or of something that it lies in,
/// says to leave it alone.
pub(super) fn is_ignored(locations: &Locations<'_>, path: &[i32], rule: &str) -> bool {
    (1..=path.len()).any(|length| {
        let location = locations.find(&path[..length]);
        let comment = location.and_then(|location| location.leading_comments.as_deref());
        comment.is_some_and(|comment| comment.lines().any(|line| names(line.trim(), rule)))
    })
}

fn names(line: &str, rule: &str) -> bool {
    INSTRUCTIONS.iter().any(|instruction| {
        let rules = line.strip_prefix(instruction).unwrap_or_default();
        rules.split([' ', ',', '\t']).any(|name| name == rule)
    })
}
