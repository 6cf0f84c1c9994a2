use super::*;
use crate::diagnostic::{Change, Edit, Label, Protoc};
use crate::explain::codes;

fn sample() -> Diagnostic {
    let source = "message A {\n\tstrng a = 1;\n}\n";
    Diagnostic::new("`strng` is not a protobuf type")
        .with_code(codes::UNKNOWN_TYPE)
        .in_file("a, b.proto")
        .at(Label::new(source, 13, 5, ""))
        .at(Label::new("message B {}\n", 8, 1, "`B` is here").of_file("c.proto"))
        .help("100%\nsure")
        .with_edit(Some(Edit {
            title: "did you mean `string`?".to_owned(),
            changes: vec![Change { range: 13..18, text: "string".to_owned() }],
        }))
        .with_protoc(Some(Protoc {
            message: "\"strng\" is not defined.".to_owned(),
            place: Some((2, 9)),
        }))
}

#[test]
fn for_people_each_file_has_its_lines() {
    let text = render(&[sample()], Format::Text).to_string();
    assert_eq!(
        text,
        "error[P0501]: `strng` is not a protobuf type\n \
         --> a, b.proto:2:2\n  \
         |\n\
         2 |     strng a = 1;\n  \
         |     ^^^^^\n \
         ::: c.proto:1:9\n  \
         |\n\
         1 | message B {}\n  \
         |         - `B` is here\n  \
         |\n  \
         = help: 100%\n          sure\n  \
         = help: did you mean `string`?\n"
    );
    let coloured = render(&[sample()], Format::Coloured).to_string();
    let mut pieces = coloured.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default();
    let plain = pieces.fold(first.to_owned(), |plain, piece| {
        let (_, text) = piece.split_once('m').expect("an escape ends with m");
        plain + text
    });
    assert_eq!(plain, text, "colours are all that differs");
}

#[test]
fn gcc_has_protocs_line() {
    assert_eq!(
        render(&[sample()], Format::Gcc).to_string(),
        "a, b.proto:2:9: \"strng\" is not defined.\n"
    );
}

#[test]
fn github_escapes_what_ends_a_property_or_a_line() {
    assert_eq!(
        render(&[sample()], Format::Github).to_string(),
        "::error file=a%2C b.proto,line=2,col=2,endColumn=7,title=P0501::`strng` is not a \
         protobuf type%0A100%25%0Asure%0Adid you mean `string`?\n"
    );
}

#[test]
fn json_and_sarif_hold_place_and_edit() {
    let document: serde_json::Value =
        serde_json::from_str(&render(&[sample()], Format::Json).to_string()).expect("JSON");
    let first = &document["diagnostics"][0];
    assert_eq!(first["code"], "P0501");
    assert_eq!(first["places"][0]["start"], 13);
    assert_eq!(first["edit"]["changes"][0]["text"], "string");
    assert_eq!(first["protoc"]["column"], 9);

    let document: serde_json::Value =
        serde_json::from_str(&render(&[sample()], Format::Sarif).to_string()).expect("JSON");
    let run = &document["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "P0501");
    let result = &run["results"][0];
    let physical = &result["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "a%2C%20b.proto");
    assert_eq!(physical["region"]["startColumn"], 2);
    assert_eq!(result["relatedLocations"][0]["message"]["text"], "`B` is here");
    let replacement = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["deletedRegion"]["byteLength"], 5);
}
