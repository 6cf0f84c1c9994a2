//! For people: the headline, the marked lines, the advice, laid out as `rustc`
//! does.

use std::fmt;
use std::path::Path;

use unicode_width::UnicodeWidthStr;

use crate::diagnostic::{Diagnostic, Label, Position, Severity};

/// A tab is printed as this many spaces, as `rustc` does.
const TAB: &str = "    ";

/// What is written before pieces of each kind, and after all of them.
#[derive(Debug)]
pub(crate) struct Styles {
    error: &'static str,
    warning: &'static str,
    headline: &'static str,
    frame: &'static str,
    end: &'static str,
}

/// Without colours.
pub(crate) const PLAIN: Styles =
    Styles { error: "", warning: "", headline: "", frame: "", end: "" };

/// With the colours of a terminal, by ANSI escapes.
pub(crate) const COLOURED: Styles = Styles {
    error: "\u{1b}[1;31m",
    warning: "\u{1b}[1;33m",
    headline: "\u{1b}[1m",
    frame: "\u{1b}[1;34m",
    end: "\u{1b}[0m",
};

/// Writes a diagnostic as some lines.
pub(crate) fn text(
    diagnostic: &Diagnostic,
    styles: &Styles,
    out: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let (style, word) = match diagnostic.severity() {
        Severity::Error => (styles.error, "error"),
        Severity::Warning => (styles.warning, "warning"),
    };
    let end = styles.end;
    write!(out, "{style}{word}")?;
    if let Some(code) = diagnostic.code() {
        write!(out, "[{code}]")?;
    }
    writeln!(out, "{end}{}: {}{end}", styles.headline, diagnostic.message())?;
    let last_line = diagnostic.labels().iter().map(|label| label.start().line).max();
    let margin = " ".repeat(last_line.map_or(1, |line| line.to_string().len()));
    if let Some(file) = diagnostic.file() {
        write!(out, "{margin}{}-->{end} {}", styles.frame, file.display())?;
        if let Some(Position { line, column }) = diagnostic.position() {
            write!(out, ":{line}:{column}")?;
        }
        writeln!(out)?;
    }
    Source { styles, mark: style, margin: &margin }.write(diagnostic, out)?;
    let helps = diagnostic.helps().iter().map(String::as_str);
    let helps: Vec<&str> = helps.chain(diagnostic.edit().map(|edit| edit.title())).collect();
    let frame = styles.frame;
    if !helps.is_empty() && diagnostic.file().is_some() {
        writeln!(out, "{margin} {frame}|{end}")?;
    }
    for help in helps {
        let indent = " ".repeat(margin.len() + " = help: ".len());
        let help = help.replace('\n', &format!("\n{indent}"));
        writeln!(out, "{margin} {frame}={end} {}help{end}: {help}", styles.headline)?;
    }
    Ok(())
}

/// The marked lines, each with a row of carets (`-` for all but the first
/// label) below it.
struct Source<'s> {
    styles: &'s Styles,
    /// The style of the place of the problem.
    mark: &'s str,
    margin: &'s str,
}

impl Source<'_> {
    fn write(&self, diagnostic: &Diagnostic, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut labels: Vec<(usize, &Label)> = diagnostic.labels().iter().enumerate().collect();
        if labels.is_empty() {
            return Ok(());
        }
        // Those of other files come last.
        labels.sort_by_key(|(index, label)| match label.file() {
            None => (0, label.start()),
            Some(_) => (1 + index, label.start()),
        });
        let (margin, frame, end) = (self.margin, self.styles.frame, self.styles.end);
        let mut previous: Option<(Option<&Path>, usize)> = None;
        writeln!(out, "{margin} {frame}|{end}")?;
        for (index, label) in labels {
            let line = label.start().line;
            match previous {
                Some((file, _)) if file != label.file() => self.write_file(label, out)?,
                None if label.file().is_some() => self.write_file(label, out)?,
                Some((_, previous)) if previous + 1 < line => writeln!(out, "{frame}...{end}")?,
                _ => {}
            }
            let (text, _) = label.line();
            if previous != Some((label.file(), line)) {
                let width = margin.len();
                let text = text.replace('\t', TAB);
                writeln!(out, "{frame}{line:>width$} |{end} {text}")?;
            }
            previous = Some((label.file(), line));
            self.write_mark(label, index == 0, out)?;
        }
        Ok(())
    }

    /// The heading of a label in another file.
    fn write_file(&self, label: &Label, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (margin, frame, end) = (self.margin, self.styles.frame, self.styles.end);
        let file = label.file().unwrap_or(Path::new("")).display();
        let Position { line, column } = label.start();
        writeln!(out, "{margin}{frame}:::{end} {file}:{line}:{column}")?;
        writeln!(out, "{margin} {frame}|{end}")
    }

    fn write_mark(
        &self,
        label: &Label,
        is_place: bool,
        out: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let (margin, frame, end) = (self.margin, self.styles.frame, self.styles.end);
        let (text, left_out) = label.line();
        let before = label.start().column - 1 - left_out;
        let indent = " ".repeat(display_width(text, 0, before));
        let width = display_width(text, before, label.length()).max(1);
        let style = if is_place { self.mark } else { frame };
        let mark = if is_place { "^" } else { "-" }.repeat(width);
        let space = if label.text().is_empty() { "" } else { " " };
        writeln!(out, "{margin} {frame}|{end} {indent}{style}{mark}{space}{}{end}", label.text())
    }
}

/// The columns that `count` characters of `line` from `first` take on a terminal.
fn display_width(line: &str, first: usize, count: usize) -> usize {
    let piece: String = line.chars().skip(first).take(count).collect();
    piece.replace('\t', TAB).width()
}
