//! `yamabiko.toml`: what `yamabiko generate` does without files.

mod support;

use std::fs;

use support::{HELLO, Outcome, Place, said, seen};
use yamabiko_compiler::Settings;

const SHOP: &str = "syntax = \"proto3\"; package shop; import \"money/v1/money.proto\";\n\
    message Order { money.v1.Money total = 1; }\n";
const MONEY: &str = "syntax = \"proto3\"; package money.v1; message Money { int64 units = 1; }";

fn project(test: &str, settings: &str) -> Outcome<Place> {
    let hello = fs::read_to_string(HELLO)?;
    Place::with(
        test,
        &[
            ("yamabiko.toml", settings),
            ("proto/hello.proto", &hello),
            ("proto/shop.proto", SHOP),
            ("proto/money/v1/money.proto", MONEY),
            ("proto/.hidden/bad.proto", "nonsense"),
        ],
    )
}

#[test]
fn each_target_goes_to_its_directory() -> Outcome {
    let plugin = env!("CARGO_BIN_EXE_protoc-gen-yamabiko");
    let settings = format!(
        "[rust]\nout = \"src\"\n\n[python]\nout = \"python\"\n\n[pyi]\nout = \"python\"\n\n\
         [[plugin]]\nname = \"yamabiko\"\nprogram = {plugin:?}\nout = \"again\"\n\
         options = [\"imports\"]\n"
    );
    let place = project("project-targets", &settings)?;
    let written = "wrote src/hello.rs\nwrote src/money.rs\nwrote src/money/v1.rs\n\
                   wrote src/shop.rs\n\
                   wrote python/hello_pb2.py\nwrote python/hello_pb2_grpc.py\n\
                   wrote python/money/v1/money_pb2.py\nwrote python/shop_pb2.py\n\
                   wrote python/hello_pb2.pyi\nwrote python/hello_pb2_grpc.pyi\n\
                   wrote python/money/v1/money_pb2.pyi\nwrote python/shop_pb2.pyi\n\
                   wrote again/hello.rs\nwrote again/money.rs\nwrote again/money/v1.rs\n\
                   wrote again/shop.rs\n";
    assert_eq!(seen(&place.run(&["generate"])?), said(written));
    assert_eq!(seen(&place.run(&["generate"])?), said(&written.replace("wrote", "unchanged")));
    assert_eq!(seen(&place.run(&["generate", "--check"])?), said(""));
    for file in place.files("src")? {
        assert_eq!(place.read(&format!("src/{file}"))?, place.read(&format!("again/{file}"))?);
    }
    place.write("python/hello_pb2.py", "edited")?;
    let stale = "error: not what would be generated: python/hello_pb2.py\n  \
                 = help: run the same command without --check\n";
    let output = place.run(&["generate", "--check"])?;
    assert_eq!(seen(&output), (Some(1), String::new(), stale.to_owned()));
    assert_eq!(place.read("python/hello_pb2.py")?, "edited");
    Ok(())
}

#[test]
fn it_is_found_above_and_its_paths_are_its_own() -> Outcome {
    let settings = "files = [\"proto/money\"]\n[rust]\nout = \"src\"\n";
    let place = project("project-above", settings)?;
    fs::create_dir_all(place.path("deep/er"))?;
    let deep = Place { directory: place.path("deep/er") };
    let written = "wrote ../../src/money.rs\nwrote ../../src/money/v1.rs\n";
    assert_eq!(seen(&deep.run(&["generate"])?), said(written));
    let output = deep.run(&["generate", "--config", "../../yamabiko.toml"])?;
    assert_eq!(seen(&output), said(&written.replace("wrote", "unchanged")));
    Ok(())
}

#[test]
fn a_build_script_gets_its_code_for_include_proto() -> Outcome {
    let place = project("project-build", "roots = [\"proto\"]\n")?;
    let settings = Settings::read(place.path("yamabiko.toml"))?;
    let generated = settings.try_build(&place.path("out"))?;
    let inputs: Vec<String> = generated
        .inputs
        .iter()
        .filter_map(|path| Some(path.strip_prefix(&place.directory).ok()?.display().to_string()))
        .collect();
    assert_eq!(
        inputs,
        [
            "yamabiko.toml",
            "proto",
            "proto/hello.proto",
            "proto/money/v1/money.proto",
            "proto/shop.proto"
        ]
    );
    assert!(place.read("out/shop.rs")?.contains("include!(\"packages/shop.rs\")"));
    Ok(())
}

