//! Plugins of protoc: programs that are given descriptors on standard input
//! and answer with files on standard output. Here is the protocol; what is said
//! of failures depends on who asks.

mod serve;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use buffa::Message as _;
use buffa_codegen::generated::compiler::{CodeGeneratorRequest, CodeGeneratorResponse, Version};
use buffa_codegen::generated::descriptor::{DescriptorProto, Edition, FileDescriptorProto};

pub use serve::answer_as_plugin;

use crate::descriptors::Named as _;
use crate::proto::Linked;
use crate::python::Piece;

/// What plugins say they can do, as bits.
const PROTO3_OPTIONAL: u64 = 1;
const EDITIONS: u64 = 2;

/// Why there is no answer of a plugin.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no such program, or it cannot be run.
    NotStarted(io::Error),
    /// It ran, but not to a good end; in protoc's words.
    Ended(String),
    /// What it wrote is no answer.
    Unreadable(Vec<u8>),
}

/// What a plugin is asked: code for the files called `asked`, of `files`, which
/// are those that were linked.
pub(crate) fn request(
    linked: &Linked,
    files: &[FileDescriptorProto],
    asked: &[String],
    parameter: String,
) -> Vec<u8> {
    let generated = files.iter().filter(|file| asked.iter().any(|name| name == file.name()));
    let sources = generated.map(|file| linked.with_source_options(file));
    let request = CodeGeneratorRequest {
        file_to_generate: asked.to_vec(),
        parameter: (!parameter.is_empty()).then_some(parameter),
        proto_file: files.to_vec(),
        source_file_descriptors: sources.collect(),
        compiler_version: buffa::MessageField::some(Version {
            major: Some(7),
            minor: Some(35),
            patch: Some(1),
            suffix: Some(String::new()),
            ..Version::default()
        }),
        ..CodeGeneratorRequest::default()
    };
    request.encode_to_vec()
}

/// Runs a plugin, which inherits standard error. A program without a `/` is
/// looked for on PATH.
pub(crate) fn run(program: &Path, request: Vec<u8>) -> Result<CodeGeneratorResponse, Failure> {
    let child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(Failure::NotStarted)?;
    let input = child.stdin.take();
    // A plugin may write before it has read all, or not read at all.
    let feeding = thread::spawn(move || {
        if let Some(mut input) = input {
            let _ = input.write_all(&request);
        }
    });
    let output = child.wait_with_output();
    let _ = feeding.join();
    let output = output.map_err(|error| Failure::Ended(error.to_string()))?;
    if let Some(failure) = failure(output.status) {
        return Err(Failure::Ended(failure));
    }
    CodeGeneratorResponse::decode_from_slice(&output.stdout)
        .map_err(|_| Failure::Unreadable(output.stdout))
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

/// The files of an answer, and the pieces that belong into files; `None` if the
/// first has no name. Others without a name go on with the one before.
pub(crate) fn pieces(response: &CodeGeneratorResponse) -> Option<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    for file in &response.file {
        let named = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        let text = file.content.as_deref().unwrap_or_default();
        let insertion_point = named(&file.insertion_point);
        let name = named(&file.name);
        if insertion_point.is_some() || name.is_some() {
            let file = name.unwrap_or_default();
            pieces.push(Piece { file, insertion_point, text: text.to_owned() });
        } else {
            pieces.last_mut()?.text.push_str(text);
        }
    }
    Some(pieces)
}

/// What of the files a plugin does not know, in protoc's words, which sometimes
/// end the line and sometimes do not.
#[derive(Debug)]
pub(crate) enum Unsupported {
    Optional(String),
    Edition(String),
}

/// Whether the plugin knows what the files that it was asked for make use of.
pub(crate) fn supports<'f>(
    plugin: &str,
    response: &CodeGeneratorResponse,
    asked: impl Iterator<Item = &'f FileDescriptorProto> + Clone,
) -> Result<(), Unsupported> {
    let features = response.supported_features.unwrap_or_default();
    for file in asked.clone() {
        if features & PROTO3_OPTIONAL == 0
            && file.syntax.as_deref() == Some("proto3")
            && file.message_type.iter().any(has_proto3_optional)
        {
            return Err(Unsupported::Optional(format!(
                "{}: is a proto3 file that contains optional fields, but code generator \
                 {plugin} hasn't been updated to support optional fields in proto3. Please ask \
                 the owner of this code generator to support proto3 optional.",
                file.name()
            )));
        }
    }
    for file in asked {
        let Some(edition) = file.edition.filter(|edition| *edition as i32 >= 1000) else {
            continue;
        };
        if let Some(message) = edition_mistake(plugin, response, features, file.name(), edition) {
            return Err(Unsupported::Edition(message));
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
