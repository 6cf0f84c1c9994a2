//! `--help` and `--notices`.

use super::arguments::GENERATORS;
use super::streams::Streams;
use crate::hints::similar;

const HELP: &str = "\
Compiles PROTO_FILES to descriptors and code:
  -IPATH, --proto_path=PATH    look for files and imports below PATH; may be given
                               several times, the first directory that has a file
                               wins. PREFIX=PATH stands for files whose names
                               begin with PREFIX. Default: the current directory
  --python_out=DIR             write x_pb2.py: messages
  --pyi_out=DIR                write x_pb2.pyi: their types, for checkers and editors
  --grpc_python_out=DIR        write x_pb2_grpc.py: services for grpc
  --grpc_pyi_out=DIR           write x_pb2_grpc.pyi: their types (not in Google's protoc)
                               DIR may be an archive: a .zip, .jar or .srcjar.
                               OPTIONS:DIR passes options; relative_imports makes
                               modules import each other relative to themselves
                               (not in Google's protoc)
  --NAME_out=DIR               run the plugin protoc-gen-NAME, which is looked for on PATH
  --NAME_opt=OPTIONS           pass options to that plugin
  --plugin=[NAME=]EXECUTABLE   the program of a plugin that is not on PATH
  -oFILE, --descriptor_set_out=FILE
                               write the descriptors, a FileDescriptorSet, to FILE
  --include_imports            with the descriptors of all imports
  --include_source_info        with places and comments
  --retain_options             with options that are for the compiler only
  --descriptor_set_in=FILES    take files that -I does not have from these sets of
                               descriptors
  --dependency_out=FILE        write what the output depends on, for make
  --direct_dependencies=FILES, --option_dependencies=FILES
                               what may be imported, separated by colons
  --decode_raw                 show the message on standard input, whatever it is
  --print_free_field_numbers   say which numbers the messages have left
  --error_format=gcc|msvs      how to write where a mistake is
  --fatal_warnings             fail where there is a warning
  --unsafe_allow_out_dir_escape
                               let plugins write outside of DIR
  --version                    say which protoc this is like
  --notices                    say whose work is in it
  -h, --help                   say this
  @FILE                        take arguments from FILE, one in a line
";

/// Says how to use `program`.
pub(super) fn print(program: &str, streams: &mut Streams<'_>) {
    streams.say(format!("Usage: {program} [OPTION] PROTO_FILES"));
    let _ = streams.out.write_all(HELP.as_bytes());
}

/// Says whose work is in the program.
pub(super) fn print_notices(streams: &mut Streams<'_>) {
    streams.say("yamabiko, MIT License or Apache License 2.0.");
}

/// The option that asks for code and that `name` is most likely a misspelling of:
/// the letters can be wrong, or the order of the words.
pub(super) fn similar_generator(name: &str) -> Option<&'static str> {
    let words = |name: &str| {
        let mut words: Vec<String> = name.split(['-', '_']).map(str::to_owned).collect();
        words.sort();
        words
    };
    let options = GENERATORS.iter().map(|(option, ..)| *option);
    let turned = options.clone().find(|option| words(option) == words(name));
    turned.or_else(|| similar::best(name, options))
}

/// The option that `name` is most likely a misspelling of.
pub(super) fn similar_option(name: &str) -> Option<&'static str> {
    let options = HELP
        .split(|c: char| !(c.is_ascii_lowercase() || matches!(c, '_' | '-')))
        .filter(|word| word.starts_with("--") && word.len() > 3);
    similar::best(name, options)
}
