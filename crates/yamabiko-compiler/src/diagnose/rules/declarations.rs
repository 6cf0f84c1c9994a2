//! What a statement starts with, and what is said at the top of a file: syntax,
//! package, keywords.

use super::Verdict;
use crate::diagnose::context::{Context, quoted};
use crate::diagnose::finding::Finding;
use crate::diagnose::outline::balanced;
use crate::explain::codes;
use crate::hints::similar;
use crate::lex::Kind;

/// What a statement of a file starts with.
const OF_FILE: [&str; 9] =
    ["syntax", "edition", "package", "import", "option", "message", "enum", "service", "extend"];

pub(super) fn explain(context: &mut Context<'_>) -> Verdict {
    let message = context.message();
    match message {
        "Expected top-level statement (e.g. \"message\")." => at_top(context).into(),
        "Expected syntax identifier." => unquoted(context).into(),
        "Expected a string naming the file to import." => unquoted_import(context).into(),
        "Expected \"required\", \"optional\", or \"repeated\"." => label_missing(context),
        "Multiple package definitions." => {
            let all = context.here();
            let mut finding = Finding::new(codes::PACKAGE_NAME, "a file has one package", all);
            let packages = context.view.outline.statements.iter();
            let mut packages =
                packages.filter(|one| one.sort == crate::diagnose::outline::Sort::Package);
            if let Some(first) = packages.next() {
                let range = context.range_of(first);
                if let Some(second) = packages.next() {
                    let lines = context.lines_of(second);
                    finding = finding.replace("remove this line", lines, "");
                }
                finding = finding.other(range, "the package is said here");
            }
            finding.into()
        }
        "Expected \";\"." | "Expected identifier." => package(context).into(),
        "Expected \"{\"." => brace(context).into(),
        _ if message.starts_with("Unrecognized syntax identifier") => {
            unknown_syntax(context).into()
        }
        _ if message.starts_with("Unknown edition") => unknown_edition(context).into(),
        _ if message.starts_with("No edition or syntax") || message.starts_with("No syntax") => {
            let at = context.start();
            Finding::new(
                codes::NO_SYNTAX,
                "the file has no `syntax` line, so it is read as proto2",
                context.text().range(0),
            )
            .warning()
            .replace(
                "add `syntax = \"proto2\";` as its first line",
                at..at,
                "syntax = \"proto2\";\n",
            )
            .into()
        }
        _ => Verdict::Unknown,
    }
}

fn at_top(context: &Context<'_>) -> Finding {
    let text = context.text();
    let (word, here) = (context.word(0).to_owned(), context.here());
    let name = context.word(1).to_owned();
    let only_in = |inside: &str| {
        Finding::new(
            codes::WRONG_PLACE,
            format!("`{word}` is only allowed inside a `{inside}`"),
            here.clone(),
        )
    };
    let keyword = |meant: &str, headline: String| {
        Finding::new(codes::UNKNOWN_KEYWORD, headline, here.clone()).replace(
            format!("did you mean `{meant} {name} {{`?"),
            here.clone(),
            meant,
        )
    };
    let foreign = || format!("there is no `{word}` in protobuf");
    match word.as_str() {
        "rpc" if context.word(2) == "{" => only_in("service")
            .help("this block contains methods")
            .replace(format!("did you mean `service {name} {{`?"), here, "service"),
        "rpc" => only_in("service").help("put it into `service … { … }`"),
        "class" | "struct" | "record" | "type" | "data" => keyword("message", foreign()),
        "interface" | "trait" | "protocol" => keyword("service", foreign()),
        "func" | "fn" | "def" | "function" | "method" => {
            Finding::new(codes::UNKNOWN_KEYWORD, foreign(), here)
                .help("a method is `rpc Name (Request) returns (Reply);` inside a `service`")
        }
        "optional" | "required" | "repeated" | "oneof" | "map" | "reserved" | "extensions" => {
            only_in("message").help("put it into `message … { … }`")
        }
        "export" | "local" => Finding::new(
            codes::WRONG_PLACE,
            format!("`{word}` is a keyword from edition 2024 on"),
            here,
        )
        .help("write `edition = \"2024\";` as the first line"),
        "syntax" | "edition" => moved_to_top(context),
        "}" => Finding::new(codes::EXTRA_BRACE, "this `}` closes nothing", here.clone()).replace(
            "remove it",
            here,
            "",
        ),
        "#" => Finding::new(
            codes::UNKNOWN_KEYWORD,
            "a comment starts with `//`, not with `#`",
            here.clone(),
        )
        .replace("write `//`", here, "//"),
        "-" if context.word(1) == "-" => {
            let range = text.span(context.token..context.token + 2);
            Finding::new(
                codes::UNKNOWN_KEYWORD,
                "a comment starts with `//`, not with `--`",
                range.clone(),
            )
            .replace("write `//`", range, "//")
        }
        _ if text.kind(context.token) != Kind::Identifier => {
            Finding::new(codes::SYNTAX_ERROR, format!("`{word}` starts no statement"), here)
        }
        _ => unknown_word(context, &word, &name),
    }
}

