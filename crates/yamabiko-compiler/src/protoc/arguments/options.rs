//! What each option means.

use std::path::Path;

use super::Step;
use crate::protoc::command::{Command, Dependencies, ErrorFormat, Mode, Output, plugin_of};
use crate::protoc::help;
use crate::protoc::streams::Streams;
use crate::python::Generator;

/// What separates paths in one value.
pub(super) const PATH_SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// The generators that are built in, with their options.
pub(in crate::protoc) const GENERATORS: [(&str, Generator); 4] = [
    ("--grpc_pyi_out", Generator::ServiceTypes),
    ("--grpc_python_out", Generator::Services),
    ("--pyi_out", Generator::Interface),
    ("--python_out", Generator::Messages),
];

/// Notes in `command` what the option `name` says. A file has no name.
pub(super) fn interpret(
    command: &mut Command,
    program: &str,
    name: &str,
    value: &str,
    streams: &mut Streams<'_>,
) -> Step {
    let noted = match name {
        "-h" | "--help" => {
            help::print(program, streams);
            return Step::Exit(0);
        }
        "--version" => {
            streams.say("libprotoc 35.1");
            return Step::Exit(0);
        }
        "--notices" => {
            help::print_notices(streams);
            return Step::Exit(0);
        }
        "" => input(command, program, value),
        "-I" | "--proto_path" => proto_path(command, value, streams),
        "--descriptor_set_in" => descriptor_set_in(command, name, value),
        "-o" | "--descriptor_set_out" => descriptor_set_out(command, name, value),
        "--dependency_out" => dependency_out(command, name, value),
        "--include_imports" => once(&mut command.descriptor_set.imports, name),
        "--include_source_info" => once(&mut command.descriptor_set.source_info, name),
        "--retain_options" => once(&mut command.descriptor_set.all_options, name),
        "--fatal_warnings" => once(&mut command.policy.fatal_warnings, name),
        "--direct_dependencies" => {
            dependencies(&mut command.policy.direct_dependencies, name, "direct", value)
        }
        "--option_dependencies" => {
            dependencies(&mut command.policy.option_dependencies, name, "option", value)
        }
        "--direct_dependencies_violation_msg" => {
            command.policy.direct_dependencies.violation = Some(value.to_owned());
            Ok(())
        }
        "--option_dependencies_violation_msg" => {
            command.policy.option_dependencies.violation = Some(value.to_owned());
            Ok(())
        }
        "--disallow_services" => set(&mut command.policy.disallow_services),
        "--unsafe_allow_out_dir_escape" => set(&mut command.policy.allow_directory_escape),
        "--deterministic_output" => set(&mut command.policy.deterministic_output),
        "--experimental_editions" => set(&mut command.policy.unstable_editions),
        // The first is the rule by now; the other changes nothing in what is
        // generated here.
        "--experimental_allow_proto3_optional" | "--enable_codegen_trace" => Ok(()),
        "--encode" | "--decode" | "--decode_raw" => codec(command, name, value),
        "--error_format" => error_format(command, value),
        "--plugin" => plugin(command, value),
        "--print_free_field_numbers" => print_free_field_numbers(command, name),
        "--edition_defaults_out" | "--edition_defaults_minimum" | "--edition_defaults_maximum" => {
            Err(format!("{name} is not supported: use the protoc of Google for it"))
        }
        _ => return other(command, name, value, streams),
    };
    match noted {
        Ok(()) => Step::Continue,
        Err(message) => {
            streams.complain(message);
            Step::Exit(1)
        }
    }
}

fn set(flag: &mut bool) -> Result<(), String> {
    *flag = true;
    Ok(())
}

fn once(flag: &mut bool, name: &str) -> Result<(), String> {
    if std::mem::replace(flag, true) {
        return Err(format!("{name} may only be passed once."));
    }
    Ok(())
}

fn input(command: &mut Command, program: &str, value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Err(format!(
            "You seem to have passed an empty string as one of the arguments to {program}.  \
             This is actually sort of hard to do.  Congrats.  Unfortunately it is not valid \
             input so the program is going to die now."
        ));
    }
    command.inputs.push(value.to_owned());
    Ok(())
}

fn proto_path(command: &mut Command, value: &str, streams: &mut Streams<'_>) -> Result<(), String> {
    for part in value.split(PATH_SEPARATOR).filter(|part| !part.is_empty()) {
        let (mut prefix, mut directory) = part.split_once('=').unwrap_or(("", part));
        if directory.is_empty() {
            return Err("--proto_path passed empty directory name.  \
                        (Use \".\" for current directory.)"
                .to_owned());
        }
        if !Path::new(directory).exists() {
            // It may just happen to have a `=` in it.
            if Path::new(part).exists() {
                (prefix, directory) = ("", part);
            } else {
                streams.complain(format!("{directory}: warning: directory does not exist."));
            }
        }
        command.proto_path.push((prefix.to_owned(), directory.to_owned()));
    }
    Ok(())
}

fn descriptor_set_in(command: &mut Command, name: &str, value: &str) -> Result<(), String> {
    if !command.descriptor_set_in.is_empty() {
        return Err(format!(
            "{name} may only be passed once. To specify multiple descriptor sets, pass them \
             all as a single parameter separated by '{PATH_SEPARATOR}'."
        ));
    }
    if value.is_empty() {
        return Err(format!("{name} requires a non-empty value."));
    }
    if command.dependency_out.is_some() {
        return Err(format!("{name} cannot be used with --dependency_out."));
    }
    let files = value.split(PATH_SEPARATOR).filter(|file| !file.is_empty());
    command.descriptor_set_in = files.map(str::to_owned).collect();
    Ok(())
}

