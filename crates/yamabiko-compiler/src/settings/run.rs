//! `yamabiko generate` without files, for the command and for Python.

use std::io::Write;
use std::path::Path;

use super::{Output, Settings};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Generates what `yamabiko.toml` says: the file `settings`, or else the one
/// that is in the current directory or above. Each file that is written is told
/// to `out`, what is wrong to `err`. With `check` nothing is written, and it
/// fails if a file is not what would be written. Returns the exit code.
pub fn generate_project(
    settings: Option<&Path>,
    check: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> i32 {
    match generate(settings, check, out, err) {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(diagnostics) => {
            let _ = write!(err, "{diagnostics}");
            1
        }
    }
}

fn generate(
    settings: Option<&Path>,
    check: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<bool, Diagnostics> {
    let settings = match settings {
        Some(path) => Settings::read(path)?,
        None => Settings::find(Path::new(""))?.ok_or_else(|| {
            Diagnostic::new(format!("no {} here or above", Settings::FILE_NAME))
                .help(format!("write one that says what to generate:\n{EXAMPLE}"))
        })?,
    };
    let outputs = settings.try_generate()?;
    let mut is_current = true;
    for Output { directory, generated } in &outputs {
        for warning in &generated.warnings {
            let _ = writeln!(err, "warning: {warning}");
        }
        for file in &generated.files {
            let path = super::tidy(&directory.join(&file.path));
            let found = file.is_current_in(directory);
            if check && !found {
                let _ = writeln!(err, "error: not what would be generated: {}", path.display());
                is_current = false;
            } else if !check {
                file.write_to(directory)?;
                let done = if found { "unchanged" } else { "wrote" };
                let _ = writeln!(out, "{done} {}", path.display());
            }
        }
    }
    if !is_current {
        let _ = writeln!(err, "  = help: run the same command without --check");
    }
    Ok(is_current)
}

const EXAMPLE: &str = "[rust]\nout = \"src\"\n[python]\nout = \".\"";
