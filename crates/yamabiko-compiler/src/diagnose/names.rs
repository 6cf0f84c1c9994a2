//! What a name may mean: in the file, in what it imports, and in every file
//! below the include directories.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::rc::Rc;

use super::context::Context;
use super::files::{Files, View};
use super::outline::{Sort, Statement, join};
use crate::hints::{lookup, similar};
use crate::lex::{Kind, strings};
use crate::well_known;

/// So many bytes of files are read for a name that is not there.
const MAX_BYTES: usize = 32 << 20;

/// A message or enum that is defined somewhere.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) full: String,
    pub(super) file: String,
    pub(super) sort: Sort,
    /// Where its name stands.
    pub(super) range: Range<usize>,
    /// The line of that, from 1.
    pub(super) line: usize,
}

impl Known {
    /// The last part of the name.
    pub(super) fn simple(&self) -> &str {
        simple(&self.full)
    }
}

pub(super) fn simple(full: &str) -> &str {
    full.rsplit('.').next().unwrap_or(full)
}

/// The messages and enums of a file.
pub(super) fn types_of(file: &str, view: &View) -> Vec<Known> {
    let mut found = Vec::new();
    view.outline.visit(&view.text, &mut |statement, scope| {
        if !matches!(statement.sort, Sort::Message | Sort::Enum) {
            return;
        }
        let Some(name) = statement.name(&view.text) else { return };
        let range = view.text.range(name);
        found.push(Known {
            full: join(scope, view.text.word(name)),
            file: file.to_owned(),
            sort: statement.sort,
            line: view.text.line(range.start) + 1,
            range,
        });
    });
    found
}

/// An import, as it is written.
pub(super) struct Import<'o> {
    pub(super) statement: &'o Statement,
    pub(super) is_public: bool,
    pub(super) name: String,
    /// Where the name stands, with its quotes.
    pub(super) range: Range<usize>,
}

/// The imports of a file, in order.
pub(super) fn imports(view: &View) -> Vec<Import<'_>> {
    let text = &view.text;
    let mut imports = Vec::new();
    for statement in view.outline.statements.iter().filter(|one| one.sort == Sort::Import) {
        let head = &statement.head;
        let string = head.clone().find(|token| text.kind(*token) == Kind::String);
        let Some(token) = string else { continue };
        let mut name = Vec::new();
        strings::unescape(&text.bytes[text.range(token)], &mut name);
        imports.push(Import {
            statement,
            is_public: text.is(head.start + 1, "public"),
            name: String::from_utf8_lossy(&name).into_owned(),
            range: text.range(token),
        });
    }
    imports
}

/// The files whose types a file sees: its own, what it imports, and what those
/// import publicly.
fn visible_files(files: &mut Files, name: &str) -> Vec<String> {
    let mut seen = BTreeSet::from([name.to_owned()]);
    let mut visible = vec![name.to_owned()];
    let mut next = 0;
    while let Some(file) = visible.get(next).cloned() {
        let known = files.known_name(&file).to_owned();
        if let Some(view) = files.view(&known) {
            for import in imports(&view) {
                if (next == 0 || import.is_public) && seen.insert(import.name.clone()) {
                    visible.push(import.name);
                }
            }
        }
        next += 1;
    }
    visible
}

/// The types that a file sees.
pub(super) fn visible(files: &mut Files, name: &str) -> Vec<Known> {
    let mut found = Vec::new();
    for file in visible_files(files, name) {
        let file = files.known_name(&file).to_owned();
        if let Some(view) = files.view(&file) {
            found.extend(types_of(&file, &view));
        }
    }
    found
}

/// The types of protobuf's own files, and of all below the include directories.
pub(super) fn everywhere(files: &mut Files) -> Rc<Vec<Known>> {
    if let Some(known) = &files.known {
        return Rc::clone(known);
    }
    let mut found = Vec::new();
    for (name, text) in well_known::FILES {
        // What descriptors are made of is hardly ever meant.
        if !name.contains("descriptor") && !name.contains("plugin") && !name.contains("_features") {
            found.extend(types_of(name, &View::new(text.as_bytes().to_vec())));
        }
    }
    let mut bytes = 0;
    for (name, path) in files.below().iter() {
        if well_known::text(name).is_some() || bytes > MAX_BYTES {
            continue;
        }
        let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
        if usize::try_from(size).map_or(true, |size| size > MAX_BYTES) {
            continue;
        }
        let Ok(text) = fs::read(path) else { continue };
        bytes += text.len();
        found.extend(types_of(name, &View::new(text)));
    }
    let found = Rc::new(found);
    files.known = Some(Rc::clone(&found));
    found
}

/// The shortest way to write a type inside of a scope.
pub(super) fn written_in(full: &str, scope: &str, visible: &[Known]) -> String {
    let parts: Vec<&str> = full.split('.').collect();
    for length in 1..=parts.len() {
        let name = parts[parts.len() - length..].join(".");
        if resolve(&name, scope, visible).is_some_and(|known| known.full == full) {
            return name;
        }
    }
    format!(".{full}")
}

/// What a name means inside of a scope: the innermost type of that name.
pub(super) fn resolve<'k>(name: &str, scope: &str, visible: &'k [Known]) -> Option<&'k Known> {
    if let Some(full) = name.strip_prefix('.') {
        return visible.iter().find(|known| known.full == full);
    }
    let mut scope = scope;
    loop {
        let full = join(scope, name);
        if let Some(known) = visible.iter().find(|known| known.full == full) {
            return Some(known);
        }
        if scope.is_empty() {
            return None;
        }
        scope = scope.rfind('.').map_or("", |dot| &scope[..dot]);
    }
}

