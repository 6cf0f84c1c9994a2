//! Plugins: programs that are given descriptors on standard input and answer
//! with files on standard output.

use std::io::{ErrorKind, Write as _};
use std::process::{Command as Process, ExitStatus, Stdio};
use std::thread;

use buffa::Message as _;
use buffa_codegen::generated::compiler::{CodeGeneratorRequest, CodeGeneratorResponse, Version};
use buffa_codegen::generated::descriptor::{DescriptorProto, Edition};

use super::command::{Command, Output};
use super::help;
use super::inputs::Loaded;
use super::outputs::Location;
use super::streams::Streams;
use crate::descriptors::Named as _;
use crate::python::{Piece, octal};

/// What plugins say they can do, as bits.
const PROTO3_OPTIONAL: u64 = 1;
const EDITIONS: u64 = 2;

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
    let request = request(loaded, parameter).encode_to_vec();
    let given = command.plugins.programs.get(&plugin).map(String::as_str);
    let answer = run(output, given, request, streams)?;
    let response = CodeGeneratorResponse::decode_from_slice(&answer)
        .map_err(|_| format!("{plugin}: Plugin output is unparseable: {}", octal(&answer)))?;
    write(&plugin, &response, location, streams)?;
    match response.error.as_deref() {
        Some(error) if !error.is_empty() => Err(error.to_owned()),
        _ => supports(&plugin, &response, loaded, streams),
    }
}

fn request(loaded: &Loaded, parameter: String) -> CodeGeneratorRequest {
    let asked = &loaded.linked.asked;
    let files = &loaded.linked.files;
    let generated = files.iter().filter(|file| asked.iter().any(|name| name == file.name()));
    let sources = generated.filter_map(|file| loaded.linked.with_source_options(file.name()));
    CodeGeneratorRequest {
        file_to_generate: asked.clone(),
        parameter: (!parameter.is_empty()).then_some(parameter),
        proto_file: files.clone(),
        source_file_descriptors: sources.collect(),
        compiler_version: buffa::MessageField::some(Version {
            major: Some(7),
            minor: Some(35),
            patch: Some(1),
            suffix: Some(String::new()),
            ..Version::default()
        }),
        ..CodeGeneratorRequest::default()
    }
}

/// Runs the plugin and returns what it wrote to standard output.
fn run(
    output: &Output,
    program: Option<&str>,
    request: Vec<u8>,
    streams: &mut Streams<'_>,
) -> Result<Vec<u8>, String> {
    let plugin = &output.plugin();
    // A program that was named is not looked for on PATH.
    let path = match program {
        None => plugin.to_owned(),
        Some(path) if path.contains('/') => path.to_owned(),
        Some(path) => format!("./{path}"),
    };
    let child = Process::new(path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            let name = program.unwrap_or(plugin);
            streams.complain(format!("{name}: program not found or is not executable"));
            streams.complain(
                "Please specify a program using absolute path or make sure the program is \
                 available in your PATH system variable",
            );
            match help::similar_generator(&output.name) {
                Some(option) if program.is_none() => {
                    streams.advise(format!("did you mean `{option}`?"));
                }
                _ => {}
            }
            if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) {
                streams.advise(format!("the system says: {error}"));
            }
            return Err(format!("{plugin}: Plugin failed with status code 1."));
        }
    };
    let input = child.stdin.take();
    // A plugin may write before it has read all, or not read at all.
    let feeding = thread::spawn(move || {
        if let Some(mut input) = input {
            let _ = input.write_all(&request);
        }
    });
    let output = child.wait_with_output();
    let _ = feeding.join();
    let output = output.map_err(|error| format!("{plugin}: {error}"))?;
    match failure(output.status) {
        None => Ok(output.stdout),
        Some(failure) => Err(format!("{plugin}: {failure}")),
    }
}

