//! `SourceCodeInfo` is protoc's, location by location, over all files at hand.
//!
//! protoc's is that of linked files, in which the location of an interpreted
//! option has its field's number for a path, and those of its parts are gone.
//! What we compare has been changed in the same way, but for that number.

use std::fs;
use std::path::{Path, PathBuf};

use buffa::Message as _;
use buffa_codegen::generated::descriptor::FileDescriptorSet;
use buffa_codegen::generated::descriptor::source_code_info::Location;

use super::parse;
use super::protoc::{TESTS, files_below, python, run, site_packages};
use crate::parse::paths;

/// Files that protoc is asked for in one go.
struct Corpus {
    root: PathBuf,
    files: Vec<String>,
}

fn corpora() -> Vec<Corpus> {
    let site_packages = site_packages();
    let well_known = site_packages.join("grpc_tools/_proto");
    let common = files_below(&site_packages.join("google"));
    let mut corpora = vec![
        Corpus { files: files_below(&well_known), root: well_known },
        Corpus {
            files: common.iter().map(|name| format!("google/{name}")).collect(),
            root: site_packages,
        },
        Corpus {
            files: files_below(&Path::new(TESTS).join("syntax")),
            root: Path::new(TESTS).join("syntax"),
        },
    ];
    let nasty = Path::new(TESTS).join("nasty");
    if nasty.is_dir() {
        corpora.push(Corpus { files: files_below(&nasty), root: nasty });
    }
    corpora
}

#[test]
fn source_info_is_protocs() {
    let mut files = 0;
    let mut locations = 0;
    for corpus in corpora() {
        let output = std::env::temp_dir().join(format!("source-info-{}", std::process::id()));
        run(python()
            .args(["-m", "grpc_tools.protoc", "--include_source_info", "--retain_options"])
            .arg(format!("-I{}", corpus.root.display()))
            .arg(format!("-o{}", output.display()))
            .args(&corpus.files));
        let encoded = fs::read(&output).expect("protoc has written it");
        fs::remove_file(output).expect("it is ours");
        let set = FileDescriptorSet::decode_from_slice(&encoded).expect("protoc's output is good");
        assert_eq!(set.file.len(), corpus.files.len());
        for theirs in set.file {
            let name = theirs.name.as_deref().expect("a file has a name");
            let text = fs::read(corpus.root.join(name)).expect("protoc has read it");
            let mut problems = Vec::new();
            let ours = parse(name, &text, &mut problems).file;
            let ours = as_if_linked(&ours.source_code_info.location);
            let theirs = &theirs.source_code_info.location;
            for (ours, theirs) in ours.iter().zip(theirs) {
                assert!(same(ours, theirs), "{name}:\nours: {ours:?}\nprotoc's: {theirs:?}");
            }
            assert_eq!(ours.len(), theirs.len(), "{name}");
            files += 1;
            locations += ours.len();
        }
    }
    println!("{files} files, {locations} locations: 0 differences");
    assert!(files >= 80, "the corpora are there: {files}");
}

/// Without the locations of the parts of options.
fn as_if_linked(locations: &[Location]) -> Vec<Location> {
    locations
        .iter()
        .filter(|location| {
            let option = location.path.iter().position(|&part| part == paths::UNINTERPRETED_OPTION);
            option.is_none_or(|option| location.path.len() == option + 2)
        })
        .cloned()
        .collect()
}

fn same(ours: &Location, theirs: &Location) -> bool {
    let paths_are_same = match &ours.path[..] {
        [options @ .., paths::UNINTERPRETED_OPTION, _] => theirs.path.starts_with(options),
        path => theirs.path == path,
    };
    paths_are_same
        && ours.span == theirs.span
        && ours.leading_comments == theirs.leading_comments
        && ours.trailing_comments == theirs.trailing_comments
        && ours.leading_detached_comments == theirs.leading_detached_comments
}
