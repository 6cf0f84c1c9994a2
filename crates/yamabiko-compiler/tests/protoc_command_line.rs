//! Our protoc says and writes what Google's does: the same command line in the
//! same directory gives the same output, exit code and files.

mod reference;

use std::fs;
use std::path::Path;

use buffa::Message as _;
use buffa_codegen::generated::compiler::CodeGeneratorResponse;
use buffa_codegen::generated::compiler::code_generator_response::File;
use reference::{Run, difference, directory, include, run_ours, run_theirs};

const FILES: &[(&str, &str)] = &[
    (
        "hello.proto",
        "syntax = \"proto3\";\n\npackage hello;\n\n// Says hello.\nservice HelloService {\n  rpc \
         SayHello (HelloRequest) returns (HelloReply) {}\n}\n\nmessage HelloRequest {\n  string \
         name = 1;\n  reserved 3, 10 to 12;\n}\nmessage HelloReply {\n  string message = 2;\n  \
         message Inner { int32 x = 1; }\n  optional int32 maybe = 5;\n}\n",
    ),
    (
        "typo.proto",
        "syntax = \"proto3\";\n\npackage hello;\n\nrpc HelloService {\n  rpc SayHello \
         (HelloRequest) returns (HelloReply) {}\n}\n",
    ),
    ("semicolon.proto", "syntax = \"proto3\";\nmessage A {\n\tstrng x = 1\n}\n"),
    ("unknown_type.proto", "syntax = \"proto3\";\nmessage A { strng x = 1; Foo y = 2; }\n"),
    (
        "numbers.proto",
        "syntax = \"proto3\";\nmessage A { int32 x = 1; int32 y = 1; int32 z = 0; int32 x = 2; }\n",
    ),
    ("enum.proto", "syntax = \"proto3\";\nenum E { ONE = 1; }\n"),
    ("no_import.proto", "syntax = \"proto3\";\nimport \"no.proto\";\nmessage A {}\n"),
    ("unused.proto", "syntax = \"proto3\";\nimport \"sub/inner.proto\";\nmessage A {}\n"),
    ("open.proto", "syntax = \"proto3\";\nmessage A {\n"),
    ("proto4.proto", "syntax = \"proto4\";\n"),
    ("no_syntax.proto", "message A { string s = 1; }\n"),
    ("required.proto", "syntax = \"proto3\";\nmessage A { required string s = 1; }\n"),
    ("rpc_type.proto", "syntax = \"proto3\";\nservice S { rpc M (string) returns (S); }\n"),
    ("cycle.proto", "syntax = \"proto3\";\nimport \"cycle.proto\";\n"),
    ("sub/inner.proto", "syntax = \"proto3\";\npackage sub;\nmessage Inner { string text = 1; }\n"),
    (
        "uses.proto",
        "syntax = \"proto3\";\nimport \"sub/inner.proto\";\nmessage U { sub.Inner i = 1; }\n",
    ),
    ("import_typo.proto", "syntax = \"proto3\";\nimport \"typo.proto\";\nmessage A {}\n"),
    (
        "well_known.proto",
        "syntax = \"proto3\";\nimport \"google/protobuf/timestamp.proto\";\nmessage W { \
         google.protobuf.Timestamp t = 1; }\n",
    ),
    ("other/hello.proto", "syntax = \"proto3\";\nmessage Other {}\n"),
    ("name=with=equals/x.proto", "syntax = \"proto3\";\nmessage X {}\n"),
    ("edition.proto", "edition = \"2023\";\nmessage E { string s = 1; }\n"),
    ("no_extension", "syntax = \"proto3\";\nmessage N {}\n"),
    (
        "uses_no_extension.proto",
        "syntax = \"proto3\";\nimport \"no_extension\";\nmessage M {}\nservice S { rpc A (N) returns (M); }\n",
    ),
    ("odd.protodevel", "syntax = \"proto3\";\nmessage N {}\n"),
    ("1a_b.proto", "syntax = \"proto3\";\nmessage N {}\n"),
    (
        "groups.proto",
        "syntax = \"proto2\";\nmessage G { optional group H = 2 { optional int32 x = 5; message I \
         {} } extensions 7 to 9; extensions 100 to max; reserved 20; }\n",
    ),
    ("arguments", "-I.\n--python_out=.\nhello.proto\n"),
    ("arguments_with_returns", "-I.\r\n--python_out=.\r\nhello.proto\r\n"),
    ("not_a_directory", ""),
    ("bin/not-executable/protoc-gen-plain", "plain"),
    ("bin/protoc-gen-plain", "plain"),
    ("bin/protoc-gen-fail", "#!/bin/sh\necho oh no >&2\nexit 3\n"),
    ("bin/protoc-gen-killed", "#!/bin/sh\nkill -9 $$\n"),
    ("bin/protoc-gen-garbage", "#!/bin/sh\nprintf 'x\\377\"\\n'\n"),
    ("bin/protoc-gen-silent", "#!/bin/sh\n"),
    ("descriptors.broken", "x"),
];

