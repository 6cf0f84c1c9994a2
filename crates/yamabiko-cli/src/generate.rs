//! `yamabiko generate`: Rust code from `.proto` files.

use std::fmt;
use std::path::{Path, PathBuf};

use yamabiko_compiler::{Config, Diagnostics, Generated};

use crate::arguments::Generate;

/// Why it failed, as it is shown.
pub(crate) enum Failure {
    /// The files are broken, or cannot be read or written.
    Compiler(Diagnostics),
    /// What is checked in is not what would be generated.
    Stale(Vec<PathBuf>),
}

pub(crate) fn run(arguments: &Generate) -> Result<(), Failure> {
    let config = arguments.includes.iter().fold(Config::new(), Config::include);
    let generated = config.try_generate(&arguments.files).map_err(Failure::Compiler)?;
    for warning in &generated.warnings {
        eprintln!("warning: {warning}");
    }
    if arguments.check { check(arguments, &generated) } else { write(arguments, &generated) }
}

fn write(arguments: &Generate, generated: &Generated) -> Result<(), Failure> {
    for file in &generated.files {
        let path = shown(arguments, &file.path);
        if file.is_current_in(&arguments.out) {
            println!("unchanged {}", path.display());
        } else {
            file.write_to(&arguments.out).map_err(|error| Failure::Compiler(error.into()))?;
            println!("wrote {}", path.display());
        }
    }
    Ok(())
}

fn check(arguments: &Generate, generated: &Generated) -> Result<(), Failure> {
    let stale: Vec<PathBuf> = generated
        .files
        .iter()
        .filter(|file| !file.is_current_in(&arguments.out))
        .map(|file| shown(arguments, &file.path))
        .collect();
    if stale.is_empty() { Ok(()) } else { Err(Failure::Stale(stale)) }
}

/// A generated file as a person would name it: not `./hello.rs`.
fn shown(arguments: &Generate, file: &Path) -> PathBuf {
    if arguments.out == Path::new(".") { file.to_owned() } else { arguments.out.join(file) }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compiler(diagnostics) => write!(out, "{diagnostics}"),
            Self::Stale(files) => {
                for file in files {
                    writeln!(out, "error: not what would be generated: {}", file.display())?;
                }
                writeln!(out, "  = help: run the same command without --check")
            }
        }
    }
}
