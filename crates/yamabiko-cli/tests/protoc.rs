//! `yamabiko protoc`, run as a process: the same arguments and outputs as protoc.

mod support;

use support::{Outcome, Place, of_protoc, seen};

const FILE: &str =
    "syntax = \"proto3\";\n\n// Somebody.\nmessage Person {\n  string name = 1;\n}\n";

#[test]
fn a_descriptor_set_is_protocs() -> Outcome {
    let place = Place::with("protoc-set", &[("person.proto", FILE)])?;
    let arguments =
        ["-I.", "--include_imports", "--include_source_info", "-oours.binpb", "person.proto"];
    assert_eq!(seen(&place.run(&[&["protoc"], &arguments[..]].concat())?).0, Some(0));
    let theirs = std::process::Command::new(of_protoc("python"))
        .args(["-m", "grpc_tools.protoc"])
        .args(arguments.map(|argument| argument.replace("ours", "theirs")))
        .current_dir(&place.directory)
        .status()?;
    assert!(theirs.success());
    let read = |name: &str| std::fs::read(place.path(name));
    assert_eq!(read("ours.binpb")?, read("theirs.binpb")?);
    Ok(())
}

#[test]
fn options_are_protocs_own() -> Outcome {
    let place = Place::with("protoc-options", &[("person.proto", "message M {")])?;
    let (code, out, _) = seen(&place.run(&["protoc", "--help"])?);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("Usage: yamabiko protoc [OPTION] PROTO_FILES\n"), "{out}");
    let (code, _, err) = seen(&place.run(&["protoc", "-I.", "-o/dev/null", "person.proto"])?);
    assert_eq!(code, Some(1));
    assert!(err.contains("person.proto:1:12: Reached end of input"), "{err}");
    Ok(())
}
