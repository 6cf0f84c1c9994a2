//! `yamabiko explain`: the page about a code.

use std::process::ExitCode;

use yamabiko_compiler::{explain, pages};

use crate::arguments::Explain;

/// Prints the page, or the list of all codes.
pub(crate) fn run(arguments: &Explain) -> ExitCode {
    if arguments.list {
        for page in pages() {
            println!("{} {}", page.code(), page.title());
        }
        return ExitCode::SUCCESS;
    }
    for (index, code) in arguments.codes.iter().enumerate() {
        let Some(page) = explain(code) else {
            eprintln!("error: there is no code {code}: see yamabiko explain --list");
            return ExitCode::FAILURE;
        };
        if index > 0 {
            println!();
        }
        print!("{page}");
    }
    ExitCode::SUCCESS
}
