//! Each broken file in `tests/broken` is explained as the text beside it says.
//! `UPDATE_EXPECTED=1` writes the texts anew.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use yamabiko_compiler::{Config, Position};

fn explanation(file: impl AsRef<Path>) -> String {
    let error = Config::new().try_generate([file]).expect_err("the file is broken");
    error.to_string()
}

#[test]
fn a_broken_file_is_explained_as_recorded() -> Result<(), Box<dyn Error>> {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut files: Vec<PathBuf> = fs::read_dir("tests/broken")?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "proto"));
    files.sort();
    assert!(files.len() >= 20, "the files are there");
    for file in files {
        let expected = file.with_extension("txt");
        let explanation = explanation(&file);
        if update {
            fs::write(expected, explanation)?;
        } else {
            assert_eq!(explanation, fs::read_to_string(&expected)?, "{}", file.display());
        }
    }
    Ok(())
}

#[test]
fn the_published_typo_is_found_where_it_is() {
    let file = Path::new("tests/broken/rpc_instead_of_service.proto");
    let error = Config::new().try_generate([file]).expect_err("the file is broken");
    let [diagnostic] = error.iter().as_slice() else { panic!("one mistake, one error: {error}") };
    assert_eq!(diagnostic.file(), Some(file));
    assert_eq!(diagnostic.position(), Some(Position { line: 5, column: 1 }));
    assert!(diagnostic.to_string().contains("`service HelloService {`"), "{diagnostic}");
}

#[test]
fn all_broken_files_are_told_at_once_and_each_mistake_once() {
    let files = ["import_cycle", "no_syntax_line", "import_cycle"]
        .map(|name| format!("tests/broken/{name}.proto"));
    let error = Config::new().try_generate(files).expect_err("the files are broken");
    assert_eq!(error.iter().len(), 2, "{error}");
}

#[test]
fn a_file_that_is_not_there_is_named_with_a_similar_one() {
    assert_eq!(
        explanation("tests/broken/open_sting.proto"),
        "error[P0109]: no such file: tests/broken/open_sting.proto\n  \
         = help: did you mean tests/broken/open_string.proto?\n",
    );
}

#[test]
fn no_file_at_all_is_an_error() {
    let error = Config::new().try_generate([""; 0]).expect_err("there is nothing to compile");
    assert_eq!(error.to_string(), "error: no .proto file to compile\n");
}

#[test]
fn an_include_directory_that_is_not_there_is_named() {
    let error = Config::new()
        .include("tests/nowhere")
        .try_generate(["tests/fixtures/proto/old.proto"])
        .expect_err("there is no such directory");
    assert_eq!(error.to_string(), "error: no such directory to include: tests/nowhere\n");
}
