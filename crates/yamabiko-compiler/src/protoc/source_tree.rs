//! Where files are: the names that imports use, and the files on disk that they
//! stand for.
//!
//! Names are compared as text, as protoc does: what two paths lead to is not
//! looked at.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use super::command::Command;
use crate::well_known;

/// The directories of `-I`, and what is built in.
#[derive(Debug, Default)]
pub(super) struct SourceTree {
    mappings: Vec<Mapping>,
}

#[derive(Debug)]
struct Mapping {
    prefix: String,
    directory: String,
}

/// What a path on disk is called.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// This.
    Virtual(String),
    /// This, but another file comes first by that name.
    Shadowed(String),
    /// It cannot be read, for this reason.
    Unreadable(String),
    /// Nothing: it is below none of the directories.
    Outside,
}

/// A file that has been read.
pub(super) struct Source {
    /// Where it is on disk; `None` if it is built in.
    pub(super) path: Option<String>,
    /// What is in it.
    pub(super) content: Vec<u8>,
}

impl SourceTree {
    /// The directories that a command line names.
    pub(super) fn new(command: &Command) -> Self {
        let mappings = command.proto_path.iter().map(|(prefix, directory)| Mapping {
            prefix: prefix.clone(),
            directory: canonical(directory),
        });
        Self { mappings: mappings.collect() }
    }

    /// Directories that files are looked for in as they are called.
    pub(super) fn of_directories(directories: impl Iterator<Item = String>) -> Self {
        let mappings = directories
            .map(|directory| Mapping { prefix: String::new(), directory: canonical(&directory) });
        Self { mappings: mappings.collect() }
    }

    /// Reads the file that imports call `name`. An error is in protoc's words.
    pub(super) fn read(&self, name: &str) -> Result<Source, String> {
        if name != canonical(name) || climbs(name) {
            return Err("Backslashes, consecutive slashes, \".\", or \"..\" are not allowed in \
                        the virtual path"
                .to_owned());
        }
        for mapping in &self.mappings {
            let Some(path) = mapped(name, &mapping.prefix, &mapping.directory) else {
                continue;
            };
            match read(&path) {
                Ok(content) => return Ok(Source { path: Some(path), content }),
                Err(Unread::Denied) => {
                    return Err(format!("Read access is denied for file: {path}"));
                }
                Err(Unread::Other(_)) => {}
            }
        }
        match well_known::text(name) {
            Some(text) => Ok(Source { path: None, content: text.as_bytes().to_vec() }),
            None => Err("File not found.".to_owned()),
        }
    }

    /// Whether one of the directories has the file that imports call `name`.
    pub(super) fn is_on_disk(&self, name: &str) -> bool {
        self.read(name).is_ok_and(|source| source.path.is_some())
    }

    /// The name that imports have for the file at `path`.
    pub(super) fn name_of(&self, path: &str) -> Name {
        let canonical = canonical(path);
        let found = self.mappings.iter().enumerate().find_map(|(index, mapping)| {
            Some((index, mapped(&canonical, &mapping.directory, &mapping.prefix)?))
        });
        let Some((index, name)) = found else {
            return Name::Outside;
        };
        let shadow = self.mappings[..index]
            .iter()
            .filter_map(|mapping| mapped(&name, &mapping.prefix, &mapping.directory))
            .find(|path| Path::new(path).exists());
        if let Some(shadow) = shadow {
            return Name::Shadowed(shadow);
        }
        match read(path) {
            Ok(_) => Name::Virtual(name),
            Err(Unread::Denied) => Name::Unreadable("Permission denied".to_owned()),
            Err(Unread::Other(reason)) => Name::Unreadable(reason),
        }
    }
}

enum Unread {
    Denied,
    Other(String),
}

fn read(path: &str) -> Result<Vec<u8>, Unread> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Unread::Other("Input file is a directory.".to_owned()));
    }
    let mut content = Vec::new();
    match File::open(path).and_then(|mut file| file.read_to_end(&mut content)) {
        Ok(_) => Ok(content),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(Unread::Denied),
        Err(error) => Err(Unread::Other(super::streams::reason(&error))),
    }
}

/// A path without its `.` and doubled slashes.
fn canonical(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    if path.starts_with('/') {
        parts.push("");
    }
    parts.extend(path.split('/').filter(|part| !matches!(*part, "" | ".")));
    if path.ends_with('/') {
        parts.push("");
    }
    parts.join("/")
}

fn climbs(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

/// `path` with `from` at its beginning replaced by `to`, if it is there.
fn mapped(path: &str, from: &str, to: &str) -> Option<String> {
    let rest = if from.is_empty() {
        if path.starts_with('/') {
            return None;
        }
        path
    } else {
        let rest = path.strip_prefix(from)?;
        if rest.is_empty() {
            return Some(to.to_owned());
        }
        match rest.strip_prefix('/') {
            Some(rest) => rest,
            None if from.ends_with('/') => rest,
            None => return None,
        }
    };
    if climbs(rest) {
        return None;
    }
    Some(if to.is_empty() { rest.to_owned() } else { format!("{to}/{rest}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_canonical_as_text() {
        assert_eq!(canonical("./a//b/./c"), "a/b/c");
        assert_eq!(canonical("."), "");
        assert_eq!(canonical("/a/../b/"), "/a/../b/");
        assert_eq!(canonical("/"), "/");
    }

    #[test]
    fn a_prefix_is_a_whole_directory() {
        assert_eq!(mapped("a/b", "a", "x").as_deref(), Some("x/b"));
        assert_eq!(mapped("ab/c", "a", "x"), None);
        assert_eq!(mapped("a", "a", "x").as_deref(), Some("x"));
        assert_eq!(mapped("a/b", "", "").as_deref(), Some("a/b"));
        assert_eq!(mapped("../b", "", "x"), None);
        assert_eq!(mapped("/a/b", "/", "").as_deref(), Some("a/b"));
        assert_eq!(mapped("/b", "", "x"), None);
    }
}
