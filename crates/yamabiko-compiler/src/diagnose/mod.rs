//! What is wrong with files, for people: the problems of the front end, each
//! once, with a code, the places that matter, and an edit that mends it.
//!
//! `session` reads on after an error, `rules` say what there is to say about
//! each problem, `text`, `outline` and `names` are what rules look at; `mended`
//! knows where a mended text differs from what the file says.

mod context;
mod files;
mod finding;
mod lints;
mod mended;
mod names;
mod outline;
mod rules;
mod session;
mod statements;
mod text;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::diagnostic::{Change, Diagnostic, Edit, Label, Protoc};
use crate::explain::codes;
use crate::hints;
use files::Files;
use session::{Found, Session};

/// What a check found, and what it looked at.
#[derive(Debug)]
pub(crate) struct Checked {
    /// What is wrong, file by file, in the order of the text.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Every file that was read from disk.
    pub(crate) paths: Vec<PathBuf>,
}

/// Checks files, which lie below one of the directories, and what they import.
/// `overlays` are texts that stand for what is on disk.
pub(crate) fn check(
    paths: &[PathBuf],
    directories: &[PathBuf],
    overlays: &BTreeMap<PathBuf, Vec<u8>>,
) -> Checked {
    let files = Files::new(directories, overlays);
    let mut diagnostics = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for path in paths {
        match name_of(path, &files) {
            Ok(name) if !seen.insert(name.clone()) => {}
            Ok(name) => names.push(name),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    let mut session = Session::new(files);
    session.run(&names);
    lints::run(&mut session, &names);
    let order: HashMap<&str, usize> =
        names.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    let order = |name: &str| order.get(name).copied().unwrap_or(names.len());
    let mut found = std::mem::take(&mut session.found);
    found.sort_by_cached_key(|found| {
        (order(&found.file), found.file.clone(), found.range.start, found.finding.code)
    });
    diagnostics.extend(
        session
            .unreadable
            .iter()
            // One that is imported is told of at the import.
            .filter(|(name, _)| names.contains(name))
            .map(|(_, message)| Diagnostic::new(message.as_str()).with_code(codes::UNREADABLE)),
    );
    diagnostics.extend(once(&found).into_iter().map(|found| diagnostic(found, &session)));
    Checked { diagnostics, paths: session.files.paths() }
}

/// Leaves out a cycle that was told of from another of its files, and a second
/// problem at one place.
fn once(found: &[Found]) -> Vec<&Found> {
    let mut told: Vec<&Found> = Vec::new();
    for one in found {
        let is_cycle = one.finding.code == codes::IMPORT_CYCLE;
        let again = told.iter().any(|other| {
            let same_place = other.file == one.file && other.range == one.range;
            let same_cycle = is_cycle && other.finding.headline == one.finding.headline;
            same_place || same_cycle
        });
        if !again {
            told.push(one);
        }
    }
    told
}

fn diagnostic(found: &Found, session: &Session) -> Diagnostic {
    let finding = &found.finding;
    let shown = session.files.shown(&found.file);
    let original = session.files.get(&found.file).map_or(&[][..], |source| &source.original);
    let protoc = found.problem.as_ref().map(|problem| Protoc {
        message: problem.message.clone(),
        place: problem.place.map(|place| (place.line + 1, place.column + 1)),
    });
    let mut diagnostic = Diagnostic::new(clip(&finding.headline, MAX_HEADLINE))
        .with_code(finding.code)
        .with_severity(finding.severity)
        .in_file(shown)
        .with_protoc(protoc);
    if finding.code != codes::UTF16 {
        diagnostic = diagnostic.at(Label::in_bytes(
            original,
            found.range.clone(),
            &clip(&finding.label, MAX_HEADLINE),
        ));
        for (file, range, text) in &found.others {
            let Some(source) = session.files.get(file) else { continue };
            let label = Label::in_bytes(&source.original, range.clone(), &clip(text, MAX_HEADLINE));
            diagnostic = diagnostic.at(if *file == found.file {
                label
            } else {
                label.of_file(session.files.shown(file))
            });
        }
    }
    diagnostic = finding
        .helps
        .iter()
        .filter(|help| !help.is_empty())
        .fold(diagnostic, |diagnostic, help| diagnostic.help(clip(help, MAX_HELP)));
    diagnostic.with_edit(found.edit.as_ref().filter(|(title, _)| !title.is_empty()).map(
        |(title, changes)| {
            Edit {
                title: clip(title, MAX_HEADLINE),
                changes: changes
                    .iter()
                    .map(|(range, text)| Change {
                        range: range.clone(),
                        text: String::from_utf8_lossy(text).into_owned(),
                    })
                    .collect(),
            }
        },
    ))
}

/// So many characters of a headline are shown, and of advice: what is longer
/// quotes something that nobody wants to read.
const MAX_HEADLINE: usize = 300;
const MAX_HELP: usize = 2_000;

fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn name_of(path: &Path, files: &Files) -> Result<String, Diagnostic> {
    if let Err(error) = std::fs::metadata(path) {
        return Err(if error.kind() == std::io::ErrorKind::NotFound {
            let diagnostic = Diagnostic::new(format!("no such file: {}", path.display()));
            hints::similar_file(path, diagnostic.with_code(codes::NO_FILE))
        } else {
            Diagnostic::new(format!("cannot read {}: {error}", path.display()))
                .with_code(codes::UNREADABLE)
        });
    }
    files.name_of(path).ok_or_else(|| {
        Diagnostic::new(format!("{} is in none of the include directories", path.display()))
            .help("include the directory that its imports are relative to")
    })
}

#[cfg(test)]
mod tests;
