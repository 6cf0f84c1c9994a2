//! `yamabiko lsp`, talked to as an editor does, over pipes.

use std::collections::VecDeque;
use std::error::Error;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn Error>>;

const MONEY: &str = "syntax = \"proto3\";\n\npackage common.v1;\n\n// An amount of money.\n\
                     message Money {\n  // Whole units.\n  int64 units = 1;\n}\n\n\
                     enum Currency {\n  CURRENCY_UNSPECIFIED = 0;\n}\n";

const SHOP: &str = "syntax = \"proto3\";\n\npackage shop.v1;\n\nimport \"common/v1/money.proto\";\n\n\
                    message Order {\n  common.v1.Money total = 1;\n  map<string, common.v1.Money> \
                    parts = 2;\n\n  message Line {\n    string 山 = 1;\n  }\n}\n\nservice Shop {\n  rpc \
                    Put(Order) returns (Order);\n}\n";

/// An editor with a project open.
struct Editor {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// What came while something else was waited for.
    notices: VecDeque<Value>,
    next: i64,
    root: PathBuf,
}

impl Editor {
    fn new(test: &str) -> Result<Self, Box<dyn Error>> {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lsp").join(test);
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        fs::create_dir_all(root.join("common/v1"))?;
        fs::create_dir_all(root.join("shop/v1"))?;
        fs::write(root.join("common/v1/money.proto"), MONEY)?;
        fs::write(root.join("shop/v1/shop.proto"), shop())?;
        Self::within(root.canonicalize()?)
    }

    fn within(root: PathBuf) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_yamabiko"))
            .args(["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut editor =
            Self { child, input, output, notices: VecDeque::new(), next: 0, root: root.clone() };
        let folder = json!({ "uri": format!("file://{}", root.display()), "name": "test" });
        let parameters =
            json!({ "capabilities": {}, "processId": null, "workspaceFolders": [folder] });
        let capabilities = editor.ask("initialize", parameters)?;
        assert_eq!(capabilities["capabilities"]["renameProvider"], true);
        editor.tell("initialized", json!({}))?;
        Ok(editor)
    }

    fn uri(&self, file: &str) -> String {
        format!("file://{}", self.root.join(file).display())
    }

    fn send(&mut self, message: &Value) -> Outcome {
        let text = message.to_string();
        let input = self.input.as_mut().ok_or("it is closed")?;
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        Ok(input.flush()?)
    }

    fn read(&mut self) -> Result<Value, Box<dyn Error>> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                return Err("the server has left".into());
            }
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

    fn tell(&mut self, method: &str, params: Value) -> Outcome {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    /// Asks, and waits for the answer; an error of the server is one.
    fn ask(&mut self, method: &str, params: Value) -> Result<Value, Box<dyn Error>> {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        loop {
            let message = self.read()?;
            if message["id"] != id {
                self.notices.push_back(message);
            } else if message["error"].is_null() {
                return Ok(message["result"].clone());
            } else {
                return Err(message["error"]["message"].as_str().unwrap_or_default().into());
            }
        }
    }

    /// Opens a file; gives what is wrong with it.
    fn open(&mut self, file: &str) -> Result<Value, Box<dyn Error>> {
        let text = fs::read_to_string(self.root.join(file))?;
        let uri = self.uri(file);
        let document = json!({ "uri": uri, "languageId": "proto", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }))?;
        self.problems(file)
    }

    /// Writes a whole text into a file; gives what is wrong with it.
    fn write(&mut self, file: &str, text: &str) -> Result<Value, Box<dyn Error>> {
        self.change(file, json!([{ "text": text }]))
    }

    fn change(&mut self, file: &str, changes: Value) -> Result<Value, Box<dyn Error>> {
        let document = json!({ "uri": self.uri(file), "version": 2 });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.tell("textDocument/didChange", params)?;
        self.problems(file)
    }

