//! A file as statements and blocks, whether it is right or not: what rules look
//! at to say where something else is defined, and which numbers are free.

use std::ops::Range;

use super::text::Text;
use crate::lex::Kind;

/// Deeper blocks are passed over.
const MAX_DEPTH: usize = 80;

/// What a statement is, to judge by its first words and by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Syntax,
    Package,
    Import,
    Option,
    Message,
    Enum,
    Service,
    Extend,
    Oneof,
    Method,
    Reserved,
    Extensions,
    Field,
    Value,
    /// Nothing that is known, or only a semicolon.
    Other,
}

/// A statement. Ranges are of tokens.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) sort: Sort,
    /// All of it, with its semicolon or its block.
    pub(super) all: Range<usize>,
    /// What is before the semicolon or the block.
    pub(super) head: Range<usize>,
    /// What is in the block, if it has one.
    pub(super) block: Vec<Statement>,
}

/// A field or the value of an enum, in parts. Ranges are of tokens.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) label: Option<usize>,
    pub(super) kind: Range<usize>,
    pub(super) name: usize,
    /// Empty if there is none.
    pub(super) number: Range<usize>,
}

/// A file's statements.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) statements: Vec<Statement>,
}

impl Outline {
    pub(super) fn new(text: &Text) -> Self {
        let mut at = 0;
        let mut statements = Vec::new();
        while at < text.tokens().len() {
            let (some, next) = block(text, at, Sort::Other, 0);
            statements.extend(some);
            // What closes nothing is passed over.
            at = next + 1;
        }
        Self { statements }
    }

    /// The statements around a token, the outermost first.
    pub(super) fn around(&self, token: usize) -> Vec<&Statement> {
        let mut found = Vec::new();
        let mut statements = &self.statements;
        while let Some(statement) = statements.iter().find(|one| one.all.contains(&token)) {
            found.push(statement);
            statements = &statement.block;
        }
        found
    }

    /// All statements with the names of what they lie in, outer ones first.
    pub(super) fn visit<'o>(&'o self, text: &Text, visit: &mut dyn FnMut(&'o Statement, &str)) {
        let package = self.package(text);
        for statement in &self.statements {
            statement.visit(text, &package, visit);
        }
    }

    /// The package of the file; empty if it has none.
    pub(super) fn package(&self, text: &Text) -> String {
        let package = self.statements.iter().find(|one| one.sort == Sort::Package);
        package
            .map(|one| text.written(one.head.start + 1..one.head.end).replace([' ', '\n'], ""))
            .unwrap_or_default()
    }
}

impl Statement {
    fn visit<'o>(&'o self, text: &Text, scope: &str, visit: &mut dyn FnMut(&'o Self, &str)) {
        visit(self, scope);
        if self.block.is_empty() {
            return;
        }
        let inside = match (self.sort, self.name(text)) {
            (Sort::Message | Sort::Enum | Sort::Service | Sort::Field, Some(name)) => {
                join(scope, text.word(name))
            }
            _ => scope.to_owned(),
        };
        for statement in &self.block {
            statement.visit(text, &inside, visit);
        }
    }

    /// The token of the name of what is declared.
    pub(super) fn name(&self, text: &Text) -> Option<usize> {
        let first = self.first_word(text);
        let name = match self.sort {
            Sort::Message | Sort::Enum | Sort::Service | Sort::Oneof | Sort::Method => first + 1,
            Sort::Field | Sort::Value => self.member(text)?.name,
            _ => return None,
        };
        (self.head.contains(&name) && text.kind(name) == Kind::Identifier).then_some(name)
    }

    /// The token of the keyword, after `export` or `local`.
    pub(super) fn first_word(&self, text: &Text) -> usize {
        let first = self.head.start;
        let has_visibility = matches!(text.word(first), "export" | "local")
            && matches!(text.word(first + 1), "message" | "enum");
        first + usize::from(has_visibility)
    }

