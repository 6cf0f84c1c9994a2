//! What may come next in a text that is being written.

use super::{Kind, Workspace};
use crate::lex::{Kind as Token, Lexer};
use std::collections::BTreeSet;
use std::path::Path;

/// Something that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What is written.
    pub text: String,
    /// What it is.
    pub kind: Completes,
    /// A word about it.
    pub detail: String,
    /// A file that must be imported, too.
    pub import: Option<String>,
}

/// What a completion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completes {
    /// A word of the language.
    Keyword,
    /// A type that is always there.
    Scalar,
    /// A message.
    Message,
    /// An enum.
    Enum,
    /// The number of a field or a value.
    Number,
    /// The name of a file.
    File,
}

/// So many types are offered at once; more letters bring the others.
const MOST: usize = 200;

const SCALARS: [&str; 15] = [
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
    "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes",
];

/// Where in a statement the cursor is.
enum Place {
    /// Within the quotes of an import.
    Import,
    /// Where a number is due.
    Number,
    /// Where a type is due; only a message if it is the one of a method.
    Type { only_messages: bool, starts: bool },
    /// Where a statement of a file, an enum or a service starts.
    Statement,
    /// Anywhere else.
    Elsewhere,
}

impl Workspace {
    /// What may be written at a place, and from which byte on that stands there
    /// already in part.
    pub fn completions(&self, file: &Path, offset: usize) -> (usize, Vec<Completion>) {
        let Some(document) = self.documents.get(file) else { return (offset, Vec::new()) };
        let text = &document.text[..offset.min(document.text.len())];
        let around = document.around(offset);
        let (place, start) = place(text, around.map(|around| around.kind));
        let typed = String::from_utf8_lossy(&text[start..]).into_owned();
        let items = match place {
            Place::Import => self.importable(file),
            Place::Number => {
                let name = around.map(|around| around.full_name.as_str()).unwrap_or_default();
                let is_enum = around.is_some_and(|around| around.kind == Kind::Enum);
                let taken = document.numbers.get(name).map_or(&[][..], Vec::as_slice);
                vec![number(taken, !is_enum)]
            }
            Place::Type { only_messages, starts } => {
                let scope = around.map_or(document.package.as_str(), |around| &around.full_name);
                let mut items = Vec::new();
                if starts {
                    items.extend(keywords(Some(Kind::Message)));
                }
                if !only_messages {
                    items.extend(SCALARS.map(|name| plain(name, Completes::Scalar)));
                }
                items.extend(self.types(file, scope, &typed, only_messages));
                items
            }
            Place::Statement => keywords(around.map(|around| around.kind)),
            Place::Elsewhere => Vec::new(),
        };
        (start, items)
    }

    /// The files that can be imported, by the names that imports use.
    fn importable(&self, file: &Path) -> Vec<Completion> {
        let own = self.import_name(file);
        let names = self.documents.keys().filter_map(|path| self.import_name(path));
        let built_in = crate::well_known::FILES.iter().map(|(name, _)| (*name).to_owned());
        let names: BTreeSet<String> = names.chain(built_in).collect();
        let others = names.into_iter().filter(|name| Some(name) != own.as_ref());
        others.map(|name| plain(&name, Completes::File)).collect()
    }

    fn types(&self, file: &Path, scope: &str, typed: &str, only_messages: bool) -> Vec<Completion> {
        let visible = self.visible(file);
        let wanted = typed.to_lowercase();
        let mut found = Vec::new();
        for (full_name, places) in &self.definitions {
            for (path, kind) in places {
                let kind = match kind {
                    Kind::Message => Completes::Message,
                    Kind::Enum if !only_messages => Completes::Enum,
                    _ => continue,
                };
                let short = full_name.rsplit('.').next().unwrap_or(full_name).to_lowercase();
                if !short.starts_with(&wanted) && !full_name.to_lowercase().starts_with(&wanted) {
                    continue;
                }
                let is_visible = visible.contains(path);
                let import = (!is_visible).then(|| self.import_name(path)).flatten();
                let text = super::resolve::shortest(full_name, scope).to_owned();
                found.push((
                    !is_visible,
                    full_name.len(),
                    Completion { text, kind, detail: full_name.clone(), import },
                ));
            }
        }
        found.sort_by(|a, b| (a.0, a.1, &a.2.detail).cmp(&(b.0, b.1, &b.2.detail)));
        found.into_iter().map(|(_, _, item)| item).take(MOST).collect()
    }
}

