//! Breaking changes are those that buf finds, with whom they break.

#[path = "buf/mod.rs"]
mod buf;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};

use yamabiko_compiler::breaking::{Breaks, Change, RULES, Version, compare};

type Outcome = Result<(), Box<dyn Error>>;

const GROUPS: [&str; 4] = ["FILE", "PACKAGE", "WIRE_JSON", "WIRE"];

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![directory.to_owned()];
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(directory).expect("the directory can be read") {
            let path = entry.expect("the directory can be read").path();
            if path.is_dir() { todo.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn version(root: &Path) -> Result<Version, Box<dyn Error>> {
    Ok(Version::of_files(files_below(root), &[root.to_owned()])?)
}

const NONE: [&str; 0] = [];

fn changes(before: &Path, after: &Path, rule: &str) -> Result<Vec<Change>, Box<dyn Error>> {
    Ok(compare(&version(before)?, &version(after)?, &[rule], &NONE)?)
}

/// The rule, the file and the line of each finding, with how many there are.
type Seen = BTreeMap<(String, String, usize), usize>;

fn ours(before: &Path, after: &Path, rule: &str) -> Result<Seen, Box<dyn Error>> {
    let mut seen = Seen::new();
    for change in changes(before, after, rule)? {
        let file = change.file.unwrap_or_default();
        let file = file.strip_prefix(after).unwrap_or(&file).to_string_lossy().into_owned();
        *seen.entry((change.rule.to_owned(), file, change.start.line)).or_default() += 1;
    }
    Ok(seen)
}

fn theirs(before: &Path, after: &Path, rule: &str) -> Result<Option<Seen>, Box<dyn Error>> {
    let Some(mut buf) = buf::buf() else { return Ok(None) };
    let config = format!("{{\"version\":\"v2\",\"breaking\":{{\"use\":[\"{rule}\"]}}}}");
    buf.args(["breaking", "--error-format", "json", "--config", &config, "--against"]);
    let output = buf.arg(before).current_dir(after).output()?;
    assert_eq!(output.status.code(), Some(100), "{}", String::from_utf8_lossy(&output.stderr));
    let mut seen = Seen::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let value = |key| buf::value(line, key).unwrap_or_default().to_owned();
        let number = value("start_line").parse().unwrap_or(1);
        *seen.entry((value("type"), value("path"), number)).or_default() += 1;
    }
    Ok(Some(seen))
}

#[test]
fn buf_finds_the_same_in_files_made_for_it() -> Outcome {
    let (old, new) = (buf::tests().join("breaking/old"), buf::tests().join("breaking/new"));
    for group in GROUPS {
        let ours = ours(&old, &new, group)?;
        assert!(ours.len() > 20);
        if let Some(theirs) = theirs(&old, &new, group)? {
            assert_eq!(ours, theirs, "{group}");
            let count: usize = ours.values().sum();
            println!("{group}: {count} findings, as buf has them");
        }
    }
    Ok(())
}

#[test]
fn buf_takes_the_same_types_for_each_other() -> Outcome {
    const TYPES: [&str; 17] = [
        "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string",
        "bytes", "uint32", "sfixed32", "sfixed64", "sint32", "sint64", "E", "M",
    ];
    let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("breaking-types");
    let _ = std::fs::remove_dir_all(&place);
    let mut files = ["old", "new"].map(|_| {
        String::from("syntax = \"proto3\";\npackage p;\nenum E { ZERO = 0; }\nmessage M {}\n")
    });
    for (old, before) in TYPES.iter().enumerate() {
        for (new, after) in TYPES.iter().enumerate() {
            for (file, kind) in files.iter_mut().zip([before, after]) {
                file.push_str(&format!("message From{old}To{new} {{\n  {kind} f = 1;\n}}\n"));
            }
        }
    }
    let [old, new] = ["old", "new"].map(|name| place.join(name));
    for (directory, text) in [&old, &new].iter().zip(&files) {
        std::fs::create_dir_all(directory)?;
        std::fs::write(directory.join("m.proto"), text)?;
    }
    for rule in ["FIELD_SAME_TYPE", "FIELD_WIRE_COMPATIBLE_TYPE", "FIELD_WIRE_JSON_COMPATIBLE_TYPE"]
    {
        let ours = ours(&old, &new, rule)?;
        assert!(ours.len() > 200);
        if let Some(theirs) = theirs(&old, &new, rule)? {
            assert_eq!(ours, theirs, "{rule}");
        }
    }
    Ok(())
}

#[test]
fn who_breaks_and_what_to_do_is_said() -> Outcome {
    let (old, new) = (buf::tests().join("breaking/old"), buf::tests().join("breaking/new"));
    let changes = changes(&old, &new, "FILE")?;
    let find = |start: &str| {
        let found = changes.iter().find(|change| change.message.starts_with(start));
        found.unwrap_or_else(|| panic!("{start}"))
    };
    let breaks = |change: &Change| change.breaks.iter().map(|(who, _)| *who).collect::<Vec<_>>();

    let deleted = find("Previously present field \"1\" with name \"deleted\"");
    assert_eq!(breaks(deleted), [Breaks::Wire, Breaks::Json, Breaks::Source]);
    let instead = "write `reserved 1; reserved \"deleted\";` into `Order`";
    assert_eq!(deleted.instead.as_deref(), Some(instead));

    let number_kept = find("Previously present field \"2\"");
    assert_eq!(breaks(number_kept), [Breaks::Json, Breaks::Source]);
    let instead = "write `reserved \"deleted_reserved_number\";` into `Order`";
    assert_eq!(number_kept.instead.as_deref(), Some(instead));

    let widened = find("Field \"5\" with name \"to_int64\"");
    assert_eq!(breaks(widened), [Breaks::Json, Breaks::Source], "int64 is a string in JSON");
    let other = find("Field \"6\" with name \"to_string\"");
    assert_eq!(breaks(other), [Breaks::Wire, Breaks::Json, Breaks::Source]);
    for change in &changes {
        assert!(!change.breaks.is_empty() && change.instead.is_some(), "{}", change.message);
    }
    Ok(())
}

#[test]
fn nothing_has_changed_between_a_state_and_itself() -> Outcome {
    for root in ["breaking/old", "breaking/new", "lint/files"] {
        let root = buf::tests().join(root);
        let files = files_below(&root);
        let files: Vec<_> = files.iter().filter(|f| f.extension().is_some()).collect();
        let state = || Version::of_files(&files, std::slice::from_ref(&root));
        assert_eq!(compare(&state()?, &state()?, &GROUPS, &NONE)?, []);
    }
    Ok(())
}

#[test]
fn a_descriptor_set_is_as_good_as_the_files() -> Outcome {
    let (old, new) = (buf::tests().join("breaking/old"), buf::tests().join("breaking/new"));
    let set = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("breaking.binpb");
    let mut arguments = vec![
        format!("-I{}", old.display()),
        format!("--descriptor_set_out={}", set.display()),
        "--include_imports".to_owned(),
    ];
    arguments.extend(files_below(&old).iter().map(|file| file.display().to_string()));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = yamabiko_compiler::protoc::run("protoc", &arguments, &mut out, &mut err);
    assert_eq!(code, 0, "{}", String::from_utf8_lossy(&err));
    let before = Version::of_descriptor_set(&std::fs::read(set)?)?;
    for group in GROUPS {
        let by_set = compare(&before, &version(&new)?, &[group], &NONE)?;
        assert_eq!(by_set, changes(&old, &new, group)?);
    }
    Ok(())
}

#[test]
fn every_rule_is_in_a_group_and_has_one_name() {
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), RULES.len());
    assert!(RULES.iter().all(|rule| rule.groups.iter().any(|group| GROUPS.contains(group))));
}
