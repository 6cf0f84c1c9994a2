//! The `yamabiko` command: what was typed, then what it means, then doing it.
//!
//! Exit codes: 0 when all is well, 1 when what was asked for failed, 2 when the
//! command line does not make sense.
#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Command};

mod arguments;
mod breaking;
mod check;
mod explain;
mod format;
mod generate;
mod git;
mod lint;
mod lsp;
mod proto_files;
mod report;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Breaking(arguments) => return breaking::run(&arguments),
        Command::Check(arguments) => return check::run(&arguments),
        Command::Explain(arguments) => return explain::run(&arguments),
        Command::Format(arguments) => return format::run(&arguments),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Lint(arguments) => return lint::run(&arguments),
        Command::Lsp(_) => return lsp::run(),
        Command::Protoc(arguments) => return protoc(&arguments.arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprint!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn protoc(arguments: &[String]) -> ExitCode {
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let code = yamabiko_compiler::protoc::run("yamabiko protoc", arguments, &mut out, &mut err);
    // The process ends here, so that what memory it has is not given back bit by bit.
    std::process::exit(code)
}
