//! What the author of a file probably meant.
//!
//! `lookup` knows the names of protobuf and what other languages call its
//! types, `similar` finds the name that another is a misspelling of.

pub(crate) mod lookup;
pub(crate) mod similar;

use std::fs;
use std::path::Path;

use crate::diagnostic::Diagnostic;

/// Puts a hint on a file that is not there: one with a similar name.
pub(crate) fn similar_file(file: &Path, diagnostic: Diagnostic) -> Diagnostic {
    let directory = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let names = proto_files_in(directory);
    let wanted = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match similar::best(wanted, names.iter().map(String::as_str)) {
        Some(name) => {
            diagnostic.help(format!("did you mean {}?", file.with_file_name(name).display()))
        }
        None => diagnostic,
    }
}

fn proto_files_in(directory: &Path) -> Vec<String> {
    fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "proto"))
        .collect()
}
