//! `yamabiko generate`, run as a process.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

type Outcome = Result<(), Box<dyn Error>>;

const HELLO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/hello/proto/hello.proto");

/// An empty directory with `hello.proto`, in which the command runs.
struct Place {
    directory: PathBuf,
}

impl Place {
    fn new(test: &str) -> Result<Self, Box<dyn Error>> {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory)?;
        fs::copy(HELLO, directory.join("hello.proto"))?;
        Ok(Self { directory })
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, Box<dyn Error>> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yamabiko"));
        Ok(command.args(arguments).current_dir(&self.directory).output()?)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// The exit code, what was said and what was complained of.
fn seen(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\\', "/");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn said(text: &str) -> (Option<i32>, String, String) {
    (Some(0), text.to_owned(), String::new())
}

#[test]
fn it_writes_what_is_not_there_and_says_so() -> Outcome {
    let place = Place::new("writes")?;
    let run = || place.run(&["generate", "--out", "src", "hello.proto"]);
    assert_eq!(seen(&run()?), said("wrote src/hello.rs\n"));
    let code = fs::read_to_string(place.path("src/hello.rs"))?;
    assert!(code.contains("pub trait HelloService") && code.contains("/// Greets by name."));
    assert_eq!(seen(&run()?), said("unchanged src/hello.rs\n"));
    Ok(())
}

#[test]
fn check_fails_when_the_code_is_stale_and_writes_nothing() -> Outcome {
    let place = Place::new("check")?;
    let check = || place.run(&["generate", "--check", "hello.proto"]);
    let stale = "error: not what would be generated: hello.rs\n  \
                 = help: run the same command without --check\n";
    assert_eq!(seen(&check()?), (Some(1), String::new(), stale.to_owned()));
    assert!(!place.path("hello.rs").exists());

    place.run(&["generate", "hello.proto"])?;
    assert_eq!(seen(&check()?), said(""));

    fs::write(place.path("hello.rs"), "// edited")?;
    assert_eq!(seen(&check()?).0, Some(1));
    assert_eq!(fs::read_to_string(place.path("hello.rs"))?, "// edited");
    Ok(())
}

#[test]
fn an_import_is_found_below_an_include_directory() -> Outcome {
    let place = Place::new("include")?;
    fs::create_dir_all(place.path("api/money/v1"))?;
    fs::write(
        place.path("api/money/v1/money.proto"),
        "syntax = \"proto3\"; package money.v1; message Money {}",
    )?;
    fs::write(
        place.path("shop.proto"),
        "syntax = \"proto3\"; package shop; import \"money/v1/money.proto\"; \
         message Order { money.v1.Money total = 1; }",
    )?;
    let (code, _, complaint) = seen(&place.run(&["generate", "shop.proto"])?);
    assert_eq!(code, Some(1));
    assert!(complaint.contains("no file \"money/v1/money.proto\" to import"), "{complaint}");
    assert_eq!(
        seen(&place.run(&["generate", "-I", "api", "shop.proto"])?),
        said("wrote money.rs\nwrote money/v1.rs\nwrote shop.rs\n"),
    );
    Ok(())
}

#[test]
fn a_broken_file_is_explained_and_nothing_is_written() -> Outcome {
    let place = Place::new("broken")?;
    let broken = fs::read_to_string(HELLO)?.replace("service HelloService", "rpc HelloService");
    fs::write(place.path("hello.proto"), broken)?;
    let (code, text, complaint) = seen(&place.run(&["generate", "hello.proto"])?);
    assert_eq!((code, text.as_str()), (Some(1), ""));
    for part in ["\n --> hello.proto:6:1\n", "`service HelloService {`"] {
        assert!(complaint.contains(part), "{complaint}");
    }
    assert!(!place.path("hello.rs").exists());
    Ok(())
}

#[test]
fn a_place_that_cannot_be_written_is_named() -> Outcome {
    let place = Place::new("unwritable")?;
    fs::write(place.path("src"), "a file where the directory should be")?;
    let (code, _, complaint) = seen(&place.run(&["generate", "--out", "src", "hello.proto"])?);
    assert_eq!(code, Some(1));
    assert!(complaint.starts_with("error: cannot write src/hello.rs: "), "{complaint}");
    Ok(())
}

#[test]
fn a_command_line_without_sense_is_code_2_and_help_is_code_0() -> Outcome {
    let place = Place::new("usage")?;
    for arguments in
        [&[][..], &["generate", "--out", "src"], &["generate", "--nonsense"], &["nonsense"]]
    {
        let (code, text, complaint) = seen(&place.run(arguments)?);
        assert_eq!((code, text.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(complaint.contains("Usage: yamabiko"), "{complaint}");
    }
    for arguments in [&["--help"][..], &["generate", "--help"]] {
        let (code, text, _) = seen(&place.run(arguments)?);
        assert_eq!(code, Some(0));
        assert!(text.contains("yamabiko generate --out src proto/hello.proto"), "{text}");
    }
    let version = format!("yamabiko {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(seen(&place.run(&["--version"])?), said(&version));
    Ok(())
}

#[test]
fn it_writes_python_and_its_types_when_told() -> Outcome {
    let place = Place::new("python")?;
    let output = place.run(&["generate", "--to", "python", "--to", "pyi", "hello.proto"])?;
    let written = "wrote hello_pb2.py\nwrote hello_pb2_grpc.py\n\
                   wrote hello_pb2.pyi\nwrote hello_pb2_grpc.pyi\n";
    assert_eq!(seen(&output), said(written));
    let module = fs::read_to_string(place.path("hello_pb2_grpc.py"))?;
    assert!(module.contains("import hello_pb2 as hello__pb2"), "{module}");
    Ok(())
}
