//! An edit of one file: `yamabiko lsp` has the corpus open, as an editor has it, a line is typed at
//! the end of a file, and the time counts until what is wrong with the file is published.

use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Place, alone, middle};
use crate::machine;
use crate::report::ratio;

/// So many edits of a file in a round, of each kind.
const EDITS: usize = 5;

/// What is typed. Editors send half-written lines too.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Sound,
    Broken,
}

/// One file with one kind of edit.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    file: String,
    bytes: u64,
    kind: Kind,
    #[serde(flatten)]
    median: Sample,
    /// The share of a check of all files.
    wall_ratio_to_check: f64,
    cpu_ratio_to_check: f64,
    edits: Vec<Sample>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Sample {
    wall_ms: f64,
    cpu_ms: f64,
}

/// What was measured so far.
#[derive(Debug, Default)]
pub(super) struct Measured(Vec<(String, u64, Kind, Vec<Sample>)>);

impl Measured {
    /// Measures a round in a language server of its own: the file in the middle by size, and the
    /// largest.
    pub(super) fn measure(&mut self, place: &Place, quick: bool) -> anyhow::Result<()> {
        let root = place.directory.join("corpus").canonicalize()?;
        let names = fs::read_to_string(place.directory.join("files"))?;
        let size = |name: &str| fs::metadata(root.join(name)).map_or(0, |data| data.len());
        let mut files: Vec<(u64, &str)> = names.lines().map(|name| (size(name), name)).collect();
        files.sort_unstable();
        let (usual, largest) = (files[files.len() / 2], files[files.len() - 1]);
        let mut editor = Editor::start(&place.ours, &root)?;
        for (bytes, name) in [usual, largest] {
            let mut lines = editor.open(name)?;
            for kind in [Kind::Sound, Kind::Broken] {
                for edit in 0..if quick { 2 } else { EDITS } {
                    let line = match kind {
                        Kind::Sound => format!("message Typed{edit} {{}}\n"),
                        Kind::Broken => format!("message Typed{edit} {{ string a 1; }}\n"),
                    };
                    let sample = editor.edit(name, lines, &line, kind)?;
                    // What was broken goes again, so that one edit is like the other.
                    match kind {
                        Kind::Sound => lines += 1,
                        Kind::Broken => editor.take_back(name, lines)?,
                    }
                    eprintln!(
                        "compiler {kind:?} edit of {name}: {:.1} ms {:.1} ms CPU",
                        sample.wall_ms, sample.cpu_ms
                    );
                    self.add(name, bytes, kind, sample);
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, bytes: u64, kind: Kind, sample: Sample) {
        match self.0.iter_mut().find(|row| row.0 == name && row.2 == kind) {
            Some((.., samples)) => samples.push(sample),
            None => self.0.push((name.to_owned(), bytes, kind, vec![sample])),
        }
    }

    /// The rows, held against a check of everything.
    pub(super) fn rows(self, whole: alone::Sample) -> Vec<Row> {
        let row = |(file, bytes, kind, edits): (String, u64, Kind, Vec<Sample>)| {
            let wall_ms = middle(&edits, |edit| edit.wall_ms);
            let cpu_ms = middle(&edits, |edit| edit.cpu_ms);
            Row {
                file,
                bytes,
                kind,
                median: Sample { wall_ms, cpu_ms },
                wall_ratio_to_check: wall_ms / whole.wall_ms,
                cpu_ratio_to_check: cpu_ms / whole.cpu_ms,
                edits,
            }
        };
        self.0.into_iter().map(row).collect()
    }
}

pub(super) fn table(rows: &[Row], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "\nAn edit of one of these files in `yamabiko lsp`. (…): the ratio to its check of all."
    )?;
    writeln!(f, "{:>6} {:<48} {:>18} {:>18}", "", "", "wall ms", "CPU ms")?;
    for row in rows {
        let kind = if row.kind == Kind::Sound { "" } else { ", broken" };
        writeln!(
            f,
            "{:>6} {:<48} {:>10.1} {} {:>10.1} {}",
            "edit",
            format!("{} kB{kind}", row.bytes / 1000),
            row.median.wall_ms,
            thousandths(row.wall_ratio_to_check),
            row.median.cpu_ms,
            thousandths(row.cpu_ratio_to_check),
        )?;
    }
    Ok(())
}

/// Small ratios need more digits than others.
fn thousandths(value: f64) -> String {
    if value < 0.1 { format!("({value:.4})") } else { ratio(value, 1.0) }
}

/// A language server with the corpus.
struct Editor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    root: String,
    version: u64,
}

impl Editor {
    fn start(program: &Path, root: &Path) -> anyhow::Result<Editor> {
        let mut child = Command::new(program)
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting yamabiko lsp")?;
        let input = child.stdin.take().context("stdin is piped")?;
        let output = BufReader::new(child.stdout.take().context("stdout is piped")?);
        let root = format!("file://{}", root.display());
        let folders = json!([{ "uri": root, "name": "corpus" }]);
        let mut editor = Editor { child, input, output, root, version: 0 };
        let params = json!({ "processId": null, "capabilities": {}, "workspaceFolders": folders });
        editor.send(
            &json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }),
        )?;
        while editor.receive()?["id"] != 1 {}
        editor.tell("initialized", json!({}))?;
        Ok(editor)
    }

    /// Opens a file; gives the number of its lines.
    fn open(&mut self, name: &str) -> anyhow::Result<usize> {
        let uri = format!("{}/{name}", self.root);
        let path = uri.strip_prefix("file://").unwrap_or(&uri);
        let mut text = fs::read_to_string(path)?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let lines = text.lines().count();
        let document = json!({ "uri": uri, "languageId": "proto", "version": 0, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }))?;
        self.published(name)?;
        Ok(lines)
    }

    /// Types a line at the end.
    fn edit(&mut self, name: &str, line: usize, text: &str, kind: Kind) -> anyhow::Result<Sample> {
        let place = json!({ "line": line, "character": 0 });
        let cpu = machine::cpu_time(self.child.id())?;
        let start = Instant::now();
        self.change(name, json!({ "start": place, "end": place }), text)?;
        let errors = self.published(name)?;
        let wall_ms = start.elapsed().as_secs_f64() * 1e3;
        let cpu = machine::cpu_time(self.child.id())? - cpu;
        ensure!((errors > 0) == (kind == Kind::Broken), "{errors} errors after {text:?} in {name}");
        Ok(Sample { wall_ms, cpu_ms: cpu.as_secs_f64() * 1e3 })
    }

    /// Takes the last line away.
    fn take_back(&mut self, name: &str, line: usize) -> anyhow::Result<()> {
        let (start, end) =
            (json!({ "line": line, "character": 0 }), json!({ "line": line + 1, "character": 0 }));
        self.change(name, json!({ "start": start, "end": end }), "")?;
        let errors = self.published(name)?;
        ensure!(errors == 0, "{errors} errors are left in {name}");
        Ok(())
    }

    fn change(&mut self, name: &str, range: Value, text: &str) -> anyhow::Result<()> {
        self.version += 1;
        let document = json!({ "uri": format!("{}/{name}", self.root), "version": self.version });
        let changes = json!([{ "range": range, "text": text }]);
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.tell("textDocument/didChange", params)
    }

    /// Waits for what is wrong with a file; gives how many errors that are.
    fn published(&mut self, name: &str) -> anyhow::Result<usize> {
        let uri = format!("{}/{name}", self.root);
        loop {
            let message = self.receive()?;
            if message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
            {
                let found = message["params"]["diagnostics"].as_array();
                let is_error = |one: &&Value| one["severity"] == 1;
                return Ok(found.into_iter().flatten().filter(is_error).count());
            }
        }
    }

    fn tell(&mut self, method: &str, params: Value) -> anyhow::Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    fn send(&mut self, message: &Value) -> anyhow::Result<()> {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        Ok(self.input.flush()?)
    }

    fn receive(&mut self) -> anyhow::Result<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            ensure!(self.output.read_line(&mut line)? > 0, "yamabiko lsp has ended");
            match line.trim().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse()?,
                Some(_) => {}
                None => break,
            }
        }
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes)?;
        Ok(serde_json::from_slice(&bytes)?)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // Fails only for a server that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