    /// The next list of what is wrong with a file.
    fn problems(&mut self, file: &str) -> Result<Value, Box<dyn Error>> {
        let uri = self.uri(file);
        let is_it = |message: &Value| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
        };
        loop {
            if let Some(index) = self.notices.iter().position(is_it) {
                let message = self.notices.remove(index).ok_or("it was there")?;
                return Ok(message["params"]["diagnostics"].clone());
            }
            let message = self.read()?;
            self.notices.push_back(message);
        }
    }

    /// Asks about a place: the n-th time that a word is in a text.
    fn at(
        &mut self,
        method: &str,
        file: &str,
        (text, word, nth): (&str, &str, usize),
        more: Value,
    ) -> Result<Value, Box<dyn Error>> {
        let (offset, _) = text.match_indices(word).nth(nth).ok_or("no such word")?;
        let line = text[..offset].matches('\n').count();
        let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let character = text[start..offset].encode_utf16().count() + 1;
        let mut params = json!({
            "textDocument": { "uri": self.uri(file) },
            "position": { "line": line, "character": character },
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        self.ask(method, params)
    }

    /// Leaves as an editor does; gives the exit code.
    fn leave(mut self) -> Result<Option<i32>, Box<dyn Error>> {
        self.ask("shutdown", Value::Null)?;
        self.tell("exit", Value::Null)?;
        self.input = None;
        Ok(self.child.wait()?.code())
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A sound file: names are ASCII.
fn shop() -> String {
    SHOP.replace('山', "name")
}

fn apply(text: &str, edits: &Value) -> String {
    let mut edits: Vec<(usize, usize, String)> = edits
        .as_array()
        .into_iter()
        .flatten()
        .map(|edit| {
            let offset = |at: &Value| {
                let line = at["line"].as_u64().unwrap_or_default();
                let lines = text.split_inclusive('\n').take(usize::try_from(line).unwrap_or(0));
                let start: usize = lines.map(str::len).sum();
                // The lines that are edited here are ASCII.
                start + usize::try_from(at["character"].as_u64().unwrap_or_default()).unwrap_or(0)
            };
            let new = edit["newText"].as_str().unwrap_or_default().to_owned();
            (offset(&edit["range"]["start"]), offset(&edit["range"]["end"]), new)
        })
        .collect();
    edits.sort();
    let mut text = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        text.replace_range(start..end, &new);
    }
    text
}

const SHOP_FILE: &str = "shop/v1/shop.proto";
const MONEY_FILE: &str = "common/v1/money.proto";

#[test]
fn a_problem_is_shown_and_mended_by_its_quick_fix() -> Outcome {
    let mut editor = Editor::new("problems")?;
    assert_eq!(editor.open(SHOP_FILE)?, json!([]));
    let broken = shop().replace("total = 1;", "total = 1");
    let problems = editor.write(SHOP_FILE, &broken)?;
    assert_eq!(problems.as_array().map(Vec::len), Some(1), "{problems}");
    assert_eq!(problems[0]["range"]["start"]["line"], 7);
    assert_eq!(problems[0]["source"], "yamabiko");
    let params = json!({
        "textDocument": { "uri": editor.uri(SHOP_FILE) },
        "range": problems[0]["range"],
        "context": { "diagnostics": problems },
    });
    let actions = editor.ask("textDocument/codeAction", params)?;
    assert_eq!(actions[0]["kind"], "quickfix");
    let edits = &actions[0]["edit"]["changes"][editor.uri(SHOP_FILE)];
    let mended = apply(&broken, edits);
    assert_eq!(mended, shop());
    // As an editor sends it: the piece that has changed.
    let changes: Vec<Value> = edits
        .as_array()
        .into_iter()
        .flatten()
        .map(|edit| json!({ "range": edit["range"], "text": edit["newText"] }))
        .collect();
    assert_eq!(editor.change(SHOP_FILE, json!(changes))?, json!([]));
    assert_eq!(editor.leave()?, Some(0));
    Ok(())
}

#[test]
fn a_change_in_an_imported_file_is_seen_by_its_importer() -> Outcome {
    let mut editor = Editor::new("importers")?;
    assert_eq!(editor.open(SHOP_FILE)?, json!([]));
    assert_eq!(editor.open(MONEY_FILE)?, json!([]));
    assert_eq!(editor.problems(SHOP_FILE)?, json!([]));
    let renamed = MONEY.replace("message Money", "message Cash");
    assert_eq!(editor.write(MONEY_FILE, &renamed)?, json!([]));
    let problems = editor.problems(SHOP_FILE)?;
    assert!(problems[0]["message"].as_str().is_some_and(|text| text.contains("Money")));
    // What is not saved is nobody else's: once closed, the file is as on disk.
    let document = json!({ "textDocument": { "uri": editor.uri(MONEY_FILE) } });
    editor.tell("textDocument/didClose", document)?;
    assert_eq!(editor.problems(SHOP_FILE)?, json!([]));
    Ok(())
}

#[test]
fn a_name_leads_to_its_definition_and_its_comment() -> Outcome {
    let mut editor = Editor::new("definition")?;
    editor.open(SHOP_FILE)?;
    let (shop, none) = (shop(), json!({}));
    for nth in [0, 1] {
        let word = (shop.as_str(), "Money", nth);
        let found = editor.at("textDocument/definition", SHOP_FILE, word, none.clone())?;
        assert_eq!(found["uri"], editor.uri(MONEY_FILE));
        assert_eq!(found["range"]["start"], json!({ "line": 5, "character": 8 }));
    }
    let import = (shop.as_str(), "common/v1/money.proto", 0);
    let found = editor.at("textDocument/definition", SHOP_FILE, import, none.clone())?;
    assert_eq!(found["uri"], editor.uri(MONEY_FILE));
    let found = editor.at("textDocument/hover", SHOP_FILE, (&shop, "Money", 0), none.clone())?;
    let said = found["contents"]["value"].as_str().unwrap_or_default();
    assert!(said.starts_with("```protobuf\nmessage Money\n```\n\nAn amount of money.\n"), "{said}");
    assert!(said.contains("`common.v1.Money` — common/v1/money.proto"), "{said}");
    let found = editor.at(
        "textDocument/references",
        SHOP_FILE,
        (&shop, "Money", 0),
        json!({ "context": { "includeDeclaration": true } }),
    )?;
    assert_eq!(found.as_array().map(Vec::len), Some(3));
    Ok(())
}

#[test]
fn what_may_come_next_is_offered() -> Outcome {
    let mut editor = Editor::new("completion")?;
    editor.open(SHOP_FILE)?;
    let mut complete = |text: &str| -> Result<Vec<Value>, Box<dyn Error>> {
        let (before, after) = text.split_once('|').ok_or("no place")?;
        let whole = format!("{before}{after}");
        editor.write(SHOP_FILE, &whole)?;
        let line = before.matches('\n').count();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let position = json!({ "line": line, "character": before.len() - start });
        let document = json!({ "uri": editor.uri(SHOP_FILE) });
        let params = json!({ "textDocument": document, "position": position });
        let answer = editor.ask("textDocument/completion", params)?;
        Ok(answer["items"].as_array().cloned().unwrap_or_default())
    };
    let labels = |items: &[Value]| -> Vec<String> {
        items.iter().filter_map(|item| item["label"].as_str()).map(str::to_owned).collect()
    };
    let head = "syntax = \"proto3\";\n\npackage shop.v1;\n\n";

    let items = complete(&format!("{head}message Order {{\n  Mon|\n}}\n"))?;
    let money = items.iter().find(|item| item["label"] == "common.v1.Money").ok_or("no Money")?;
    assert_eq!(money["textEdit"]["newText"], "common.v1.Money");
    assert_eq!(money["additionalTextEdits"][0]["newText"], "import \"common/v1/money.proto\";\n");
    assert_eq!(money["additionalTextEdits"][0]["range"]["start"]["line"], 3);

    let items = complete(&format!(
        "{head}message Order {{\n  string a = 1;\n  reserved 2 to 4;\n  string b = |\n}}\n"
    ))?;
    assert_eq!(labels(&items), ["5"]);

    let items = complete(&format!("{head}import \"com|\n"))?;
    let names = labels(&items);
    assert!(names.contains(&"common/v1/money.proto".to_owned()), "{names:?}");
    assert!(names.contains(&"google/protobuf/timestamp.proto".to_owned()), "{names:?}");
    assert!(!names.contains(&SHOP_FILE.to_owned()));

    let items = complete(&format!("{head}message Order {{}}\nservice S {{\n  rpc Get(|\n}}\n"))?;
    let names = labels(&items);
    assert!(names.contains(&"Order".to_owned()) && !names.contains(&"string".to_owned()));

    let names = labels(&complete(&format!("{head}|"))?);
    assert!(names.contains(&"message".to_owned()), "{names:?}");
    Ok(())
}

#[test]
fn a_message_is_renamed_wherever_it_is_named() -> Outcome {
    let mut editor = Editor::new("rename")?;
    editor.open(SHOP_FILE)?;
    let shop = shop();
    let word = (shop.as_str(), "Money", 0);
    let edit = editor.at("textDocument/rename", SHOP_FILE, word, json!({ "newName": "Amount" }))?;
    let changes = &edit["changes"];
    let renamed = apply(&shop, &changes[editor.uri(SHOP_FILE)]);
    assert_eq!(renamed, shop.replace("Money", "Amount"));
    let renamed = apply(MONEY, &changes[editor.uri(MONEY_FILE)]);
    assert_eq!(renamed, MONEY.replace("message Money", "message Amount"));

    let mut refused = |word, name| {
        let more = json!({ "newName": name });
        let answer = editor.at("textDocument/rename", SHOP_FILE, (&shop, word, 0), more);
        answer.expect_err("it is refused").to_string()
    };
    assert_eq!(refused("Order", "1x"), "`1x` is no name: use letters, digits and _");
    assert_eq!(refused("Order", "Shop"), "there is a `shop.v1.Shop` already");
    assert!(refused("total", "sum").starts_with("the names of fields, values and extensions"));
    Ok(())
}

#[test]
fn a_file_is_formatted_and_outlined() -> Outcome {
    let mut editor = Editor::new("format")?;
    editor.open(SHOP_FILE)?;
    let ugly = shop().replace("  rpc Put(Order)", "rpc   Put( Order )");
    editor.write(SHOP_FILE, &ugly)?;
    let document = json!({ "uri": editor.uri(SHOP_FILE) });
    let options = json!({ "tabSize": 2, "insertSpaces": true });
    let params = json!({ "textDocument": document, "options": options });
    let edits = editor.ask("textDocument/formatting", params)?;
    assert_eq!(apply(&ugly, &edits), shop());

    let symbols = editor.ask("textDocument/documentSymbol", json!({ "textDocument": document }))?;
    let names = |list: &Value| -> Vec<String> {
        let names = list.as_array().into_iter().flatten();
        names.filter_map(|one| one["name"].as_str()).map(str::to_owned).collect()
    };
    assert_eq!(names(&symbols), ["Order", "Shop"]);
    assert_eq!(names(&symbols[0]["children"]), ["total", "parts", "Line"]);
    assert_eq!(names(&symbols[1]["children"]), ["Put"]);
    Ok(())
}

#[test]
fn odd_messages_do_not_end_it() -> Outcome {
    let mut editor = Editor::new("odd")?;
    let nobody = json!({ "uri": "untitled:x", "languageId": "proto", "version": 1, "text": "" });
    editor.tell("textDocument/didOpen", json!({ "textDocument": nobody }))?;
    editor.tell("textDocument/didChange", json!({ "nonsense": 1 }))?;
    editor.tell("$/nothing", json!(null))?;
    assert!(editor.ask("no/such/question", json!({})).is_err());
    assert!(editor.ask("textDocument/hover", json!({})).is_err());
    let elsewhere = json!({
        "textDocument": { "uri": editor.uri("missing.proto") },
        "position": { "line": 9, "character": 9 },
    });
    assert!(editor.ask("textDocument/definition", elsewhere).is_err());
    // A range over the end, and letters outside of ASCII.
    editor.open(SHOP_FILE)?;
    let range = json!({
        "start": { "line": 90, "character": 0 },
        "end": { "line": 99, "character": 7 },
    });
    let changes = json!([{ "range": range, "text": "// 山𝄞\n" }]);
    assert_eq!(editor.change(SHOP_FILE, changes)?, json!([]));
    let problems = editor.write(SHOP_FILE, SHOP)?;
    assert_ne!(problems, json!([]));
    assert_eq!(editor.leave()?, Some(0));
    Ok(())
}
