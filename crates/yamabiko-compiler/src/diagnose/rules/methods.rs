//! Methods: what they take and return.

use super::Verdict;
use crate::diagnose::context::Context;
use crate::diagnose::finding::Finding;
use crate::diagnose::mended::Change;
use crate::explain::codes;
use crate::hints::lookup;
use crate::lex::Kind;

pub(super) fn explain(context: &mut Context<'_>) -> Verdict {
    match context.message() {
        "Expected \"rpc\"." => in_service(context).into(),
        "Expected \"(\"." => parenthesis(context).into(),
        "Expected \"returns\"." => returns(context).into(),
        "Expected message type." => scalar(context).into(),
        _ => Verdict::Unknown,
    }
}

fn in_service(context: &Context<'_>) -> Option<Finding> {
    let (word, here) = (context.word(0).to_owned(), context.here());
    let unknown = |headline: String| Finding::new(codes::UNKNOWN_KEYWORD, headline, here.clone());
    match word.as_str() {
        "func" | "fn" | "def" | "function" | "method" => {
            Some(unknown(format!("there is no `{word}` in protobuf")).replace(
                "write `rpc`",
                here,
                "rpc",
            ))
        }
        "message" | "enum" => Some(
            Finding::new(
                codes::WRONG_PLACE,
                format!("`{word}` does not stand inside a service"),
                here,
            )
            .help("is the `}` of the service missing?"),
        ),
        _ if word.eq_ignore_ascii_case("rpc") => {
            Some(
                unknown(format!("keywords are written in lower case: `rpc`, not `{word}`"))
                    .replace("write `rpc`", here, "rpc"),
            )
        }
        _ if context.word(1) == "(" => {
            let at = here.start..here.start;
            Some(
                Finding::new(
                    codes::UNKNOWN_KEYWORD,
                    format!("method `{word}` lacks the word `rpc`"),
                    here,
                )
                .replace("write `rpc` before it", at, "rpc "),
            )
        }
        _ => None,
    }
}

fn parenthesis(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let here = context.here();
    let start = context.statement_start(context.token);
    if !text.is(start, "rpc") {
        return None;
    }
    if context.word(0) == "stream" {
        let mut token = context.token + 1;
        let has_parenthesis = text.is(token, "(");
        token += usize::from(has_parenthesis);
        let first = token;
        while matches!(text.kind(token), Kind::Identifier) || text.is(token, ".") {
            token += 1;
        }
        let name = text.written(first..token).to_owned();
        let end = token + usize::from(has_parenthesis && text.is(token, ")"));
        let range = text.span(context.token..end);
        if name.is_empty() {
            return None;
        }
        return Some(
            Finding::new(codes::STREAM_OUTSIDE, "`stream` stands inside the parentheses", here)
                .replace(format!("write `(stream {name})`"), range, format!("(stream {name})")),
        );
    }
    if text.kind(context.token) == Kind::Identifier {
        let mut token = context.token;
        while matches!(text.kind(token), Kind::Identifier) || text.is(token, ".") {
            if token > context.token && text.is(token, "returns") {
                break;
            }
            token += 1;
        }
        let range = text.span(context.token..token);
        let name = text.slice(range.clone()).to_owned();
        return Some(
            Finding::new(
                codes::SYNTAX_ERROR,
                "the message of a method stands in parentheses",
                range.clone(),
            )
            .replace(format!("write `({name})`"), range, format!("({name})")),
        );
    }
    None
}

fn returns(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let here = context.here();
    let start = context.statement_start(context.token);
    let method = text.word(start + 1).to_owned();
    let word = context.word(0).to_owned();
    if matches!(
        word.to_lowercase().as_str(),
        "return" | "retuns" | "retruns" | "returs" | "returns"
    ) {
        return Some(
            Finding::new(
                codes::NO_RETURNS,
                format!("`{word}` is not a keyword: it is `returns`"),
                here.clone(),
            )
            .replace("write `returns`", here, "returns"),
        );
    }
    let finding =
        |headline: String| Finding::new(codes::NO_RETURNS, headline, text.range(start + 1));
    // `-> (Reply)` and `: Reply`.
    if word == "-" && context.word(1) == ">" {
        let range = text.span(context.token..context.token + 2);
        return Some(
            Finding {
                range: range.clone(),
                ..finding("before what a method returns stands `returns`".to_owned())
            }
            .replace("write `returns`", range, "returns"),
        );
    }
    if word == ":" {
        return Some(
            Finding {
                range: here.clone(),
                ..finding("before what a method returns stands `returns`".to_owned())
            }
            .replace("write `returns`", here, " returns"),
        );
    }
    let before = text.range(context.token - 1).end;
    let finding = finding(format!("method `{method}` does not say what it returns"));
    // An answer of that name may be there already.
    let mut declared = Vec::new();
    context.view.outline.visit(text, &mut |statement, _| {
        if let Some(name) = statement.name(text) {
            declared.push(text.word(name));
        }
    });
    let candidates =
        [format!("{method}Response"), format!("{method}Reply"), format!("{method}Result")];
    if let Some(reply) = candidates.iter().find(|name| declared.contains(&name.as_str())) {
        return Some(finding.replace(
            format!("write `returns ({reply})`"),
            before..before,
            format!(" returns ({reply})"),
        ));
    }
    let reply = &candidates[0];
    let changes: Vec<Change> = vec![
        (before..before, format!(" returns ({reply})").into_bytes()),
        context.append(&format!("message {reply} {{}}")),
    ];
    Some(
        finding
            .help("what has nothing to say returns an empty message, or `google.protobuf.Empty`")
            .edit(format!("write `returns ({reply})`, with an empty message"), changes),
    )
}

/// A method that takes or gives something that is no message.
pub(super) fn scalar(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let start = context.statement_start(context.token);
    let kind = context.word(0).to_owned();
    if !lookup::SCALARS.contains(&kind.as_str()) {
        return None;
    }
    if !text.is(start, "rpc") {
        return Some(Finding::new(
            codes::NOT_A_MESSAGE,
            format!("only a message can be extended, not `{kind}`"),
            context.here(),
        ));
    }
    let method = text.word(start + 1);
    let takes = !(start..context.token).any(|token| text.is(token, "returns"));
    let (verb, end) = if takes { ("take", "Request") } else { ("return", "Response") };
    let name = context.free_name(&format!("{method}{end}"));
    let here = context.here();
    let declaration = format!("message {name} {{\n  {kind} value = 1;\n}}");
    Some(
        Finding::new(
            codes::SCALAR_IN_METHOD,
            format!("an rpc must {verb} a message, not `{kind}`"),
            here.clone(),
        )
        .edit(
            format!("wrap it: `message {name} {{ {kind} value = 1; }}`"),
            vec![(here, name.clone().into_bytes()), context.append(&declaration)],
        ),
    )
}