/// Every command line, arguments separated by spaces; `{include}` stands for the
/// directory with the files of protobuf itself.
///
/// Not here: two unknown options, and two directories of which one fails or with
/// `--dependency_out`. protoc takes them in the order of a hash table, which differs from machine to
/// machine.
const COMMAND_LINES: &[&str] = &[
    "-I. --python_out=. --pyi_out=. --grpc_python_out=. hello.proto",
    "-I. --python_out=. --grpc_python_out=. ./hello.proto",
    "--python_out=. hello.proto",
    "-I . --python_out . hello.proto",
    "--proto_path=. --python_out=. hello.proto",
    "--proto_path . --pyi_out=. .//hello.proto ././sub/inner.proto",
    "-Isub --python_out=. inner.proto",
    "-Isub/ --python_out=. sub/inner.proto",
    "-I./sub/. --python_out=. sub/inner.proto",
    "-Isub:. --python_out=. sub/inner.proto hello.proto",
    "-I.:: --python_out=. hello.proto",
    "-Iv=. --python_out=. hello.proto",
    "-Iv=. --python_out=. v/hello.proto",
    "-Iv=. -I. --python_out=. v/hello.proto",
    "-Iv/w=sub --python_out=. v/w/inner.proto",
    "-I=. --python_out=. hello.proto",
    "-Iv= --python_out=. hello.proto",
    "-Iname=with=equals --python_out=. x.proto",
    "-Inowhere --python_out=. hello.proto",
    "-Inowhere -I. --python_out=. hello.proto",
    "-Iv=nowhere --python_out=. hello.proto",
    "-Isub --python_out=. hello.proto",
    "-Isub --python_out=. sub/../hello.proto",
    "-I. --python_out=. sub/../hello.proto",
    "-Isub/.. --python_out=. sub/../hello.proto",
    "-Iother -I. --python_out=. hello.proto",
    "-I. -Iother --python_out=. other/hello.proto",
    "-Iother -I. --python_out=. other/hello.proto",
    "-I. --python_out=. nothere.proto",
    "-I. --python_out=. hello.proto nothere.proto",
    "-I. --python_out=. sub",
    "-I. --python_out=. .",
    "-I. --python_out=. -",
    "-I. --python_out=. sub//inner.proto",
    "-I. --python_out=. hello.proto hello.proto",
    "-I. --python_out=. hello.proto ./hello.proto",
    "-I. --python_out=. --python_out=. hello.proto",
    "-I. --python_out=sub --python_out=. hello.proto",
    "-I. --python_out=sub/ --python_out=sub hello.proto",
    "-I. --python_out=nowhere hello.proto",
    "-I. --python_out=nowhere/deep hello.proto",
    "-I. --python_out=sub/../nowhere hello.proto",
    "-I. --python_out=not_a_directory hello.proto",
    "-I. --python_out= hello.proto",
    "-I. --python_out=: hello.proto",
    "-I. --python_out=:. hello.proto",
    "-I. --python_out=a:b:c hello.proto",
    "-I. --python_out=a.zip --pyi_out=b.jar --grpc_python_out=c.srcjar hello.proto uses.proto sub/inner.proto",
    "-I. --python_out=nowhere/a.zip hello.proto",
    "-I. --python_out=a.zip --grpc_python_out=grpc_1_0:a.zip hello.proto",
    // What generators are asked for.
    "-I. --python_out=foo:. hello.proto",
    "-I. --python_out=foo=bar:. hello.proto",
    "-I. --python_out=foo,bar:. hello.proto",
    "-I. --python_out=,,:. hello.proto",
    "-I. --python_out=pyi_out:. hello.proto",
    "-I. --python_out=pyi_out,annotate_code,experimental_strip_nonfunctional_codegen:. hello.proto",
    "-I. --python_out=pyi_out:. --pyi_out=. hello.proto",
    "-I. --pyi_out=foo,bar:. hello.proto",
    "-I. --pyi_out=annotate_code:. hello.proto",
    "-I. --pyi_out=other.pyi:. hello.proto",
    "-I. --pyi_out=sub/other.pyi:. hello.proto",
    "-I. --pyi_out=new/other.pyi:. hello.proto",
    "-I. --pyi_out=../other.pyi:sub hello.proto",
    "-I. --unsafe_allow_out_dir_escape --pyi_out=../other.pyi:sub hello.proto",
    "-I. --pyi_out=a..pyi:. hello.proto",
    "-I. --grpc_python_out=grpc_2_0:. hello.proto",
    "-I. --grpc_python_out=grpc_3_0:. hello.proto",
    "-I. --grpc_python_out=,:. hello.proto",
    "-I. --grpc_python_out=,a:. hello.proto",
    "-I. --grpc_python_out=grpc_2_0,:. hello.proto",
    "-I. --grpc_python_out=grpc_2_0,hel:. hello.proto",
    "-I. --grpc_python_out=grpc_2_0,a,b:. hello.proto",
    "-I. --grpc_python_out=grpc_2_0,a,:. hello.proto",
    "-I. --grpc_python_out=grpc_1_0:. hello.proto",
    "-I. --python_out=. --grpc_python_out=grpc_1_0:. hello.proto",
    "-I. --python_out=. --grpc_python_out=grpc_1_0:. hello.proto sub/inner.proto",
    "-I. --python_out=. --grpc_python_out=grpc_1_0,hel:. hello.proto",
    "-I. --grpc_python_out=grpc_1_0:. --python_out=. hello.proto",
    "-I. --python_out=. --pyi_out=. no_extension",
    "-I. --grpc_python_out=. no_extension",
    "-I. --grpc_python_out=. uses_no_extension.proto",
    "-I. --python_out=. --grpc_python_out=. odd.protodevel",
    "-I. --python_out=. --pyi_out=. odd.protodevel",
    "-I. --python_opt=foo --python_out=. hello.proto",
    "-I. --python_out=. --pyi_out=. --grpc_python_out=. 1a_b.proto",
    "-I. --python_out=. edition.proto",
    "-I{include} --python_out=. --pyi_out=. google/protobuf/timestamp.proto",
    "-I. -I{include} --python_out=. --pyi_out=. well_known.proto",
    // What is wrong with files.
    "-I. --python_out=. typo.proto",
    "-I. --python_out=. semicolon.proto",
    "-I. --python_out=. unknown_type.proto",
    "-I. --python_out=. numbers.proto",
    "-I. --python_out=. enum.proto",
    "-I. --python_out=. no_import.proto",
    "-I. --python_out=. unused.proto",
    "-I. --fatal_warnings --python_out=. unused.proto",
    "-I. --fatal_warnings --fatal_warnings",
    "-I. --python_out=. open.proto",
    "-I. --python_out=. proto4.proto",
    "-I. --python_out=. no_syntax.proto",
    "-I. --python_out=. required.proto",
    "-I. --python_out=. rpc_type.proto",
    "-I. --python_out=. cycle.proto",
    "-I. --python_out=. import_typo.proto",
    "-I. --python_out=. hello.proto typo.proto semicolon.proto",
    "-Isub -Iv=. --python_out=. v/typo.proto",
    "-I. --error_format=gcc --python_out=. typo.proto",
    "-I. --error_format=msvs --python_out=. typo.proto",
    "-I. --error_format=msvs --python_out=. unused.proto no_import.proto",
    "-Iv=. --error_format=msvs --python_out=. v/typo.proto",
    "-I. --error_format=vim --python_out=. typo.proto",
    "--error_format",
    // Arguments.
    "-I.",
    "hello.proto",
    "--python_out=.",
    "-I. hello.proto",
    "-I",
    "--python_out",
    "--python_out -I. hello.proto",
    "--decode",
    "--bogus",
    "--bogus=1",
    "--bogus hello.proto",
    "--python_grpc_out=. -I. hello.proto",
    "--bogus_out=. -I. hello.proto",
    "--bogus_opt=1 -I. hello.proto",
    "-x hello.proto",
    "-xy hello.proto",
    "--version",
    "--version=3 --bogus",
    "hello.proto --version",
    "@arguments",
    "@arguments_with_returns",
    "@arguments @nothere",
    "-I. --pyi_out=sub @arguments",
    "@",
    "--proto_path= --python_out=. hello.proto",
    "--enable_codegen_trace -I. --python_out=. hello.proto",
    "--experimental_allow_proto3_optional --experimental_editions -I. --python_out=. hello.proto",
    "--disallow_services -I. --python_out=. hello.proto",
    "--disallow_services -I. --python_out=. sub/inner.proto",
    "--direct_dependencies=a --direct_dependencies=b",
    "--option_dependencies=a --option_dependencies=b",
    "-I. --direct_dependencies=sub/inner.proto:x --python_out=. uses.proto",
    "-I. --direct_dependencies=x --python_out=. uses.proto",
    "-I. --direct_dependencies=x --direct_dependencies_violation_msg=no%snot%s --python_out=. uses.proto",
    "-I. --direct_dependencies= --python_out=. uses.proto",
    // Descriptors and what depends on what.
    "-I. -oout.pb hello.proto",
    "-I. -o out.pb uses.proto",
    "-I. --descriptor_set_out=out.pb --include_imports --include_source_info uses.proto hello.proto",
    "-I. --descriptor_set_out=out.pb --include_imports --retain_options uses.proto sub/inner.proto",
    "-I. --descriptor_set_out=out.pb uses.proto sub/inner.proto",
    "-I. -oout.pb -oout.pb hello.proto",
    "-I. -oout.pb --descriptor_set_out=out.pb hello.proto",
    "-I. --descriptor_set_out= hello.proto",
    "-I. -onowhere/out.pb hello.proto",
    "-I. -osub hello.proto",
    "-I. --python_out=nowhere -oout.pb hello.proto",
    "-I. --include_imports --include_source_info --retain_options --python_out=. hello.proto",
    "--include_imports --include_imports",
    "--include_source_info --include_source_info",
    "--retain_options --retain_options",
    "--decode=X -oout.pb",
    "-oout.pb --decode=X",
    "--python_out=. --encode=X",
    "--encode=X --python_out=.",
    "--encode=X --decode=Y",
    "--encode=",
    "--decode=",
    "--decode_raw=3",
    "--decode_raw hello.proto",
    "--decode=X",
    "--deterministic_output --decode_raw",
    "--deterministic_output -I. --python_out=. hello.proto",
    "-I. --dependency_out=d --python_out=. hello.proto",
    "-I. --dependency_out=d -oout.pb uses.proto",
    "-I. --dependency_out=d -o./z.pb --python_out=. uses.proto",
    "-I. -I{include} --dependency_out=d --python_out=. well_known.proto",
    "-I. --dependency_out=nowhere/d --python_out=. hello.proto",
    "-I. --dependency_out=d --python_out=. hello.proto uses.proto",
    "--dependency_out=d --dependency_out=d",
    "--dependency_out=",
    "--dependency_out=d --decode_raw",
    "--dependency_out=d --descriptor_set_in=x",
    "--descriptor_set_in=x --dependency_out=d",
    "--descriptor_set_in=x --descriptor_set_in=y",
    "--descriptor_set_in=",
    "--descriptor_set_in=nothere --python_out=. hello.proto",
    "--descriptor_set_in=descriptors.broken --python_out=. hello.proto",
    "--descriptor_set_in=sets/uses.pb --python_out=. --pyi_out=. uses.proto",
    "--descriptor_set_in=sets/uses.pb --python_out=. nothere.proto",
    "--descriptor_set_in=sets/uses.pb:sets/hello.pb --python_out=. --grpc_python_out=. hello.proto uses.proto",
    "--descriptor_set_in=sets/uses.pb -I. --python_out=. --grpc_python_out=. hello.proto",
    "--descriptor_set_in=sets/hello.pb -Isub --python_out=. --grpc_python_out=. hello.proto",
    "--descriptor_set_in=sets/uses.pb -oout.pb --include_imports --include_source_info uses.proto",
    "-I. --print_free_field_numbers hello.proto groups.proto",
    "-I. --print_free_field_numbers --python_out=. hello.proto",
    "-I. --python_out=. --print_free_field_numbers hello.proto",
    "--print_free_field_numbers",
    "--print_free_field_numbers --print_free_field_numbers",
    "-I. --print_free_field_numbers typo.proto",
    // Plugins.
    "-I. --echo_out=. hello.proto",
    "-I. --echo_out=a=b,c:. --echo_opt=d --echo_opt=e=f uses.proto hello.proto",
    "-I. --echo_opt=d --echo_out=. edition.proto",
    "-I. --plugin=bin/protoc-gen-echo --echo_out=. hello.proto",
    "-I. --plugin=protoc-gen-x=bin/protoc-gen-echo --x_out=. --x_opt=y hello.proto",
    "-I. --plugin=protoc-gen-x=nothere --x_out=. hello.proto",
    "-I. --plugin=protoc-gen-x=protoc-gen-echo --x_out=. hello.proto",
    "-I. --plugin=protoc-gen-echo=bin/protoc-gen-echo --echo_opt=1 --python_out=. sub/inner.proto",
    "-I. --plain_out=. hello.proto",
    "-I. --fail_out=. hello.proto",
    "-I. --killed_out=. hello.proto",
    "-I. --garbage_out=. hello.proto",
    "-I. --silent_out=. hello.proto",
    "-I. --silent_out=. sub/inner.proto",
    "-I. --silent_out=. edition.proto",
    "-I. --error_out=. sub/inner.proto",
    "-I. --nameless_out=. sub/inner.proto",
    "-I. --insert_out=. sub/inner.proto",
    "-I. --python_out=. --insert_out=. sub/inner.proto",
    "-I. --python_out=. --nowhere_out=. sub/inner.proto",
    "-I. --old_out=. edition.proto",
    "-I. --new_out=. edition.proto",
    "-I. --echo_out=. --echo_out=. hello.proto",
    "-I. --echo_out=nowhere hello.proto",
];

