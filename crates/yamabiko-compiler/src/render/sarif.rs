//! SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format).

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde_json::{Value, json};

use super::json::severity;
use crate::diagnostic::{Change, Diagnostic, Label};

pub(super) fn write(diagnostics: &[Diagnostic], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let codes: BTreeSet<_> = diagnostics.iter().filter_map(Diagnostic::code).collect();
    let rules: Vec<Value> = codes
        .into_iter()
        .map(|code| {
            let page = code.page();
            json!({
                "id": code.to_string(),
                "shortDescription": { "text": page.title() },
                "fullDescription": { "text": page.text() },
            })
        })
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "yamabiko",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            // §3.14.17: columns count characters, as ours do.
            "columnKind": "unicodeCodePoints",
            "results": diagnostics.iter().map(result).collect::<Vec<_>>(),
        }],
    });
    writeln!(out, "{document:#}")
}

fn result(diagnostic: &Diagnostic) -> Value {
    let file = diagnostic.file();
    let helps = diagnostic.helps().iter().map(String::as_str);
    let message: Vec<&str> = std::iter::once(diagnostic.message()).chain(helps).collect();
    let mut result = json!({
        "level": severity(diagnostic.severity()),
        "message": { "text": message.join("\n") },
    });
    if let Some(code) = diagnostic.code() {
        result["ruleId"] = json!(code.to_string());
    }
    let mut labels = diagnostic.labels().iter();
    if let Some(file) = file {
        result["locations"] = json!([location(file, labels.next())]);
        let related: Vec<Value> = labels
            .map(|label| {
                let mut related = location(label.file().unwrap_or(file), Some(label));
                related["message"] = json!({ "text": label.text() });
                related
            })
            .collect();
        if !related.is_empty() {
            result["relatedLocations"] = json!(related);
        }
        if let Some(edit) = diagnostic.edit() {
            let replacements: Vec<Value> = edit.changes().iter().map(replacement).collect();
            result["fixes"] = json!([{
                "description": { "text": edit.title() },
                "artifactChanges": [{
                    "artifactLocation": { "uri": uri(file) },
                    "replacements": replacements,
                }],
            }]);
        }
    }
    result
}

fn location(file: &Path, label: Option<&Label>) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(file) } });
    if let Some(label) = label {
        let start = label.start();
        physical["region"] = json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endColumn": start.column + label.length(),
        });
    }
    json!({ "physicalLocation": physical })
}

fn replacement(change: &Change) -> Value {
    json!({
        "deletedRegion": {
            "byteOffset": change.range.start,
            "byteLength": change.range.len(),
        },
        "insertedContent": { "text": change.text },
    })
}

/// A path as a reference, relative if the path is.
fn uri(path: &Path) -> String {
    let mut uri = String::new();
    let shown = path.to_string_lossy().replace('\\', "/");
    for byte in shown.bytes() {
        let is_plain =
            byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_' | b'~');
        if is_plain {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    if path.is_absolute() { format!("file://{uri}") } else { uri }
}
