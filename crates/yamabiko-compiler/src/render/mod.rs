//! Diagnostics in the forms that people and programs read.

mod gcc;
mod github;
mod json;
mod sarif;
mod text;

use std::fmt;

use crate::diagnostic::Diagnostic;

pub(crate) use text::{PLAIN, text};

/// A form in which diagnostics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people, without colours.
    Text,
    /// For people, with ANSI escapes.
    Coloured,
    /// One line each, `file:line:column: message`, with protoc's message.
    Gcc,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0, which code hosts and editors read.
    Sarif,
    /// Annotations of GitHub Actions, one line each.
    Github,
}

/// Some diagnostics in a form, ready to be printed.
#[derive(Clone, Copy, Debug)]
pub struct Rendered<'d> {
    diagnostics: &'d [Diagnostic],
    format: Format,
}

/// Puts diagnostics into a form.
pub fn render(diagnostics: &[Diagnostic], format: Format) -> Rendered<'_> {
    Rendered { diagnostics, format }
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let styles = match self.format {
            Format::Json => return json::write(self.diagnostics, out),
            Format::Sarif => return sarif::write(self.diagnostics, out),
            Format::Coloured => &text::COLOURED,
            _ => &PLAIN,
        };
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            match self.format {
                Format::Gcc => gcc::write(diagnostic, out)?,
                Format::Github => github::write(diagnostic, out)?,
                _ => {
                    if index > 0 {
                        writeln!(out)?;
                    }
                    text(diagnostic, styles, out)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
