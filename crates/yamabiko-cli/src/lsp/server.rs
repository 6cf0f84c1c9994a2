//! The state of a session, and the way of a message through it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    DidSaveTextDocument, Notification as _,
};
use lsp_types::request::{CodeActionRequest, Request as _};
use lsp_types::{
    CodeActionProviderCapability, CompletionOptions, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    HoverProviderCapability, InitializeParams, OneOf, ServerCapabilities,
    TextDocumentSyncCapability, TextDocumentSyncKind,
};
use serde::de::DeserializeOwned;
use yamabiko_compiler::workspace::Workspace;

use super::position;
use super::problems::Problems;

/// So deep below the project's directory, `.proto` files are looked for.
const DEPTH: usize = 16;

/// A session with an editor.
pub(super) struct Server {
    pub(super) workspace: Workspace,
    /// The files that the editor has, with what it last wrote.
    pub(super) open: BTreeMap<PathBuf, Vec<u8>>,
    pub(super) problems: Problems,
    /// Open files that are to be checked anew.
    stale: BTreeSet<PathBuf>,
}

/// Goes through the messages of an editor until it leaves.
pub(super) fn serve(connection: &Connection) -> Result<(), String> {
    let capabilities = serde_json::to_value(capabilities()).map_err(|error| error.to_string())?;
    let parameters = connection.initialize(capabilities).map_err(|error| error.to_string())?;
    let parameters: InitializeParams =
        serde_json::from_value(parameters).map_err(|error| error.to_string())?;
    let mut server = Server::new(&parameters);
    while let Ok(message) = connection.receiver.recv() {
        let mut next = Some(message);
        // Whoever types sends many changes: the last one is looked at.
        while let Some(message) = next {
            if !server.message(connection, message)? {
                return Ok(());
            }
            next = connection.receiver.try_recv().ok();
        }
        server.check(connection)?;
    }
    Ok(())
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Kind(
            TextDocumentSyncKind::INCREMENTAL,
        )),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", "\"", "=", "(", "/"].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        rename_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Simple(true)),
        ..ServerCapabilities::default()
    }
}

impl Server {
    fn new(parameters: &InitializeParams) -> Self {
        let folders = parameters.workspace_folders.iter().flatten().map(|folder| &folder.uri);
        #[expect(deprecated, reason = "older editors send nothing else")]
        let root = parameters.root_uri.iter();
        let mut folders: Vec<PathBuf> = folders.chain(root).filter_map(position::path).collect();
        folders.dedup();
        if let Some(first) = folders.first() {
            // Paths in messages are relative to it, and so are usual imports.
            let _ = std::env::set_current_dir(first);
        }
        let options = parameters.initialization_options.as_ref();
        let includes = options.and_then(|options| options.get("includes")?.as_array());
        let includes = includes.into_iter().flatten().filter_map(|one| one.as_str());
        let includes: Vec<PathBuf> =
            includes.filter_map(|one| Path::new(one).canonicalize().ok()).collect();
        let mut roots = includes.clone();
        for folder in &folders {
            roots.extend([folder.join("proto"), folder.clone()]);
        }
        let mut workspace = Workspace::new(roots);
        for folder in folders.iter().chain(&includes) {
            read_below(folder, 0, &mut workspace);
        }
        Self {
            workspace,
            open: BTreeMap::new(),
            problems: Problems::new(includes),
            stale: BTreeSet::new(),
        }
    }

