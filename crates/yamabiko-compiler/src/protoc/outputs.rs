//! What has been generated, on its way to directories and archives.
//!
//! Everything is kept until all of it has been generated: a mistake leaves
//! nothing behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::archive;
use super::streams::{Streams, reason};
use crate::python::Piece;

/// The files of all locations, both sorted.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    locations: BTreeMap<String, Location>,
}

/// The files of one location.
#[derive(Debug, Default)]
pub(crate) struct Location {
    files: BTreeMap<String, String>,
    has_mistake: bool,
}

impl Outputs {
    /// The files for `--X_out=location`. Generators with the same location share
    /// them, so that one can insert into what the other has written.
    pub(super) fn location(&mut self, location: &str) -> &mut Location {
        let mut key = location.to_owned();
        if !is_archive(location) && !location.is_empty() && !location.ends_with('/') {
            key.push('/');
        }
        self.locations.entry(key).or_default()
    }

    /// The paths of all files, sorted by location.
    pub(super) fn paths(&self) -> impl Iterator<Item = String> {
        self.locations.iter().flat_map(|(location, files)| {
            files.files.keys().map(move |file| format!("{location}{file}"))
        })
    }

    /// Writes all files. What cannot be written is said, and ends it.
    pub(super) fn write(mut self, allow_escape: bool, streams: &mut Streams<'_>) -> Option<Self> {
        for (path, location) in &mut self.locations {
            if location.has_mistake {
                return None;
            }
            if path.ends_with('/') {
                location.write_to_directory(path, allow_escape, streams)?;
            } else {
                location.write_to_archive(path, streams)?;
            }
        }
        Some(self)
    }
}

fn is_archive(location: &str) -> bool {
    [".zip", ".jar", ".srcjar"].iter().any(|extension| location.ends_with(extension))
}

impl Location {
    /// Adds a file or a piece of one; a mistake is said, and comes to bear when
    /// files are written.
    pub(super) fn add(&mut self, piece: Piece, streams: &mut Streams<'_>) {
        if let Err(message) = self.try_add(piece) {
            streams.complain(message);
            self.has_mistake = true;
        }
    }

    /// The same; the mistake is in protoc's words.
    pub(crate) fn try_add(&mut self, piece: Piece) -> Result<(), String> {
        let Piece { file, insertion_point, mut text } = piece;
        let Some(point) = insertion_point else {
            if self.files.contains_key(&file) {
                return Err(format!("{file}: Tried to write the same file twice."));
            }
            self.files.insert(file, text);
            return Ok(());
        };
        let Some(target) = self.files.get_mut(&file) else {
            let message = format!("{file}: Tried to insert into file that doesn't exist.");
            // It is there for whoever comes next, as with protoc.
            self.files.insert(file, String::new());
            return Err(message);
        };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let marker = format!("@@protoc_insertion_point({point})");
        let Some(found) = target.find(&marker) else {
            return Err(format!("{file}: insertion point \"{point}\" not found."));
        };
        // Before the line, or before the comment within a line, that has it.
        let position = if target[..found].ends_with("/* ") {
            found - "/* ".len()
        } else {
            target[..found].rfind('\n').map_or(0, |end| end + 1)
        };
        let rest = &target[position..];
        let indentation = &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()];
        let inserted: String =
            text.split_inclusive('\n').flat_map(|line| [indentation, line]).collect();
        target.insert_str(position, &inserted);
        Ok(())
    }

    /// The files, sorted, with their texts.
    pub(crate) fn into_files(self) -> impl Iterator<Item = (String, String)> {
        self.files.into_iter()
    }

    fn write_to_directory(
        &self,
        directory: &str,
        allow_escape: bool,
        streams: &mut Streams<'_>,
    ) -> Option<()> {
        if let Err(error) = fs::metadata(directory) {
            streams.complain(format!("{directory}: {}", reason(&error)));
            return None;
        }
        for (name, text) in &self.files {
            if !allow_escape && name.contains("..") {
                streams.complain(format!(
                    "Output file names must never have a relative path. ({name}). Use \
                     --unsafe_allow_out_dir_escape to disable this error if intentional."
                ));
                return None;
            }
            create_parents(directory, name, streams)?;
            let path = format!("{directory}{name}");
            if let Err(error) = fs::write(&path, text) {
                streams.complain_without_end(format!("{path}: {}", reason(&error)));
                return None;
            }
        }
        Some(())
    }

    fn write_to_archive(&mut self, path: &str, streams: &mut Streams<'_>) -> Option<()> {
        if path.ends_with(".jar") {
            self.files.entry("META-INF/MANIFEST.MF".to_owned()).or_insert_with(|| {
                "Manifest-Version: 1.0\nCreated-By: 1.6.0 (protoc)\n\n".to_owned()
            });
        }
        let Some(archive) = archive::zip(&self.files) else {
            streams.complain(format!("{path}: more files or text than an archive can hold"));
            return None;
        };
        if let Err(error) = fs::write(path, archive) {
            streams.complain_without_end(format!("{path}: {}", reason(&error)));
            return None;
        }
        Some(())
    }
}

fn create_parents(directory: &str, name: &str, streams: &mut Streams<'_>) -> Option<()> {
    let mut path = directory.to_owned();
    let mut parts = name.split(['/', '\\']).filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            break;
        }
        path.push_str(part);
        if let Err(error) = fs::create_dir(&path)
            && !Path::new(&path).exists()
        {
            streams.complain(format!(
                "{name}: while trying to create directory {path}: {}",
                reason(&error)
            ));
            return None;
        }
        path.push('/');
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserted(target: &str, text: &str) -> String {
        let mut location = Location::default();
        location.files.insert("a".to_owned(), target.to_owned());
        let piece = Piece {
            file: "a".to_owned(),
            insertion_point: Some("here".to_owned()),
            text: text.to_owned(),
        };
        location.try_add(piece).expect("the point is there");
        location.files.remove("a").expect("the file is there")
    }

    #[test]
    fn text_is_inserted_before_the_line_and_indented_like_it() {
        assert_eq!(
            inserted("x\n  # @@protoc_insertion_point(here)\n", "a\nb"),
            "x\n  a\n  b\n  # @@protoc_insertion_point(here)\n"
        );
    }

    #[test]
    fn text_is_inserted_within_a_line_before_a_comment() {
        assert_eq!(
            inserted("f(/* @@protoc_insertion_point(here) */)", "a"),
            "f(a\n/* @@protoc_insertion_point(here) */)"
        );
    }
}
