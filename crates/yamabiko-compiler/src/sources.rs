//! Finding and reading `.proto` files: the include directories, and the text
//! of every file that was read.
//!
//! One file on disk must not be compiled twice under two names (its messages
//! would be defined twice), yet a build script's include directories overlap
//! on purpose. So a file is known by its canonical path, and every further
//! name for it is answered with [`Opened::Alias`].

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::Diagnostic;

/// What a name given to [`Sources::open`] stands for.
pub(crate) enum Opened {
    /// The text of a file that is known by no other name.
    Text(String),
    /// The file is already known, by this name.
    Alias(String),
    /// No include directory has such a file.
    NotFound,
}

/// A file that was read.
struct Source {
    path: PathBuf,
    text: String,
}

/// The include directories and what was read from them, by import name.
pub(crate) struct Sources {
    directories: Vec<PathBuf>,
    files: BTreeMap<String, Source>,
    names: BTreeMap<PathBuf, String>,
}

impl Sources {
    pub(crate) fn new(directories: Vec<PathBuf>) -> Self {
        Self { directories, files: BTreeMap::new(), names: BTreeMap::new() }
    }

    /// The name of the file at `path`: the one that it was imported by, or else
    /// its path below the first include directory that holds it, with `/`
    /// between the parts.
    pub(crate) fn name_of(&self, path: &Path) -> Option<String> {
        let path = fs::canonicalize(path).ok()?;
        if let Some(known) = self.names.get(&path) {
            return Some(known.clone());
        }
        self.directories.iter().find_map(|directory| {
            let directory = fs::canonicalize(directory).ok()?;
            let parts: Option<Vec<&str>> = path
                .strip_prefix(directory)
                .ok()?
                .components()
                .map(|part| part.as_os_str().to_str())
                .collect();
            Some(parts?.join("/"))
        })
    }

    /// Reads the file that `import "name";` means.
    pub(crate) fn open(&mut self, name: &str) -> Result<Opened, Diagnostic> {
        for directory in &self.directories {
            let path = tidy(&directory.join(name));
            let bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(unreadable(&path, &error)),
            };
            let canonical = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
            if let Some(known) = self.names.get(&canonical) {
                if let Some(source) = self.files.get(name).filter(|_| known == name) {
                    return Ok(Opened::Text(source.text.clone()));
                }
                return Ok(Opened::Alias(known.clone()));
            }
            let text = decode(&path, bytes)?;
            self.names.insert(canonical, name.to_owned());
            self.files.insert(name.to_owned(), Source { path, text: text.clone() });
            return Ok(Opened::Text(text));
        }
        Ok(Opened::NotFound)
    }

    /// Where the file of that import name is on disk.
    pub(crate) fn path(&self, name: &str) -> Option<&Path> {
        self.files.get(name).map(|source| source.path.as_path())
    }

    /// The files that were read, by path.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.values().map(|source| source.path.as_path())
    }
}

/// `path` as a person would write it: without `.` parts.
fn tidy(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::new(format!("cannot read the file: {error}")).in_file(path)
}

/// The text of a `.proto` file: UTF-8, with or without a byte order mark.
fn decode(path: &Path, bytes: Vec<u8>) -> Result<String, Diagnostic> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(Diagnostic::new("the file is UTF-16, but a `.proto` file must be UTF-8")
            .in_file(path)
            .help("save it as UTF-8; in Windows PowerShell, `>` writes UTF-16"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{FEFF}').map_or_else(|| text.clone(), str::to_owned)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let byte = error.as_bytes()[valid];
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            Err(Diagnostic::new(format!("the file is not UTF-8: found byte 0x{byte:02X}"))
                .in_file(path)
                .at(crate::diagnostic::Label::new(&text, valid, '\u{FFFD}'.len_utf8(), ""))
                .help("save the file as UTF-8"))
        }
    }
}