    /// Works on a message; false at the last one.
    fn message(&mut self, connection: &Connection, message: Message) -> Result<bool, String> {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request).map_err(|error| error.to_string())? {
                    return Ok(false);
                }
                let answer = self.answer(request);
                let sent = connection.sender.send(Message::Response(answer));
                sent.map_err(|error| error.to_string())?;
            }
            Message::Notification(notification) => self.notice(notification),
            // Nothing was asked.
            Message::Response(_) => {}
        }
        Ok(true)
    }

    fn answer(&mut self, request: Request) -> Response {
        // What mends a problem is known from the check, and asked for after each.
        if request.method != CodeActionRequest::METHOD {
            self.workspace.catch_up(None);
        }
        let id = request.id.clone();
        match self.ask(&request) {
            Some(Ok(value)) => Response::new_ok(id, value),
            Some(Err(message)) => Response::new_err(id, ErrorCode::RequestFailed as i32, message),
            None => {
                let message = format!("not something that this server does: {}", request.method);
                Response::new_err(id, ErrorCode::MethodNotFound as i32, message)
            }
        }
    }

    fn notice(&mut self, notification: Notification) {
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => {
                let Some(DidOpenTextDocumentParams { text_document }) = read(notification) else {
                    return;
                };
                if let Some(file) = position::path(&text_document.uri) {
                    self.set(file, text_document.text.into_bytes());
                }
            }
            DidChangeTextDocument::METHOD => {
                let Some(change) = read::<DidChangeTextDocumentParams>(notification) else {
                    return;
                };
                let Some(file) = position::path(&change.text_document.uri) else { return };
                let mut text = self.open.remove(&file).unwrap_or_default();
                for change in change.content_changes {
                    let range = match change.range {
                        Some(range) => {
                            let start = position::offset(&text, range.start);
                            start..position::offset(&text, range.end).max(start)
                        }
                        None => 0..text.len(),
                    };
                    text.splice(range, change.text.into_bytes());
                }
                self.set(file, text);
            }
            DidCloseTextDocument::METHOD => {
                let Some(DidCloseTextDocumentParams { text_document }) = read(notification) else {
                    return;
                };
                if let Some(file) = position::path(&text_document.uri) {
                    self.open.remove(&file);
                    self.reload(&file);
                }
            }
            DidChangeWatchedFiles::METHOD => {
                let Some(changes) = read::<DidChangeWatchedFilesParams>(notification) else {
                    return;
                };
                for change in changes.changes {
                    let file = position::path(&change.uri);
                    if let Some(file) = file.filter(|file| !self.open.contains_key(file)) {
                        self.reload(&file);
                    }
                }
            }
            DidSaveTextDocument::METHOD => {}
            _ => {}
        }
    }

    /// The editor has a new text of a file.
    fn set(&mut self, file: PathBuf, text: Vec<u8>) {
        self.open.insert(file.clone(), text.clone());
        // What is wrong comes first; who defines what is read when that is asked.
        self.workspace.set_later(&file, text);
        self.changed(&file);
    }

    /// A file is as it is on disk.
    fn reload(&mut self, file: &Path) {
        match fs::read(file) {
            Ok(text) => {
                self.workspace.set(file, text);
            }
            Err(_) => self.workspace.remove(file),
        }
        self.changed(file);
    }

    fn changed(&mut self, file: &Path) {
        self.stale.insert(file.to_owned());
        // Whether others depend on it is a matter of what those import.
        if self.open.keys().any(|open| open != file) {
            self.workspace.catch_up(Some(file));
        }
        let open = self.open.keys().filter(|open| self.workspace.depends_on(open, file));
        self.stale.extend(open.cloned());
    }

    /// Checks what has changed, and tells the editor what is wrong.
    fn check(&mut self, connection: &Connection) -> Result<(), String> {
        for file in std::mem::take(&mut self.stale) {
            let Some(message) = self.problems.check(&file, &self.open) else { continue };
            let sent = connection.sender.send(Message::Notification(message));
            sent.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// What a message says; what it cannot say is not listened to.
fn read<T: DeserializeOwned>(notification: Notification) -> Option<T> {
    serde_json::from_value(notification.params).ok()
}

/// Takes in the `.proto` files below a directory.
fn read_below(directory: &Path, depth: usize, workspace: &mut Workspace) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        let is_others = name.to_string_lossy().starts_with('.')
            || ["target", "node_modules"].iter().any(|other| name == *other);
        if kind.is_dir() && !is_others && depth < DEPTH {
            read_below(&path, depth + 1, workspace);
        } else if kind.is_file()
            && path.extension().is_some_and(|extension| extension == "proto")
            && let Ok(text) = fs::read(&path)
        {
            workspace.set(&path, text);
        }
    }
}
