//! The `yamabiko` command: what was typed, then what it means, then doing it.
//!
//! Exit codes: 0 when all is well, 1 when what was asked for failed, 2 when the
//! command line does not make sense.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Command};

mod arguments;
mod generate;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Generate(arguments) => generate::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprint!("{failure}");
            ExitCode::FAILURE
        }
    }
}
