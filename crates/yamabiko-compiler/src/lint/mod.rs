//! Rules of good style for `.proto` files, with the names and the meaning that
//! buf has given them.
//!
//! What is checked by default is little: real mistakes, and what generated code
//! needs. A rule is left out for an element, and for all that is in it, by the
//! comment `// yamabiko:lint:ignore RULE` above it; `buf:lint:ignore` does too.
//!
//! `rules` is the list of all rules, and what each is for; `naming`, `files`,
//! `packages`, `services`, `documented` and `bugs` check them; `context` is what
//! they are given; `names` knows spellings, `ignored` comments that ignore.

mod bugs;
mod context;
mod documented;
mod files;
mod ignored;
mod names;
mod naming;
mod packages;
mod rules;
mod services;

pub use rules::{RULES, Rule};

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::descriptors::Named as _;
use crate::diagnostic::{Diagnostic, Diagnostics, Position};
use crate::project::Project;
use context::{Context, File};

/// Which files are looked at, and by which rules.
#[derive(Debug, Clone, Default)]
pub struct Lint {
    includes: Vec<PathBuf>,
    rules: Vec<String>,
    except: Vec<String>,
    strict: bool,
}

/// Something that a rule wants otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub file: PathBuf,
    /// Where it starts; columns count bytes, and a tab leads to the next
    /// multiple of 8.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// The rule's name.
    pub rule: &'static str,
    /// What to change.
    pub message: String,
    /// What mends it without changing what the file means: bytes to leave out.
    pub fix: Option<std::ops::Range<usize>>,
}

impl Lint {
    /// The default rules; imports are relative to where we are.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks for imports in `directory`, too. What is included first comes first.
    pub fn include(mut self, directory: impl Into<PathBuf>) -> Self {
        self.includes.push(directory.into());
        self
    }

    /// Checks this rule or group instead of the default ones.
    pub fn rule(mut self, name: impl Into<String>) -> Self {
        self.rules.push(name.into());
        self
    }

    /// Leaves out a rule or group.
    pub fn except(mut self, name: impl Into<String>) -> Self {
        self.except.push(name.into());
        self
    }

    /// Checks all that buf checks by default.
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Looks at files. What is found comes in the order of files and places. An
    /// error is a file that is broken, or a rule that there is not.
    pub fn check<P: AsRef<Path>>(
        &self,
        files: impl IntoIterator<Item = P>,
    ) -> Result<Vec<Finding>, Diagnostics> {
        let rules = self.selected()?;
        let mut roots = self.includes.clone();
        if roots.is_empty() {
            roots.push(PathBuf::from("."));
        }
        let mut project = Project::new(roots);
        let mut names = Vec::new();
        let mut paths = BTreeMap::new();
        for file in files {
            let name = project.name_of(file.as_ref())?;
            paths.insert(name.clone(), file.as_ref().to_owned());
            names.push(name);
        }
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let (linked, problems) = project.link(&names)?;
        let mut unused: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for problem in &problems {
            let import = problem.message.strip_prefix("Import ");
            if let Some(import) = import.and_then(|import| import.strip_suffix(" is unused.")) {
                unused.entry(&problem.file).or_default().push(import);
            }
        }
        let asked = linked.files.iter().filter(|file| paths.contains_key(file.name()));
        let none = Vec::new();
        let mut context = Context {
            files: asked
                .map(|file| File::new(file, unused.get(file.name()).unwrap_or(&none)))
                .collect(),
            packages: linked
                .files
                .iter()
                .map(|file| (file.name(), file.package.as_deref().unwrap_or_default()))
                .collect(),
            found: Vec::new(),
        };
        let mut findings = Vec::new();
        for rule in rules {
            (rule.check)(&mut context);
            for found in std::mem::take(&mut context.found) {
                let file = &context.files[found.file];
                let text = project.text(file.proto.name()).unwrap_or_default();
                let path = &paths[file.proto.name()];
                findings.extend(finding(rule, file, found, path, text));
            }
        }
        findings.sort_by(|a, b| {
            (&a.file, a.start, a.rule, &a.message).cmp(&(&b.file, b.start, b.rule, &b.message))
        });
        Ok(findings)
    }

    /// The rules to check.
    fn selected(&self) -> Result<Vec<&'static Rule>, Diagnostic> {
        let known: BTreeSet<&str> =
            RULES.iter().flat_map(|rule| rule.groups.iter().copied().chain([rule.name])).collect();
        if let Some(name) =
            self.rules.iter().chain(&self.except).find(|name| !known.contains(name.as_str()))
        {
            return Err(Diagnostic::new(format!("there is no rule or group of rules {name}"))
                .help("yamabiko lint --list names all rules"));
        }
        let wanted: Vec<&str> = match (&self.rules[..], self.strict) {
            ([], false) => rules::DEFAULT.to_vec(),
            ([], true) => rules::STRICT.to_vec(),
            (rules, strict) => {
                let more = if strict { rules::STRICT } else { &[] };
                rules.iter().map(String::as_str).chain(more.iter().copied()).collect()
            }
        };
        let is_one = |rule: &Rule, names: &[&str]| {
            names.iter().any(|name| *name == rule.name || rule.groups.contains(name))
        };
        let except: Vec<&str> = self.except.iter().map(String::as_str).collect();
        let rules = RULES.iter().filter(|rule| is_one(rule, &wanted) && !is_one(rule, &except));
        Ok(rules.collect())
    }
}

/// A finding with its place, unless a comment says that it is meant so.
fn finding(
    rule: &'static Rule,
    file: &File<'_>,
    found: context::Found,
    path: &Path,
    text: &[u8],
) -> Option<Finding> {
    let element = found.path.unwrap_or_default();
    if ignored::is_ignored(&file.locations, &element, rule.name) {
        return None;
    }
    // The part of an element, or else the element.
    let span = (1..=element.len())
        .rev()
        .find_map(|length| file.locations.find(&element[..length]))
        .map_or(&[0, 0, 0][..], |location| &location.span);
    let (start, end) = positions(span);
    let fix = (rule.name == "IMPORT_USED").then(|| statement(text, start.line));
    Some(Finding {
        file: path.to_owned(),
        start,
        end,
        rule: rule.name,
        message: found.message,
        fix: fix.flatten(),
    })
}

/// The ends of a span of source information, which counts from 0 and leaves out
/// the last line if it is the first one.
pub(crate) fn positions(span: &[i32]) -> (Position, Position) {
    let position = |line: i32, column: i32| Position {
        line: usize::try_from(line).unwrap_or(0) + 1,
        column: usize::try_from(column).unwrap_or(0) + 1,
    };
    match *span {
        [line, start, end] => (position(line, start), position(line, end)),
        [line, start, last, end] => (position(line, start), position(last, end)),
        _ => (position(0, 0), position(0, 0)),
    }
}

/// The bytes of a line that holds one statement and nothing else.
fn statement(text: &[u8], line: usize) -> Option<std::ops::Range<usize>> {
    let mut lines = text.split_inclusive(|&byte| byte == b'\n');
    let start: usize = lines.by_ref().take(line - 1).map(<[u8]>::len).sum();
    let line = lines.next()?;
    let content = line.trim_ascii();
    let is_whole =
        content.starts_with(b"import") && memchr::memchr(b';', content)? == content.len() - 1;
    is_whole.then(|| start..start + line.len())
}
