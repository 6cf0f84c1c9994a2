//! `yamabiko breaking`, run as a process.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

type Outcome = Result<(), Box<dyn Error>>;

const BEFORE: &str = "syntax = \"proto3\";\n\npackage shop;\n\nimport \"shop/money.proto\";\n\n\
                      message Order {\n  string a = 1;\n  string b = 2;\n  Money total = 3;\n}\n";
const MONEY: &str = "syntax = \"proto3\";\n\npackage shop;\n\nmessage Money {}\n";

/// A directory with `proto/shop/shop.proto` in a new git repository.
fn repository(test: &str) -> Result<PathBuf, Box<dyn Error>> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("breaking").join(test);
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(directory.join("proto/shop"))?;
    fs::write(directory.join("proto/shop/shop.proto"), BEFORE)?;
    fs::write(directory.join("proto/shop/money.proto"), MONEY)?;
    git(&directory, &["init", "--quiet"])?;
    git(&directory, &["add", "."])?;
    let identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"];
    git(&directory, &[&identity[..], &["commit", "--quiet", "-m", "one"]].concat())?;
    Ok(directory)
}

fn git(directory: &Path, arguments: &[&str]) -> Outcome {
    let status = Command::new("git").args(arguments).current_dir(directory).status()?;
    if status.success() { Ok(()) } else { Err(format!("git {arguments:?}").into()) }
}

/// The exit code, what was said and what was complained of.
fn run(directory: &Path, arguments: &[&str]) -> Result<Seen, Box<dyn Error>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yamabiko"));
    let output = command.arg("breaking").args(arguments).current_dir(directory).output()?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map(|text| text.replace('\\', "/"));
    Ok((output.status.code(), text(output.stdout)?, text(output.stderr)?))
}

type Seen = (Option<i32>, String, String);

const DELETED: &str = "proto/shop/shop.proto
  7:1     Previously present field \"2\" with name \"b\" on message \"Order\" was deleted.
          FIELD_NO_DELETE
          wire: should number 2 be used again, old messages are read as garbage
          JSON: the key \"b\" is not known: strict readers refuse old messages
          source: whatever uses `b` does not compile
          instead: write `reserved 2; reserved \"b\";` into `Order`

1 finding in 1 file: 1 FIELD_NO_DELETE
";

#[test]
fn a_git_revision_is_compared_with() -> Outcome {
    let place = repository("revision")?;
    let against = ["--against", "HEAD", "-I", "proto"];
    assert_eq!(run(&place, &against)?, (Some(0), String::new(), String::new()));
    let file = place.join("proto/shop/shop.proto");
    fs::write(&file, BEFORE.replace("  string b = 2;\n", ""))?;
    assert_eq!(run(&place, &against)?, (Some(1), DELETED.to_owned(), String::new()));
    // From within a directory, too, and for one file alone.
    let inner = run(&place.join("proto"), &["--against", "HEAD", "shop/shop.proto"])?;
    assert_eq!(inner, (Some(1), DELETED.replace("proto/", ""), String::new()));
    let other = run(&place.join("proto"), &["--against", "HEAD", "shop/money.proto"])?;
    assert_eq!(other, (Some(0), String::new(), String::new()));
    // What is only used again breaks nobody on the wire, if it is reserved.
    fs::write(&file, BEFORE.replace("string b = 2;", "reserved 2;"))?;
    let (code, _, _) = run(&place, &[&against[..], &["--rules", "WIRE"]].concat())?;
    assert_eq!(code, Some(0));
    Ok(())
}

#[test]
fn the_project_says_what_is_compared() -> Outcome {
    let place = repository("settings")?;
    let (code, _, complaint) = run(&place, &["-I", "proto"])?;
    assert_eq!(code, Some(1));
    assert!(complaint.starts_with("error: compare with what? --against REV"), "{complaint}");
    fs::write(place.join("yamabiko.toml"), "[breaking]\nagainst = \"HEAD\"\n")?;
    assert_eq!(run(&place, &[])?, (Some(0), String::new(), String::new()));
    let file = place.join("proto/shop/shop.proto");
    fs::write(&file, BEFORE.replace("  string b = 2;\n", ""))?;
    assert_eq!(run(&place, &[])?, (Some(1), DELETED.to_owned(), String::new()));
    Ok(())
}

#[test]
fn a_directory_is_compared_with() -> Outcome {
    let place = repository("directory")?;
    fs::create_dir_all(place.join("now/shop"))?;
    fs::write(place.join("now/shop/money.proto"), MONEY)?;
    let now = BEFORE.replace("  string b = 2;\n", "");
    fs::write(place.join("now/shop/shop.proto"), now)?;
    let (code, text, complaint) =
        run(&place.join("now"), &["--against", "../proto", "--format", "json"])?;
    assert_eq!((code, complaint.as_str()), (Some(1), ""));
    assert!(
        text.contains("\"type\":\"FIELD_NO_DELETE\"")
            && text.contains("\"instead\":\"write `reserved 2; reserved /\"b/\";` into `Order`\""),
        "{text}"
    );
    Ok(())
}

#[test]
fn what_cannot_be_compared_with_is_said() -> Outcome {
    let place = repository("unknown")?;
    let (code, text, complaint) = run(&place, &["--against", "nothing", "-I", "proto"])?;
    assert_eq!((code, text.as_str()), (Some(1), ""));
    let expected = "error: nothing is no revision that git knows here, no directory and no file\n";
    assert_eq!(complaint, expected);
    fs::write(place.join("set.binpb"), "no descriptor set")?;
    let (code, _, complaint) = run(&place, &["--against", "set.binpb", "-I", "proto"])?;
    assert_eq!(code, Some(1));
    assert!(complaint.starts_with("error: it is no descriptor set"), "{complaint}");
    let rules = ["--against", "HEAD", "-I", "proto", "--rules", "NONE"];
    let (code, _, complaint) = run(&place, &rules)?;
    assert_eq!(code, Some(1));
    assert!(complaint.starts_with("error: there is no rule or group of rules NONE"));
    Ok(())
}
