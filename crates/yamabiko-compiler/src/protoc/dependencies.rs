//! `--dependency_out`: a rule for make that says what the output was made of.

use std::fs;

use super::command::Command;
use super::inputs::Loaded;
use super::outputs::Outputs;
use super::source_tree::SourceTree;
use super::streams::{Streams, reason};
use crate::descriptors::Named as _;

/// Writes the rule that the command line asks for.
pub(super) fn write(
    command: &Command,
    outputs: &Outputs,
    loaded: &Loaded,
    tree: &SourceTree,
    streams: &mut Streams<'_>,
) -> Option<()> {
    let Some(path) = &command.dependency_out else {
        return Some(());
    };
    let targets: Vec<String> = outputs
        .paths()
        .map(|path| path.strip_prefix("./").map(str::to_owned).unwrap_or(path))
        .collect();
    let targets: Vec<String> =
        targets.into_iter().chain(command.descriptor_set.file.clone()).collect();
    let mut rule = targets.join(" \\\n");
    if !targets.is_empty() {
        rule.push(':');
    }
    let files = &loaded.linked.files;
    let mut unknown = None;
    for (index, file) in files.iter().enumerate() {
        match tree.read(file.name()) {
            Ok(source) => {
                // What is built in is nowhere on disk, and never changes.
                let Some(path) = source.path else { continue };
                rule.push(' ');
                rule.push_str(&path);
                if index + 1 < files.len() {
                    rule.push_str("\\\n");
                }
            }
            Err(_) => {
                unknown = Some(file.name());
                break;
            }
        }
    }
    if let Err(error) = fs::write(path, rule) {
        streams.complain(format!("{path}: {}", reason(&error)));
        return None;
    }
    if let Some(name) = unknown {
        streams.complain(format!("Unable to identify path for file {name}"));
        return None;
    }
    Some(())
}
