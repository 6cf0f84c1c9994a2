//! Which piece of a text to leave out when it cannot be mended.

use std::ops::Range;

use super::files::View;
use super::finding::Finding;
use super::outline::balanced;
use super::text::Text;

/// The statement in which something was found. If it is all that there is in a
/// block that must not be empty, that goes too.
pub(super) fn around(view: &View, finding: &Finding) -> Range<usize> {
    let text = &view.text;
    let mut tokens = statement(text, finding.range.start);
    while tokens.start > 0 && text.is(tokens.start - 1, "{") && text.is(tokens.end, "}") {
        let brace = tokens.start - 1;
        let mut start = brace;
        while start > 0 && !matches!(text.word(start - 1), ";" | "{" | "}") {
            start -= 1;
        }
        if !matches!(text.word(start), "oneof" | "extend" | "enum") {
            break;
        }
        tokens = start..tokens.end + 1;
    }
    if tokens.is_empty() { 0..0 } else { text.span(tokens) }
}

/// The tokens of the statement that a byte is in.
fn statement(text: &Text, offset: usize) -> Range<usize> {
    let count = text.tokens().len();
    let at = text.token_at(offset).min(count.saturating_sub(1));
    if count == 0 {
        return 0..0;
    }
    if text.is(at, "}") {
        return at..at + 1;
    }
    let mut start = at;
    while start > 0 && !matches!(text.word(start - 1), ";" | "{" | "}") {
        start -= 1;
    }
    let mut end = at;
    while end < count {
        match text.word(end) {
            ";" => return start..end + 1,
            "{" => return start..balanced(text, end),
            "}" => break,
            _ => end += 1,
        }
    }
    start..end.max(start + 1)
}

/// The same for a file that can be read: what declares names stays, since
/// others would miss them.
pub(super) fn without_names(view: &View, finding: &Finding) -> Range<usize> {
    let range = around(view, finding);
    if declares(view, &range) { range.start..range.start } else { range }
}

/// Whether types are declared in a range.
pub(super) fn declares(view: &View, range: &Range<usize>) -> bool {
    let text = &view.text;
    let first = text.token_at(range.start);
    (first..text.tokens().len())
        .take_while(|token| text.range(*token).start < range.end)
        .any(|token| matches!(text.word(token), "message" | "enum" | "group" | "map"))
}
