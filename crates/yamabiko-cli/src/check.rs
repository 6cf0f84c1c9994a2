//! `yamabiko check`: what is wrong with `.proto` files, and mending it.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use yamabiko_compiler::{Checker, Format, Report, render};

use crate::arguments::{Check, CheckFormat, Colour};
use crate::proto_files;

/// Checks the files; fails if one of them is broken.
pub(crate) fn run(arguments: &Check) -> ExitCode {
    match check(arguments) {
        Ok(report) if report.errors() == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn check(arguments: &Check) -> Result<Report, String> {
    let missing = arguments.includes.iter().find(|directory| !directory.is_dir());
    if let Some(missing) = missing {
        return Err(format!("no such directory to include: {}", missing.display()));
    }
    let files = files(&arguments.paths)?;
    if files.is_empty() {
        return Err("there is no .proto file here: name files or directories".to_owned());
    }
    let mut checker = arguments.includes.iter().fold(Checker::new(), Checker::include);
    for directory in arguments.paths.iter().filter(|path| path.is_dir()) {
        checker = checker.include(directory);
    }
    let report = if arguments.fix {
        let fixed = checker.fix(&files).map_err(|error| format!("cannot write: {error}"))?;
        for (file, done) in &fixed.done {
            eprintln!("fixed {}: {done}", file.display());
        }
        fixed.report
    } else {
        checker.check(&files)
    };
    print(arguments, &report).map_err(|error| format!("cannot write the output: {error}"))?;
    if arguments.format == CheckFormat::Text {
        summarise(arguments, &report, files.len());
    }
    Ok(report)
}

/// The files that are meant. One that is not there is for the compiler to name,
/// which knows a similar one.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    if paths.is_empty() {
        return proto_files::find(paths);
    }
    for path in paths {
        if path.exists() {
            files.extend(proto_files::find(std::slice::from_ref(path))?);
        } else {
            files.push(path.clone());
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.clone()));
    Ok(files)
}

fn print(arguments: &Check, report: &Report) -> io::Result<()> {
    let format = match arguments.format {
        CheckFormat::Text => Format::Coloured,
        CheckFormat::Gcc => Format::Gcc,
        CheckFormat::Json => Format::Json,
        CheckFormat::Sarif => Format::Sarif,
        CheckFormat::Github => Format::Github,
    };
    let choice = match arguments.color {
        // This looks at NO_COLOR and CLICOLOR, and whether it is a terminal.
        Colour::Auto if io::stdout().is_terminal() => ColorChoice::Auto,
        Colour::Auto | Colour::Never => ColorChoice::Never,
        Colour::Always => ColorChoice::AlwaysAnsi,
    };
    let mut out = AutoStream::new(io::stdout().lock(), choice);
    write!(out, "{}", render(report.diagnostics(), format))?;
    out.flush()
}

/// A last line that says how it went.
fn summarise(arguments: &Check, report: &Report, files: usize) {
    let plural = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    let (errors, warnings) = (report.errors(), report.warnings());
    if errors + warnings == 0 {
        eprintln!("{}: nothing wrong", plural(files, "file"));
        return;
    }
    let fixable = report.diagnostics().iter().filter(|one| one.edit().is_some()).count();
    let mut said = Vec::new();
    for (count, what) in [(errors, "error"), (warnings, "warning")] {
        if count > 0 {
            said.push(plural(count, what));
        }
    }
    let mut line = said.join(", ");
    if fixable > 0 && !arguments.fix {
        line += &format!("; `--fix` mends {fixable}");
    }
    let code = report.diagnostics().iter().find_map(|one| one.code());
    if let Some(code) = code {
        line += &format!("; more: yamabiko explain {code}");
    }
    eprintln!("\n{line}");
}
