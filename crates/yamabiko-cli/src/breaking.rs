//! `yamabiko breaking`: what has changed, and whom that breaks.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use yamabiko_compiler::breaking::{Change, Version, compare};
use yamabiko_compiler::{BreakingSettings, Settings};

use crate::arguments::{Breaking, Report};
use crate::report::{self, Line, quoted};
use crate::{git, proto_files};

/// Compares the files with an earlier state. Fails if somebody breaks.
pub(crate) fn run(arguments: &Breaking) -> ExitCode {
    let changes = match changes(arguments) {
        Ok(changes) => changes,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            return ExitCode::FAILURE;
        }
    };
    print(&changes, arguments);
    if changes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn changes(arguments: &Breaking) -> Result<Vec<Change>, String> {
    let error = |message: String| format!("error: {message}");
    let settings = Settings::find(Path::new(".")).map_err(|error| error.to_string())?;
    let settings = settings.as_ref();
    let none = BreakingSettings::default();
    let own = settings.map_or(&none, Settings::breaking);
    let against = arguments.against.as_ref().or(own.against.as_ref()).ok_or_else(|| {
        error(
            "compare with what? --against REV, or `against` in [breaking] of yamabiko.toml".into(),
        )
    })?;
    let roots = proto_files::roots(&arguments.includes, settings);
    let files = proto_files::asked(&arguments.paths, settings).map_err(error)?;
    let after = Version::of_files(&files, &roots).map_err(|error| error.to_string())?;
    let path = Path::new(against);
    let before = if path.is_dir() {
        let files = proto_files::find(&[path.to_owned()]).map_err(error)?;
        let mut roots: Vec<PathBuf> = roots.iter().map(|root| path.join(root)).collect();
        roots.push(path.to_owned());
        Version::of_files(&files, &roots)
    } else if path.is_file() {
        let bytes = std::fs::read(path)
            .map_err(|cause| format!("error: cannot read {}: {cause}", path.display()))?;
        Version::of_descriptor_set(&bytes)
    } else {
        of_revision(against, &arguments.paths, &roots).map_err(error)?
    };
    let before = before.map_err(|error| format!("{error}  = note: so it was in {against}"))?;
    let usual = vec!["FILE".to_owned()];
    let rules = [&arguments.rules, &own.rules].into_iter().find(|rules| !rules.is_empty());
    let except: Vec<&String> = arguments.except.iter().chain(&own.except).collect();
    compare(&before, &after, rules.unwrap_or(&usual), &except).map_err(|error| error.to_string())
}

/// The files of a revision, those of them that are asked for.
fn of_revision(
    revision: &str,
    paths: &[PathBuf],
    roots: &[PathBuf],
) -> Result<Result<Version, yamabiko_compiler::Diagnostics>, String> {
    let mut texts = BTreeMap::new();
    let mut names = Vec::new();
    for (path, text) in git::proto_files(revision)? {
        let name = roots.iter().find_map(|root| path.strip_prefix(tidy(root)).ok());
        let Some(name) = name.map(|name| name.to_string_lossy().replace('\\', "/")) else {
            continue;
        };
        if paths.is_empty() || paths.iter().any(|asked| path.starts_with(tidy(asked))) {
            names.push(name.clone());
        }
        texts.insert(name, text);
    }
    Ok(Version::of_texts(&names, texts))
}

/// A path without `.` parts, as git has it.
fn tidy(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

fn print(changes: &[Change], arguments: &Breaking) {
    let nowhere = Path::new("(deleted)");
    let lines: Vec<Line<'_>> = changes
        .iter()
        .map(|change| Line {
            file: change.file.as_deref().unwrap_or(nowhere),
            start: change.start,
            end: change.end,
            rule: change.rule,
            message: &change.message,
            notes: notes(change),
            more: more(change),
        })
        .collect();
    match arguments.format {
        Report::Json => report::print(&lines.iter().map(report::json).collect::<String>()),
        Report::Github => report::print(&lines.iter().map(report::github).collect::<String>()),
        Report::Text if lines.is_empty() => {}
        Report::Text => {
            report::print(&format!("{}\n{}", report::text(&lines), report::summary(&lines)));
        }
    }
}

fn notes(change: &Change) -> Vec<String> {
    let breaks = change.breaks.iter().map(|(who, how)| format!("{}: {how}", who.name()));
    breaks.chain(change.instead.iter().map(|instead| format!("instead: {instead}"))).collect()
}

fn more(change: &Change) -> String {
    let breaks: Vec<String> = change
        .breaks
        .iter()
        .map(|(who, how)| format!("{}:{}", quoted(&who.name().to_lowercase()), quoted(how)))
        .collect();
    let instead = change.instead.as_deref().map_or("null".to_owned(), quoted);
    format!(",\"breaks\":{{{}}},\"instead\":{instead}", breaks.join(","))
}
