//! A line for each problem, as protoc prints it, which editors and programs
//! know how to read.

use std::fmt;

use crate::diagnostic::{Diagnostic, Severity};

pub(super) fn write(diagnostic: &Diagnostic, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(file) = diagnostic.file() {
        write!(out, "{}:", file.display())?;
        let own = diagnostic.position().map(|position| (position.line, position.column));
        let place = match diagnostic.protoc() {
            Some(protoc) => protoc.place.map(|(line, column)| (line as usize, column as usize)),
            None => own,
        };
        if let Some((line, column)) = place {
            write!(out, "{line}:{column}:")?;
        }
        write!(out, " ")?;
    }
    if diagnostic.severity() == Severity::Warning {
        write!(out, "warning: ")?;
    }
    let message =
        diagnostic.protoc().map_or(diagnostic.message(), |protoc| protoc.message.as_str());
    writeln!(out, "{}", message.trim())
}
