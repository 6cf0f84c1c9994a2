//! `protoc-gen-yamabiko`: Rust for the crate `yamabiko`, as a plugin of protoc
//! and buf. What it is asked and what it answers are messages on standard input
//! and standard output; `yamabiko generate` does the same without protoc.
#![forbid(unsafe_code)]

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

const USAGE: &str = "\
protoc-gen-yamabiko is run by protoc or buf, which write to its standard input:

  protoc --yamabiko_out=src/generated --yamabiko_opt=imports -Iproto proto/hello.proto

With the option `imports` it generates code for what the files import too. To
generate code without protoc: yamabiko generate --out src/generated proto/hello.proto
";

fn main() -> ExitCode {
    if io::stdin().is_terminal() || std::env::args_os().len() > 1 {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    }
    let mut request = Vec::new();
    let done = io::stdin().read_to_end(&mut request).and_then(|_| {
        let answer = yamabiko_compiler::answer_as_plugin(&request);
        io::stdout().write_all(&answer)
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("protoc-gen-yamabiko: {error}");
            ExitCode::FAILURE
        }
    }
}
