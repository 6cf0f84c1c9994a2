//! Questions of an editor, and what the project says.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use lsp_server::Request;
use lsp_types::request::{
    CodeActionRequest, Completion, DocumentSymbolRequest, Formatting, GotoDefinition, HoverRequest,
    References, Rename, Request as _,
};
use lsp_types::{
    CodeActionParams, CompletionItem, CompletionItemKind, CompletionList, CompletionParams,
    CompletionTextEdit, DocumentFormattingParams, DocumentSymbol, DocumentSymbolParams,
    GotoDefinitionParams, Hover, HoverContents, HoverParams, Location, MarkupContent, MarkupKind,
    Position, Range, ReferenceParams, RenameParams, SymbolKind, TextDocumentPositionParams,
    TextEdit, Uri, WorkspaceEdit,
};
use serde_json::Value;
use yamabiko_compiler::workspace::{self, Completes, Kind, Place, Symbol};

use super::position;
use super::server::Server;

/// An answer, or why there is none.
type Answer = Result<Value, String>;

impl Server {
    /// Answers a question; `None` if it is one that nobody knows.
    pub(super) fn ask(&mut self, request: &Request) -> Option<Answer> {
        let parameters = request.params.clone();
        Some(match request.method.as_str() {
            GotoDefinition::METHOD => read(parameters).and_then(|it| self.definition(&it)),
            References::METHOD => read(parameters).and_then(|it| self.references(&it)),
            HoverRequest::METHOD => read(parameters).and_then(|it| self.hover(&it)),
            Completion::METHOD => read(parameters).and_then(|it| self.completion(&it)),
            Rename::METHOD => read(parameters).and_then(|it| self.rename(&it)),
            Formatting::METHOD => read(parameters).and_then(|it| self.format(&it)),
            DocumentSymbolRequest::METHOD => read(parameters).and_then(|it| self.symbols(&it)),
            CodeActionRequest::METHOD => read(parameters).and_then(|it| self.actions(&it)),
            _ => return None,
        })
    }

    /// The file and the byte that a question is about.
    fn place(&self, at: &TextDocumentPositionParams) -> Result<(PathBuf, usize), String> {
        let file = file(&at.text_document.uri)?;
        let text = self.text(&file)?;
        let offset = position::offset(text, at.position);
        Ok((file, offset))
    }

    fn text(&self, file: &Path) -> Result<&[u8], String> {
        let text = self.workspace.text(file);
        text.ok_or_else(|| format!("the file is not open: {}", file.display()))
    }

    fn location(&self, place: &Place) -> Option<Location> {
        let text = self.workspace.text(&place.file)?;
        let range = position::range(text, place.range.0..place.range.1);
        Some(Location { uri: position::uri(&place.file)?, range })
    }

    fn definition(&self, parameters: &GotoDefinitionParams) -> Answer {
        let (file, offset) = self.place(&parameters.text_document_position_params)?;
        let place = self.workspace.definition(&file, offset);
        write(place.and_then(|place| self.location(&place)))
    }

    fn references(&self, parameters: &ReferenceParams) -> Answer {
        let (file, offset) = self.place(&parameters.text_document_position)?;
        let places = self.workspace.references(&file, offset);
        write(places.iter().filter_map(|place| self.location(place)).collect::<Vec<_>>())
    }

