//! Being a build script: talking to cargo.

use std::path::{Path, PathBuf};

use crate::config::Generated;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::settings::Settings;

/// Compiles what `yamabiko.toml` says.
pub(crate) fn project() {
    match try_project() {
        Ok(generated) => tell_cargo(&generated),
        Err(diagnostics) => fail(&diagnostics),
    }
}

fn try_project() -> Result<Generated, Diagnostics> {
    let settings = Settings::find(Path::new(""))?.ok_or_else(|| {
        Diagnostic::new(format!("no {} beside Cargo.toml or above", Settings::FILE_NAME))
            .help("write one, or name the files: yamabiko_compiler::build([\"…\"])")
    })?;
    let out_dir = std::env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| {
        Diagnostic::new("no output directory: OUT_DIR is not set").help("call this from build.rs")
    })?;
    settings.try_build(&out_dir)
}

/// Prints cargo's instructions: when to run again, and what to warn about.
pub(crate) fn tell_cargo(generated: &Generated) {
    for input in &generated.inputs {
        println!("cargo::rerun-if-changed={}", input.display());
    }
    for warning in &generated.warnings {
        println!("cargo::warning={warning}");
    }
}

/// Ends the build script. Cargo shows what a failed build script printed, so
/// there is nothing but the errors.
pub(crate) fn fail(diagnostics: &Diagnostics) -> ! {
    eprint!("{diagnostics}");
    std::process::exit(1)
}
