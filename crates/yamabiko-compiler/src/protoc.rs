//! The command line of protoc, as far as Python and descriptors go: the same
//! options, files, messages and exit codes as `libprotoc 35.1` in grpcio-tools
//! 1.85.1.
//!
//! Where this one knows more, it says so on lines of its own, which begin with
//! `  hint: `.
//!
//! `arguments` makes a `command` of what was typed, `inputs` reads the files
//! that it names by way of `source_tree`, and what is to come of them is
//! collected in `outputs`. Each kind of output has a file of its own.

mod archive;
mod arguments;
mod command;
mod dependencies;
mod descriptor_set;
mod free_numbers;
mod help;
mod in_memory;
mod inputs;
mod outputs;
mod plugin;
mod problems;
mod raw;
mod source_tree;
mod streams;

use std::collections::BTreeSet;
use std::io::{Read as _, Write};

pub use in_memory::{Mistake, PythonModule, generate_python};

/// The names and texts of the files of protobuf itself, for who wants them on
/// disk: declarations that mean the same as Google's, without the comments.
pub const WELL_KNOWN_FILES: &[(&str, &str)] = crate::well_known::FILES;

use arguments::Parsed;
use command::{Command, Mode, Output};
use inputs::Loaded;
pub(crate) use outputs::Location;
use outputs::Outputs;
use source_tree::SourceTree;
use streams::Streams;

use crate::descriptors::Pool;
use crate::python::Source;

/// Runs protoc with `arguments`, which do not contain the name of the program,
/// `program`; it is only shown. Returns the exit code.
///
/// Paths are relative to the current directory of the process. Plugins are looked
/// for on PATH, and inherit standard error. The files of protobuf itself,
/// `google/protobuf/*.proto`, need not be on disk; they are found after those in
/// the directories of `-I`. What is decoded is read from standard input.
pub fn run(program: &str, arguments: &[String], out: &mut dyn Write, err: &mut dyn Write) -> i32 {
    let streams = &mut Streams { out, err };
    match arguments::parse(program, arguments, streams) {
        Parsed::Exit(code) => code,
        Parsed::Run(command) => match compile(&command, streams) {
            Some(()) => 0,
            None => 1,
        },
    }
}

fn compile(command: &Command, streams: &mut Streams<'_>) -> Option<()> {
    if command.mode == Mode::DecodeRaw {
        return decode_raw(streams);
    }
    let tree = SourceTree::new(command);
    let loaded = inputs::load(command, &tree, streams)?;
    // Who wants no code needs no pool.
    let files = if command.outputs.is_empty() { &[] } else { &loaded.linked.files[..] };
    let pool = match Pool::new(files) {
        Ok(pool) => pool,
        Err(message) => {
            streams.complain(message);
            return None;
        }
    };
    if let Mode::Encode(_) | Mode::Decode(_) = command.mode {
        streams.complain("--encode and --decode are not supported");
        streams.advise("--decode_raw shows a message of any type, `yamabiko call` sends one");
        return None;
    }
    let mut outputs = Outputs::default();
    for output in &command.outputs {
        let location = outputs.location(&output.location);
        if let Err(message) = generate(command, output, &loaded, &pool, location, streams) {
            streams.complain(format!("{}: {message}", output.name));
            return None;
        }
    }
    let outputs = outputs.write(command.policy.allow_directory_escape, streams)?;
    dependencies::write(command, &outputs, &loaded, &tree, streams)?;
    descriptor_set::write(command, &loaded, streams)?;
    if command.policy.fatal_warnings && loaded.has_warnings {
        return None;
    }
    if command.mode == Mode::PrintFreeFieldNumbers {
        for file in loaded.asked_files() {
            free_numbers::print(file, streams);
        }
    }
    Some(())
}

fn decode_raw(streams: &mut Streams<'_>) -> Option<()> {
    let mut message = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut message);
    let Some(text) = read.ok().and_then(|_| raw::text(&message)) else {
        streams.complain("Failed to parse input.");
        return None;
    };
    let _ = streams.out.write_all(text.as_bytes());
    Some(())
}

fn generate(
    command: &Command,
    output: &Output,
    loaded: &Loaded,
    pool: &Pool<'_>,
    location: &mut Location,
    streams: &mut Streams<'_>,
) -> Result<(), String> {
    let Some(generator) = output.generator else {
        return plugin::generate(command, output, loaded, location, streams);
    };
    let linked = &loaded.linked;
    let generated: BTreeSet<String> = linked.asked.iter().cloned().collect();
    for name in &linked.asked {
        let Some(file) = pool.file(name) else { continue };
        let embedded = linked.embedded(file);
        let source = Source { pool, file, embedded: &embedded, generated: &generated };
        let pieces = generator
            .generate(&source, &output.parameter)
            .map_err(|message| format!("{name}: {message}"))?;
        for piece in pieces {
            location.add(piece, streams);
        }
    }
    Ok(())
}
