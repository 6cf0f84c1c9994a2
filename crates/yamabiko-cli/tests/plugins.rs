//! Plugins of protoc, in both directions: those that `yamabiko generate` runs,
//! and `protoc-gen-yamabiko`, which protoc runs.

mod support;

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use support::{HELLO, Outcome, Place, of_protoc, said, seen};

const OURS: &str = env!("CARGO_BIN_EXE_protoc-gen-yamabiko");

const MONEY: &str = "syntax = \"proto3\"; package money.v1; message Money { int64 units = 1; }";
const SHOP: &str = "edition = \"2024\"; package shop; import \"money/v1/money.proto\";\n\
    import \"google/protobuf/timestamp.proto\";\n\
    // What was bought.\n\
    message Order { money.v1.Money total = 1; google.protobuf.Timestamp at = 2; }\n\
    service Shop { rpc Buy (Order) returns (Order); }\n";

fn shop(test: &str) -> Outcome<Place> {
    let hello = fs::read_to_string(HELLO)?;
    Place::with(
        test,
        &[("hello.proto", &hello), ("shop.proto", SHOP), ("money/v1/money.proto", MONEY)],
    )
}

/// The real one.
fn protoc(place: &Place, arguments: &[&str]) -> Outcome<Output> {
    let mut command = Command::new(of_protoc("python"));
    command.args(["-m", "grpc_tools.protoc", "-I."]).args(arguments);
    Ok(command.current_dir(&place.directory).output()?)
}

#[test]
fn protoc_generates_with_ours_what_we_generate() -> Outcome {
    let place = shop("plugin-of-protoc")?;
    fs::create_dir(place.path("theirs"))?;
    let plugin = format!("--plugin=protoc-gen-yamabiko={OURS}");
    let output =
        protoc(&place, &[&plugin, "--yamabiko_out=imports:theirs", "hello.proto", "shop.proto"])?;
    assert_eq!(seen(&output), said(""));
    let output = place.run(&["generate", "--out", "ours", "hello.proto", "shop.proto"])?;
    assert_eq!(seen(&output).0, Some(0));
    let files = place.files("ours")?;
    assert_eq!(files, ["hello.rs", "money.rs", "money/v1.rs", "shop.rs"]);
    assert_eq!(place.files("theirs")?, files);
    for file in files {
        let (ours, theirs) =
            (place.read(&format!("ours/{file}"))?, place.read(&format!("theirs/{file}"))?);
        assert_eq!(ours, theirs, "{file}");
    }
    Ok(())
}

#[test]
fn without_its_parameter_it_leaves_out_imports() -> Outcome {
    let place = shop("plugin-without-imports")?;
    fs::create_dir(place.path("out"))?;
    let plugin = format!("--plugin=protoc-gen-yamabiko={OURS}");
    let output = protoc(&place, &[&plugin, "--yamabiko_out=out", "shop.proto"])?;
    let complaint = "protoc-gen-yamabiko: warning: shop.proto: `total` of `Order` is a \
                     `money.v1.Money`, for which no code is generated; generate code for its \
                     file too\n";
    assert_eq!(seen(&output), (Some(0), String::new(), complaint.to_owned()));
    assert_eq!(place.files("out")?, ["shop.rs"]);
    let output = protoc(&place, &[&plugin, "--yamabiko_out=import:out", "shop.proto"])?;
    let (code, _, complaint) = seen(&output);
    assert_eq!(code, Some(1));
    assert!(
        complaint.contains("there is no parameter `import`: did you mean `imports`?"),
        "{complaint}"
    );
    Ok(())
}

