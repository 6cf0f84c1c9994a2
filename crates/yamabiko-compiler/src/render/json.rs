//! One JSON document with everything that a diagnostic holds.

use std::fmt;

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Label, Severity};

pub(super) fn write(diagnostics: &[Diagnostic], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let all: Vec<Value> = diagnostics.iter().map(diagnostic).collect();
    writeln!(out, "{:#}", json!({ "diagnostics": all }))
}

fn diagnostic(diagnostic: &Diagnostic) -> Value {
    json!({
        "code": diagnostic.code().map(|code| code.to_string()),
        "severity": severity(diagnostic.severity()),
        "message": diagnostic.message(),
        "file": diagnostic.file().map(|file| file.display().to_string()),
        "places": diagnostic.labels().iter().map(place).collect::<Vec<_>>(),
        "help": diagnostic.helps(),
        "edit": diagnostic.edit().map(|edit| json!({
            "title": edit.title(),
            "changes": edit.changes().iter().map(|change| json!({
                "start": change.range.start,
                "end": change.range.end,
                "text": change.text,
            })).collect::<Vec<_>>(),
        })),
        "protoc": diagnostic.protoc().map(|protoc| json!({
            "message": protoc.message,
            "line": protoc.place.map(|(line, _)| line),
            "column": protoc.place.map(|(_, column)| column),
        })),
    })
}

fn place(label: &Label) -> Value {
    json!({
        "file": label.file().map(|file| file.display().to_string()),
        "line": label.start().line,
        "column": label.start().column,
        "length": label.length(),
        "start": label.range().start,
        "end": label.range().end,
        "text": label.text(),
    })
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
