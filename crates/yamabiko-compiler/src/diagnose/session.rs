//! Reading on after an error: what is wrong is mended in a copy of the text, as
//! the advice says, and the copy is read again.
//!
//! So one mistake gives one error, what is offered as an edit has been tried,
//! and later phases see a file that earlier ones would take. The front end
//! itself stays as protoc is.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use super::context::Context;
use super::files::{Files, Opened, Source};
use super::finding::Finding;
use super::mended::{Change, Mended};
use super::text::place;
use super::{rules, statements};
use crate::explain::{Code, codes};
use crate::parse::{self, Parsed};
use crate::problem::{Problem, Severity};
use crate::proto::{self, Open};

/// So many errors of one file are told; more help nobody.
const MAX_ERRORS: usize = 100;
/// So many problems of one file are looked at in a round.
const MAX_PROBLEMS: usize = 2 * MAX_ERRORS;
/// The same for a file that is too large to be mended.
const MAX_OF_LARGE: usize = 10;
/// So often the files are linked anew.
const MAX_ROUNDS: usize = 16;
/// Larger files are read once, without mending: that would take too long.
pub(super) const MAX_MENDED: usize = 1 << 20;
/// So many bytes are read again to mend a file.
const MAX_WORK: usize = 16 << 20;

/// A finding with ranges of the original text, as far as they exist there.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) file: String,
    pub(super) finding: Finding,
    /// Where the file says it, in its original text.
    pub(super) range: Range<usize>,
    /// The edit in the original text.
    pub(super) edit: Option<(String, Vec<Change>)>,
    /// Other places: the file, the range there, the words.
    pub(super) others: Vec<(String, Range<usize>, String)>,
    /// What protoc said, if it did.
    pub(super) problem: Option<Problem>,
}

/// A check of some files.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) files: Files,
    pub(super) found: Vec<Found>,
    /// What was said already: file, code and place.
    seen: HashSet<(String, Code, usize)>,
    /// Files that cannot be read, with the system's words.
    pub(super) unreadable: BTreeMap<String, String>,
    told: BTreeMap<String, usize>,
    /// The files that are imported as they stand; others came by a guess.
    certain: Option<HashSet<String>>,
    /// The file that was just read, if it can be as it stands.
    sound: Option<(String, Parsed, Vec<Problem>)>,
}

impl Session {
    pub(super) fn new(files: Files) -> Self {
        Self {
            files,
            found: Vec::new(),
            seen: HashSet::new(),
            unreadable: BTreeMap::new(),
            told: BTreeMap::new(),
            certain: None,
            sound: None,
        }
    }

    /// Checks some files and what they import.
    pub(super) fn run(&mut self, names: &[String]) {
        for round in 0..MAX_ROUNDS {
            let mut problems = Vec::new();
            proto::tell_all(names, self, &mut problems);
            self.certain.get_or_insert_with(|| self.files.names().into_iter().collect());
            if !self.explain(&problems, round == 0) {
                break;
            }
        }
    }

    /// Explains the problems of a round; says whether something was mended.
    fn explain(&mut self, problems: &[Problem], is_first: bool) -> bool {
        let mut by_file: BTreeMap<&str, Vec<Problem>> = BTreeMap::new();
        for problem in problems {
            let is_large = self.files.get(&problem.file).is_some_and(|source| source.is_large());
            let most = if is_large { MAX_OF_LARGE } else { MAX_PROBLEMS };
            let of_file = by_file.entry(&problem.file).or_default();
            if of_file.len() < most {
                of_file.push(problem.clone());
            }
        }
        let mut mended = false;
        for (name, problems) in by_file {
            mended |= self.explain_file(name, &problems, is_first);
        }
        mended
    }

