//! The files of a check: where imports are looked for, what was read, and how
//! it was mended in order to read on.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use super::mended::{Change, Mended};
use super::names::Known;
use super::outline::Outline;
use super::text::Text;
use crate::well_known;

/// A text with what can be seen in it.
#[derive(Debug)]
pub(super) struct View {
    pub(super) text: Text,
    pub(super) outline: Outline,
    /// Numbers that were offered, each with the first token of its message, so
    /// that no two fields are offered the same.
    pub(super) offered: RefCell<Vec<(usize, i64)>>,
    /// Names that were offered.
    pub(super) offered_names: RefCell<Vec<String>>,
}

impl View {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        let text = Text::new(bytes);
        let outline = Outline::new(&text);
        Self { text, outline, offered: RefCell::default(), offered_names: RefCell::default() }
    }
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct Source {
    /// Where it is; `None` if it comes with the compiler.
    pub(super) path: Option<PathBuf>,
    pub(super) original: Vec<u8>,
    pub(super) mended: Mended,
    view: Option<Rc<View>>,
    /// Whether its syntax was looked at.
    pub(super) is_read: bool,
    /// Whether names may be missing, so that a name that is not there says
    /// nothing.
    pub(super) loses_names: bool,
    /// Whether it says which language it is in, as far as that was looked at.
    pub(super) has_syntax: bool,
}

impl Source {
    pub(super) fn new(path: Option<PathBuf>, original: Vec<u8>) -> Self {
        let mended = Mended::new(original.len());
        Self {
            path,
            original,
            mended,
            view: None,
            is_read: false,
            loses_names: false,
            has_syntax: false,
        }
    }

    /// The mended text.
    pub(super) fn text(&self) -> Cow<'_, [u8]> {
        self.mended.text(&self.original)
    }

    /// The mended text, with what can be seen in it.
    pub(super) fn view(&mut self) -> Rc<View> {
        let view = self.view.get_or_insert_with(|| {
            Rc::new(View::new(self.mended.text(&self.original).into_owned()))
        });
        Rc::clone(view)
    }

    /// Whether it is too large to be mended.
    pub(super) fn is_large(&self) -> bool {
        self.original.len() > super::session::MAX_MENDED
    }

    pub(super) fn change(&mut self, changes: &[Change]) {
        self.mended.change(changes);
        self.view = None;
    }

    pub(super) fn restore(&mut self, mended: Mended) {
        self.mended = mended;
        self.view = None;
    }
}

/// What a name in an import stands for.
pub(super) enum Opened {
    Source,
    /// Another name for a file that is known by this one.
    Alias(String),
    NotFound,
    /// The file is there but cannot be read.
    Unreadable(PathBuf, io::Error),
}

/// The files by the names that imports use.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) directories: Vec<PathBuf>,
    /// Texts that stand for what is on disk, by canonical path.
    overlays: BTreeMap<PathBuf, Vec<u8>>,
    sources: BTreeMap<String, Source>,
    names: BTreeMap<PathBuf, String>,
    aliases: BTreeMap<String, String>,
    /// What lies below the directories, once somebody has asked.
    below: Option<Rc<Vec<(String, PathBuf)>>>,
    /// The types in all of those, once somebody has asked.
    pub(super) known: Option<Rc<Vec<Known>>>,
}

/// So many files below the include directories are looked at for what a name
/// or an import may mean.
const MAX_FILES: usize = 5_000;
/// So deep below them.
const MAX_FOLDERS: usize = 12;

