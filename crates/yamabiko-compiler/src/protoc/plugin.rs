//! Plugins as protoc runs them, and its words for what goes wrong.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use buffa_codegen::generated::compiler::CodeGeneratorResponse;

use super::command::{Command, Output};
use super::help;
use super::inputs::Loaded;
use super::outputs::Location;
use super::streams::Streams;
use crate::plugin::{self, Failure, Unsupported};
use crate::python::octal;

/// Has the plugin of `output` generate its files. An error is what to say of it;
/// it can be empty, if all has been said.
pub(super) fn generate(
    command: &Command,
    output: &Output,
    loaded: &Loaded,
    location: &mut Location,
    streams: &mut Streams<'_>,
) -> Result<(), String> {
    let plugin = output.plugin();
    let mut parameter = output.parameter.clone();
    let more = command.plugins.parameters(&plugin);
    if !parameter.is_empty() && !more.is_empty() {
        parameter.push(',');
    }
    parameter.push_str(&more);
    let linked = &loaded.linked;
    let request = plugin::request(linked, &linked.files, &linked.asked, parameter);
    let given = command.plugins.programs.get(&plugin).map(String::as_str);
    let response = run(output, given, request, streams)?;
    write(&plugin, &response, location, streams)?;
    match response.error.as_deref() {
        Some(error) if !error.is_empty() => return Err(error.to_owned()),
        _ => {}
    }
    let asked: Vec<_> = loaded.asked_files().collect();
    match plugin::supports(&plugin, &response, asked.iter().copied()) {
        Ok(()) => return Ok(()),
        Err(Unsupported::Optional(message)) => streams.complain(message),
        Err(Unsupported::Edition(message)) => streams.complain_without_end(message),
    }
    Err(String::new())
}

/// Runs the plugin and returns its answer.
fn run(
    output: &Output,
    program: Option<&str>,
    request: Vec<u8>,
    streams: &mut Streams<'_>,
) -> Result<CodeGeneratorResponse, String> {
    let plugin = output.plugin();
    // A program that was named is not looked for on PATH.
    let path = match program {
        None => plugin.clone(),
        Some(path) if path.contains('/') => path.to_owned(),
        Some(path) => format!("./{path}"),
    };
    plugin::run(&PathBuf::from(path), request).map_err(|failure| match failure {
        Failure::NotStarted(error) => {
            explain_absence(output, program, &error, streams);
            format!("{plugin}: Plugin failed with status code 1.")
        }
        Failure::Ended(failure) => format!("{plugin}: {failure}"),
        Failure::Unreadable(answer) => {
            format!("{plugin}: Plugin output is unparseable: {}", octal(&answer))
        }
    })
}

fn explain_absence(
    output: &Output,
    program: Option<&str>,
    error: &io::Error,
    streams: &mut Streams<'_>,
) {
    let plugin = output.plugin();
    let name = program.unwrap_or(&plugin);
    streams.complain(format!("{name}: program not found or is not executable"));
    streams.complain(
        "Please specify a program using absolute path or make sure the program is available in \
         your PATH system variable",
    );
    match help::similar_generator(&output.name) {
        Some(option) if program.is_none() => streams.advise(format!("did you mean `{option}`?")),
        _ => {}
    }
    if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) {
        streams.advise(format!("the system says: {error}"));
    }
}

fn write(
    plugin: &str,
    response: &CodeGeneratorResponse,
    location: &mut Location,
    streams: &mut Streams<'_>,
) -> Result<(), String> {
    let pieces = plugin::pieces(response).ok_or_else(|| {
        format!("{plugin}: First file chunk returned by plugin did not specify a file name.")
    })?;
    for piece in pieces {
        location.add(piece, streams);
    }
    Ok(())
}
