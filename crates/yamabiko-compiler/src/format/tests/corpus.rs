//! Formatting changes no descriptor: shown for every sound file at hand.

use std::path::{Path, PathBuf};

use buffa::Message as _;
use buffa_codegen::generated::descriptor::source_code_info::Location;

use super::super::pieces::pieces;
use super::super::try_format;

const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

/// Directories with `.proto` files: of this crate, of the packages of PyPI
/// that `tests/protoc/set-up` installs, and, if the environment says so, another.
fn roots() -> Vec<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(target);
    let environment = target.join("protoc-venv");
    assert!(
        environment.exists(),
        "{} is missing: run crates/yamabiko-compiler/tests/protoc/set-up",
        environment.display()
    );
    let own = PathBuf::from(TESTS);
    let well_known = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/well_known");
    let more = std::env::var_os("YAMABIKO_PROTO_CORPUS").map(PathBuf::from);
    [own, well_known, environment].into_iter().chain(more).collect()
}

fn proto_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("the directory can be read") {
        let path = entry.expect("the directory can be read").path();
        // Eight thousand files of one style would show little more, and take minutes.
        let is_large = path.ends_with("google-proto-files");
        if path.is_dir() && !path.is_symlink() && !is_large {
            proto_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
}

/// What a file says, without where it says it.
fn meaning(text: &[u8]) -> Option<Vec<u8>> {
    let mut problems = Vec::new();
    let parsed = crate::parse::parse("a.proto", text, &mut problems);
    if parsed.had_errors {
        return None;
    }
    let mut file = parsed.file;
    let dependencies = file.dependency.clone();
    let names = |indexes: &[i32]| -> Vec<String> {
        let mut names: Vec<String> = indexes
            .iter()
            .map(|&index| dependencies[usize::try_from(index).expect("an index")].clone())
            .collect();
        names.sort();
        names
    };
    let public = names(&file.public_dependency);
    let weak = names(&file.weak_dependency);
    file.dependency.sort();
    file.option_dependency.sort();
    // The names stand in for the numbers, which say the order.
    file.dependency.extend(public);
    file.dependency.extend(weak);
    file.public_dependency.clear();
    file.weak_dependency.clear();
    let info = file.source_code_info.get_or_insert_default();
    info.location.retain(has_comments);
    for location in &mut info.location {
        location.span.clear();
        if matches!(location.path.first(), Some(3 | 15)) {
            location.path.clear();
        }
        for comment in location
            .leading_comments
            .iter_mut()
            .chain(&mut location.trailing_comments)
            .chain(&mut location.leading_detached_comments)
        {
            // What ends a line is not seen.
            *comment = comment.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        }
    }
    let text = |location: &Location| format!("{location:?}");
    info.location.sort_by_key(text);
    // As bytes: a NaN is not equal to itself.
    Some(file.encode_to_vec())
}

fn has_comments(location: &Location) -> bool {
    location.leading_comments.is_some()
        || location.trailing_comments.is_some()
        || !location.leading_detached_comments.is_empty()
}

/// Tokens and comments, in any order and but for statements that say nothing.
fn content(text: &[u8]) -> Vec<Vec<u8>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut content = Vec::new();
    for piece in pieces(text) {
        if !piece.is_symbol(b';') {
            content.push(piece.text.to_owned());
        }
        for comment in &piece.before.comments {
            let words = comment.text.split(u8::is_ascii_whitespace);
            content.push(words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(&b' '));
        }
    }
    content.sort();
    content
}

#[test]
fn formatting_changes_no_descriptor_and_is_done_after_once() {
    let mut files = Vec::new();
    for root in roots() {
        proto_files(&root, &mut files);
    }
    let mut formatted = 0;
    let mut wrong = Vec::new();
    for path in &files {
        let text = std::fs::read(path).expect("the file can be read");
        let Some(complaint) = complaint(&text) else { continue };
        formatted += 1;
        wrong.extend(complaint.map(|complaint| format!("{}: {complaint}", path.display())));
    }
    println!("{formatted} of {} files formatted, {} wrong", files.len(), wrong.len());
    assert!(formatted > 100, "the corpus is there: {formatted} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with the way in which a file is formatted; nothing for a file
/// that is broken.
fn complaint(text: &[u8]) -> Option<Option<&'static str>> {
    let before = meaning(text)?;
    let once = try_format("a.proto", text).expect("the file is sound");
    let Some(after) = meaning(&once) else { return Some(Some("broken")) };
    Some(if before != after {
        Some("another meaning")
    } else if content(text) != content(&once) {
        Some("something is lost")
    } else if try_format("a.proto", &once).expect("the file is sound") != once {
        Some("not done after once")
    } else {
        None
    })
}

/// A small generator of numbers, from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("it is below a usize")
    }
}

/// A file with other white space and comments between its tokens.
fn shaken(text: &[u8], random: &mut Random) -> Vec<u8> {
    const GAPS: &[&str] = &[
        "\n",
        "\n\n",
        "\t",
        "\r\n",
        "\n\n\n  ",
        "/* a */",
        " /* b\n  c */ ",
        "// d\n",
        "\n// e\n",
        "\n// f\n// g\n",
        "\n\n// h\n\n",
        "\n/* i\n * j\n */\n",
        " // k\n\n",
        "\n  // l\n\n  // m\n",
        "/**/",
        "/* n */ /* o */",
        "/* p */ // q\n",
    ];
    let mut out = Vec::new();
    for piece in pieces(text) {
        // A name is not taken apart: there is no way to write that well.
        out.push(b' ');
        if random.below(4) == 0 {
            out.extend_from_slice(GAPS[random.below(GAPS.len())].as_bytes());
            out.push(b' ');
        }
        out.extend_from_slice(piece.text);
    }
    out
}

#[test]
fn comments_may_stand_anywhere() {
    let files = ["nasty/comments.proto", "nasty/option_messages.proto", "nasty/ranges.proto"];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut count, mut wrong) = (0, Vec::new());
    for file in files {
        let text = std::fs::read(Path::new(TESTS).join(file)).expect("the file can be read");
        for _ in 0..200 {
            let shaken = shaken(&text, &mut random);
            let complaint = complaint(&shaken).expect("white space breaks no file");
            count += 1;
            if let Some(complaint) = complaint {
                wrong.push((complaint, shaken));
            }
        }
    }
    println!("{count} shaken files, {} wrong", wrong.len());
    if let Some((complaint, text)) = wrong.iter().min_by_key(|(_, text)| text.len()) {
        panic!("{complaint}:\n{}", String::from_utf8_lossy(text));
    }
}
