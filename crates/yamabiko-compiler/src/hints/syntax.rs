//! What goes wrong in writing: a word that does not belong there, something
//! that is missing, a habit from another language.

use super::{Finding, Mark, Scene, in_backticks, numbers, similar};

pub(super) const OPEN_STRING: &str = "the string is not closed";
pub(super) const NO_SYNTAX_LINE: &str = "the file has no `syntax` line, so it is read as proto2";

/// What a declaration at the level of the file starts with.
const DECLARATIONS: [&str; 8] =
    ["syntax", "package", "import", "option", "message", "enum", "service", "extend"];

pub(super) fn improve(scene: &Scene<'_>) -> Option<Finding> {
    unclosed(scene)
        .or_else(|| unexpected(scene))
        .or_else(|| proto3(scene))
        .or_else(|| defined_twice(scene))
}

/// A string, a comment or a block that is not closed.
fn unclosed(scene: &Scene<'_>) -> Option<Finding> {
    if scene.message == "unterminated string" {
        // The front end marks the end of the line.
        let (before, _) = scene.around();
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let quote = line + before[line..].find(['"', '\''])?;
        return Some(Finding::new(OPEN_STRING, Mark::new(quote, 1, "starts here")));
    }
    let missing = scene.message.strip_suffix(", but reached end of file")?;
    if missing.contains("comment terminator") {
        let start = scene.text.rfind("/*")?;
        return Some(
            Finding::new("the comment is not closed", Mark::new(start, 2, "starts here"))
                .help("close it with `*/`"),
        );
    }
    let open = open_braces(scene.text).pop()?;
    Some(Finding::new("missing `}`", Mark::new(open, 1, "this block is not closed")))
}

/// "expected …, but found …".
fn unexpected(scene: &Scene<'_>) -> Option<Finding> {
    let (expected, found) = scene.expected_and_found()?;
    let mark = scene.mark()?;
    let here = Mark::new(mark.offset, mark.length, "");
    let (before, after) = scene.around();
    if expected.starts_with("'enum', 'extend'") {
        return Some(not_a_declaration(found, after, here));
    }
    let finding = match (expected, found) {
        ("'.' or ';'", "-") => {
            let name = statement(before, after);
            let name = name.trim_start_matches("package").trim();
            Finding::new("a package name has no `-`", here)
                .help(format!("write `package {};`", name.replace('-', "_")))
        }
        (_, ",") if expected.starts_with("';'") => {
            Finding::new("a field ends with `;`, not with `,`", here)
        }
        (_, _) if expected.starts_with("';'") => {
            let end = end_of_code(before);
            Finding::new("missing `;`", Mark::new(end, 1, "")).help("insert `;` here")
        }
        ("'='", _) => {
            let number = numbers::next_free(scene.text, mark.offset).unwrap_or(1);
            let field = statement(before, "");
            Finding::new("the field has no number", here)
                .help(format!("write `{field} = {number};`"))
        }
        ("'.' or an identifier", ":") => {
            let name = statement(before, "");
            let (kind, number) = after[1..].split_once(';')?.0.split_once('=')?;
            Finding::new("the type of a field stands before its name", here).help(format!(
                "write `{} {name} = {};`",
                kind.trim(),
                number.trim()
            ))
        }
        ("'.' or an identifier", "<" | "[") => {
            let element = match found {
                "<" => after[1..].split('>').next()?.to_owned(),
                _ => statement(before, ""),
            };
            Finding::new("a list is a `repeated` field", here)
                .help(format!("write `repeated {}`", element.trim()))
        }
        ("'('", "stream") => {
            let message = after.trim_start_matches("stream").trim_start().strip_prefix('(')?;
            Finding::new("`stream` stands inside the parentheses", here)
                .help(format!("write `(stream {})`", message.split(')').next()?.trim()))
        }
        ("a string", _) if statement(before, "").starts_with("syntax") => {
            Finding::new(format!("`{found}` must be in quotes"), here)
                .help(format!("write `syntax = \"{found}\";`"))
        }
        ("'returns'", _) => Finding::new("the method does not say what it returns", here)
            .help(format!("write `{} returns (…);` with a message", statement(before, "")))
            .help("a method that returns nothing returns google.protobuf.Empty"),
        _ => Finding::new(in_backticks(scene.message), here),
    };
    Some(finding)
}

/// A word at the level of the file that starts nothing there.
fn not_a_declaration(found: &str, after: &str, here: Mark) -> Finding {
    match found {
        "rpc" => {
            let finding = Finding::new("`rpc` is only allowed inside a `service`", here);
            let mut words = after.split_whitespace();
            match (words.nth(1), words.next()) {
                (Some(name), Some("{")) => finding.help(format!(
                    "a block that holds methods is a service; write `service {name} {{`"
                )),
                _ => finding.help("put it into `service … { … }`"),
            }
        }
        "edition" => Finding::new("editions are not supported yet", here)
            .help("write `syntax = \"proto3\";` instead"),
        "class" | "struct" | "record" | "type" => {
            Finding::new(format!("there is no `{found}` in protobuf"), here)
                .help("a structure is a `message`")
        }
        "interface" | "trait" => Finding::new(format!("there is no `{found}` in protobuf"), here)
            .help("a set of methods is a `service`"),
        "func" | "fn" | "def" | "function" | "method" => {
            Finding::new(format!("there is no `{found}` in protobuf"), here)
                .help("a method is `rpc Name (Request) returns (Reply);` inside a `service`")
        }
        "}" => Finding::new("there is no block that this `}` closes", here),
        _ => {
            let finding = Finding::new(format!("no declaration starts with `{found}`"), here);
            match similar::best(found, DECLARATIONS.into_iter()) {
                Some(word) => finding.help(format!("did you mean `{word}`?")),
                None => finding.help(format!("these do: {}", DECLARATIONS.join(", "))),
            }
        }
    }
}

