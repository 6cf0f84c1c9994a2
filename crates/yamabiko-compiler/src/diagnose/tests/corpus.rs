//! The files that are changed: those of the tests, good and bad, and those that
//! `tests/protoc/set-up` installs, if there is time for them.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::explain::codes;

/// A file, and what it imports, in a directory where nothing else is: names that
/// are not there are looked for in all of it.
pub(super) struct Sample {
    pub(super) root: PathBuf,
    pub(super) file: PathBuf,
    pub(super) text: Vec<u8>,
}

/// The files of the tests.
pub(super) fn of_tests(directory: &Path) -> Vec<Sample> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut samples = Vec::new();
    for folder in fs::read_dir(&tests).expect("the tests are there").flatten() {
        for file in files_below(&folder.path()) {
            // What its imports are relative to: the folder, or where it lies.
            let roots = [folder.path(), file.parent().expect("it is in a folder").to_owned()];
            samples.push(sample(&file, &roots, &directory.join(samples.len().to_string())));
        }
    }
    assert!(samples.len() >= 350, "the files are there");
    samples.sort_by(|one, other| one.text.cmp(&other.text));
    samples
}

/// The files of Python packages that come with `.proto` files, but for those
/// that are very long. None if they were not installed.
pub(super) fn of_packages(directory: &Path) -> Vec<Sample> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(target);
    let packages = target.join("protoc-venv/lib");
    let mut samples = Vec::new();
    for file in files_below(&packages) {
        let size = fs::metadata(&file).map_or(0, |metadata| metadata.len());
        let site_packages = file.ancestors().find(|one| one.ends_with("site-packages"));
        let Some(site_packages) = site_packages.filter(|_| size < 20_000) else { continue };
        let roots = [site_packages.to_owned(), site_packages.join("grpc_tools/_proto")];
        let at = directory.join(format!("package{}", samples.len()));
        samples.push(sample(&file, &roots, &at));
    }
    samples
}

/// Copies a file with what it imports.
fn sample(file: &Path, roots: &[PathBuf], to: &Path) -> Sample {
    let finds_all = |root: &&PathBuf| {
        let checked = check(&[file.to_owned()], &[root.to_path_buf()], &BTreeMap::new());
        let missing = |one: &Diagnostic| one.code() == Some(codes::IMPORT_NOT_FOUND);
        !checked.paths.is_empty() && !checked.diagnostics.iter().any(missing)
    };
    let root = roots.iter().find(finds_all).unwrap_or(&roots[roots.len() - 1]);
    let checked = check(&[file.to_owned()], std::slice::from_ref(root), &BTreeMap::new());
    let copy = |path: &Path| {
        let name = path.strip_prefix(root).map_or_else(|_| "a.proto".into(), Path::to_owned);
        let copy = to.join(name);
        fs::create_dir_all(copy.parent().expect("it is below")).expect("it can be made");
        fs::copy(path, &copy).expect("the file can be copied");
        copy
    };
    for path in &checked.paths {
        copy(path);
    }
    let text = fs::read(file).expect("the file can be read");
    Sample { root: to.to_owned(), file: copy(file), text }
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
