//! Whatever a file holds, the answer is code or an error with a place in the
//! file, never a panic.

use std::error::Error;
use std::fs;
use std::path::Path;

use yamabiko_compiler::Config;

/// Not every place is tried: whole code is slow to generate.
const EVERY: usize = 29;

/// Compiles `text` and looks at the places of its errors.
fn compile(name: &str, text: &[u8]) -> Result<(), Box<dyn Error>> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutilated");
    fs::create_dir_all(&directory)?;
    let file = directory.join(name);
    fs::write(&file, text)?;
    let Err(error) = Config::new().include("tests/fixtures/proto").try_generate([&file]) else {
        return Ok(());
    };
    let lines = text.split(|byte| *byte == b'\n').count();
    for label in error.iter().flat_map(|diagnostic| diagnostic.labels()) {
        assert!((1..=lines).contains(&label.start().line), "{error}");
    }
    Ok(())
}

fn fixtures() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let names = ["kinds.proto", "old.proto", "comments.proto"];
    Ok(names
        .iter()
        .map(|name| fs::read(Path::new("tests/fixtures/proto").join(name)))
        .collect::<Result<_, _>>()?)
}

#[test]
fn a_file_that_ends_anywhere() -> Result<(), Box<dyn Error>> {
    for text in fixtures()? {
        for end in (0..text.len()).step_by(EVERY) {
            compile("truncated.proto", &text[..end])?;
        }
    }
    Ok(())
}

#[test]
fn a_file_that_lacks_a_word() -> Result<(), Box<dyn Error>> {
    for text in fixtures()? {
        let words: Vec<&[u8]> =
            text.split_inclusive(|byte| !byte.is_ascii_alphanumeric()).collect();
        for missing in (0..words.len()).step_by(EVERY / 2) {
            let rest = [&words[..missing], &words[missing + 1..]].concat().concat();
            compile("lacking.proto", &rest)?;
        }
    }
    Ok(())
}

#[test]
fn a_file_with_a_strange_byte() -> Result<(), Box<dyn Error>> {
    let text = &fixtures()?[0];
    for (index, strange) in (0..text.len()).step_by(EVERY).zip(b"\0\xff{}\"'/*<[\n".iter().cycle())
    {
        let mut text = text.clone();
        text[index] = *strange;
        compile("strange.proto", &text)?;
    }
    Ok(())
}
