//! `yamabiko check` and `yamabiko explain` as processes.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

type Outcome = Result<(), Box<dyn Error>>;

const TYPO: &str = "syntax = \"proto3\";\n\nmessage User {\n  strng name = 1\n}\n";

/// A new, empty directory.
fn directory(name: &str) -> std::io::Result<PathBuf> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

fn yamabiko(directory: &Path, arguments: &[&str]) -> std::io::Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yamabiko"));
    command.current_dir(directory).args(arguments).env_remove("NO_COLOR").output()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn an_error_is_printed_and_ends_with_1() -> Outcome {
    let directory = directory("check-error")?;
    fs::write(directory.join("user.proto"), TYPO)?;
    let output = yamabiko(&directory, &["check", "user.proto"])?;
    assert_eq!(output.status.code(), Some(1));
    let printed = text(&output.stdout);
    assert!(printed.contains("error[P0201]: missing `;` after field `name`"), "{printed}");
    assert!(printed.contains("--> user.proto:4:17"), "{printed}");
    assert!(printed.contains("error[P0501]: `strng` is not a protobuf type"), "{printed}");
    assert!(!printed.contains('\u{1b}'), "no colours but on a terminal: {printed}");
    let summary = text(&output.stderr);
    assert!(summary.contains("2 errors; `--fix` mends 2"), "{summary}");
    let coloured = yamabiko(&directory, &["check", "--color", "always", "user.proto"])?;
    assert!(text(&coloured.stdout).contains("\u{1b}[1;31merror[P0201]"));
    Ok(())
}

#[test]
fn a_good_file_and_one_with_warnings_end_with_0() -> Outcome {
    let directory = directory("check-good")?;
    fs::write(directory.join("good.proto"), "syntax = \"proto3\";\n")?;
    let output = yamabiko(&directory, &["check"])?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let import = "syntax = \"proto3\";\nimport \"google/protobuf/any.proto\";\n";
    fs::write(directory.join("unused.proto"), import)?;
    let output = yamabiko(&directory, &["check", "."])?;
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("warning[P0507]"));
    Ok(())
}

#[test]
fn each_format_says_where_and_what() -> Outcome {
    let directory = directory("check-formats")?;
    fs::write(directory.join("user.proto"), TYPO)?;
    for (format, expected) in [
        ("gcc", "user.proto:5:1: Expected \";\"."),
        ("gcc", "user.proto:4:3: \"strng\" is not defined."),
        ("github", "::error file=user.proto,line=4,col=17,endColumn=18,title=P0201::missing `;`"),
        ("json", "\"code\": \"P0501\""),
        ("sarif", "\"ruleId\": \"P0501\""),
    ] {
        let output = yamabiko(&directory, &["check", "--format", format, "user.proto"])?;
        assert_eq!(output.status.code(), Some(1));
        let printed = text(&output.stdout);
        assert!(printed.contains(expected), "{format}: {printed}");
        assert!(output.stderr.is_empty(), "{format}: {}", text(&output.stderr));
    }
    Ok(())
}

#[test]
fn fix_mends_the_file_and_says_how() -> Outcome {
    let directory = directory("check-fix")?;
    let file = directory.join("user.proto");
    fs::write(&file, TYPO)?;
    let output = yamabiko(&directory, &["check", "--fix", "user.proto"])?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let said = text(&output.stderr);
    assert!(said.contains("fixed user.proto: insert `;` here"), "{said}");
    assert_eq!(fs::read_to_string(&file)?, TYPO.replace("strng name = 1", "string name = 1;"));
    assert_eq!(fs::read_dir(&directory)?.count(), 1, "nothing is left beside it");
    Ok(())
}

#[test]
fn the_root_of_a_file_is_where_its_package_says() -> Outcome {
    let directory = directory("check-root")?;
    let folder = directory.join("api/shop/v1");
    fs::create_dir_all(&folder)?;
    let money = "syntax = \"proto3\";\npackage shop.v1;\nmessage Money { int64 cents = 1; }\n";
    fs::write(folder.join("money.proto"), money)?;
    let order = "syntax = \"proto3\";\npackage shop.v1;\nimport \"shop/v1/money.proto\";\n\
                 message Order { Money total = 1; }\n";
    fs::write(folder.join("order.proto"), order)?;
    let output = yamabiko(&directory, &["check", "api/shop/v1/order.proto"])?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    Ok(())
}

#[test]
fn what_is_not_there_is_named() -> Outcome {
    let directory = directory("check-missing")?;
    fs::write(directory.join("user.proto"), TYPO)?;
    let output = yamabiko(&directory, &["check", "usr.proto"])?;
    assert_eq!(output.status.code(), Some(1));
    let printed = text(&output.stdout);
    assert!(printed.contains("no such file: usr.proto"), "{printed}");
    assert!(printed.contains("did you mean user.proto?"), "{printed}");
    Ok(())
}

#[test]
fn explain_prints_a_page_or_the_list() -> Outcome {
    let directory = directory("explain")?;
    let output = yamabiko(&directory, &["explain", "p0201"])?;
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).starts_with("P0201: a statement has no `;`\n\n"));
    let output = yamabiko(&directory, &["explain", "--list"])?;
    assert!(text(&output.stdout).lines().count() >= 60);
    let output = yamabiko(&directory, &["explain", "P9999"])?;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("there is no code P9999"));
    Ok(())
}