/// What the plugins of these names answer.
fn responses() -> Vec<(&'static str, CodeGeneratorResponse)> {
    let file = |name: &str, point: &str, content: &str| File {
        name: (!name.is_empty()).then(|| name.to_owned()),
        insertion_point: (!point.is_empty()).then(|| point.to_owned()),
        content: Some(content.to_owned()),
        ..File::default()
    };
    let answer = |file: Vec<File>| CodeGeneratorResponse {
        file,
        supported_features: Some(3),
        minimum_edition: Some(998),
        maximum_edition: Some(1001),
        ..CodeGeneratorResponse::default()
    };
    let error = Some("no way".to_owned());
    vec![
        (
            "echo",
            answer(vec![
                file("x.txt", "", "one\n"),
                file("", "", "two\n"),
                file("new/y.txt", "", ""),
            ]),
        ),
        ("error", CodeGeneratorResponse { error, ..answer(vec![file("x.txt", "", "x")]) }),
        ("nameless", answer(vec![file("", "", "x")])),
        (
            "insert",
            answer(vec![
                file("sub/inner_pb2.py", "imports", "import one"),
                file("", "", "\nimport two\n"),
                file("sub/inner_pb2.py", "module_scope", "three"),
            ]),
        ),
        ("nowhere", answer(vec![file("sub/inner_pb2.py", "nowhere", "x")])),
        ("old", CodeGeneratorResponse { maximum_edition: Some(999), ..answer(vec![]) }),
        ("new", CodeGeneratorResponse { minimum_edition: Some(1001), ..answer(vec![]) }),
    ]
}