impl Files {
    pub(super) fn new(directories: &[PathBuf], overlays: &BTreeMap<PathBuf, Vec<u8>>) -> Self {
        Self { directories: directories.to_vec(), overlays: overlays.clone(), ..Self::default() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Source> {
        self.sources.get(name)
    }

    pub(super) fn source(&mut self, name: &str) -> Option<&mut Source> {
        self.sources.get_mut(name)
    }

    pub(super) fn view(&mut self, name: &str) -> Option<Rc<View>> {
        self.sources.get_mut(name).map(Source::view)
    }

    /// The names of the files that were read.
    pub(super) fn names(&self) -> Vec<String> {
        self.sources.keys().cloned().collect()
    }

    /// Every file that was read from disk.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.sources.values().filter_map(|source| source.path.clone()).collect()
    }

    /// The name that a file was first opened by.
    pub(super) fn known_name<'n>(&'n self, name: &'n str) -> &'n str {
        self.aliases.get(name).map_or(name, String::as_str)
    }

    /// How a person would call the file.
    pub(super) fn shown(&self, name: &str) -> PathBuf {
        let path = self.sources.get(self.known_name(name)).and_then(|source| source.path.clone());
        path.unwrap_or_else(|| PathBuf::from(name))
    }

    /// The name of the file at `path`: its path below the first include
    /// directory that holds it, with `/` between the parts.
    pub(super) fn name_of(&self, path: &Path) -> Option<String> {
        let path = fs::canonicalize(path).ok()?;
        if let Some(known) = self.names.get(&path) {
            return Some(known.clone());
        }
        self.directories.iter().find_map(|directory| {
            let directory = fs::canonicalize(directory).ok()?;
            relative_name(&path, &directory)
        })
    }

    /// Reads the file that `import "name";` means.
    pub(super) fn open(&mut self, name: &str) -> Opened {
        if self.sources.contains_key(name) {
            return Opened::Source;
        }
        if let Some(known) = self.aliases.get(name) {
            return Opened::Alias(known.clone());
        }
        if !is_import_name(name) {
            return Opened::NotFound;
        }
        // First, so that a copy beside the user's files does not define them again.
        if let Some(text) = well_known::text(name) {
            self.sources.insert(name.to_owned(), Source::new(None, text.as_bytes().to_vec()));
            return Opened::Source;
        }
        for directory in &self.directories {
            let path = tidy(&directory.join(name));
            let canonical = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
            let bytes = match self.overlays.get(&canonical) {
                Some(text) => text.clone(),
                None => match fs::read(&path) {
                    Ok(bytes) => bytes,
                    Err(error) if is_absent(&error) => continue,
                    Err(error) => return Opened::Unreadable(path, error),
                },
            };
            if let Some(known) = self.names.get(&canonical).cloned() {
                self.aliases.insert(name.to_owned(), known.clone());
                return Opened::Alias(known);
            }
            self.names.insert(canonical, name.to_owned());
            self.sources.insert(name.to_owned(), Source::new(Some(path), bytes));
            return Opened::Source;
        }
        Opened::NotFound
    }

    /// The `.proto` files below the include directories, by the names that
    /// imports would use, in alphabetical order.
    pub(super) fn below(&mut self) -> Rc<Vec<(String, PathBuf)>> {
        let below = self.below.get_or_insert_with(|| {
            let mut found = BTreeMap::new();
            for directory in &self.directories {
                walk(directory, "", 0, &mut found);
            }
            Rc::new(found.into_iter().collect())
        });
        Rc::clone(below)
    }
}

/// Whether protoc would look for a file of that name: the system would find some that it does not.
fn is_import_name(name: &str) -> bool {
    !name.contains('\\') && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Whether there is no such file; a directory of that name is none.
fn is_absent(error: &io::Error) -> bool {
    let absent =
        [io::ErrorKind::NotFound, io::ErrorKind::IsADirectory, io::ErrorKind::NotADirectory];
    absent.contains(&error.kind())
}

fn walk(directory: &Path, prefix: &str, depth: usize, found: &mut BTreeMap<String, PathBuf>) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut entries: Vec<_> = entries.map(|entry| (entry.file_name(), entry)).collect();
    entries.sort_by(|(left, _), (right, _)| left.cmp(right));
    for (name, entry) in entries {
        let Some(name) = name.to_str() else { continue };
        if found.len() >= MAX_FILES {
            return;
        }
        let Ok(kind) = entry.file_type() else { continue };
        let full = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        if kind.is_dir() {
            // What a build leaves behind is not meant, nor what is hidden.
            let is_skipped = name.starts_with('.') || matches!(name, "target" | "node_modules");
            if depth < MAX_FOLDERS && !is_skipped {
                walk(&entry.path(), &full, depth + 1, found);
            }
        } else if Path::new(name).extension().is_some_and(|extension| extension == "proto") {
            found.entry(full).or_insert_with(|| entry.path());
        }
    }
}

/// The name of a file below a directory; both are canonical.
fn relative_name(path: &Path, directory: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .strip_prefix(directory)
        .ok()?
        .components()
        .map(|part| part.as_os_str().to_str())
        .collect();
    Some(parts?.join("/"))
}

/// `path` as a person would write it: without `.` parts.
fn tidy(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}
