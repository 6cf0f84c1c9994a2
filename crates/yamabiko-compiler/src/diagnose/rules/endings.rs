//! Semicolons, commas and braces that are missing or one too many.

use std::ops::Range;

use super::Verdict;
use crate::diagnose::context::Context;
use crate::diagnose::finding::Finding;
use crate::diagnose::mended::Change;
use crate::diagnose::text::Text;
use crate::explain::codes;
use crate::lex::Kind;

pub(super) fn explain(context: &mut Context<'_>) -> Verdict {
    let message = context.message();
    if let Some(finding) = block_before(context) {
        return finding.into();
    }
    match message {
        "Unmatched \"}\"." => {
            Finding::new(codes::EXTRA_BRACE, "this `}` closes nothing", context.here())
                .replace("remove it", context.here(), "")
                .into()
        }
        "Expected \";\"." => semicolon(context).into(),
        "Missing field number." | "Missing numeric value for enum constant."
            if context.word(0) == "," =>
        {
            Verdict::Unknown
        }
        "Expected identifier." if context.word(0) == "]" && context.word(-1) == "," => {
            let range = context.text().range(context.token - 1);
            Finding::new(codes::TRAILING_COMMA, "a `,` with nothing after it", range.clone())
                .replace("remove it", range, "")
                .into()
        }
        "Expected \"]\"." => bracket(context).into(),
        _ if message.starts_with("Reached end of input in") => open_block(context).into(),
        _ => Verdict::Unknown,
    }
}

fn semicolon(context: &Context<'_>) -> Option<Finding> {
    let before = context.token.checked_sub(1)?;
    if context.word(0) == "," {
        return Some(commas(context));
    }
    let text = context.text();
    let start = context.statement_start(context.token);
    let is_package = text.is(start, "package");
    if is_package && matches!(context.word(0), "-" | "/") {
        return None;
    }
    let is_next = context.token >= text.tokens().len()
        || matches!(text.kind(context.token), Kind::Identifier)
        || matches!(context.word(0), "}" | "/");
    let (end, next) = (text.range(before).end, text.range(context.token).start);
    if !is_next || (end == next && context.word(0) != "}") || matches!(context.word(-1), "{" | "}")
    {
        return None;
    }
    let what = statement(text, start, before);
    Some(
        Finding::new(codes::MISSING_SEMICOLON, format!("missing `;` after {what}"), end..end)
            .replace("insert `;` here", end..end, ";"),
    )
}

/// What a statement is, for people.
fn statement(text: &Text, start: usize, last: usize) -> String {
    match text.word(start) {
        "syntax" => "the syntax".to_owned(),
        "edition" => "the edition".to_owned(),
        "package" => "the package".to_owned(),
        "import" => "the import".to_owned(),
        "option" => format!("option `{}`", text.word(start + 1)),
        "rpc" => format!("method `{}`", text.word(start + 1)),
        "reserved" => "the reserved numbers or names".to_owned(),
        "extensions" => "the extension numbers".to_owned(),
        _ => {
            let sign = (start..=last).find(|token| text.is(*token, "="));
            match sign.filter(|sign| *sign > start) {
                // A value has only its name before the sign.
                Some(sign) if sign == start + 1 => format!("value `{}`", text.word(start)),
                Some(sign) => format!("field `{}`", text.word(sign - 1)),
                None => "the statement".to_owned(),
            }
        }
    }
}