#[test]
fn every_command_line_does_what_it_does_with_protoc() {
    let root = directory("protoc_command_line");
    let include = include().display().to_string();
    let runs: Vec<Run> = COMMAND_LINES
        .iter()
        .enumerate()
        .map(|(index, line)| Run {
            name: format!("{index:03}"),
            arguments: line.replace("{include}", &include).split(' ').map(str::to_owned).collect(),
            stdin: Vec::new(),
        })
        .collect();
    let home = |side: &str| root.join(side);
    let sets = descriptor_sets(&home("sets"));
    for side in ["theirs", "ours"] {
        for run in &runs {
            prepare(&home(side).join(&run.name), &sets, &run.arguments);
        }
    }
    let mut differences = Vec::new();
    let theirs = run_theirs(&home("theirs"), &runs);
    for ((line, run), theirs) in COMMAND_LINES.iter().zip(&runs).zip(&theirs) {
        if let Some(difference) = difference(theirs, &run_ours(&home("ours"), run)) {
            differences.push(format!("protoc {line}\n{difference}"));
        }
    }
    println!("{} command lines, {} differ", runs.len(), differences.len());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// What protoc says, and the line that ours adds.
#[test]
fn mistakes_that_are_easily_made_come_with_a_hint() {
    let home = directory("protoc_hints");
    prepare(&home, &[], &["typo.proto".to_owned()]);
    for (line, theirs, hint) in [
        (
            "-I. --python_out=. typo.proto",
            "typo.proto:5:1: Expected top-level statement (e.g. \"message\").",
            "`rpc` stands inside a service, and a service begins with `service HelloService {`: \
             did you mean `service`?",
        ),
        ("-Isub --python_out=. hello.proto", "hello.proto: File does not reside", "add -I."),
        ("-I. --proto_paht=x", "Unknown flag: --proto_paht", "did you mean `--proto_path`?"),
        (
            "-I. --python_grpc_out=. hello.proto",
            "protoc-gen-python_grpc: program not found or is not executable",
            "did you mean `--grpc_python_out`?",
        ),
        (
            "-I. --python_opt=pyi_out --python_out=. hello.proto",
            "Unknown flag: --python_opt",
            "options go before the directory: --python_out=OPTIONS:DIR",
        ),
    ] {
        let output = std::process::Command::new(reference::ours())
            .args(line.split(' '))
            .current_dir(&home)
            .output()
            .expect("the example starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.starts_with(theirs), "protoc {line}\n{stderr}");
        assert!(stderr.contains(&format!("\n  hint: {hint}\n")), "protoc {line}\n{stderr}");
    }
}

/// Messages, sound and broken, for `--decode_raw`.
fn messages() -> Vec<Vec<u8>> {
    let mut messages: Vec<Vec<u8>> = [
        &b""[..],
        b"\x08\x96\x01",
        b"\x0d\x01\x02\x03\x04\x11\x01\x02\x03\x04\x05\x06\x07\x08",
        b"\x12\x03abc\x12\x00\x12\x02\x08\x01",
        b"\x0a\x06\x0a\x04\x0a\x02\x08\x01",
        b"\x0b\x08\x01\x13\x14\x0c",
        b"\x0b\x08\x01\x14",
        b"\x0b\x08\x01",
        b"\x0c",
        b"\x00\x01",
        b"\x08",
        b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x0e\x01",
        b"\x0f\x01",
        b"\x12\x05ab",
        b"\xf8\xff\xff\xff\x0f\x01",
        b"\xf8\xff\xff\xff\x1f\x01",
        b"\x12\x09'\"\\\n\r\t\xff\x00~",
        b"\x0a\x03\x0b\x0c\x0c",
    ]
    .map(<[u8]>::to_vec)
    .into();
    // Nested deeper than protoc looks.
    let mut deep = b"\x08\x01".to_vec();
    for _ in 0..14 {
        deep = [&[0x0a, u8::try_from(deep.len()).expect("it is short")], deep.as_slice()].concat();
        messages.push(deep.clone());
    }
    // Noise, always the same.
    let mut state = 1_u64;
    for length in 0..200_usize {
        let noise = (0..length % 9).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Small bytes are more often tags and lengths.
            u8::try_from(state >> 59).expect("it is five bits")
        });
        messages.push(noise.collect());
    }
    messages
}

