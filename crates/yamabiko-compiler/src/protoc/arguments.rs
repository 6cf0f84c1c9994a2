//! From arguments to a [`Command`], by the grammar of protoc: each argument is
//! looked at once, from the left, and the first mistake ends it.

mod combinations;
mod options;

use std::fs;

pub(super) use options::GENERATORS;

use super::command::Command;
use super::help;
use super::streams::Streams;

/// What comes of reading arguments.
pub(super) enum Parsed {
    /// There is work to do.
    Run(Box<Command>),
    /// There is none, and the process ends with this code.
    Exit(i32),
}

/// What comes of one argument.
enum Step {
    Continue,
    Exit(i32),
}

/// Reads `arguments`, which do not contain the name of the program, `program`.
pub(super) fn parse(program: &str, arguments: &[String], streams: &mut Streams<'_>) -> Parsed {
    let Some(arguments) = expand(arguments, streams) else {
        return Parsed::Exit(1);
    };
    if arguments.is_empty() {
        help::print(program, streams);
        return Parsed::Exit(0);
    }
    let mut command = Command::default();
    let mut position = 0;
    while let Some(argument) = arguments.get(position) {
        position += 1;
        let (name, mut value) = split(argument);
        if value.is_none() && !takes_no_value(name) {
            match arguments.get(position) {
                Some(next) if !next.starts_with('-') => {
                    value = Some(next);
                    position += 1;
                }
                _ => {
                    streams.complain(format!("Missing value for flag: {name}"));
                    if name == "--decode" {
                        streams.complain("To decode an unknown message, use --decode_raw.");
                    }
                    return Parsed::Exit(1);
                }
            }
        }
        let value = value.unwrap_or_default();
        match options::interpret(&mut command, program, name, value, streams) {
            Step::Continue => {}
            Step::Exit(code) => return Parsed::Exit(code),
        }
    }
    if combinations::are_valid(&mut command, streams) {
        Parsed::Run(Box::new(command))
    } else {
        Parsed::Exit(1)
    }
}

/// Replaces `@file` by the lines of the file.
fn expand(arguments: &[String], streams: &mut Streams<'_>) -> Option<Vec<String>> {
    let mut expanded = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let Some(file) = argument.strip_prefix('@') else {
            expanded.push(argument.clone());
            continue;
        };
        let Ok(content) = fs::read(file) else {
            streams.complain(format!("Failed to open argument file: {file}"));
            return None;
        };
        let content = String::from_utf8_lossy(&content);
        expanded.extend(content.split_terminator('\n').map(str::to_owned));
    }
    Some(expanded)
}

/// The name of an option and its value, as far as they are in one argument. A
/// file has no name.
fn split(argument: &str) -> (&str, Option<&str>) {
    if argument.starts_with("--") {
        return match argument.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (argument, None),
        };
    }
    let mut letters = argument.char_indices().skip(1);
    match (argument.starts_with('-'), letters.next()) {
        // A lone dash is taken for a file, which is then not found.
        (false, _) | (true, None) => ("", Some(argument)),
        (true, Some(_)) => {
            let end = letters.next().map_or(argument.len(), |(index, _)| index);
            let value = &argument[end..];
            (&argument[..end], (!value.is_empty()).then_some(value))
        }
    }
}

fn takes_no_value(name: &str) -> bool {
    matches!(
        name,
        "-h" | "--help"
            | "--disallow_services"
            | "--include_imports"
            | "--include_source_info"
            | "--retain_options"
            | "--version"
            | "--decode_raw"
            | "--notices"
            | "--experimental_editions"
            | "--print_free_field_numbers"
            | "--experimental_allow_proto3_optional"
            | "--deterministic_output"
            | "--unsafe_allow_out_dir_escape"
            | "--fatal_warnings"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_told_apart() {
        assert_eq!(split("--a=b=c"), ("--a", Some("b=c")));
        assert_eq!(split("--a="), ("--a", Some("")));
        assert_eq!(split("--a"), ("--a", None));
        assert_eq!(split("-Ifoo"), ("-I", Some("foo")));
        assert_eq!(split("-I"), ("-I", None));
        assert_eq!(split("-"), ("", Some("-")));
        assert_eq!(split("a.proto"), ("", Some("a.proto")));
        assert_eq!(split(""), ("", Some("")));
    }
}
