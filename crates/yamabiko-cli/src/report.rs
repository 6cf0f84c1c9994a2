//! Findings in the forms that people and programs read.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use yamabiko_compiler::Position;

/// One finding, of whatever command.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// The file that it is in.
    pub(crate) file: &'a Path,
    /// Where it starts and ends.
    pub(crate) start: Position,
    pub(crate) end: Position,
    /// The name of the rule.
    pub(crate) rule: &'a str,
    /// What is said.
    pub(crate) message: &'a str,
    /// What people want to know besides.
    pub(crate) notes: Vec<String>,
    /// What programs want to know besides: keys and values of JSON.
    pub(crate) more: String,
}

/// Writes to standard output. A reader that has gone has seen enough.
pub(crate) fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// For people: findings by file, in columns.
pub(crate) fn text(lines: &[Line<'_>]) -> String {
    let mut out = String::new();
    let mut file = None;
    for line in lines {
        if file != Some(line.file) {
            let space = if file.is_some() { "\n" } else { "" };
            let _ = writeln!(out, "{space}{}", line.file.display());
            file = Some(line.file);
        }
        let place = format!("{}:{}", line.start.line, line.start.column);
        let _ = writeln!(out, "  {place:<7} {}\n          {}", line.message, line.rule);
        for note in &line.notes {
            let _ = writeln!(out, "          {note}");
        }
    }
    out
}

/// For people, below what was found: how much it is, and of what.
pub(crate) fn summary(lines: &[Line<'_>]) -> String {
    let mut rules: Vec<(&str, usize)> = Vec::new();
    let mut files: Vec<&Path> = Vec::new();
    for line in lines {
        match rules.iter_mut().find(|(rule, _)| *rule == line.rule) {
            Some((_, count)) => *count += 1,
            None => rules.push((line.rule, 1)),
        }
        if files.last() != Some(&line.file) {
            files.push(line.file);
        }
    }
    rules.sort_by_key(|(rule, count)| (std::cmp::Reverse(*count), *rule));
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let list: Vec<String> = rules.iter().map(|(rule, count)| format!("{count} {rule}")).collect();
    format!(
        "{} finding{} in {} file{}: {}\n",
        lines.len(),
        plural(lines.len()),
        files.len(),
        plural(files.len()),
        list.join(", ")
    )
}

/// For programs: an object a line, with buf's keys.
pub(crate) fn json(line: &Line<'_>) -> String {
    format!(
        "{{\"path\":{},\"start_line\":{},\"start_column\":{},\"end_line\":{},\"end_column\":{},\
         \"type\":{},\"message\":{}{}}}\n",
        quoted(&line.file.to_string_lossy()),
        line.start.line,
        line.start.column,
        line.end.line,
        line.end.column,
        quoted(line.rule),
        quoted(line.message),
        line.more
    )
}

/// A string as JSON writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// For GitHub Actions, which shows it beside the line.
pub(crate) fn github(line: &Line<'_>) -> String {
    let value = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| value(text).replace(':', "%3A").replace(',', "%2C");
    format!(
        "::error file={},line={},col={},endLine={},title={}::{}\n",
        property(&line.file.to_string_lossy()),
        line.start.line,
        line.start.column,
        line.end.line,
        property(line.rule),
        value(line.message)
    )
}