    /// The parts of a field or value that is written as one.
    pub(super) fn member(&self, text: &Text) -> Option<Member> {
        if !matches!(self.sort, Sort::Field | Sort::Value) {
            return None;
        }
        let mut first = self.head.start;
        let is_label =
            matches!(text.word(first), "optional" | "required" | "repeated") && self.head.len() > 2;
        let label = (is_label && self.sort == Sort::Field).then_some(first);
        first += usize::from(label.is_some());
        let end = self
            .head
            .clone()
            .find(|token| matches!(text.word(*token), "[" | "="))
            .unwrap_or(self.head.end);
        let name = end.checked_sub(1).filter(|name| *name >= first)?;
        let number = if text.is(end, "=") && end < self.head.end {
            let has_sign = usize::from(text.is(end + 1, "-"));
            end + 1..(end + 2 + has_sign).min(self.head.end)
        } else {
            end..end
        };
        Some(Member { label, kind: first..name, name, number })
    }

    /// The number of a field or value, if it is one.
    pub(super) fn number(&self, text: &Text) -> Option<i64> {
        let member = self.member(text)?;
        let written = text.written(member.number);
        number(&written.replace(' ', ""))
    }

    /// The fields of a message, with those of its oneofs; the values of an enum.
    pub(super) fn members(&self) -> Vec<&Self> {
        let mut members = Vec::new();
        for statement in &self.block {
            match statement.sort {
                Sort::Field | Sort::Value => members.push(statement),
                Sort::Oneof => members.extend(statement.members()),
                _ => {}
            }
        }
        members
    }

    /// The ranges of a `reserved` or `extensions` statement, both ends included,
    /// each with its tokens.
    pub(super) fn ranges(&self, text: &Text) -> Vec<(i64, i64, Range<usize>)> {
        let mut ranges = Vec::new();
        let mut at = self.head.start + 1;
        while at < self.head.end && !text.is(at, "[") {
            let from = at;
            let (start, next) = signed(text, at);
            at = next;
            let Some(start) = start else { continue };
            let mut end = start;
            if text.is(at, "to") {
                let (last, next) = signed(text, at + 1);
                end = last.unwrap_or(if text.is(at + 1, "max") { i64::MAX } else { start });
                at = next.min(self.head.end);
            }
            ranges.push((start, end, from..at));
        }
        ranges
    }
}

/// A number, with its sign, and the token after it.
fn signed(text: &Text, at: usize) -> (Option<i64>, usize) {
    if text.is(at, "-") {
        return (number(text.word(at + 1)).map(|value| -value), at + 2);
    }
    (number(text.word(at)), at + 1)
}

/// What an integer says.
pub(super) fn number(written: &str) -> Option<i64> {
    let (sign, digits) = match written.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, written),
    };
    let value = crate::lex::numbers::integer(digits.as_bytes(), u64::MAX >> 1)?;
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    Some(sign * i64::try_from(value).ok()?)
}

pub(super) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// The statements from a token on, up to a `}` that closes the block or up to
/// the end, and the token of that.
fn block(text: &Text, mut at: usize, of: Sort, depth: usize) -> (Vec<Statement>, usize) {
    let mut statements = Vec::new();
    while at < text.tokens().len() && !text.is(at, "}") {
        let statement = statement(text, at, of, depth);
        at = statement.all.end;
        statements.push(statement);
    }
    (statements, at)
}

fn statement(text: &Text, start: usize, within: Sort, depth: usize) -> Statement {
    let count = text.tokens().len();
    let sort = sort(text, start, within);
    let mut brackets = 0_usize;
    let mut at = start;
    while at < count {
        match text.word(at) {
            "[" | "(" => brackets += 1,
            "]" | ")" => brackets = brackets.saturating_sub(1),
            ";" if brackets == 0 || sort != Sort::Option => {
                let all = start..at + 1;
                return Statement { sort, all, head: start..at, block: Vec::new() };
            }
            "{" if brackets > 0 || matches!(text.word(at.wrapping_sub(1)), "=" | ":") => {
                at = balanced(text, at);
                continue;
            }
            "{" if depth == MAX_DEPTH => {
                let end = balanced(text, at);
                return Statement { sort, all: start..end, head: start..at, block: Vec::new() };
            }
            "{" => {
                let (inside, end) = block(text, at + 1, sort, depth + 1);
                let all = start..(end + 1).min(count);
                return Statement { sort, all, head: start..at, block: inside };
            }
            "}" => break,
            _ => {}
        }
        at += 1;
    }
    Statement { sort, all: start..at.max(start + 1), head: start..at, block: Vec::new() }
}