fn unknown_word(context: &Context<'_>, word: &str, name: &str) -> Finding {
    let here = context.here();
    let text = context.text();
    let unknown =
        Finding::new(codes::UNKNOWN_KEYWORD, format!("`{word}` starts no statement"), here.clone());
    match similar::best(word, OF_FILE.into_iter()) {
        Some(meant) if meant.eq_ignore_ascii_case(word) => {
            let headline = format!("keywords are written in lower case: `{meant}`, not `{word}`");
            Finding::new(codes::UNKNOWN_KEYWORD, headline, here.clone()).replace(
                format!("write `{meant}`"),
                here,
                meant,
            )
        }
        _ if text.kind(context.token + 1) == Kind::Identifier && context.word(2) == "=" => {
            Finding::new(
                codes::WRONG_PLACE,
                "fields stand inside a `message`",
                text.span(context.token..context.token + 3),
            )
            .help("put this one into `message … { … }`")
        }
        Some(meant) => unknown.replace(format!("did you mean `{meant} {name}`?"), here, meant),
        None => unknown
            .help(format!("a statement of the file starts with one of {}", OF_FILE.join(", "))),
    }
}

/// The syntax stands behind something else.
fn moved_to_top(context: &Context<'_>) -> Finding {
    let text = context.text();
    let word = context.word(0);
    let finding = Finding::new(
        codes::WRONG_PLACE,
        format!("`{word}` stands before everything else"),
        context.here(),
    );
    let end = (context.token..text.tokens().len()).find(|token| text.is(*token, ";"));
    let Some(end) = end.filter(|end| *end < context.token + 4) else { return finding };
    let all = text.span(context.token..end + 1);
    if text.is(0, "syntax") || text.is(0, "edition") {
        return finding.replace("remove it: the file says it already", all, "");
    }
    let start = context.start();
    let line = format!("{}\n", text.slice(all.clone()));
    finding
        .edit("make it the first line", vec![(start..start, line.into_bytes()), (all, Vec::new())])
}

fn unquoted(context: &Context<'_>) -> Option<Finding> {
    let name = context.word(0).to_owned();
    let start = context.statement_start(context.token);
    let keyword = context.text().word(start).to_owned();
    let here = context.here();
    if !name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    let mut value = name.to_lowercase();
    if keyword == "syntax" && !matches!(value.as_str(), "proto2" | "proto3") {
        value = "proto3".to_owned();
    }
    let headline = format!("the {keyword} stands in quotes");
    Some(Finding::new(codes::NOT_QUOTED, headline, here.clone()).replace(
        format!("write `{keyword} = \"{value}\";`"),
        here,
        format!("\"{value}\""),
    ))
}

fn unquoted_import(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let end = (context.token..text.tokens().len()).find(|token| text.is(*token, ";"))?;
    let range = text.span(context.token..end);
    let name = text.slice(range.clone()).trim_matches(['<', '>']).to_owned();
    if name.is_empty() || name.contains(['"', '\'', '\n']) {
        return None;
    }
    let name = if name.contains('/') || name.ends_with(".proto") {
        name
    } else {
        format!("{}.proto", name.replace('.', "/"))
    };
    Some(
        Finding::new(
            codes::NOT_QUOTED,
            "the name of an imported file stands in quotes",
            range.clone(),
        )
        .replace(format!("write `import \"{name}\";`"), range, format!("\"{name}\"")),
    )
}

/// In proto2 a field has a label; whoever leaves it out means proto3.
fn label_missing(context: &Context<'_>) -> Verdict {
    let text = context.text();
    if !matches!(text.word(0), "syntax" | "edition") {
        let at = context.start();
        return Finding::new(
            codes::NO_SYNTAX,
            "the file has no `syntax` line, so it is read as proto2",
            text.range(0).start..text.range(0).start,
        )
        .other(context.here(), "in proto2, `optional` or `repeated` is missing here")
        .replace("add `syntax = \"proto3\";` as its first line", at..at, "syntax = \"proto3\";\n")
        .into();
    }
    let here = context.here();
    Finding::new(
        codes::LABEL_MISSING,
        "in proto2 a field starts with `optional`, `repeated` or `required`",
        here.clone(),
    )
    .replace("write `optional` before it", here.start..here.start, "optional ")
    .into()
}

