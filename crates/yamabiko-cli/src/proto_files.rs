//! The `.proto` files that a command line means: files, and what is in
//! directories.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use yamabiko_compiler::Settings;

/// The directories that imports are relative to: those that are named, or those
/// of `yamabiko.toml`, or where we are.
pub(crate) fn roots(includes: &[PathBuf], settings: Option<&Settings>) -> Vec<PathBuf> {
    match settings {
        _ if !includes.is_empty() => includes.to_vec(),
        Some(settings) => settings.roots().to_vec(),
        None => vec![PathBuf::from(".")],
    }
}

/// The files that are asked for; if none are, those of the project.
pub(crate) fn asked(
    paths: &[PathBuf],
    settings: Option<&Settings>,
) -> Result<Vec<PathBuf>, String> {
    match settings {
        Some(settings) if paths.is_empty() => find(settings.roots()),
        _ => find(paths),
    }
}

/// The files among `paths`, and the `.proto` files below the directories, in
/// order; without paths, those below where we are. Hidden directories and links
/// to directories are passed over.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let here = [PathBuf::from(".")];
    let mut files = Vec::new();
    for path in if paths.is_empty() { &here } else { paths } {
        let unreadable = |error: io::Error| format!("cannot read {}: {error}", path.display());
        if fs::metadata(path).map_err(unreadable)?.is_dir() {
            below(path, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.clone()));
    Ok(files)
}

fn below(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("cannot read {}: {error}", directory.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?);
    }
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let kind = entry.file_type().map_err(unreadable)?;
        // A person would not write `./a.proto`.
        let path = if directory == Path::new(".") { (&name).into() } else { entry.path() };
        if kind.is_dir() && !name.to_string_lossy().starts_with('.') {
            below(&path, files)?;
        } else if !kind.is_dir() && path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