/// What an unknown name of a type may mean.
#[derive(Debug)]
pub(super) enum Meant {
    /// One of protobuf's own types; other words for it come first.
    Scalar(&'static str, Option<&'static str>),
    /// A type that is seen, which is written so, because of a misspelling.
    Similar(Known, String),
    /// A type that is seen, but has to be written so.
    Visible(Known, String),
    /// A type of a file that is not imported, and how to write it; the name is
    /// as it should be.
    Elsewhere(Known, String),
    /// The same, but the name is misspelled.
    ElsewhereSimilar(Known, String),
}

/// Other languages' words, and protobuf's.
const SCALAR_EDITS: [(&str, &str); 22] = [
    ("int", "int32"),
    ("integer", "int32"),
    ("short", "int32"),
    ("long", "int64"),
    ("int8", "int32"),
    ("int16", "int32"),
    ("i32", "int32"),
    ("i64", "int64"),
    ("uint", "uint32"),
    ("u32", "uint32"),
    ("u64", "uint64"),
    ("float32", "float"),
    ("float64", "double"),
    ("f32", "float"),
    ("f64", "double"),
    ("decimal", "double"),
    ("boolean", "bool"),
    ("str", "string"),
    ("text", "string"),
    ("char", "string"),
    ("byte", "bytes"),
    ("number", "double"),
];

/// Other languages' words for what is a message here.
const MESSAGE_EDITS: [(&str, &str); 9] = [
    ("date", "google.protobuf.Timestamp"),
    ("datetime", "google.protobuf.Timestamp"),
    ("time", "google.protobuf.Timestamp"),
    ("object", "google.protobuf.Struct"),
    ("json", "google.protobuf.Struct"),
    ("dict", "google.protobuf.Struct"),
    ("any", "google.protobuf.Any"),
    ("void", "google.protobuf.Empty"),
    ("timedelta", "google.protobuf.Duration"),
];

/// Guesses what a name means inside of a scope.
pub(super) fn guess(
    context: &mut Context<'_>,
    name: &str,
    scope: &str,
    only_messages: bool,
) -> Option<Meant> {
    let fits = |known: &&Known| !only_messages || known.sort == Sort::Message;
    let visible = visible(context.files, context.name);
    let everywhere = everywhere(context.files);
    let elsewhere: Vec<Known> = everywhere
        .iter()
        .filter(|known| !visible.iter().any(|seen| seen.full == known.full))
        .filter(fits)
        .cloned()
        .collect();
    let seen = |known: &Known| {
        let mut all = visible.clone();
        all.push(known.clone());
        written_in(&known.full, scope, &all)
    };
    let in_full = resolve(name, scope, &elsewhere).filter(|_| name.contains('.'));
    if let Some(known) = in_full {
        return Some(Meant::Elsewhere(known.clone(), name.to_owned()));
    }
    let lower = name.to_lowercase();
    if !only_messages {
        if let Some(scalar) = lookup::SCALARS.iter().find(|scalar| **scalar == lower) {
            return Some(Meant::Scalar(scalar, None));
        }
        if let Some((_, scalar)) = SCALAR_EDITS.iter().find(|(foreign, _)| *foreign == lower) {
            let words = lookup::FOREIGN.iter().find(|(foreign, _)| *foreign == lower);
            return Some(Meant::Scalar(scalar, words.map(|(_, words)| *words)));
        }
    }
    let wanted = simple(name);
    if let Some(known) = visible.iter().filter(fits).find(|known| known.simple() == wanted) {
        let written = written_in(&known.full, scope, &visible);
        return Some(Meant::Visible(known.clone(), written));
    }
    if let Some(known) = resolve(name, scope, &elsewhere) {
        return Some(Meant::Elsewhere(known.clone(), name.to_owned()));
    }
    let candidates = visible.iter().filter(fits).map(Known::simple);
    let scalars = lookup::SCALARS.into_iter().filter(|_| !only_messages);
    if let Some(best) = similar::best(wanted, candidates.chain(scalars)) {
        if let Some(known) = visible.iter().filter(fits).find(|known| known.simple() == best) {
            let written = written_in(&known.full, scope, &visible);
            return Some(Meant::Similar(known.clone(), written));
        }
        let scalar = lookup::SCALARS.iter().find(|scalar| **scalar == best)?;
        return Some(Meant::Scalar(scalar, None));
    }
    let of_name = |full: &str| elsewhere.iter().find(|known| known.full == full);
    let foreign = MESSAGE_EDITS.iter().find(|(foreign, _)| *foreign == lower);
    if let Some(known) = foreign.and_then(|(_, full)| of_name(full)) {
        return Some(Meant::Elsewhere(known.clone(), seen(known)));
    }
    if let Some(known) = elsewhere.iter().find(|known| known.simple() == wanted) {
        return Some(Meant::Elsewhere(known.clone(), seen(known)));
    }
    let best = similar::best(wanted, elsewhere.iter().map(Known::simple))?;
    // What is not even imported must be quite alike.
    if wanted.len() < 5 {
        return None;
    }
    let known = elsewhere.iter().find(|known| known.simple() == best)?;
    Some(Meant::ElsewhereSimilar(known.clone(), seen(known)))
}
