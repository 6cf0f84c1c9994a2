//! `yamabiko lint`, run as a process.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

type Outcome = Result<(), Box<dyn Error>>;

const SHOP: &str = "syntax = \"proto3\";\n\npackage shop;\n\nimport \"google/protobuf/any.proto\";\n\n\
                    message Order {\n  string userName = 1;\n}\n";

/// A directory with `shop/shop.proto`.
fn directory(test: &str) -> Result<PathBuf, Box<dyn Error>> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lint").join(test);
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(directory.join("shop"))?;
    fs::write(directory.join("shop/shop.proto"), SHOP)?;
    Ok(directory)
}

/// The exit code, what was said and what was complained of.
fn run(directory: &Path, arguments: &[&str]) -> Result<Seen, Box<dyn Error>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yamabiko"));
    let output = command.arg("lint").args(arguments).current_dir(directory).output()?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map(|text| text.replace('\\', "/"));
    Ok((output.status.code(), text(output.stdout)?, text(output.stderr)?))
}

type Seen = (Option<i32>, String, String);

fn said(code: i32, text: &str) -> Seen {
    (Some(code), text.to_owned(), String::new())
}

#[test]
fn little_is_asked_by_default_and_more_if_wanted() -> Outcome {
    let place = directory("default")?;
    let import = "shop/shop.proto\n  5:1     Import \"google/protobuf/any.proto\" is unused.\n          \
                  IMPORT_USED\n";
    let end = "\n1 finding in 1 file: 1 IMPORT_USED\n1 can be mended by --fix\n";
    assert_eq!(run(&place, &[])?, said(1, &format!("{import}{end}")));

    let (code, text, _) = run(&place, &["--strict", "--except", "PACKAGE_VERSION_SUFFIX"])?;
    assert_eq!(code, Some(1));
    assert!(text.contains("8:10    Field name \"userName\" should be lower_snake_case"), "{text}");
    assert!(text.contains("2 findings in 1 file: 1 FIELD_LOWER_SNAKE_CASE, 1 IMPORT_USED\n"));
    Ok(())
}

#[test]
fn an_unused_import_is_taken_out() -> Outcome {
    let place = directory("fix")?;
    assert_eq!(run(&place, &["--fix"])?, said(0, "mended shop/shop.proto: 1 unused imports\n"));
    let text = fs::read_to_string(place.join("shop/shop.proto"))?;
    assert_eq!(text, SHOP.replace("import \"google/protobuf/any.proto\";\n", ""));
    assert_eq!(run(&place, &[])?, said(0, ""));
    Ok(())
}

#[test]
fn programs_can_read_what_is_found() -> Outcome {
    let place = directory("formats")?;
    let json = "{\"path\":\"shop/shop.proto\",\"start_line\":5,\"start_column\":1,\"end_line\":5,\
                \"end_column\":36,\"type\":\"IMPORT_USED\",\"message\":\"Import \
                /\"google/protobuf/any.proto/\" is unused.\"}\n";
    assert_eq!(run(&place, &["--format", "json"])?, said(1, json));
    let github = "::error file=shop/shop.proto,line=5,col=1,endLine=5,title=IMPORT_USED::Import \
                  \"google/protobuf/any.proto\" is unused.\n";
    assert_eq!(run(&place, &["--format", "github"])?, said(1, github));
    Ok(())
}

#[test]
fn what_cannot_be_checked_is_said() -> Outcome {
    let place = directory("broken")?;
    let (code, _, complaint) = run(&place, &["--rules", "NONE"])?;
    assert_eq!(code, Some(1));
    assert!(complaint.starts_with("error: there is no rule or group of rules NONE\n"));
    fs::write(place.join("shop/shop.proto"), "message {}")?;
    let (code, text, complaint) = run(&place, &[])?;
    assert_eq!((code, text.as_str()), (Some(1), ""));
    assert!(complaint.contains("shop/shop.proto:1:9"), "{complaint}");
    let (code, text, _) = run(&place, &["--list"])?;
    assert_eq!(code, Some(0));
    assert!(text.contains("FIELD_LOWER_SNAKE_CASE             BASIC, STANDARD "), "{text}");
    Ok(())
}

#[test]
fn the_project_says_what_is_checked() -> Outcome {
    let place = directory("settings")?;
    let settings = "roots = [\".\"]\n[lint]\nstrict = true\nexcept = [\"IMPORT_USED\", \
                    \"PACKAGE_VERSION_SUFFIX\"]\n";
    fs::write(place.join("yamabiko.toml"), settings)?;
    let (code, text, complaint) = run(&place, &[])?;
    assert_eq!((code, complaint.as_str()), (Some(1), ""));
    assert!(text.ends_with("1 finding in 1 file: 1 FIELD_LOWER_SNAKE_CASE\n"), "{text}");
    // The command line comes first.
    let (code, text, _) = run(&place, &["--rules", "PACKAGE_DEFINED"])?;
    assert_eq!((code, text.as_str()), (Some(0), ""));
    fs::write(place.join("yamabiko.toml"), settings.replace("strict", "strickt"))?;
    let (code, _, complaint) = run(&place, &[])?;
    assert_eq!(code, Some(1));
    assert!(complaint.contains("did you mean `strict`?"), "{complaint}");
    Ok(())
}