/// The name of a package with signs that it cannot have.
fn package(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let start = context.statement_start(context.token);
    if !text.is(start, "package") {
        return None;
    }
    let end = (context.token..text.tokens().len()).find(|token| text.is(*token, ";"))?;
    if text.line(text.range(end).start) != text.line(text.range(start).start) {
        return None;
    }
    let range = text.span(start + 1..end);
    let written = text.slice(range.clone());
    let sign = match text.kind(context.token) {
        Kind::String => "quotes are".to_owned(),
        _ => format!("`{}` is", context.word(0)),
    };
    let name: String = written.trim_matches(['"', '\'']).replace('/', ".");
    let name: Vec<String> = name
        .split('.')
        .map(|part| {
            let part: String = part
                .chars()
                .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' })
                .collect();
            if part.starts_with(|first: char| first.is_ascii_digit()) {
                format!("v{part}")
            } else {
                part
            }
        })
        .collect();
    let name = name.join(".");
    Some(
        Finding::new(
            codes::PACKAGE_NAME,
            format!("{sign} not allowed in the name of a package"),
            if text.kind(context.token) == Kind::String { range.clone() } else { context.here() },
        )
        .replace(format!("write `package {name};`"), range, name),
    )
}

/// A declaration whose block does not begin.
fn brace(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let start = context.statement_start(context.token);
    let keyword = text.word(start).to_owned();
    if !matches!(keyword.as_str(), "message" | "enum" | "service" | "oneof" | "extend") {
        return None;
    }
    let before = text.range(context.token.checked_sub(1)?);
    if context.word(0) == "-" {
        let end = (context.token..context.token + 8).find(|token| text.is(*token, "{"))?;
        let range = text.span(start + 1..end);
        let name = text.slice(range.clone()).replace(['-', ' '], "_");
        return Some(
            Finding::new(codes::BAD_NAME, "`-` is not allowed in names", context.here()).replace(
                format!("write `{name}`"),
                range,
                name,
            ),
        );
    }
    let name = context.word(-1).to_owned();
    if context.word(0) == ":" || context.word(0) == "=" {
        let here = context.here();
        return Some(
            Finding::new(
                codes::SYNTAX_ERROR,
                format!("after the name `{name}` stands `{{`"),
                here.clone(),
            )
            .replace("write `{`", here, "{"),
        );
    }
    if context.word(0) == ";" {
        let here = context.here();
        return Some(
            Finding::new(
                codes::SYNTAX_ERROR,
                format!("{keyword} `{name}` has no block"),
                here.clone(),
            )
            .replace("write `{ }`", here, " {}"),
        );
    }
    if text.kind(context.token) == Kind::Identifier && context.word(1) != "{" {
        return Some(
            Finding::new(
                codes::SYNTAX_ERROR,
                format!("after the name `{name}` stands `{{`"),
                before.end..before.end,
            )
            .replace("insert `{` here", before.end..before.end, " {"),
        );
    }
    if matches!(context.word(0), "extends" | "implements" | "<" | "(") {
        let open = (context.token..text.tokens().len()).find(|token| text.is(*token, "{"))?;
        let all = text.span(start..balanced(text, open));
        let written = context.word(0).to_owned();
        return Some(
            Finding::new(
                codes::SYNTAX_ERROR,
                format!("there is no `{written}` in protobuf"),
                context.here(),
            )
            .help("a message holds others as fields; it does not inherit from them")
            .replace("leave it out", before.end..text.range(open - 1).end, "")
            .without(all),
        );
    }
    None
}

fn unknown_syntax(context: &Context<'_>) -> Option<Finding> {
    let written = quoted(context.message()).first().copied()?.to_owned();
    let token = (0..4).find(|token| context.text().kind(*token) == Kind::String)?;
    let range = context.text().range(token);
    let lower = written.trim().to_lowercase();
    let meant = match lower.as_str() {
        "proto2" | "2" => "proto2",
        _ => "proto3",
    };
    let finding = Finding::new(
        codes::UNKNOWN_SYNTAX,
        format!("there is no syntax \"{written}\""),
        range.clone(),
    );
    let finding = if matches!(lower.as_str(), "2023" | "2024") {
        let all = context.text().span(0..token + 1);
        return Some(finding.help("an edition is written `edition = …`").replace(
            format!("write `edition = \"{lower}\";`"),
            all,
            format!("edition = \"{lower}\""),
        ));
    } else {
        finding.help("there are \"proto2\" and \"proto3\"; after proto3 come editions")
    };
    Some(finding.replace(format!("write `syntax = \"{meant}\";`"), range, format!("\"{meant}\"")))
}

fn unknown_edition(context: &Context<'_>) -> Option<Finding> {
    let written = quoted(context.message()).first().copied()?.to_owned();
    let token = (0..4).find(|token| context.text().kind(*token) == Kind::String)?;
    let range = context.text().range(token);
    let finding = Finding::new(
        codes::UNKNOWN_SYNTAX,
        format!("there is no edition \"{written}\""),
        range.clone(),
    )
    .help("there are \"2023\" and \"2024\"");
    if matches!(written.as_str(), "proto2" | "proto3") {
        let all = context.text().span(0..token + 1);
        return Some(finding.replace(
            format!("write `syntax = \"{written}\";`"),
            all,
            format!("syntax = \"{written}\""),
        ));
    }
    Some(finding.replace("write `edition = \"2024\";`", range, "\"2024\""))
}
