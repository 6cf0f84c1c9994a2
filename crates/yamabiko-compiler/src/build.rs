//! Being a build script: writing to `OUT_DIR` and talking to cargo.

use std::fs;
use std::path::Path;

use crate::config::{Generated, GeneratedFile};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Writes `files` below `directory`. A file that has its content already is
/// left alone, so that nothing that depends on it is built again.
pub(crate) fn write(directory: &Path, files: &[GeneratedFile]) -> Result<(), Diagnostic> {
    for file in files {
        let path = directory.join(&file.path);
        if fs::read(&path).is_ok_and(|present| present == file.content.as_bytes()) {
            continue;
        }
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, &file.content))
            .map_err(|error| {
                Diagnostic::new(format!("cannot write {}: {error}", path.display()))
            })?;
    }
    Ok(())
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