    fn explain_file(&mut self, name: &str, problems: &[Problem], is_first: bool) -> bool {
        let Some(view) = self.files.view(name) else { return false };
        let mut findings: Vec<(Finding, usize)> = Vec::new();
        for at in 0..problems.len() {
            let is_warning = problems[at].severity == Severity::Warning;
            // What was mended may not be as its author means it.
            if is_warning && (!is_first || self.has_errors(name)) {
                continue;
            }
            let mut context = Context::new(name, view.clone(), &problems[at..], &mut self.files);
            let Some(finding) = rules::explain(&mut context) else { continue };
            // In proto2 some rules only warn.
            let finding = if is_warning { finding.warning() } else { finding };
            findings.push((finding, at));
        }
        let covers: Vec<Range<usize>> =
            findings.iter().filter_map(|(finding, _)| finding.covers.clone()).collect();
        let is_covered = |finding: &Finding| {
            covers.iter().any(|cover| {
                cover.start <= finding.range.start
                    && finding.range.end <= cover.end
                    && finding.covers.as_ref() != Some(cover)
            })
        };
        let lost_before = self.files.get(name).is_some_and(|source| source.loses_names);
        let loses_names = lost_before || findings.iter().any(|(finding, _)| finding.loses_names);
        // What an import should have brought is not missed while that is missing.
        let lacks_import = problems.iter().any(|problem| {
            problem.message.starts_with("Import \"")
                && problem.message.ends_with("was not found or had errors.")
        });
        findings.retain(|(finding, _)| {
            // What loses names does not follow from itself.
            let may_follow = lost_before || lacks_import || (loses_names && !finding.loses_names);
            let follows = may_follow && rules::misses_a_name(finding);
            !is_covered(finding) && !follows
        });
        let before = self.files.get(name).map(|source| source.mended.clone());
        let mut changes: Vec<Change> = Vec::new();
        for (finding, at) in findings {
            let source = self.files.get(name).expect("it was looked at before");
            let start = source.mended.to_original(&finding.range).0.start;
            let key = (name.to_owned(), finding.code, start);
            let is_new = self.seen.insert(key);
            let edit = finding.edit.as_ref().map(|(_, changes)| changes.clone());
            let without = finding.without.clone();
            let without = without.unwrap_or_else(|| statements::without_names(&view, &finding));
            let blank = vec![blank(&view.text.bytes, &without)];
            let is_warning = finding.severity == crate::diagnostic::Severity::Warning;
            let problem = problems[at].clone();
            let wanted = match edit {
                Some(edit) if is_new => edit,
                // The edit has not helped.
                Some(_) => {
                    self.take_back_edit(name, finding.code, start);
                    blank
                }
                None if is_new => blank,
                // Even without the statement it is there: enough.
                None => continue,
            };
            if is_new {
                let mended = before.as_ref().expect("the file is there");
                if !self.may_tell(name, &finding.range, mended) {
                    break;
                }
                self.tell(name, finding, Some(problem), mended);
            }
            let is_something =
                wanted.iter().any(|(range, text)| !range.is_empty() || !text.is_empty());
            if !is_warning && is_something && is_apart(&changes, &wanted) {
                changes.extend(wanted);
            }
        }
        if loses_names && let Some(source) = self.files.source(name) {
            source.loses_names = true;
        }
        let is_enough = self.is_enough(name) || view.text.bytes.len() > MAX_MENDED;
        if changes.is_empty() || is_enough {
            return false;
        }
        changes.sort_by_key(|(range, _)| (range.start, range.end));
        self.files.source(name).expect("it was looked at before").change(&changes);
        true
    }

    pub(super) fn has_errors(&self, name: &str) -> bool {
        self.found.iter().any(|found| {
            found.file == name && found.finding.severity == crate::diagnostic::Severity::Error
        })
    }

    /// Whether one more problem of a file is told. When there are too many, that
    /// is said.
    fn may_tell(&mut self, name: &str, range: &Range<usize>, mended: &Mended) -> bool {
        let told = self.told.entry(name.to_owned()).or_default();
        *told += 1;
        if *told == MAX_ERRORS + 1 {
            self.too_many(name, range, mended);
        }
        !self.is_enough(name)
    }

    /// Whether a file has so many errors that no more are told.
    fn is_enough(&self, name: &str) -> bool {
        self.told.get(name).is_some_and(|told| *told > MAX_ERRORS)
    }

