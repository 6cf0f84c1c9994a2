//! What compilers accept, but hardly anybody means.

use std::rc::Rc;

use super::finding::Finding;
use super::outline::{Sort, Statement};
use super::session::Session;
use crate::explain::codes;

/// Looks at the files that were asked for, and are right otherwise.
pub(super) fn run(session: &mut Session, names: &[String]) {
    for name in names {
        if session.has_errors(name) {
            continue;
        }
        let Some(source) = session.files.source(name) else { continue };
        let is_suspect = !source.has_syntax || requires_something(&source.text());
        if !is_suspect || source.text().len() > super::session::MAX_MENDED {
            continue;
        }
        let view = source.view();
        let mut findings = Vec::new();
        let first = view.outline.statements.first();
        if first.is_some_and(|first| first.sort != Sort::Syntax) {
            findings.push(no_syntax(&view));
        }
        findings.extend(never_complete(&view));
        for finding in findings {
            let mended = session.files.get(name).expect("it was just there").mended.clone();
            session.tell(name, finding, None, &mended);
        }
    }
}

/// Whether a file can have required fields: hardly any does, and the others
/// need not be looked at.
fn requires_something(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"required").is_some()
}

fn no_syntax(view: &Rc<super::files::View>) -> Finding {
    let at = if view.text.bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let first = view.text.range(0).start;
    Finding::new(
        codes::NO_SYNTAX,
        "the file has no `syntax` line, so it is read as proto2",
        first..first,
    )
    .warning()
    .replace("add `syntax = \"proto2\";` as its first line", at..at, "syntax = \"proto2\";\n")
}

/// A required field whose type is the message that it is in.
fn never_complete(view: &Rc<super::files::View>) -> Vec<Finding> {
    let text = &view.text;
    let mut findings = Vec::new();
    view.outline.visit(text, &mut |statement: &Statement, _| {
        if statement.sort != Sort::Message {
            return;
        }
        let Some(name) = statement.name(text) else { return };
        let name = text.word(name);
        for field in &statement.block {
            let Some(member) = field.member(text) else { continue };
            let Some(label) = member.label.filter(|label| text.is(*label, "required")) else {
                continue;
            };
            if text.written(member.kind.clone()) == name {
                let range = text.range(label);
                findings.push(
                    Finding::new(
                        codes::NEVER_COMPLETE,
                        format!("no `{name}` can ever be complete: each requires another one"),
                        text.span(label..member.name + 1),
                    )
                    .warning()
                    .replace("write `optional`", range, "optional"),
                );
            }
        }
    });
    findings
}