#[test]
fn messages_of_unknown_types_are_shown_as_by_protoc() {
    let root = directory("protoc_decode_raw");
    let runs: Vec<Run> = messages()
        .into_iter()
        .enumerate()
        .map(|(index, stdin)| Run {
            name: format!("{index:03}"),
            arguments: vec!["--decode_raw".to_owned()],
            stdin,
        })
        .collect();
    for side in ["theirs", "ours"] {
        for run in &runs {
            fs::create_dir_all(root.join(side).join(&run.name)).expect("it is below target/");
        }
    }
    let theirs = run_theirs(&root.join("theirs"), &runs);
    let shown = theirs.iter().filter(|outcome| outcome.code == "0").count();
    println!("{} messages, {shown} sound", runs.len());
    for (run, theirs) in runs.iter().zip(&theirs) {
        let difference = difference(theirs, &run_ours(&root.join("ours"), run));
        let bytes = run.stdin.escape_ascii();
        assert!(difference.is_none(), "{bytes}\n{}", difference.unwrap_or_default());
    }
}

/// Sets of descriptors for `--descriptor_set_in`.
fn descriptor_sets(home: &Path) -> Vec<(String, Vec<u8>)> {
    let runs: Vec<Run> = ["uses", "hello"]
        .map(|name| Run {
            name: name.to_owned(),
            arguments: ["-I.", "--include_imports", "-oset.pb", &format!("{name}.proto")]
                .map(str::to_owned)
                .to_vec(),
            stdin: Vec::new(),
        })
        .into();
    for run in &runs {
        prepare(&home.join(&run.name), &[], &run.arguments);
    }
    let outcomes = run_theirs(home, &runs);
    runs.iter()
        .zip(outcomes)
        .map(|(run, mut outcome)| {
            let set = outcome.files.remove("set.pb").expect("protoc writes it");
            (format!("sets/{}.pb", run.name), set)
        })
        .collect()
}

