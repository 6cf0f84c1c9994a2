//! Descriptors are protoc's, byte for byte.

use std::path::{Path, PathBuf};

use buffa::Message as _;
use buffa_codegen::generated::descriptor::FileDescriptorProto;

use super::support::{
    Roots, TESTS, directory, encoded, files_below, files_of_set, line, link, protoc, site_packages,
};

/// Compiles files below `root` with both; gives the number of files and those
/// that differ.
fn compare(test: &str, roots: &[PathBuf], names: &[String]) -> (usize, Vec<String>) {
    let set = directory(test).join("set.binpb");
    let mut arguments: Vec<String> =
        roots.iter().map(|root| format!("-I{}", root.display())).collect();
    arguments.push(format!("--descriptor_set_out={}", set.display()));
    arguments.extend(["--include_imports".to_owned(), "--include_source_info".to_owned()]);
    arguments.extend(names.iter().cloned());
    let output = protoc(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs = files_of_set(&std::fs::read(&set).expect("protoc has written the set"));

    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (linked, problems) = link(&names, &mut Roots(roots.to_vec()));
    let lines: Vec<String> = problems.iter().map(line).collect();
    let linked = linked.unwrap_or_else(|| panic!("{}", lines.join("\n")));
    let ours = encoded(&linked);

    let name = |file: &[u8]| {
        let file = FileDescriptorProto::decode_from_slice(file).expect("it is a descriptor");
        file.name.unwrap_or_default()
    };
    let our_names: Vec<String> = ours.iter().map(|file| name(file)).collect();
    let their_names: Vec<String> = theirs.iter().map(|file| name(file)).collect();
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
    println!("{test}: {} files, {} different", theirs.len(), different.len());
    (theirs.len(), different)
}

fn assert_equal(test: &str, roots: &[&Path], least: usize) {
    let roots: Vec<PathBuf> = roots.iter().map(|root| root.to_path_buf()).collect();
    let names = files_below(&roots[0]);
    let (files, different) = compare(test, &roots, &names);
    assert!(files >= least, "the corpus is there: {files} files");
    assert_eq!(different, Vec::<String>::new());
}

#[test]
fn the_files_of_protobuf_itself() {
    let root = site_packages().join("grpc_tools/_proto");
    assert_equal("well_known", &[&root], 15);
}

#[test]
fn the_apis_of_google() {
    let packages = site_packages();
    let root = directory("google_apis_sources");
    // Only the files of the one package: others have installed theirs beside it.
    for name in files_below(&packages.join("google")) {
        let target = root.join("google").join(&name);
        std::fs::create_dir_all(target.parent().expect("it has one")).expect("it can be made");
        std::fs::copy(packages.join("google").join(&name), target).expect("it can be copied");
    }
    assert_equal("google_apis", &[&root, &packages.join("grpc_tools/_proto")], 60);
}

#[test]
fn files_of_all_shapes() {
    let root = Path::new(TESTS).join("nasty");
    let well_known = site_packages().join("grpc_tools/_proto");
    assert_equal("nasty", &[&root, &well_known], 20);
}
