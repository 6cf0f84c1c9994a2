//! Workflow commands of GitHub Actions, which put a note at the line of a pull
//! request.

use std::fmt;

use crate::diagnostic::{Diagnostic, Severity};

pub(super) fn write(diagnostic: &Diagnostic, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let command = match diagnostic.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut properties = Vec::new();
    if let Some(file) = diagnostic.file() {
        properties.push(format!("file={}", property(&file.display().to_string())));
    }
    if let Some(label) = diagnostic.labels().first() {
        let start = label.start();
        properties.push(format!("line={}", start.line));
        properties.push(format!("col={}", start.column));
        properties.push(format!("endColumn={}", start.column + label.length()));
    }
    if let Some(code) = diagnostic.code() {
        properties.push(format!("title={code}"));
    }
    let helps = diagnostic.helps().iter().map(String::as_str);
    let helps = helps.chain(diagnostic.edit().map(|edit| edit.title()));
    let message = std::iter::once(diagnostic.message()).chain(helps).collect::<Vec<_>>().join("\n");
    writeln!(out, "::{command} {}::{}", properties.join(","), data(&message))
}

/// The escapes of a command's text.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escapes of a property, which ends at a comma.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