/// Puts the files into a directory that a command line with `arguments` runs in.
fn prepare(directory: &Path, sets: &[(String, Vec<u8>)], arguments: &[String]) {
    // Thousands of files take their time: they are only where they are spoken of.
    let needed = |name: &str| {
        let first = name.split(['/', '.']).next().unwrap_or(name);
        matches!(first, "hello" | "sub" | "bin")
            || arguments.iter().any(|argument| argument.contains(first))
    };
    let is_ours = |argument: &str| argument.contains("python_out") || argument.contains("pyi_out");
    let runs_plugins = arguments.iter().any(|argument| {
        argument.contains("_out=") && !is_ours(argument) || argument.contains("--plugin")
    });
    let takes_sets = arguments.iter().any(|argument| argument.contains("sets/"));
    let write = |name: &str, content: &[u8]| {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().expect("it is below the directory"))
            .expect("a directory can be made");
        fs::write(&path, content).expect("a file can be written");
        if name.starts_with("bin/protoc-gen-") && !name.ends_with("plain") {
            make_executable(&path);
        }
    };
    for (name, content) in FILES
        .iter()
        .filter(|(name, _)| runs_plugins || !name.starts_with("bin/"))
        .filter(|(name, _)| needed(name))
    {
        write(name, content.as_bytes());
    }
    for (name, set) in sets.iter().filter(|_| takes_sets) {
        write(name, set);
    }
    for (name, response) in responses().into_iter().filter(|_| runs_plugins) {
        write(&format!("bin/{name}.response"), &response.encode_to_vec());
        let script = format!("#!/bin/sh\ncat > {name}.request\ncat bin/{name}.response\n");
        write(&format!("bin/protoc-gen-{name}"), script.as_bytes());
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("the file is ours");
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) {}
