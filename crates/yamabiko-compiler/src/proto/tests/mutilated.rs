//! Whatever a file says, and whatever a descriptor holds: no panic.

use std::collections::HashMap;
use std::path::Path;

use buffa_codegen::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, OneofDescriptorProto,
    UninterpretedOption, uninterpreted_option::NamePart,
};

use super::support::{Roots, TESTS, files_below, link, site_packages};
use crate::proto::Open;

/// Numbers that look random but are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits fit") % limit.max(1)
    }
}

/// One file in place of that of its name, and all others as they are.
struct Changed<'a> {
    name: &'a str,
    text: String,
    roots: &'a mut Roots,
}

impl Open for Changed<'_> {
    fn open(&mut self, name: &str) -> Result<Vec<u8>, String> {
        if name == self.name { Ok(self.text.clone().into_bytes()) } else { self.roots.open(name) }
    }
}

/// The words of a file, exchanged, now and then left out or doubled. What is
/// between the words stays, so that the parser takes most of what comes out.
fn mutilate(pieces: &[&str], numbers: &mut Numbers) -> String {
    let mut pieces = pieces.to_vec();
    let is_word = |piece: &str| piece.starts_with(|first: char| first.is_alphanumeric());
    let words: Vec<usize> = (0..pieces.len()).filter(|index| is_word(pieces[*index])).collect();
    for _ in 0..=numbers.below(2) {
        let (first, second) =
            (words[numbers.below(words.len())], words[numbers.below(words.len())]);
        match numbers.below(8) {
            0..3 => pieces.swap(first, second),
            3..7 => pieces[first] = pieces[second],
            _ => {
                let any = numbers.below(pieces.len());
                pieces[any] = "";
            }
        }
    }
    pieces.concat()
}

/// The text cut between words and other letters; nothing is left out.
fn pieces(text: &str) -> Vec<&str> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match is_word(first) {
            true => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

#[test]
fn no_mutilated_file_makes_a_panic() {
    let mut numbers = Numbers(19);
    let (mut good, mut broken) = (0, 0);
    for folder in ["nasty", "broken-links"] {
        let root = Path::new(TESTS).join(folder);
        let mut roots = Roots(vec![root.clone(), site_packages().join("grpc_tools/_proto")]);
        for name in files_below(&root) {
            let text = std::fs::read_to_string(root.join(&name)).expect("the file is text");
            let pieces = pieces(&text);
            for _ in 0..if pieces.is_empty() { 0 } else { 20 } {
                let text = mutilate(&pieces, &mut numbers);
                let mut files = Changed { name: &name, text, roots: &mut roots };
                let (linked, problems) = link(&[&name], &mut files);
                match linked {
                    Some(_) => good += 1,
                    None => {
                        assert!(!problems.is_empty(), "{name} is broken without a reason");
                        broken += 1;
                    }
                }
            }
        }
    }
    println!("{good} good files, {broken} broken ones");
    assert!(good > 50 && broken > 1000);
}

/// Descriptors without a text.
struct Descriptors(HashMap<String, FileDescriptorProto>);

impl Open for Descriptors {
    fn open(&mut self, _name: &str) -> Result<Vec<u8>, String> {
        Err("File not found.".to_owned())
    }

    fn descriptor(&mut self, name: &str) -> Option<FileDescriptorProto> {
        self.0.get(name).cloned()
    }
}

fn messages_about(file: FileDescriptorProto) -> Vec<String> {
    let mut files = Descriptors(HashMap::from([("a.proto".to_owned(), file)]));
    let (linked, problems) = link(&["a.proto"], &mut files);
    assert!(linked.is_none());
    problems.into_iter().map(|problem| problem.message).collect()
}

#[test]
fn descriptors_that_no_parser_makes_are_refused() {
    let file = |message: DescriptorProto| FileDescriptorProto {
        name: Some("a.proto".to_owned()),
        message_type: vec![message],
        ..Default::default()
    };
    let field = FieldDescriptorProto {
        name: Some("f".to_owned()),
        number: Some(1),
        oneof_index: Some(3),
        extendee: Some("M".to_owned()),
        ..Default::default()
    };
    let mut message = DescriptorProto { field: vec![field], ..Default::default() };
    message.oneof_decl.push(OneofDescriptorProto::default());
    let options = message.options.get_or_insert_default();
    options.uninterpreted_option.push(UninterpretedOption::default());
    assert_eq!(
        messages_about(file(message)),
        [
            "Missing name.",
            "Missing name.",
            "FieldDescriptorProto.extendee set for non-extension field.",
            "FieldDescriptorProto.oneof_index 3 is out of range for type \"\".",
            "\"\" is already defined.",
            "Oneof must have at least one field.",
        ]
    );

    let mut message = DescriptorProto { name: Some("M".to_owned()), ..Default::default() };
    let options = message.options.get_or_insert_default();
    options.uninterpreted_option.push(UninterpretedOption {
        name: vec![NamePart::default(), NamePart::default()],
        ..Default::default()
    });
    let found = messages_about(file(message));
    assert!(found[0].starts_with("Option \"\" unknown."), "{found:?}");

    let syntax = FileDescriptorProto {
        name: Some("a.proto".to_owned()),
        syntax: Some("proto7".to_owned()),
        public_dependency: vec![-1, 7],
        ..Default::default()
    };
    assert_eq!(messages_about(syntax), ["Unrecognized syntax: proto7"]);
}
