//! `yamabiko lint`: the style of `.proto` files.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;

use yamabiko_compiler::lint::{Finding, Lint, RULES};
use yamabiko_compiler::{LintSettings, Settings};

use crate::arguments::{Lint as Arguments, Report};
use crate::proto_files;
use crate::report::{self, Line};

/// Looks at the files. Fails if something is found that is not mended.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    if arguments.list {
        list();
        return ExitCode::SUCCESS;
    }
    let mut findings = match findings(arguments) {
        Ok(findings) => findings,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            return ExitCode::FAILURE;
        }
    };
    if arguments.fix
        && let Err(message) = fix(&mut findings)
    {
        eprintln!("error: {message}");
        return ExitCode::FAILURE;
    }
    print(&findings, arguments);
    if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the rules find that the command line asks for, or else `yamabiko.toml`.
fn findings(arguments: &Arguments) -> Result<Vec<Finding>, String> {
    let settings = Settings::find(Path::new(".")).map_err(|error| error.to_string())?;
    let settings = settings.as_ref();
    let files = proto_files::asked(&arguments.paths, settings)
        .map_err(|message| format!("error: {message}"))?;
    let none = LintSettings::default();
    let own = settings.map_or(&none, Settings::lint);
    let asks = arguments.strict || !arguments.rules.is_empty();
    let (rules, strict) = match asks {
        true => (&arguments.rules, arguments.strict),
        false => (&own.rules, own.strict),
    };
    let roots = proto_files::roots(&arguments.includes, settings);
    let mut lint = roots.iter().fold(Lint::new(), Lint::include);
    lint = rules.iter().fold(lint, Lint::rule);
    lint = arguments.except.iter().chain(&own.except).fold(lint, Lint::except);
    if strict {
        lint = lint.strict();
    }
    lint.check(&files).map_err(|error| error.to_string())
}

fn list() {
    let line = |rule: &yamabiko_compiler::lint::Rule| {
        format!("{:<34} {:<26} {}\n", rule.name, rule.groups.join(", "), rule.purpose)
    };
    report::print(&RULES.iter().map(line).collect::<String>());
}

fn print(findings: &[Finding], arguments: &Arguments) {
    let lines: Vec<Line<'_>> = findings
        .iter()
        .map(|finding| Line {
            file: &finding.file,
            start: finding.start,
            end: finding.end,
            rule: finding.rule,
            message: &finding.message,
            notes: Vec::new(),
            more: String::new(),
        })
        .collect();
    match arguments.format {
        Report::Json => report::print(&lines.iter().map(report::json).collect::<String>()),
        Report::Github => report::print(&lines.iter().map(report::github).collect::<String>()),
        Report::Text if lines.is_empty() => {}
        Report::Text => {
            report::print(&format!("{}\n{}", report::text(&lines), report::summary(&lines)));
            let fixable = findings.iter().filter(|finding| finding.fix.is_some()).count();
            if fixable > 0 {
                report::print(&format!("{fixable} can be mended by --fix\n"));
            }
        }
    }
}

/// Mends what can be, and leaves only the other findings.
fn fix(findings: &mut Vec<Finding>) -> Result<(), String> {
    let mut by_file: BTreeMap<&Path, Vec<Range<usize>>> = BTreeMap::new();
    for finding in findings.iter() {
        by_file.entry(&finding.file).or_default().extend(finding.fix.clone());
    }
    for (file, mut ranges) in by_file {
        if ranges.is_empty() {
            continue;
        }
        let error = |error| format!("cannot mend {}: {error}", file.display());
        let mut text = fs::read(file).map_err(error)?;
        ranges.sort_by_key(|range| range.start);
        for range in ranges.iter().rev() {
            text.drain(range.clone());
        }
        fs::write(file, text).map_err(error)?;
        println!("mended {}: {} unused imports", file.display(), ranges.len());
    }
    findings.retain(|finding| finding.fix.is_none());
    Ok(())
}