fn plain(text: &str, kind: Completes) -> Completion {
    Completion { text: text.to_owned(), kind, detail: String::new(), import: None }
}

fn keywords(around: Option<Kind>) -> Vec<Completion> {
    let words: &[&str] = match around {
        None => &[
            "syntax", "edition", "package", "import", "option", "message", "enum", "service",
            "extend",
        ],
        Some(Kind::Message) => &[
            "optional",
            "repeated",
            "map",
            "oneof",
            "message",
            "enum",
            "reserved",
            "extensions",
            "extend",
            "option",
        ],
        Some(Kind::Enum) => &["reserved", "option"],
        Some(_) => &["rpc", "option"],
    };
    words.iter().map(|word| plain(word, Completes::Keyword)).collect()
}

/// The number after the largest one; fields start at 1, values at 0, and some
/// numbers are protobuf's own.
fn number(taken: &[(i64, i64)], is_field: bool) -> Completion {
    let mut next = i64::from(is_field);
    loop {
        let own = if is_field { Some(&(19_000, 19_999)) } else { None };
        let is_in = |range: &&(i64, i64)| range.0 <= next && next <= range.1;
        match taken.iter().chain(own).find(is_in) {
            Some(range) => next = range.1 + 1,
            None => break,
        }
    }
    Completion {
        detail: "next free number".to_owned(),
        ..plain(&next.to_string(), Completes::Number)
    }
}

/// Where the end of a text is, and where the word starts that it ends with.
fn place(text: &[u8], around: Option<Kind>) -> (Place, usize) {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    let start = text.iter().rposition(|byte| !is_name(byte)).map_or(0, |at| at + 1);
    let line = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let line_text = text[line..].trim_ascii_start();
    if line_text.starts_with(b"import")
        && line_text.iter().filter(|&&byte| byte == b'"').count() == 1
    {
        let quote = text.iter().rposition(|&byte| byte == b'"').map_or(start, |at| at + 1);
        return (Place::Import, quote);
    }
    let mut lexer = Lexer::new(&text[..start]);
    let mut statement: Vec<&[u8]> = Vec::new();
    while lexer.next() {
        let token = lexer.current();
        match token.text {
            b";" | b"{" | b"}" if token.kind == Token::Symbol => statement.clear(),
            text => statement.push(text),
        }
    }
    if !lexer.take_faults().is_empty() && statement.is_empty() {
        return (Place::Elsewhere, start);
    }
    let last = statement.last().copied().unwrap_or_default();
    let first = statement.first().copied().unwrap_or_default();
    let place = match (first, last) {
        (_, b"") if matches!(around, Some(Kind::Message)) => {
            Place::Type { only_messages: false, starts: true }
        }
        (_, b"") => Place::Statement,
        (b"option", _) => Place::Elsewhere,
        (b"rpc", b"(" | b"stream") => Place::Type { only_messages: true, starts: false },
        (b"extend", b"extend") => Place::Type { only_messages: true, starts: false },
        (_, b"=") if !statement.contains(&&b"["[..]) && statement.len() > 1 => Place::Number,
        (_, b"repeated" | b"optional" | b"required") if statement.len() == 1 => {
            Place::Type { only_messages: false, starts: false }
        }
        (b"map", b"<" | b",") | (b"repeated", b"<") => {
            Place::Type { only_messages: false, starts: false }
        }
        _ => Place::Elsewhere,
    };
    (place, start)
}