    fn too_many(&mut self, name: &str, range: &Range<usize>, mended: &Mended) {
        let headline = "there are more errors from here on: mend the others first";
        let finding = Finding::new(codes::TOO_MANY, headline, range.clone());
        self.tell(name, finding, None, mended);
    }

    fn take_back_edit(&mut self, name: &str, code: Code, start: usize) {
        let found = self.found.iter_mut().find(|found| {
            found.file == name && found.finding.code == code && found.range.start == start
        });
        if let Some(found) = found
            && let Some((title, _)) = found.edit.take()
        {
            found.finding.helps.push(title);
        }
    }

    /// Remembers a finding, with its ranges in the original text.
    pub(super) fn tell(
        &mut self,
        name: &str,
        finding: Finding,
        problem: Option<Problem>,
        mended: &Mended,
    ) {
        if self.certain.as_ref().is_some_and(|certain| !certain.contains(name)) {
            return;
        }
        let problem = problem.map(|problem| self.in_original(name, problem, mended));
        let edit = finding.edit.as_ref().and_then(|(title, changes)| {
            let changes: Option<Vec<Change>> = changes
                .iter()
                .map(|(range, text)| {
                    let (original, exact) = mended.to_original(range);
                    exact.then(|| (original, text.clone()))
                })
                .collect();
            Some((title.clone(), changes?))
        });
        let mut finding = finding;
        if edit.is_none()
            && let Some((title, _)) = &finding.edit
        {
            finding.helps.push(title.clone());
        }
        let mut others = Vec::new();
        for other in std::mem::take(&mut finding.others) {
            let file = other.file.unwrap_or_else(|| name.to_owned());
            let range = if file == name {
                mended.to_original(&other.range).0
            } else {
                match self.files.get(&file) {
                    Some(source) => source.mended.to_original(&other.range).0,
                    None => other.range,
                }
            };
            others.push((file, range, other.text));
        }
        let range = mended.to_original(&finding.range).0;
        self.found.push(Found { file: name.to_owned(), finding, range, edit, others, problem });
    }

    /// Whether a file can be read as it stands, as most can. What was read is
    /// kept.
    fn is_sound(&mut self, name: &str) -> bool {
        let Some(source) = self.files.source(name) else { return true };
        let mut problems = Vec::new();
        let parsed = parse::parse_without_locations(name, &source.text(), &mut problems);
        let is_sound = !parsed.had_errors;
        source.has_syntax = parsed.file.syntax.is_some() || parsed.file.edition.is_some();
        self.sound = is_sound.then(|| (name.to_owned(), parsed, problems));
        is_sound
    }

    /// A problem with its place as it is in the original.
    fn in_original(&mut self, name: &str, problem: Problem, mended: &Mended) -> Problem {
        let Some(source) = self.files.source(name) else { return problem };
        let place = problem.place.map(|there| {
            let offset = source.view().text.offset(there);
            place(&source.original, mended.to_original(&(offset..offset)).0.start)
        });
        Problem { place, ..problem }
    }

