//! The files of a project, as they lie on disk: which directories imports are
//! relative to, and what was read from them.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::problem::{Problem, Severity};
use crate::proto::{self, Linked, Open};
use crate::well_known;

/// Where imports are looked for, and the texts that were found.
#[derive(Debug, Default)]
pub(crate) struct Project {
    roots: Vec<PathBuf>,
    /// By the names that imports use: where a file is on disk, and its text.
    texts: HashMap<String, (PathBuf, Vec<u8>)>,
}

impl Project {
    /// A project whose imports are relative to these directories.
    pub(crate) fn new(roots: Vec<PathBuf>) -> Self {
        Self { roots, texts: HashMap::new() }
    }

    /// What imports call the file at `path`.
    pub(crate) fn name_of(&self, path: &Path) -> Result<String, Diagnostic> {
        let canonical = path
            .canonicalize()
            .map_err(|error| Diagnostic::new(format!("cannot read {}: {error}", path.display())))?;
        let below = |root: &PathBuf| {
            let root = root.canonicalize().ok()?;
            let parts = canonical.strip_prefix(root).ok()?.components();
            let parts: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
            Some(parts?.join("/"))
        };
        self.roots.iter().find_map(below).ok_or_else(|| {
            Diagnostic::new(format!("{} is in none of the include directories", path.display()))
                .help("include the directory that its imports are relative to: -I DIR")
        })
    }

    /// Where a file that was opened is on disk.
    pub(crate) fn path(&self, name: &str) -> Option<&Path> {
        self.texts.get(name).map(|(path, _)| path.as_path())
    }

    /// The text of a file that was opened.
    pub(crate) fn text(&self, name: &str) -> Option<&[u8]> {
        self.texts.get(name).map(|(_, text)| text.as_slice())
    }

    /// Reads and links files, which may have warnings.
    pub(crate) fn link(&mut self, names: &[String]) -> Result<(Linked, Vec<Problem>), Diagnostics> {
        let mut problems = Vec::new();
        match proto::compile(names, self, &mut problems) {
            Some(linked) => Ok((linked, problems)),
            None => Err(self.told(&problems)),
        }
    }

    /// What is wrong with files, for people.
    pub(crate) fn told(&self, problems: &[Problem]) -> Diagnostics {
        let mut by_file: BTreeMap<&str, Vec<Problem>> = BTreeMap::new();
        for problem in problems.iter().filter(|problem| problem.severity == Severity::Error) {
            by_file.entry(&problem.file).or_default().push(problem.clone());
        }
        let mut all = Vec::new();
        for (name, problems) in by_file {
            let path = self.path(name).unwrap_or(Path::new(name));
            let text = self.text(name).unwrap_or_default();
            all.extend(crate::format::told(path, text, &problems).iter().cloned());
        }
        all.into()
    }
}

impl Open for Project {
    fn open(&mut self, name: &str) -> Result<Vec<u8>, String> {
        if let Some((_, text)) = self.texts.get(name) {
            return Ok(text.clone());
        }
        for root in &self.roots {
            // A person would not write `./a.proto`.
            let path = if root == Path::new(".") { name.into() } else { root.join(name) };
            if let Ok(text) = std::fs::read(&path) {
                self.texts.insert(name.to_owned(), (path, text.clone()));
                return Ok(text);
            }
        }
        match well_known::text(name) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => Err("File not found.".to_owned()),
        }
    }
}