/// All commas of a block that end something there.
fn commas(context: &Context<'_>) -> Finding {
    let text = context.text();
    let here = context.here();
    let mut changes: Vec<Change> = Vec::new();
    let mut depth = 0_usize;
    let mut brackets = 0_usize;
    let mut token = context.token;
    let mut first = context.statement_start(context.token);
    while token < text.tokens().len() {
        match text.word(token) {
            "{" => depth += 1,
            "}" if depth == 0 => break,
            "}" => {
                depth -= 1;
                first = token + 1;
            }
            "[" | "<" => brackets += 1,
            "]" | ">" => brackets = brackets.saturating_sub(1),
            ";" => first = token + 1,
            "," if depth == 0
                && brackets == 0
                && !matches!(text.word(first), "reserved" | "extensions" | "option") =>
            {
                changes.push((text.range(token), b";".to_vec()));
                first = token + 1;
            }
            _ => {}
        }
        token += 1;
    }
    let title = match changes.len() {
        0 | 1 => "write `;`".to_owned(),
        count => format!("write `;`, here and {} more", times(count - 1)),
    };
    Finding::new(codes::COMMA_FOR_SEMICOLON, "fields end with `;`, not with `,`", here)
        .edit(title, changes)
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn bracket(context: &Context<'_>) -> Option<Finding> {
    let before = context.text().range(context.token.checked_sub(1)?);
    let at = before.end..before.end;
    match context.word(0) {
        ";" => Some(
            Finding::new(
                codes::SYNTAX_ERROR,
                "the options of the field are not closed",
                at.clone(),
            )
            .replace("insert `]` here", at, "]"),
        ),
        _ if context.text().kind(context.token) == Kind::Identifier => {
            Some(
                Finding::new(codes::SYNTAX_ERROR, "options are separated by `,`", at.clone())
                    .replace("insert `,` here", at, ","),
            )
        }
        _ => None,
    }
}

/// A block that lacks its `}`.
#[derive(Debug)]
struct Open {
    /// The first token of what it belongs to.
    start: usize,
    brace: usize,
    /// The column of its first line, in bytes.
    indent: usize,
    line: usize,
}

/// The end of the file lies in a block.
fn open_block(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let (open, at) = match suspect(text) {
        Some((open, at)) => (open, at),
        None => (open_at(text, text.tokens().len()).into_iter().next()?, None),
    };
    Some(not_closed(context, &open, at))
}

/// What cannot be read because a block before it was not closed.
fn block_before(context: &Context<'_>) -> Option<Finding> {
    let message = context.message();
    let may_be = message.starts_with("Missing field number.")
        || message.starts_with("Expected \"")
        || message.starts_with("Expected field name.")
        || message.starts_with("Expected enum constant name")
        || message.starts_with("Missing numeric value");
    if !may_be || !is_open(context.text()) {
        return None;
    }
    let (open, at) = suspect(context.text())?;
    // Only if what was found lies behind the place where the brace belongs.
    let at = at.filter(|at| *at <= context.token)?;
    Some(not_closed(context, &open, Some(at)))
}

/// Whether there are more `{` than `}`.
fn is_open(text: &Text) -> bool {
    let count = |sign: &str| (0..text.tokens().len()).filter(|token| text.is(*token, sign)).count();
    count("{") > count("}")
}

fn not_closed(context: &Context<'_>, open: &Open, at: Option<usize>) -> Finding {
    let text = context.text();
    let head = text.span(open.start..open.brace);
    let written = text.slice(head.clone()).split_whitespace().collect::<Vec<_>>().join(" ");
    let finding = Finding::new(
        codes::OPEN_BLOCK,
        format!("`{}` is not closed", written.trim_end()),
        head.start..text.range(open.brace).end,
    )
    .label("this block is not closed");
    let indent = text.indent(open.line);
    match at {
        Some(at) => {
            // After the line of the token before.
            let before = text.range(at - 1).end;
            let end = text.line_end(text.line(before)).max(before);
            let line = text.line(text.range(at).start) + 1;
            finding.replace(
                format!("insert `}}` before line {line}"),
                end..end,
                format!("\n{indent}}}"),
            )
        }
        None => {
            // All that is open is closed in one go.
            let open = open_at(text, text.tokens().len());
            let braces: Vec<String> =
                open.iter().map(|open| format!("{}}}", text.indent(open.line))).collect();
            let end = text.bytes.len();
            let newline = if text.bytes.ends_with(b"\n") { "" } else { "\n" };
            let title = match braces.len() {
                1 => "insert `}` at the end of the file".to_owned(),
                count => format!("insert {count} `}}` at the end of the file"),
            };
            finding.replace(title, end..end, format!("{newline}{}\n", braces.join("\n")))
        }
    }
}

/// The blocks that are open before a token, the innermost first.
fn open_at(text: &Text, end: usize) -> Vec<Open> {
    let mut open: Vec<Open> = Vec::new();
    let mut start = 0;
    for token in 0..end {
        match text.word(token) {
            "{" => {
                open.push(block(text, start, token));
                start = token + 1;
            }
            "}" => {
                open.pop();
                start = token + 1;
            }
            ";" => start = token + 1,
            _ => {}
        }
    }
    open.reverse();
    open
}

fn block(text: &Text, start: usize, brace: usize) -> Open {
    let line = text.line(text.range(start).start);
    Open { start, brace, indent: text.indent(line).len(), line }
}

/// The first block that seems to lack its end, to judge by the indentation of
/// what follows, and the token before which the end should stand.
fn suspect(text: &Text) -> Option<(Open, Option<usize>)> {
    let mut open: Vec<Open> = Vec::new();
    let mut start = 0;
    for token in 0..text.tokens().len() {
        let Range { start: offset, .. } = text.range(token);
        let line = text.line(offset);
        let indent = text.indent(line).len();
        let is_first_of_line = text.line_start(line) + indent == offset;
        if is_first_of_line && let Some(top) = open.last() {
            let is_keyword = matches!(
                text.word(token),
                "message" | "enum" | "service" | "extend" | "package" | "import" | "option"
            ) && text.kind(token + 1) != Kind::Symbol;
            let is_within = top.line < line;
            let opens = is_keyword && indent <= top.indent;
            let closes = text.is(token, "}") && indent < top.indent;
            if is_within && (opens || closes) {
                return open.pop().map(|top| (top, Some(token)));
            }
        }
        match text.word(token) {
            "{" => {
                open.push(block(text, start, token));
                start = token + 1;
            }
            "}" => {
                open.pop();
                start = token + 1;
            }
            ";" => start = token + 1,
            _ => {}
        }
    }
    None
}