/// The token after the `}` that closes a `{`.
pub(super) fn balanced(text: &Text, open: usize) -> usize {
    let mut depth = 0_usize;
    for at in open..text.tokens().len() {
        match text.word(at) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.tokens().len()
}

fn sort(text: &Text, start: usize, within: Sort) -> Sort {
    let next_is_name = text.kind(start + 1) == Kind::Identifier;
    match (text.word(start), within) {
        ("option", _) => Sort::Option,
        ("rpc", Sort::Service) => Sort::Method,
        (";" | "{" | "}", _) => Sort::Other,
        ("reserved", Sort::Message | Sort::Enum | Sort::Field) => Sort::Reserved,
        (_, Sort::Enum) => Sort::Value,
        (_, Sort::Service | Sort::Method) => Sort::Other,
        ("export" | "local", _) if text.is(start + 1, "message") => Sort::Message,
        ("export" | "local", _) if text.is(start + 1, "enum") => Sort::Enum,
        ("message", _) if next_is_name && text.is(start + 2, "{") => Sort::Message,
        ("enum", _) if next_is_name && text.is(start + 2, "{") => Sort::Enum,
        ("extend", _) if !text.is(start + 2, "=") => Sort::Extend,
        ("oneof", Sort::Message | Sort::Field) if text.is(start + 2, "{") => Sort::Oneof,
        ("extensions", Sort::Message) if text.kind(start + 1) == Kind::Integer => Sort::Extensions,
        (_, Sort::Message | Sort::Oneof | Sort::Extend | Sort::Field) => Sort::Field,
        ("syntax" | "edition", Sort::Other) => Sort::Syntax,
        ("package", Sort::Other) => Sort::Package,
        ("import", Sort::Other) => Sort::Import,
        ("message", Sort::Other) => Sort::Message,
        ("enum", Sort::Other) => Sort::Enum,
        ("service", Sort::Other) => Sort::Service,
        _ => Sort::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_their_parts_and_scopes_their_names() {
        let text = Text::new(
            b"package a.b; message M { reserved 5 to 9, 12; repeated string x = 1 [o = { a: 1 }]; \
              oneof o { map<int32, N> y = -2; } message N { } } service S { rpc R (M) returns (N) \
              { option a = 1; } } enum E { V = 0x10; }"
                .to_vec(),
        );
        let outline = Outline::new(&text);
        let mut seen = Vec::new();
        outline.visit(&text, &mut |statement, scope| {
            if let Some(name) = statement.name(&text) {
                let number = statement.number(&text);
                seen.push(format!(
                    "{:?} {} {number:?}",
                    statement.sort,
                    join(scope, text.word(name))
                ));
            }
        });
        assert_eq!(
            seen,
            [
                "Message a.b.M None",
                "Field a.b.M.x Some(1)",
                "Oneof a.b.M.o None",
                "Field a.b.M.y Some(-2)",
                "Message a.b.M.N None",
                "Service a.b.S None",
                "Method a.b.S.R None",
                "Enum a.b.E None",
                "Value a.b.E.V Some(16)",
            ]
        );
        let message = &outline.statements[1];
        let ranges = message.block[0].ranges(&text);
        assert_eq!((ranges[0].0, ranges[0].1), (5, 9));
        assert_eq!((ranges[1].0, ranges[1].1), (12, 12));
        assert_eq!(message.members().len(), 2);
        assert_eq!(
            text.written(message.members()[1].member(&text).expect("a field").kind),
            "map<int32, N>"
        );
    }
}
