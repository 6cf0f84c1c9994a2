//! What is wrong with the files that an editor has, and the changes that mend
//! it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_server::Notification;
use lsp_types::notification::{Notification as _, PublishDiagnostics};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Diagnostic as Shown,
    DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString,
    PublishDiagnosticsParams, Range, TextEdit, WorkspaceEdit,
};
use yamabiko_compiler::{Checker, Diagnostic, Label, Severity};

use super::position;

/// What was found last.
pub(super) struct Problems {
    includes: Vec<PathBuf>,
    /// By file: what is shown, and what mends it.
    found: BTreeMap<PathBuf, Vec<(Shown, Option<CodeAction>)>>,
}

impl Problems {
    pub(super) fn new(includes: Vec<PathBuf>) -> Self {
        Self { includes, found: BTreeMap::new() }
    }

    /// Checks a file; gives the message that tells the editor. A file that is
    /// not open has nothing wrong.
    pub(super) fn check(
        &mut self,
        file: &Path,
        open: &BTreeMap<PathBuf, Vec<u8>>,
    ) -> Option<Notification> {
        let uri = position::uri(file)?;
        let found = match open.get(file) {
            Some(text) => self.look(file, text, open),
            None => Vec::new(),
        };
        let diagnostics = found.iter().map(|(shown, _)| shown.clone()).collect();
        self.found.insert(file.to_owned(), found);
        let message = PublishDiagnosticsParams { uri, diagnostics, version: None };
        Some(Notification::new(PublishDiagnostics::METHOD.to_owned(), message))
    }

    fn look(
        &self,
        file: &Path,
        text: &[u8],
        open: &BTreeMap<PathBuf, Vec<u8>>,
    ) -> Vec<(Shown, Option<CodeAction>)> {
        let mut checker = self.includes.iter().fold(Checker::new(), Checker::include);
        for (file, text) in open {
            checker = checker.overlay(file, text.clone());
        }
        let report = checker.check([file]);
        let is_here = |diagnostic: &&Diagnostic| {
            let path = diagnostic.file().and_then(|path| path.canonicalize().ok());
            path.as_deref().is_none_or(|path| path == file)
        };
        let found = report.diagnostics().iter().filter(is_here);
        found.map(|diagnostic| show(diagnostic, file, text)).collect()
    }

    /// What mends a piece of a file.
    pub(super) fn actions(&self, file: &Path, range: Range) -> Vec<CodeActionOrCommand> {
        let found = self.found.get(file).into_iter().flatten();
        let here = found
            .filter(|(shown, _)| shown.range.start <= range.end && range.start <= shown.range.end);
        here.filter_map(|(_, action)| action.clone()).map(CodeActionOrCommand::CodeAction).collect()
    }
}

fn show(diagnostic: &Diagnostic, file: &Path, text: &[u8]) -> (Shown, Option<CodeAction>) {
    let uri = position::uri(file);
    let range = |label: &Label| position::range(text, label.range());
    let labels = diagnostic.labels();
    let place = labels.first().map(range).unwrap_or_default();
    let severity = match diagnostic.severity() {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
    };
    let helps = diagnostic.helps().iter().map(|help| format!("help: {help}"));
    let message: Vec<String> =
        std::iter::once(diagnostic.message().to_owned()).chain(helps).collect();
    let related = labels.iter().skip(1).filter_map(|label| {
        let (uri, range) = match label.file() {
            None => (uri.clone()?, range(label)),
            Some(other) => {
                let text = std::fs::read(other).ok()?;
                (position::uri(other)?, position::range(&text, label.range()))
            }
        };
        let location = Location { uri, range };
        Some(DiagnosticRelatedInformation { location, message: label.text().to_owned() })
    });
    let related: Vec<_> = related.collect();
    let shown = Shown {
        range: place,
        severity: Some(severity),
        code: diagnostic.code().map(|code| NumberOrString::String(code.to_string())),
        source: Some("yamabiko".to_owned()),
        message: message.join("\n"),
        related_information: (!related.is_empty()).then_some(related),
        ..Shown::default()
    };
    let action = diagnostic.edit().and_then(|edit| {
        let changes = edit.changes().iter().map(|change| TextEdit {
            range: position::range(text, change.range.clone()),
            new_text: change.text.clone(),
        });
        // An address is compared as text.
        #[expect(clippy::mutable_key_type, reason = "it is what the protocol's types ask for")]
        let changes = [(uri.clone()?, changes.collect())].into_iter().collect();
        Some(CodeAction {
            title: edit.title().to_owned(),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![shown.clone()]),
            edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
            is_preferred: Some(true),
            ..CodeAction::default()
        })
    });
    (shown, action)
}
