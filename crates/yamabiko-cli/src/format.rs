//! `yamabiko format`: `.proto` files as everybody writes them.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use similar::TextDiff;

use crate::arguments::Format;
use crate::proto_files;

/// Formats the files. Fails if one cannot be, or would change with `--check`.
pub(crate) fn run(arguments: &Format) -> ExitCode {
    let files = if arguments.paths == [PathBuf::from("-")] {
        Ok(arguments.paths.clone())
    } else {
        proto_files::find(&arguments.paths)
    };
    let files = match files {
        Ok(files) => files,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::FAILURE;
        }
    };
    let mut failed = false;
    for file in &files {
        match format_file(arguments, file) {
            Ok(changed) => failed |= changed && arguments.check,
            Err(message) => {
                eprintln!("{}", message.trim_end());
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Formats a file; says whether that changes it.
fn format_file(arguments: &Format, file: &Path) -> Result<bool, String> {
    let is_input = file == Path::new("-");
    let shown = if is_input { Path::new("<stdin>") } else { file };
    let text = read(file, is_input)
        .map_err(|error| format!("error: cannot read {}: {error}", shown.display()))?;
    let formatted =
        yamabiko_compiler::format::format(shown, &text).map_err(|error| error.to_string())?;
    let changed = formatted != text;
    if changed && arguments.check && !arguments.diff {
        println!("would change {}", shown.display());
    }
    if changed && arguments.diff {
        print(diff(shown, &text, &formatted).as_bytes())?;
    }
    if changed && arguments.write && !is_input {
        fs::write(file, &formatted)
            .map_err(|error| format!("error: cannot write {}: {error}", file.display()))?;
        println!("formatted {}", file.display());
    }
    let is_silent = arguments.check || arguments.diff || (arguments.write && !is_input);
    if !is_silent {
        print(&formatted)?;
    }
    Ok(changed)
}

fn read(file: &Path, is_input: bool) -> io::Result<Vec<u8>> {
    if !is_input {
        return fs::read(file);
    }
    let mut text = Vec::new();
    io::stdin().lock().read_to_end(&mut text)?;
    Ok(text)
}

fn print(bytes: &[u8]) -> Result<(), String> {
    let written = io::stdout().lock().write_all(bytes);
    written.map_err(|error| format!("error: cannot write the output: {error}"))
}

/// The change as `diff -u` shows it.
fn diff(file: &Path, before: &[u8], after: &[u8]) -> String {
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let diff = TextDiff::from_lines(&before, &after);
    let names = (format!("a/{}", file.display()), format!("b/{}", file.display()));
    diff.unified_diff().header(&names.0, &names.1).to_string()
}