#[test]
fn what_is_wrong_with_it_is_said_at_its_place() -> Outcome {
    for (name, settings, expected) in [
        (
            "key",
            "[rust]\nout = \"src\"\n[python]\nouts = \"src\"\n",
            "error: the key `outs` means nothing here\n --> yamabiko.toml:4:1\n  |\n\
             4 | outs = \"src\"\n  | ^^^^\n  |\n  = help: did you mean `out`?\n",
        ),
        (
            "table",
            "[pyhton]\nout = \"src\"\n",
            "error: the key `pyhton` means nothing here\n --> yamabiko.toml:1:2\n  |\n\
             1 | [pyhton]\n  |  ^^^^^^\n  |\n  = help: did you mean `python`?\n",
        ),
        (
            "missing",
            "[[plugin]]\nname = \"go\"\n",
            "error: the key `out` is missing\n --> yamabiko.toml:1:1\n  |\n\
             1 | [[plugin]]\n  | ^^^^^^^^^^\n  |\n  = help: write `out = \"DIRECTORY\"`\n",
        ),
        (
            "kind",
            "roots = \"proto\"\n",
            "error: invalid type: string \"proto\", expected a list\n --> yamabiko.toml:1:9\n  |\n\
             1 | roots = \"proto\"\n  |         ^^^^^^^\n  |\n  \
             = help: put it in brackets: `[\"…\"]`\n",
        ),
        (
            "root",
            "roots = [\"protos\"]\n[rust]\nout = \".\"\n",
            "error: no such directory: protos\n --> yamabiko.toml:1:10\n  |\n\
             1 | roots = [\"protos\"]\n  |          ^^^^^^^^\n  |\n  \
             = help: `roots` are the directories that imports are relative to\n",
        ),
        (
            "file",
            "files = [\"proto/helo.proto\"]\n[rust]\nout = \".\"\n",
            "error: no such file: proto/helo.proto\n --> yamabiko.toml:1:10\n  |\n\
             1 | files = [\"proto/helo.proto\"]\n  |          ^^^^^^^^^^^^^^^^^^\n  |\n  \
             = help: did you mean proto/hello.proto?\n",
        ),
        (
            "nothing",
            "",
            "error: it says nothing to generate\n --> yamabiko.toml\n  |\n  \
             = help: for Rust, for example:\n          [rust]\n          out = \"src/generated\"\n",
        ),
        (
            "empty",
            "files = [\"empty\"]\n[rust]\nout = \".\"\n",
            "error: no .proto file below empty\n --> yamabiko.toml\n  |\n  \
             = help: say in `roots` which directories they are in\n",
        ),
    ] {
        let place = project(&format!("project-wrong-{name}"), settings)?;
        fs::create_dir(place.path("empty"))?;
        let (code, said, complaint) = seen(&place.run(&["generate"])?);
        assert_eq!((code, said.as_str()), (Some(1), ""), "{name}");
        assert_eq!(complaint, expected, "{name}");
    }
    let place = project("project-no-toml", "roots = [\n")?;
    let (_, _, complaint) = seen(&place.run(&["generate"])?);
    assert!(complaint.contains(" --> yamabiko.toml:"), "{complaint}");
    Ok(())
}

#[test]
fn without_it_and_without_files_it_is_said_what_to_do() -> Outcome {
    // Not below the project's own directory, which may have one some day.
    let directory = std::env::temp_dir().join(format!("yamabiko-project-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let place = Place { directory };
    let (code, _, complaint) = seen(&place.run(&["generate"])?);
    fs::remove_dir_all(&place.directory)?;
    assert_eq!(code, Some(1));
    assert_eq!(
        complaint,
        "error: no yamabiko.toml here or above\n  \
         = help: write one that says what to generate:\n          \
         [rust]\n          out = \"src\"\n          [python]\n          out = \".\"\n"
    );
    Ok(())
}
