//! The other direction: being a plugin, for protoc and for buf.

use std::path::Path;

use buffa::Message as _;
use buffa_codegen::generated::compiler::code_generator_response::{Feature, File};
use buffa_codegen::generated::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};
use buffa_codegen::generated::descriptor::Edition;

use crate::descriptors::Named as _;
use crate::hints::similar;
use crate::{GeneratedFile, layout, packages};

/// What a plugin may be asked for.
const PARAMETERS: [&str; 1] = ["imports"];

/// Answers a request as a plugin of protoc: what `protoc-gen-yamabiko` reads
/// from standard input, and what it writes to standard output, both encoded.
///
/// It generates Rust, laid out as by [`Config::try_generate`], for the files
/// that it is asked for; with the parameter `imports` for those that they import
/// too, but for the ones of protobuf itself. An error is part of the answer.
///
/// [`Config::try_generate`]: crate::Config::try_generate
pub fn answer_as_plugin(request: &[u8]) -> Vec<u8> {
    let mut response = CodeGeneratorResponse {
        supported_features: Some(
            Feature::FEATURE_PROTO3_OPTIONAL as u64 | Feature::FEATURE_SUPPORTS_EDITIONS as u64,
        ),
        minimum_edition: Some(Edition::EDITION_PROTO2 as i32),
        maximum_edition: Some(Edition::EDITION_2024 as i32),
        ..CodeGeneratorResponse::default()
    };
    match generate(request) {
        Ok(files) => response.file = files.into_iter().map(in_answer).collect(),
        Err(message) => response.error = Some(message),
    }
    response.encode_to_vec()
}

fn generate(request: &[u8]) -> Result<Vec<GeneratedFile>, String> {
    let request = CodeGeneratorRequest::decode_from_slice(request).map_err(|error| {
        format!(
            "standard input is no request of protoc: {error}; this program is run by protoc \
             (--yamabiko_out=DIR) or buf, not by hand"
        )
    })?;
    let mut imports = false;
    let parameters = request.parameter.as_deref().unwrap_or_default();
    for parameter in parameters.split(',').filter(|parameter| !parameter.is_empty()) {
        match parameter {
            "imports" | "imports=true" => imports = true,
            "imports=false" => imports = false,
            _ => return Err(unknown_parameter(parameter)),
        }
    }
    let is_own = |name: &str| crate::well_known::text(name).is_some();
    let names = request.proto_file.iter().map(|file| file.name());
    let generate: Vec<String> = if imports {
        names.filter(|name| !is_own(name)).map(str::to_owned).collect()
    } else {
        request.file_to_generate
    };
    let mut warnings = Vec::new();
    let packages = packages::generate(&request.proto_file, &generate, &mut warnings)
        .map_err(|diagnostic| diagnostic.to_string())?;
    for warning in warnings {
        eprintln!("protoc-gen-yamabiko: warning: {warning}");
    }
    Ok(layout::for_source_tree(&packages))
}

fn unknown_parameter(parameter: &str) -> String {
    let name = parameter.split('=').next().unwrap_or(parameter);
    match similar::best(name, PARAMETERS.into_iter()) {
        Some(meant) => format!("there is no parameter `{parameter}`: did you mean `{meant}`?"),
        None => format!("there is no parameter `{parameter}`: there is `imports`"),
    }
}

/// protoc wants `/` between the parts of a path everywhere.
fn in_answer(file: GeneratedFile) -> File {
    let parts = Path::new(&file.path).iter().map(|part| part.to_string_lossy());
    File {
        name: Some(parts.collect::<Vec<_>>().join("/")),
        content: Some(file.content),
        ..File::default()
    }
}
