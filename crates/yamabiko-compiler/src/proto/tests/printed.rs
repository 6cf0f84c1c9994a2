//! Descriptors as text: what is printed, read again, is the same descriptor.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use buffa::{Message as _, MessageField};
use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;
use buffa_codegen::generated::descriptor::{
    FileDescriptorProto, FileDescriptorSet, MessageOptions,
};

use super::support::{Roots, TESTS, directory, files_below, line, link, protoc, site_packages};
use crate::descriptors::{Named as _, print_descriptor_set};
use crate::proto::Linked;
use crate::well_known::FILES;

/// The files with all their options, but without their comments.
fn complete(linked: &Linked) -> Vec<FileDescriptorProto> {
    let complete = linked.files.iter().map(|file| linked.with_source_options(file));
    complete
        .map(|mut file| {
            file.source_code_info = MessageField::none();
            file
        })
        .collect()
}

fn printed(files: &[FileDescriptorProto]) -> Vec<(String, String)> {
    let set = FileDescriptorSet { file: files.to_vec(), ..Default::default() };
    print_descriptor_set(&set.encode_to_vec()).expect("it is a descriptor set")
}

/// What means the same, but has other bytes.
const EQUIVALENT: [&str; 3] = [
    // Zeros of fields without presence are kept in options that are set one by
    // one, but not within a message, as they are printed.
    "any_in_any.proto",
    // An option's message is set in pieces, and printed as one.
    "editions_2024.proto",
    "option_messages.proto",
];

/// Prints all files below the first root, and what they import, and reads them
/// again; gives their number.
fn assert_same(roots: Vec<PathBuf>) -> usize {
    let names = files_below(&roots[0]);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (linked, problems) = link(&names, &mut Roots(roots));
    let lines: Vec<String> = problems.iter().map(line).collect();
    let before = complete(&linked.unwrap_or_else(|| panic!("{}", lines.join("\n"))));
    let mut texts: HashMap<String, String> = printed(&before).into_iter().collect();
    let (linked, problems) = link(&names, &mut texts);
    let lines: Vec<String> = problems.iter().map(line).collect();
    let after = complete(&linked.unwrap_or_else(|| panic!("{}", lines.join("\n"))));
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        let name = before.name();
        if EQUIVALENT.contains(&name) {
            continue;
        }
        // Options that the types do not know are not to be seen but in bytes.
        let bytes = |file: &FileDescriptorProto| file.encode_to_vec().escape_ascii().to_string();
        assert_eq!(bytes(before), bytes(after), "{name}:\n{}", texts[name]);
    }
    before.len()
}

/// A message that is a group of itself, ranges without numbers, and options as
/// deep as memory goes: no compiler writes such a set, but a peer may.
#[test]
fn descriptors_that_make_no_sense_are_printed_all_the_same() {
    let mut option = Vec::new();
    for _ in 0..10_000 {
        let mut around = vec![0x0a];
        buffa::encoding::encode_varint(option.len() as u64, &mut around);
        around.append(&mut option);
        option = around;
    }
    let mut options = vec![0x92, 0xf4, 0x03];
    buffa::encoding::encode_varint(option.len() as u64, &mut options);
    options.append(&mut option);
    let text = "syntax = \"proto2\"; import \"google/protobuf/descriptor.proto\";\n\
        message A { optional A a = 1; extensions 5; }\n\
        extend google.protobuf.MessageOptions { optional A deep = 8002; }";
    let mut files: HashMap<String, String> =
        FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    files.insert("a.proto".to_owned(), text.to_owned());
    let (linked, _) = link(&["a.proto"], &mut files);
    let mut files = complete(&linked.expect("the file is good"));
    let file = files.last_mut().expect("there is one");
    let message = &mut file.message_type[0];
    message.field[0].r#type = Some(Type::TYPE_GROUP);
    message.extension_range[0].end = Some(i32::MIN);
    *message.options.get_or_insert_default() =
        MessageOptions::decode_from_slice(&options).expect("what is in it is not looked at");
    let (_, text) = printed(&files).pop().expect("as many as there were");
    assert!(text.contains("  optional A a = 1;\n"), "{text}");
    assert!(text.contains("option (deep) = {\n"), "{text}");
}

/// Those that are built in, as protoc knows them.
fn well_known() -> Vec<FileDescriptorProto> {
    let root = site_packages().join("grpc_tools/_proto");
    let set = directory("well_known_set").join("set.binpb");
    let mut arguments = vec![
        format!("-I{}", root.display()),
        format!("--descriptor_set_out={}", set.display()),
        "--include_imports".to_owned(),
        "--retain_options".to_owned(),
    ];
    arguments.extend(files_below(&root));
    let output = protoc(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let set = std::fs::read(set).expect("protoc has written it");
    FileDescriptorSet::decode_from_slice(&set).expect("it is a descriptor set").file
}

/// `UPDATE_EXPECTED=1` writes the files anew.
#[test]
fn built_in_files_are_what_is_printed_of_protocs_descriptors() {
    let directory = Path::new(TESTS).join("../src/well_known");
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let printed = printed(&well_known());
    assert_eq!(printed.len(), FILES.len(), "protoc knows as many");
    for (name, text) in printed {
        let text = format!("// @generated from what protoc knows of {name}.\n\n{text}");
        let file = directory.join(&name);
        if update {
            std::fs::write(&file, &text).expect("the file can be written");
        }
        let found = std::fs::read_to_string(&file).expect("there is a file of that name");
        assert!(found == text, "{name} is another one: write it anew with UPDATE_EXPECTED=1");
    }
}

#[test]
fn what_is_printed_is_read_as_what_it_was() {
    let well_known = site_packages().join("grpc_tools/_proto");
    let nasty = vec![Path::new(TESTS).join("nasty"), well_known.clone()];
    assert!(assert_same(vec![well_known]) >= 15);
    assert!(assert_same(nasty) >= 20);
}