    /// Mends the syntax of a file until it can be read.
    fn read_syntax(&mut self, name: &str) {
        self.read_characters(name);
        if self.is_sound(name) {
            return;
        }
        let mut work = 0;
        // The text before the last change, and what that was to mend.
        let mut trial: Option<(Mended, Code, usize, Vec<Change>)> = None;
        loop {
            let Some(view) = self.files.view(name) else { return };
            work += view.text.bytes.len();
            let mut problems = Vec::new();
            parse::parse_without_locations(name, &view.text.bytes, &mut problems);
            problems.retain(|problem| problem.severity == Severity::Error);
            if problems.is_empty() {
                return;
            }
            let mut context = Context::new(name, view.clone(), &problems, &mut self.files);
            let Some(finding) = rules::explain(&mut context) else { return };
            let source = self.files.source(name).expect("it was looked at before");
            let start = source.mended.to_original(&finding.range).0.start;
            let without = finding.without.clone();
            let without = without.unwrap_or_else(|| statements::around(&view, &finding));
            let blanked = vec![blank(&view.text.bytes, &without)];
            if let Some((before, code, place, blanked)) = trial.take()
                && (code, place) == (finding.code, start)
            {
                // It did not help: go back, and read on without the statement.
                source.restore(before);
                source.change(&blanked);
                self.take_back_edit(name, code, place);
                continue;
            }
            let key = (name.to_owned(), finding.code, start);
            let mended = self.files.get(name).map(|source| source.mended.clone());
            let mended = mended.expect("it was looked at before");
            // It is still there without the statement, or it is enough.
            if !self.seen.insert(key) || !self.may_tell(name, &finding.range, &mended) {
                return self.give_up(name);
            }
            let (loses_names, code) = (finding.loses_names, finding.code);
            let edit = finding.edit.as_ref().map(|(_, changes)| changes.clone());
            let range = finding.range.clone();
            self.tell(name, finding, Some(problems[0].clone()), &mended);
            if view.text.bytes.len() > MAX_MENDED || work > MAX_WORK {
                if problems.len() > 1 {
                    self.too_many(name, &range, &mended);
                }
                return self.give_up(name);
            }
            let source = self.files.source(name).expect("it was looked at before");
            match edit {
                Some(changes) => {
                    source.change(&changes);
                    trial = Some((mended, code, start, blanked));
                }
                None => {
                    source.change(&blanked);
                    source.loses_names |= loses_names || statements::declares(&view, &blanked[0].0);
                }
            }
        }
    }

    /// Says what is wrong with a file's bytes, and reads on without that.
    fn read_characters(&mut self, name: &str) {
        let Some(source) = self.files.source(name) else { return };
        let Some(finding) = rules::characters(&source.original) else { return };
        let mended = source.mended.clone();
        if let Some((_, changes)) = &finding.edit {
            source.change(changes);
        }
        self.seen.insert((name.to_owned(), finding.code, finding.range.start));
        self.tell(name, finding, None, &mended);
    }

    /// Goes on with an empty file: what it says cannot be known.
    fn give_up(&mut self, name: &str) {
        let Some(source) = self.files.source(name) else { return };
        source.restore(Mended::new(source.original.len()));
        source.change(&[(0..source.original.len(), b"syntax = \"proto3\";".to_vec())]);
        source.loses_names = true;
        // Whoever imports it misses its names.
        for other in self.files.names() {
            if let Some(source) = self.files.source(&other) {
                source.loses_names = true;
            }
        }
    }
}

/// Whether changes do not touch others.
fn is_apart(changes: &[Change], wanted: &[Change]) -> bool {
    wanted
        .iter()
        .all(|(new, _)| changes.iter().all(|(old, _)| new.end < old.start || old.end < new.start))
}

/// The change that takes a range out of a text, with its lines left as they are.
fn blank(text: &[u8], range: &Range<usize>) -> Change {
    let blank = |byte: &u8| if matches!(byte, b'\n' | b'\r') { *byte } else { b' ' };
    (range.clone(), text[range.clone()].iter().map(blank).collect())
}

impl Open for Session {
    fn descriptor(&mut self, name: &str) -> Option<FileDescriptorProto> {
        match self.files.open(name) {
            Opened::Alias(known) => Some(FileDescriptorProto {
                name: Some(name.to_owned()),
                dependency: vec![known],
                public_dependency: vec![0],
                ..Default::default()
            }),
            Opened::Unreadable(path, error) => {
                let error = format!("cannot read {}: {error}", path.display());
                self.unreadable.insert(name.to_owned(), error);
                None
            }
            Opened::Source | Opened::NotFound => None,
        }
    }

    fn parsed(&mut self, name: &str) -> Option<(Parsed, Vec<Problem>)> {
        let source: &mut Source = self.files.source(name)?;
        if !std::mem::replace(&mut source.is_read, true) && source.path.is_some() {
            self.read_syntax(name);
        }
        let (of, parsed, problems) = self.sound.take()?;
        (of == name).then_some((parsed, problems))
    }

    fn open(&mut self, name: &str) -> Result<Vec<u8>, String> {
        match self.files.get(name) {
            Some(source) => Ok(source.text().into_owned()),
            None => Err("File not found.".to_owned()),
        }
    }
}
