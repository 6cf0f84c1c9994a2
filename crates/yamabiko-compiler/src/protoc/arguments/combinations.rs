//! Which options go together.

use super::options::GENERATORS;
use crate::protoc::command::{Command, Mode};
use crate::protoc::streams::Streams;

/// Checks what can be checked only when all options are known, and says what is
/// wrong. Where nothing says where to look for files, the current directory it is.
pub(super) fn are_valid(command: &mut Command, streams: &mut Streams<'_>) -> bool {
    let outputs: Vec<String> = command
        .outputs
        .iter()
        .filter(|output| output.generator.is_none())
        .map(|output| output.plugin())
        .collect();
    let plugins = &command.plugins;
    let mut unknown: Vec<&String> = plugins.parameters.iter().map(|(plugin, _)| plugin).collect();
    unknown.retain(|plugin| !plugins.programs.contains_key(*plugin) && !outputs.contains(plugin));
    unknown.dedup();
    if !unknown.is_empty() {
        for plugin in unknown {
            let name = plugin.strip_prefix("protoc-gen-").unwrap_or(plugin);
            streams.complain(format!("Unknown flag: --{name}_opt"));
            if GENERATORS.iter().any(|(option, _)| *option == format!("--{name}_out")) {
                streams
                    .advise(format!("options go before the directory: --{name}_out=OPTIONS:DIR"));
            }
        }
        return false;
    }
    if command.proto_path.is_empty() && command.descriptor_set_in.is_empty() {
        command.proto_path.push((String::new(), ".".to_owned()));
    }
    if let Some(mistake) = mistake(command) {
        streams.complain(mistake);
        return false;
    }
    if command.descriptor_set.file.is_none() {
        let given = [
            (command.descriptor_set.imports, "--include_imports"),
            (command.descriptor_set.source_info, "--include_source_info"),
            (command.descriptor_set.all_options, "--retain_options"),
        ];
        for (_, name) in given.iter().filter(|(given, _)| *given) {
            streams.complain(format!(
                "{name} only makes sense when combined with --descriptor_set_out."
            ));
        }
    }
    true
}

fn mistake(command: &Command) -> Option<&'static str> {
    let no_inputs = command.inputs.is_empty();
    let no_sets = command.descriptor_set_in.is_empty();
    let missing_input = match command.mode {
        Mode::Compile => no_inputs,
        Mode::DecodeRaw if !no_inputs || !no_sets => {
            return Some("When using --decode_raw, no input files should be given.");
        }
        Mode::DecodeRaw => false,
        Mode::Encode(_) | Mode::Decode(_) | Mode::PrintFreeFieldNumbers => no_inputs && no_sets,
    };
    let compiles = command.mode == Mode::Compile;
    let depends = command.dependency_out.is_some();
    if missing_input {
        Some("Missing input file.")
    } else if compiles && command.outputs.is_empty() && command.descriptor_set.file.is_none() {
        Some("Missing output directives.")
    } else if !compiles && depends {
        Some("Can only use --dependency_out=FILE when generating code.")
    } else if !matches!(command.mode, Mode::Encode(_)) && command.policy.deterministic_output {
        Some("Can only use --deterministic_output with --encode.")
    } else if depends && command.inputs.len() > 1 {
        Some("Can only process one input file when using --dependency_out=FILE.")
    } else {
        None
    }
}
