//! Which changes of `.proto` files break those who use them: old peers on the
//! wire, readers of JSON, and code that is compiled anew.
//!
//! Names and meaning of the rules are buf's; beside its words, each finding says
//! whom it breaks, and what to do instead.
//!
//! `api` is what a set of files promises, `compare` goes through what was there
//! before, with `files`, `messages`, `fields`, `enums`, `ranges` and `services`;
//! `compatible` knows what peers do not notice, `rules` the names of all rules,
//! and `change` what is found.

mod api;
mod change;
mod compare;
mod compatible;
mod enums;
mod fields;
mod files;
mod messages;
mod ranges;
mod rules;
mod services;

pub use change::Breaks;
pub use rules::{RULES, Rule};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use buffa::Message as _;
use buffa_codegen::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};

use crate::descriptors::Named as _;
use crate::diagnostic::{Diagnostic, Diagnostics, Position};
use crate::elements::{Locations, joined};
use crate::lint::positions;
use crate::project::Project;
use crate::proto::{self, Linked, Open};
use crate::well_known;
use api::Api;
use compare::Comparison;

/// A state of some files.
#[derive(Debug)]
pub struct Version {
    linked: Linked,
    /// Where the files are on disk, by the names that imports use.
    paths: BTreeMap<String, PathBuf>,
}

/// A change that breaks somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The rule's name.
    pub rule: &'static str,
    /// The file as it is now; `None` if that, or the whole package, is gone.
    pub file: Option<PathBuf>,
    /// Where it starts, as it is now; columns count bytes, and a tab leads to
    /// the next multiple of 8.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// What has changed.
    pub message: String,
    /// Whom it breaks, and how.
    pub breaks: Vec<(Breaks, String)>,
    /// What to do instead.
    pub instead: Option<String>,
}

impl Version {
    /// The state of files on disk, with imports relative to the directories.
    pub fn of_files<P: AsRef<Path>>(
        files: impl IntoIterator<Item = P>,
        includes: &[PathBuf],
    ) -> Result<Self, Diagnostics> {
        let mut project = Project::new(includes.to_vec());
        let mut names = Vec::new();
        let mut paths = BTreeMap::new();
        for file in files {
            let name = project.name_of(file.as_ref())?;
            paths.insert(name.clone(), file.as_ref().to_owned());
            names.push(name);
        }
        let (linked, _) = project.link(&names)?;
        Ok(Self { linked, paths })
    }

    /// The state of files whose texts are given by the names that imports use;
    /// the others are only there to be imported.
    pub fn of_texts(
        names: &[String],
        texts: BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, Diagnostics> {
        Self::link(names, &mut Texts(texts))
    }

    /// The state that a descriptor set holds, as protoc and buf write them.
    pub fn of_descriptor_set(bytes: &[u8]) -> Result<Self, Diagnostics> {
        let set = FileDescriptorSet::decode_from_slice(bytes)
            .map_err(|error| Diagnostic::new(format!("it is no descriptor set: {error}")))?;
        let mut descriptors =
            Descriptors(set.file.into_iter().map(|file| (file.name().to_owned(), file)).collect());
        let names: Vec<String> = descriptors.0.keys().cloned().collect();
        Self::link(&names, &mut descriptors)
    }

    fn link(names: &[String], open: &mut dyn Open) -> Result<Self, Diagnostics> {
        let mut problems = Vec::new();
        match proto::compile(names, open, &mut problems) {
            Some(linked) => Ok(Self { linked, paths: BTreeMap::new() }),
            None => Err(Project::default().told(&problems)),
        }
    }
}

/// Texts by name.
struct Texts(BTreeMap<String, Vec<u8>>);

impl Open for Texts {
    fn open(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let own = self.0.get(name).cloned();
        let text = own.or_else(|| well_known::text(name).map(|text| text.as_bytes().to_vec()));
        text.ok_or_else(|| "File not found.".to_owned())
    }
}

/// Descriptors by name.
struct Descriptors(BTreeMap<String, FileDescriptorProto>);

impl Open for Descriptors {
    fn open(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let text = well_known::text(name).map(|text| text.as_bytes().to_vec());
        text.ok_or_else(|| "File not found.".to_owned())
    }

    fn descriptor(&mut self, name: &str) -> Option<FileDescriptorProto> {
        self.0.get(name).cloned()
    }
}

/// What has changed between two states so that somebody breaks, by the rules
/// and groups of rules that are named, without those in `except`.
pub fn compare(
    before: &Version,
    after: &Version,
    rules: &[impl AsRef<str>],
    except: &[impl AsRef<str>],
) -> Result<Vec<Change>, Diagnostics> {
    let is_known =
        |name: &str| RULES.iter().any(|rule| rule.name == name || rule.groups.contains(&name));
    let all = rules.iter().map(AsRef::as_ref).chain(except.iter().map(AsRef::as_ref));
    if let Some(name) = all.into_iter().find(|name| !is_known(name)) {
        return Err(Diagnostic::new(format!("there is no rule or group of rules {name}"))
            .help("the groups are FILE, PACKAGE, WIRE_JSON and WIRE")
            .into());
    }
    let is_wanted = |name: &str| {
        let Some(rule) = RULES.iter().find(|rule| rule.name == name) else { return false };
        let is_it = |other: &str| other == rule.name || rule.groups.contains(&other);
        rules.iter().any(|name| is_it(name.as_ref()))
            && !except.iter().any(|name| is_it(name.as_ref()))
    };
    let (old, new) = (Api::new(&before.linked), Api::new(&after.linked));
    let mut found = Comparison::run(&old, &new);
    found.retain(|found| is_wanted(found.rule));
    let mut changes: Vec<Change> = found.into_iter().map(|found| change(after, found)).collect();
    changes.sort_by(|a, b| {
        (&a.file, a.start, a.rule, &a.message).cmp(&(&b.file, b.start, b.rule, &b.message))
    });
    Ok(changes)
}

/// A change with its place.
fn change(after: &Version, found: change::Found) -> Change {
    let file = after.linked.files.iter().find(|file| file.name() == found.file);
    let span = file.and_then(|file| {
        let locations = Locations::new(file);
        let whole = (1..=found.path.len()).rev().map(|length| found.path[..length].to_vec());
        std::iter::once(joined(&found.path, &found.part))
            .chain(whole)
            .find_map(|path| locations.find(&path))
    });
    let (start, end) = positions(span.map_or(&[], |location| &location.span));
    let disk = after.paths.get(&found.file).cloned();
    Change {
        rule: found.rule,
        file: file.map(|_| disk.unwrap_or_else(|| found.file.into())),
        start,
        end,
        message: found.message,
        breaks: found.advice.breaks,
        instead: found.advice.instead,
    }
}
