//! `yamabiko generate`: code from `.proto` files.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use yamabiko_compiler::{Config, Diagnostics, Generated, Plugin, Target, generate_project};

use crate::arguments::{Generate, Language};

/// Why it failed, as it is shown.
pub(crate) enum Failure {
    /// The files are broken, or cannot be read or written.
    Compiler(Diagnostics),
    /// What is checked in is not what would be generated.
    Stale(Vec<PathBuf>),
    /// It has been said why.
    Told,
}

pub(crate) fn run(arguments: &Generate) -> Result<(), Failure> {
    if arguments.files.is_empty() {
        let (mut out, mut err) = (io::stdout(), io::stderr());
        let config = arguments.config.as_deref();
        let code = generate_project(config, arguments.check, &mut out, &mut err);
        return if code == 0 { Ok(()) } else { Err(Failure::Told) };
    }
    let config = arguments.includes.iter().fold(Config::new(), Config::include);
    let mut all = Vec::new();
    for target in targets(arguments) {
        let generated = config.try_generate_for(&target, &arguments.files);
        all.push(generated.map_err(Failure::Compiler)?);
    }
    for warning in all.iter().flat_map(|generated| &generated.warnings) {
        eprintln!("warning: {warning}");
    }
    if arguments.check { check(arguments, &all) } else { write(arguments, &all) }
}

/// What the command line asks for; Rust if nothing else.
fn targets(arguments: &Generate) -> Vec<Target> {
    let languages = arguments.to.iter().map(|language| match language {
        Language::Rust => Target::Rust,
        Language::Python => Target::Python,
        Language::Pyi => Target::Pyi,
    });
    let plugins = arguments.plugins.iter().map(|plugin| {
        let (name, program) = match plugin.split_once('=') {
            Some((name, program)) => (name, Some(program)),
            None => (plugin.as_str(), None),
        };
        let plugin = arguments.options.iter().fold(Plugin::new(name), Plugin::option);
        Target::Plugin(match program {
            Some(program) => plugin.program(program),
            None => plugin,
        })
    });
    let targets: Vec<Target> = languages.chain(plugins).collect();
    if targets.is_empty() { vec![Target::Rust] } else { targets }
}

fn write(arguments: &Generate, all: &[Generated]) -> Result<(), Failure> {
    for file in all.iter().flat_map(|generated| &generated.files) {
        let path = shown(arguments, &file.path);
        if file.is_current_in(out_of(arguments)) {
            println!("unchanged {}", path.display());
        } else {
            file.write_to(out_of(arguments)).map_err(|error| Failure::Compiler(error.into()))?;
            println!("wrote {}", path.display());
        }
    }
    Ok(())
}

fn check(arguments: &Generate, all: &[Generated]) -> Result<(), Failure> {
    let stale: Vec<PathBuf> = all
        .iter()
        .flat_map(|generated| &generated.files)
        .filter(|file| !file.is_current_in(out_of(arguments)))
        .map(|file| shown(arguments, &file.path))
        .collect();
    if stale.is_empty() { Ok(()) } else { Err(Failure::Stale(stale)) }
}

/// Where files are written to.
fn out_of(arguments: &Generate) -> &Path {
    arguments.out.as_deref().unwrap_or(Path::new("."))
}

/// A generated file as a person would name it: not `./hello.rs`.
fn shown(arguments: &Generate, file: &Path) -> PathBuf {
    let out = out_of(arguments);
    if out == Path::new(".") { file.to_owned() } else { out.join(file) }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compiler(diagnostics) => write!(out, "{diagnostics}"),
            Self::Told => Ok(()),
            Self::Stale(files) => {
                for file in files {
                    writeln!(out, "error: not what would be generated: {}", file.display())?;
                }
                writeln!(out, "  = help: run the same command without --check")
            }
        }
    }
}