fn descriptor_set_out(command: &mut Command, name: &str, value: &str) -> Result<(), String> {
    if command.descriptor_set.file.is_some() {
        return Err(format!("{name} may only be passed once."));
    }
    if value.is_empty() {
        return Err(format!("{name} requires a non-empty value."));
    }
    if command.mode != Mode::Compile {
        return Err(
            "Cannot use --encode or --decode and generate descriptors at the same time.".to_owned()
        );
    }
    command.descriptor_set.file = Some(value.to_owned());
    Ok(())
}

fn dependency_out(command: &mut Command, name: &str, value: &str) -> Result<(), String> {
    if command.dependency_out.is_some() {
        return Err(format!("{name} may only be passed once."));
    }
    if value.is_empty() {
        return Err(format!("{name} requires a non-empty value."));
    }
    if !command.descriptor_set_in.is_empty() {
        return Err(format!("{name} cannot be used with --descriptor_set_in."));
    }
    command.dependency_out = Some(value.to_owned());
    Ok(())
}

fn dependencies(
    dependencies: &mut Dependencies,
    name: &str,
    kind: &str,
    value: &str,
) -> Result<(), String> {
    if dependencies.allowed.is_some() {
        return Err(format!(
            "{name} may only be passed once. To specify multiple {kind} dependencies, pass \
             them all as a single parameter separated by ':'."
        ));
    }
    let files = value.split(':').filter(|file| !file.is_empty());
    dependencies.allowed = Some(files.map(str::to_owned).collect());
    Ok(())
}

fn codec(command: &mut Command, name: &str, value: &str) -> Result<(), String> {
    if command.mode != Mode::Compile {
        return Err("Only one of --encode and --decode can be specified.".to_owned());
    }
    if !command.outputs.is_empty() || command.descriptor_set.file.is_some() {
        return Err(format!(
            "Cannot use {name} and generate code or descriptors at the same time."
        ));
    }
    if value.is_empty() && name != "--decode_raw" {
        let mut message = format!("Type name for {name} cannot be blank.");
        if name == "--decode" {
            message.push_str("\nTo decode an unknown message, use --decode_raw.");
        }
        return Err(message);
    }
    command.mode = match name {
        "--encode" => Mode::Encode(value.to_owned()),
        "--decode" => Mode::Decode(value.to_owned()),
        _ if value.is_empty() => Mode::DecodeRaw,
        _ => return Err("--decode_raw does not take a parameter.".to_owned()),
    };
    Ok(())
}

fn print_free_field_numbers(command: &mut Command, name: &str) -> Result<(), String> {
    if command.mode != Mode::Compile {
        return Err(format!(
            "Cannot use {name} and use --encode, --decode or print other info at the same time."
        ));
    }
    if !command.outputs.is_empty() || command.descriptor_set.file.is_some() {
        return Err(format!(
            "Cannot use {name} and generate code or descriptors at the same time."
        ));
    }
    command.mode = Mode::PrintFreeFieldNumbers;
    Ok(())
}

fn error_format(command: &mut Command, value: &str) -> Result<(), String> {
    command.policy.error_format = match value {
        "gcc" => ErrorFormat::Gcc,
        "msvs" => ErrorFormat::Msvs,
        _ => return Err(format!("Unknown error format: {value}")),
    };
    Ok(())
}

/// `name=program`, or the program alone, which then has the name of its file.
fn plugin(command: &mut Command, value: &str) -> Result<(), String> {
    let (name, program) =
        value.split_once('=').unwrap_or_else(|| (value.rsplit('/').next().unwrap_or(value), value));
    command.plugins.programs.insert(name.to_owned(), program.to_owned());
    Ok(())
}

fn other(command: &mut Command, name: &str, value: &str, streams: &mut Streams<'_>) -> Step {
    if name.starts_with("--") && name.ends_with("_opt") {
        command.plugins.parameters.push((plugin_of(name), value.to_owned()));
        return Step::Continue;
    }
    if !name.ends_with("_out") {
        streams.complain(format!("Unknown flag: {name}"));
        if let Some(known) = help::similar_option(name) {
            streams.advise(format!("did you mean `{known}`?"));
        }
        return Step::Exit(1);
    }
    if command.mode != Mode::Compile {
        streams.complain(
            "Cannot use --encode, --decode or print .proto info and generate code at the same time.",
        );
        return Step::Exit(1);
    }
    let (parameter, location) = match value.split_once(':') {
        Some(parts) if !is_windows_path(value) => parts,
        _ => ("", value),
    };
    let generator = GENERATORS.iter().find(|(option, _)| *option == name);
    command.outputs.push(Output {
        name: name.to_owned(),
        generator: generator.map(|(_, generator)| *generator),
        parameter: parameter.to_owned(),
        location: location.to_owned(),
    });
    Step::Continue
}

/// `C:\directory`, whose colon separates nothing.
fn is_windows_path(value: &str) -> bool {
    let bytes = value.as_bytes();
    cfg!(windows)
        && bytes.len() >= 3
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && matches!(bytes[2], b'/' | b'\\')
        && value.rfind(':') == Some(1)
}