    fn hover(&self, parameters: &HoverParams) -> Answer {
        let (file, offset) = self.place(&parameters.text_document_position_params)?;
        let said = self.workspace.hover(&file, offset);
        let text = self.text(&file)?;
        write(said.map(|(range, value)| Hover {
            contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }),
            range: Some(position::range(text, range)),
        }))
    }

    fn completion(&self, parameters: &CompletionParams) -> Answer {
        let (file, offset) = self.place(&parameters.text_document_position)?;
        let text = self.text(&file)?;
        let (start, found) = self.workspace.completions(&file, offset);
        let range = position::range(text, start..offset);
        let items = found.into_iter().enumerate().map(|(index, one)| item(one, index, range, text));
        // More letters may bring others.
        write(CompletionList { is_incomplete: true, items: items.collect() })
    }

    fn rename(&self, parameters: &RenameParams) -> Answer {
        let (file, offset) = self.place(&parameters.text_document_position)?;
        let places = self.workspace.rename(&file, offset, &parameters.new_name)?;
        // An address is compared as text.
        #[expect(clippy::mutable_key_type, reason = "it is what the protocol's types ask for")]
        let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
        for Location { uri, range } in places.iter().filter_map(|place| self.location(place)) {
            let edit = TextEdit { range, new_text: parameters.new_name.clone() };
            changes.entry(uri).or_default().push(edit);
        }
        write(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
    }

    fn format(&self, parameters: &DocumentFormattingParams) -> Answer {
        let file = file(&parameters.text_document.uri)?;
        let text = self.text(&file)?;
        let formatted = yamabiko_compiler::format::format(&file, text)
            .map_err(|_| "the file is broken: mend it first".to_owned())?;
        let mut edits = Vec::new();
        if formatted != text {
            let new_text = String::from_utf8_lossy(&formatted).into_owned();
            edits.push(TextEdit { range: position::range(text, 0..text.len()), new_text });
        }
        write(edits)
    }

    fn symbols(&self, parameters: &DocumentSymbolParams) -> Answer {
        let file = file(&parameters.text_document.uri)?;
        let text = self.text(&file)?;
        let symbols = self.workspace.symbols(&file);
        write(symbols.into_iter().map(|one| symbol(one, text)).collect::<Vec<_>>())
    }

    fn actions(&self, parameters: &CodeActionParams) -> Answer {
        let file = file(&parameters.text_document.uri)?;
        write(self.problems.actions(&file, parameters.range))
    }
}

fn read<T: serde::de::DeserializeOwned>(parameters: Value) -> Result<T, String> {
    serde_json::from_value(parameters).map_err(|error| error.to_string())
}

fn write<T: serde::Serialize>(answer: T) -> Answer {
    serde_json::to_value(answer).map_err(|error| error.to_string())
}

fn file(uri: &Uri) -> Result<PathBuf, String> {
    position::path(uri).ok_or_else(|| format!("not the address of a file: {}", uri.as_str()))
}

fn item(one: workspace::Completion, index: usize, range: Range, text: &[u8]) -> CompletionItem {
    let kind = match one.kind {
        Completes::Keyword | Completes::Scalar => CompletionItemKind::KEYWORD,
        Completes::Message => CompletionItemKind::STRUCT,
        Completes::Enum => CompletionItemKind::ENUM,
        Completes::Number => CompletionItemKind::VALUE,
        Completes::File => CompletionItemKind::FILE,
    };
    let import = one.import.map(|name| TextEdit {
        range: Range::new(import_place(text), import_place(text)),
        new_text: format!("import \"{name}\";\n"),
    });
    CompletionItem {
        label: one.text.clone(),
        kind: Some(kind),
        detail: (!one.detail.is_empty()).then_some(one.detail.clone()),
        // In our order; found by the full name, too.
        sort_text: Some(format!("{index:05}")),
        filter_text: Some(one.text.clone()),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: one.text })),
        additional_text_edits: import.map(|edit| vec![edit]),
        ..CompletionItem::default()
    }
}

/// The line for a further import: below the last one, or below what comes
/// before imports.
fn import_place(text: &[u8]) -> Position {
    let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    let last = |word: &str| lines.iter().rposition(|line| line.starts_with(word.as_bytes()));
    let words = ["import ", "package ", "syntax", "edition"];
    let line = words.iter().find_map(|word| last(word)).map_or(0, |line| line + 1);
    Position::new(u32::try_from(line).unwrap_or(0), 0)
}

fn symbol(one: Symbol, text: &[u8]) -> DocumentSymbol {
    let kind = match one.kind {
        Kind::Message => SymbolKind::STRUCT,
        Kind::Field | Kind::Extension | Kind::Oneof => SymbolKind::FIELD,
        Kind::Enum => SymbolKind::ENUM,
        Kind::Value => SymbolKind::ENUM_MEMBER,
        Kind::Service => SymbolKind::INTERFACE,
        Kind::Method => SymbolKind::METHOD,
    };
    let children: Vec<DocumentSymbol> =
        one.children.into_iter().map(|inner| symbol(inner, text)).collect();
    #[expect(deprecated, reason = "the field must be set all the same")]
    DocumentSymbol {
        name: one.name,
        detail: None,
        kind,
        tags: None,
        deprecated: None,
        range: position::range(text, one.range),
        selection_range: position::range(text, one.name_range),
        children: (!children.is_empty()).then_some(children),
    }
}