fn failure(status: ExitStatus) -> Option<String> {
    if status.success() {
        return None;
    }
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Some(format!("Plugin killed by signal {signal}."));
    }
    Some(match status.code() {
        Some(code) => format!("Plugin failed with status code {code}."),
        None => "Neither WEXITSTATUS nor WTERMSIG is true?".to_owned(),
    })
}

/// A file without a name goes on with the one before.
fn write(
    plugin: &str,
    response: &CodeGeneratorResponse,
    location: &mut Location,
    streams: &mut Streams<'_>,
) -> Result<(), String> {
    let mut current: Option<Piece> = None;
    for file in &response.file {
        let named = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        let text = file.content.as_deref().unwrap_or_default();
        let insertion_point = named(&file.insertion_point);
        let name = named(&file.name);
        if insertion_point.is_some() || name.is_some() {
            if let Some(finished) = current.take() {
                location.add(finished, streams);
            }
            let file = name.unwrap_or_default();
            current = Some(Piece { file, insertion_point, text: text.to_owned() });
        } else if let Some(current) = &mut current {
            current.text.push_str(text);
        } else {
            return Err(format!(
                "{plugin}: First file chunk returned by plugin did not specify a file name."
            ));
        }
    }
    if let Some(finished) = current {
        location.add(finished, streams);
    }
    Ok(())
}

/// Whether the plugin knows what the files make use of.
fn supports(
    plugin: &str,
    response: &CodeGeneratorResponse,
    loaded: &Loaded,
    streams: &mut Streams<'_>,
) -> Result<(), String> {
    let features = response.supported_features.unwrap_or_default();
    for file in loaded.asked_files() {
        if features & PROTO3_OPTIONAL == 0
            && file.syntax.as_deref() == Some("proto3")
            && file.message_type.iter().any(has_proto3_optional)
        {
            streams.complain(format!(
                "{}: is a proto3 file that contains optional fields, but code generator \
                 {plugin} hasn't been updated to support optional fields in proto3. Please ask \
                 the owner of this code generator to support proto3 optional.",
                file.name()
            ));
            return Err(String::new());
        }
    }
    for file in loaded.asked_files() {
        let Some(edition) = file.edition.filter(|edition| *edition as i32 >= 1000) else {
            continue;
        };
        if let Some(message) = edition_mistake(plugin, response, features, file.name(), edition) {
            streams.complain_without_end(message);
            return Err(String::new());
        }
    }
    Ok(())
}

fn edition_mistake(
    plugin: &str,
    response: &CodeGeneratorResponse,
    features: u64,
    file: &str,
    edition: Edition,
) -> Option<String> {
    if features & EDITIONS == 0 {
        return Some(format!(
            "{file}: is an editions file, but code generator {plugin} hasn't been updated to \
             support editions yet.  Please ask the owner of this code generator to add support \
             or switch back to proto2/proto3.\n\nSee https://protobuf.dev/editions/overview/ \
             for more information."
        ));
    }
    let number = edition as i32;
    let (minimum, maximum) = (response.minimum_edition, response.maximum_edition);
    let unsupported = format!(
        "{file}: is a file using edition {}, which isn't supported by code generator {plugin}.",
        edition_name(number)
    );
    if minimum.is_some_and(|minimum| number < minimum) {
        return Some(format!(
            "{unsupported}  Please upgrade your file to at least edition {}.",
            edition_name(minimum.unwrap_or_default())
        ));
    }
    if maximum.is_some_and(|maximum| number > maximum) {
        return Some(format!(
            "{unsupported}  Please ask the owner of this code generator to add support or \
             switch back to a maximum of edition {}.",
            edition_name(maximum.unwrap_or_default())
        ));
    }
    None
}

fn edition_name(number: i32) -> String {
    match number {
        998 => "PROTO2".to_owned(),
        999 => "PROTO3".to_owned(),
        1000.. => format!("{}", number + 1023),
        _ => number.to_string(),
    }
}

fn has_proto3_optional(message: &DescriptorProto) -> bool {
    message.field.iter().any(|field| field.proto3_optional == Some(true))
        || message.nested_type.iter().any(has_proto3_optional)
}
