//! Checking files without generating anything: what `yamabiko check` and
//! editors ask for.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::diagnose;
use crate::diagnostic::{Diagnostic, Edit, Severity};
use crate::roots;

/// So often files are mended and looked at again.
const MAX_PASSES: usize = 64;

/// Checks `.proto` files.
///
/// ```no_run
/// let report = yamabiko_compiler::Checker::new().check(["proto/hello.proto"]);
/// for diagnostic in report.diagnostics() {
///     println!("{diagnostic}");
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Checker {
    includes: Vec<PathBuf>,
    overlays: BTreeMap<PathBuf, Vec<u8>>,
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    inputs: Vec<PathBuf>,
}

/// What was mended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fixed {
    /// What was done to which file, in order.
    pub done: Vec<(PathBuf, String)>,
    /// What is left.
    pub report: Report,
}

impl Checker {
    /// Nothing set: imports are looked for in `proto/`, in the current
    /// directory, in the directory that each file's package says, and beside
    /// each file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a directory to look for imports in, before the usual ones.
    #[must_use]
    pub fn include(mut self, directory: impl Into<PathBuf>) -> Self {
        self.includes.push(directory.into());
        self
    }

    /// Sets a text that stands for what is on disk, as an editor has it.
    #[must_use]
    pub fn overlay(mut self, file: impl AsRef<Path>, text: impl Into<Vec<u8>>) -> Self {
        let file = file.as_ref();
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        self.overlays.insert(file, text.into());
        self
    }

    /// Checks `files` and what they import. Each mistake is told of once; the
    /// order is that of the files, and of their lines.
    pub fn check<P: AsRef<Path>>(&self, files: impl IntoIterator<Item = P>) -> Report {
        let files: Vec<PathBuf> = files.into_iter().map(|file| file.as_ref().to_owned()).collect();
        let directories = roots::include_directories(&self.includes, &files);
        let checked = diagnose::check(&files, &directories, &self.overlays);
        Report { diagnostics: checked.diagnostics, inputs: checked.paths }
    }

    /// Mends `files` on disk as far as diagnostics say how, and checks them
    /// again until nothing changes. A file is replaced as a whole or not at all;
    /// imported files are left alone.
    ///
    /// # Errors
    ///
    /// Why a file cannot be written.
    pub fn fix<P: AsRef<Path>>(&self, files: impl IntoIterator<Item = P>) -> io::Result<Fixed> {
        let files: Vec<PathBuf> = files.into_iter().map(|file| file.as_ref().to_owned()).collect();
        let own: Vec<PathBuf> =
            files.iter().filter_map(|file| fs::canonicalize(file).ok()).collect();
        let mut done = Vec::new();
        for _ in 0..MAX_PASSES {
            let report = self.check(&files);
            let mut by_file: BTreeMap<PathBuf, Vec<&Edit>> = BTreeMap::new();
            for diagnostic in report.diagnostics() {
                let (Some(file), Some(edit)) = (diagnostic.file(), diagnostic.edit()) else {
                    continue;
                };
                let is_own = fs::canonicalize(file).is_ok_and(|file| own.contains(&file));
                if is_own {
                    by_file.entry(file.to_owned()).or_default().push(edit);
                }
            }
            let mut has_changed = false;
            for (file, edits) in by_file {
                let before = fs::read(&file)?;
                let (after, titles) = apply(&before, &edits);
                if after != before {
                    replace(&file, &after)?;
                    has_changed = true;
                    done.extend(titles.into_iter().map(|title| (file.clone(), title)));
                }
            }
            if !has_changed {
                return Ok(Fixed { done, report });
            }
        }
        Ok(Fixed { done, report: self.check(&files) })
    }
}

impl Report {
    /// What is wrong, errors and warnings.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Every file that was read from disk, imports included.
    pub fn inputs(&self) -> &[PathBuf] {
        &self.inputs
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// How many warnings there are.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity() == severity).count()
    }
}

/// Applies edits to a text, each as a whole, leaving out those that touch what
/// an earlier one has changed; gives the titles of those applied, too.
fn apply(text: &[u8], edits: &[&Edit]) -> (Vec<u8>, Vec<String>) {
    let mut changes: Vec<&crate::diagnostic::Change> = Vec::new();
    let mut titles = Vec::new();
    for edit in edits {
        let fits = edit.changes.iter().all(|new| {
            new.range.end <= text.len()
                && changes
                    .iter()
                    .all(|old| new.range.end < old.range.start || old.range.end < new.range.start)
        });
        if fits {
            changes.extend(&edit.changes);
            titles.push(edit.title.clone());
        }
    }
    changes.sort_by_key(|change| (change.range.start, change.range.end));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for change in changes {
        out.extend_from_slice(&text[at..change.range.start]);
        out.extend_from_slice(change.text.as_bytes());
        at = change.range.end;
    }
    out.extend_from_slice(&text[at..]);
    (out, titles)
}

/// Replaces a file as a whole: a new one beside it takes its place.
fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    // What a link leads to is replaced, not the link.
    let file = fs::canonicalize(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = file.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let write = || {
        let mut new = fs::File::create_new(&beside)?;
        new.write_all(text)?;
        new.sync_all()?;
        fs::set_permissions(&beside, fs::metadata(&file)?.permissions())?;
        fs::rename(&beside, &file)
    };
    let written = write();
    if written.is_err() {
        // What is left of it helps nobody; the first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::texts_read;

    /// What an editor waits for after each edit. Were it more, large projects
    /// would show it (`bench`, the part `compiler`).
    #[test]
    fn an_edit_is_checked_by_reading_its_file_and_its_imports_once() {
        let directory = std::env::temp_dir().join(format!("yamabiko-{}-edit", std::process::id()));
        fs::create_dir_all(&directory).expect("the temporary directory is ours");
        for index in 0..40 {
            let text = format!("syntax = \"proto3\";\npackage p;\nmessage M{index} {{}}\n");
            fs::write(directory.join(format!("{index}.proto")), text).expect("it is ours");
        }
        let edited = directory.join("edited.proto");
        let text = "syntax = \"proto3\";\npackage p;\nimport \"3.proto\";\nimport \"7.proto\";\n\
                    message Edited { M3 three = 1; M7 seven = 2; }\n";
        fs::write(&edited, text).expect("it is ours");
        let text = text.replace("seven = 2;", "seven = 2; string new = 3;");
        let before = texts_read();
        let report = Checker::new().include(&directory).overlay(&edited, text).check([&edited]);
        let read = texts_read() - before;
        assert_eq!(report.diagnostics().len(), 0, "{:?}", report.diagnostics());
        assert_eq!((read, report.inputs().len()), (3, 3));
        let _ = fs::remove_dir_all(directory);
    }
}
