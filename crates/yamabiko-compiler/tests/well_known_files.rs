//! The files of protobuf that are built in mean what Google's mean, and are
//! found without being on disk.

mod reference;

use std::fs;

use reference::{Run, difference, directory, include, run_ours, run_theirs};
use yamabiko_compiler::protoc::WELL_KNOWN_FILES;

#[test]
fn built_in_files_are_those_of_protoc() {
    let home = directory("well_known_files");
    let names: Vec<&str> = WELL_KNOWN_FILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, reference::proto_files(&include()));
    let runs: Vec<Run> = names
        .iter()
        .enumerate()
        .map(|(index, name)| Run {
            name: format!("{index:02}"),
            arguments: vec![
                format!("-I{}", include().display()),
                "-oset.pb".to_owned(),
                "--include_imports".to_owned(),
                "--retain_options".to_owned(),
                (*name).to_owned(),
            ],
            stdin: Vec::new(),
        })
        .collect();
    for side in ["theirs", "ours"] {
        for run in &runs {
            fs::create_dir_all(home.join(side).join(&run.name)).expect("it is below target/");
        }
    }
    let theirs = run_theirs(&home.join("theirs"), &runs);
    for (mut run, theirs) in runs.into_iter().zip(theirs) {
        assert_eq!(theirs.code, "0", "{}", theirs.stderr);
        // Not there, so that only what is built in is left.
        run.arguments[0] = "-I.".to_owned();
        let difference = difference(&theirs, &run_ours(&home.join("ours"), &run));
        assert!(difference.is_none(), "{:?}\n{}", run.arguments, difference.unwrap_or_default());
    }
}
