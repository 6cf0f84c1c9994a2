//! Descriptors are protoc's, byte for byte.

use std::path::PathBuf;

use super::corpora::{Corpus, corpora};
use super::support::{Roots, directory, encoded, files_of_set, line, protoc, site_packages};
use crate::proto::{Open, compile};
use crate::resolve::wire::{self, WireValue};

/// Compiles files with both; gives the number of files and those that differ.
fn compare(corpus: &Corpus) -> (usize, Vec<String>) {
    let test: String =
        corpus.name.chars().take_while(|letter| *letter != ' ' && *letter != ',').collect();
    let set = directory(&test.replace('/', "-")).join("set.binpb");
    let mut arguments: Vec<String> =
        corpus.roots.iter().map(|root| format!("-I{}", root.display())).collect();
    arguments.push(format!("--descriptor_set_out={}", set.display()));
    arguments.extend(["--include_imports".to_owned(), "--include_source_info".to_owned()]);
    arguments.extend(corpus.options.iter().map(ToString::to_string));
    arguments.extend(corpus.files.iter().cloned());
    let output = protoc(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs = files_of_set(&std::fs::read(&set).expect("protoc has written the set"));

    let mut problems = Vec::new();
    let linked = compile(&corpus.files, &mut Unstable(corpus.roots.clone()), &mut problems);
    let lines: Vec<String> = problems.iter().map(line).collect();
    let linked = linked.unwrap_or_else(|| panic!("{}", lines.join("\n")));
    let ours = encoded(&linked);

    let our_names: Vec<String> = ours.iter().map(|file| name_of(file)).collect();
    let their_names: Vec<String> = theirs.iter().map(|file| name_of(file)).collect();
    assert_eq!(our_names, their_names, "the same files, in the same order");
    let different: Vec<String> = ours
        .iter()
        .zip(&theirs)
        .zip(our_names)
        .filter(|((ours, theirs), _)| ours != theirs)
        .map(|((ours, theirs), name)| {
            let directory = set.with_file_name("different");
            std::fs::create_dir_all(&directory).expect("a directory can be made");
            let file = name.replace('/', "_");
            std::fs::write(directory.join(format!("{file}.ours")), ours).expect("it is written");
            std::fs::write(directory.join(format!("{file}.theirs")), theirs)
                .expect("it is written");
            name
        })
        .collect();
    (theirs.len(), different)
}

/// The name of a file, which is its first field. To decode all of it would take
/// longer than to compile it.
fn name_of(file: &[u8]) -> String {
    let mut rest = file;
    let record = wire::read(&mut rest).expect("it is a descriptor");
    let WireValue::Bytes(name) = record.value else { panic!("a file has a name") };
    String::from_utf8(name).expect("it is UTF-8")
}

/// Files that may be in the edition that is still in the making.
struct Unstable(Vec<PathBuf>);

impl Open for Unstable {
    fn open(&mut self, name: &str) -> Result<Vec<u8>, String> {
        Roots(self.0.clone()).open(name)
    }

    fn allows_unstable_editions(&self) -> bool {
        true
    }
}

#[test]
fn descriptors_of_all_corpora_are_those_of_protoc() {
    let (mut all, mut all_different) = (0, Vec::new());
    for corpus in corpora(&site_packages()) {
        let (files, different) = compare(&corpus);
        println!("{}: {files} files, {} different", corpus.name, different.len());
        assert!(files >= corpus.least, "the corpus is there: {files} files");
        all += files;
        all_different.extend(different);
    }
    println!("in all: {all} files, {} different", all_different.len());
    assert_eq!(all_different, Vec::<String>::new());
}