/// What proto2 has and proto3 has not, or the other way round.
fn proto3(scene: &Scene<'_>) -> Option<Finding> {
    let mark = scene.mark()?;
    let here = Mark::new(mark.offset, mark.length, "");
    let marked = scene.marked(mark);
    let finding = match scene.message {
        message if message.starts_with("fields must have a label with proto2") => {
            let advice = "a field of proto2 starts with `optional`, `repeated` or `required`";
            if scene.text.contains("syntax") {
                Finding::new(advice, here)
            } else {
                Finding::new(NO_SYNTAX_LINE, here)
                    .help("add `syntax = \"proto3\";` as the first line")
            }
        }
        message if message.starts_with("required fields are not allowed") => {
            Finding::new("proto3 has no `required`", here)
                .help("remove it; every field may be absent, and the receiver checks what it needs")
        }
        "default values are not allowed in proto3" => {
            Finding::new("proto3 has no default values", here)
                .help("remove it; `optional` tells a field that is absent from one that is zero")
        }
        "the first value for proto3 enums must be 0" => {
            let name = block_name(scene.text, mark.offset)?;
            let value = buffa_codegen::idents::to_shouty_snake_case(name);
            Finding::new(format!("the first value of `{name}` must be 0 in proto3"), here)
                .help(format!("put `{value}_UNSPECIFIED = 0;` before it"))
        }
        message if message.starts_with("unknown syntax") => {
            Finding::new(format!("there is no syntax {marked}"), here)
                .help("write `syntax = \"proto3\";`")
        }
        "a map field key type must be an integer, boolean or string" => Finding::new(
            format!("a map key is an integer, `bool` or `string`, not `{marked}`"),
            here,
        ),
        "oneof fields cannot have labels" => {
            Finding::new(format!("a field of a `oneof` cannot be `{marked}`"), here)
                .help("put the field into a message of its own and name that message here")
        }
        "map fields cannot have labels" => {
            Finding::new(format!("a map cannot be `{marked}`"), here)
                .help(format!("remove `{marked}`"))
        }
        _ => return None,
    };
    Some(finding)
}

/// Two things of one name, or of one JSON name.
fn defined_twice(scene: &Scene<'_>) -> Option<Finding> {
    let [first, second] = scene.marks else { return None };
    let same_in_json = scene.message.starts_with("camel-case name of field");
    if !same_in_json && !scene.message.ends_with("is defined twice") {
        return None;
    }
    let (name, other) = (scene.marked(second), scene.marked(first));
    let here = Mark::new(second.offset, second.length, "");
    let there = Mark::new(first.offset, first.length, "first defined here");
    if same_in_json && name != other {
        let message = format!("`{name}` has the same name as `{other}` in JSON");
        return Some(Finding::new(message, here).and(there).help("rename one of the two"));
    }
    let finding = Finding::new(format!("`{name}` is defined twice"), here).and(there);
    let block = block_name(scene.text, second.offset);
    let other_block = block_name(scene.text, first.offset);
    Some(match block.filter(|_| block != other_block && in_enum(scene.text, second.offset)) {
        Some(block) => {
            let prefix = buffa_codegen::idents::to_shouty_snake_case(block);
            finding.help(format!(
                "the values of an enum are names of the scope around it; call it `{prefix}_{name}`"
            ))
        }
        None => finding,
    })
}

/// The statement that `before` breaks off in, with what follows up to `;`.
fn statement(before: &str, after: &str) -> String {
    let start = before.rfind([';', '{', '}']).map_or(0, |end| end + 1);
    let lines = before[start..].lines().map(|line| line.split("//").next().unwrap_or_default());
    let head: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    let head = head.join(" ");
    format!("{head}{}", after.split([';', '\n']).next().unwrap_or_default()).trim().to_owned()
}

/// Where the last thing that is neither space nor comment ends.
fn end_of_code(text: &str) -> usize {
    let mut end = text.trim_end().len();
    loop {
        let line = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
        match text[line..end].find("//") {
            Some(comment) => end = text[..line + comment].trim_end().len(),
            None => return end,
        }
    }
}

/// The offsets of the braces that are open at the end of `text`.
fn open_braces(text: &str) -> Vec<usize> {
    let mut open = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((offset, letter)) = rest.next() {
        match letter {
            '{' => open.push(offset),
            '}' => drop(open.pop()),
            '"' | '\'' => {
                while let Some((_, inner)) = rest.next() {
                    if inner == letter || inner == '\n' {
                        break;
                    }
                    if inner == '\\' {
                        rest.next();
                    }
                }
            }
            '/' if rest.peek().is_some_and(|(_, next)| *next == '/') => {
                rest.by_ref().find(|(_, letter)| *letter == '\n');
            }
            _ => {}
        }
    }
    open
}

/// The text inside the innermost braces around `offset`.
pub(super) fn enclosing_block(text: &str, offset: usize) -> Option<&str> {
    let start = open_braces(&text[..offset]).pop()? + 1;
    let mut depth = 1;
    let length = text[start..].find(|letter| {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    Some(length.map_or(&text[start..], |length| &text[start..start + length]))
}

/// The word before the innermost brace that is open at `offset`.
fn block_name(text: &str, offset: usize) -> Option<&str> {
    let open = open_braces(&text[..offset]).pop()?;
    text[..open].split_whitespace().next_back()
}

fn in_enum(text: &str, offset: usize) -> bool {
    open_braces(&text[..offset])
        .pop()
        .and_then(|open| text[..open].split_whitespace().nth_back(1))
        .is_some_and(|keyword| keyword == "enum")
}