#[test]
fn a_plugin_of_others_writes_with_us_what_it_writes_with_protoc() -> Outcome {
    let place = shop("plugin-of-others")?;
    fs::create_dir(place.path("theirs"))?;
    let program = of_protoc("protoc-gen-mypy");
    let plugin = format!("--plugin=protoc-gen-mypy={}", program.display());
    let options = "--mypy_opt=readable_stubs,quiet";
    let files = ["shop.proto", "money/v1/money.proto"];
    let theirs = protoc(&place, &[&plugin, "--mypy_out=theirs", options, files[0], files[1]])?;
    assert_eq!(seen(&theirs).0, Some(0), "{theirs:?}");
    let plugin = format!("mypy={}", program.display());
    let arguments = ["generate", "--plugin", &plugin, "--opt", "readable_stubs", "--opt", "quiet"];
    let output = place.run(&[&arguments[..], &["--out", "ours"], &files].concat())?;
    assert_eq!(seen(&output), said("wrote ours/money/v1/money_pb2.pyi\nwrote ours/shop_pb2.pyi\n"));
    assert_eq!(place.files("ours")?, place.files("theirs")?);
    for file in place.files("ours")? {
        let (ours, theirs) =
            (place.read(&format!("ours/{file}"))?, place.read(&format!("theirs/{file}"))?);
        assert_eq!(ours, theirs, "{file}");
    }
    Ok(())
}

#[test]
fn a_plugin_that_is_not_there_is_named_with_what_to_do() -> Outcome {
    let place = shop("plugin-missing")?;
    let complaint = |plugin: &str| -> Outcome<String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yamabiko"));
        command.args(["generate", "--plugin", plugin, "hello.proto"]).env("PATH", "/nowhere");
        let (code, said, complaint) = seen(&command.current_dir(&place.directory).output()?);
        assert_eq!((code, said.as_str()), (Some(1), ""));
        Ok(complaint)
    };
    assert_eq!(
        complaint("go")?,
        "error: `protoc-gen-go` not found in PATH\n  \
         = help: install it: go install google.golang.org/protobuf/cmd/protoc-gen-go@latest\n  \
         = help: without a plugin, yamabiko writes rust, python and pyi\n"
    );
    assert_eq!(
        complaint("protoc-gen-tonic")?,
        "error: `protoc-gen-tonic` not found in PATH\n  \
         = help: install it: cargo install protoc-gen-tonic\n  \
         = help: or do without it: yamabiko itself writes rust\n"
    );
    assert!(complaint("go-gprc")?.contains("did you mean `go-grpc`?"));
    assert_eq!(
        complaint("go=tools/protoc-gen-go")?,
        "error: no program tools/protoc-gen-go to run as protoc-gen-go\n"
    );
    Ok(())
}

#[test]
#[cfg(unix)]
fn a_plugin_that_fails_is_told_of() -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;

    let place = shop("plugin-failing")?;
    for (name, script, expected) in [
        ("ends", "exit 3", "error: protoc-gen-ends: plugin failed with status code 3\n"),
        (
            "talks",
            "echo hello",
            "error: protoc-gen-talks wrote what is no answer of a plugin: hello",
        ),
        // A response with an error; one with a file above the directory.
        ("refuses", "printf '\\n\\004no x'", "error: protoc-gen-refuses: no x\n"),
        (
            "climbs",
            "printf 'z\\012\\n\\004../az\\002hi'",
            "error: protoc-gen-climbs wants to write outside of its directory: ../a\n",
        ),
        ("old", "true", "error: editions.proto: is an editions file, but code generator"),
    ] {
        let program = place.path(&format!("protoc-gen-{name}"));
        fs::write(&program, format!("#!/bin/sh\ncat >/dev/null\n{script}\n"))?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        place.write("editions.proto", "edition = \"2023\"; message A {}")?;
        let plugin = format!("{name}={}", program.display());
        let file = if name == "old" { "editions.proto" } else { "hello.proto" };
        let output = place.run(&["generate", "--plugin", &plugin, "--out", "out", file])?;
        let (code, said, complaint) = seen(&output);
        assert_eq!((code, said.as_str()), (Some(1), ""), "{name}");
        assert!(complaint.starts_with(expected), "{name}: {complaint}");
    }
    assert!(!place.path("out").exists() && !place.path("../a").exists());
    Ok(())
}

#[test]
fn ours_explains_itself_to_people() -> Outcome {
    let output = Command::new(OURS).arg("--help").output()?;
    let (code, _, complaint) = seen(&output);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("protoc --yamabiko_out="), "{complaint}");
    let mut child = Command::new(OURS).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("it is piped")?.write_all(b"\xff\xff")?;
    let output = child.wait_with_output()?;
    assert!(output.status.success(), "the error is in the answer");
    assert!(String::from_utf8_lossy(&output.stdout).contains("is no request of protoc"));
    Ok(())
}
