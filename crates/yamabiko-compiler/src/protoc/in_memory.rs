//! Python from `.proto` files without a command line: what `grpc.protos()` and
//! `grpc.services()` import.

use std::collections::BTreeSet;
use std::path::Path;

use super::inputs;
use super::source_tree::SourceTree;
use crate::descriptors::{Named as _, Pool};
use crate::problem::{Problem, Severity};
use crate::python::{Generator, Source};

/// Which module of a `.proto` file to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PythonModule {
    /// The messages: `x_pb2.py`.
    Messages,
    /// The services: `x_pb2_grpc.py`.
    Services,
}

/// Something that is wrong with a `.proto` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file, by the name that imports use.
    pub file: String,
    /// The line, the first one being 0; `None` if it is about the whole file.
    pub line: Option<u32>,
    /// The column, the first one being 0, as protoc counts: a tab leads to the
    /// next multiple of 8.
    pub column: Option<u32>,
    /// What is wrong, in protoc's words.
    pub message: String,
    /// What to do about it, if that is known.
    pub hint: Option<String>,
}

impl Mistake {
    fn of(problem: Problem) -> Self {
        Self {
            file: problem.file,
            line: problem.place.map(|place| place.line),
            column: problem.place.map(|place| place.column),
            message: problem.message,
            hint: problem.hint,
        }
    }
}

/// Generates Python for the file that imports call `name`, and for all that it
/// imports. Files are looked for in the directories of `include`, in order, and
/// then among those of protobuf itself.
///
/// Returns the path and the text of each module; a module comes after those that
/// it imports, so the one for `name` is the last. An error is all that is wrong
/// with the files; warnings are not told.
pub fn generate_python(
    name: &str,
    include: &[impl AsRef<Path>],
    module: PythonModule,
) -> Result<Vec<(String, String)>, Vec<Mistake>> {
    let directories = include.iter().map(|path| path.as_ref().to_string_lossy().into_owned());
    let tree = SourceTree::of_directories(directories);
    let mut problems = Vec::new();
    let Some(linked) = inputs::link(name, &tree, &mut problems) else {
        problems.retain(|problem| problem.severity == Severity::Error);
        return Err(problems.into_iter().map(Mistake::of).collect());
    };
    let failed = |message: String| vec![Mistake::of(Problem::error(name, None, message))];
    let pool = Pool::new(&linked.files).map_err(failed)?;
    let generator = match module {
        PythonModule::Messages => Generator::Messages,
        PythonModule::Services => Generator::Services,
    };
    let generated: BTreeSet<String> =
        linked.files.iter().map(|file| file.name().to_owned()).collect();
    let mut modules = Vec::new();
    for file in &linked.files {
        let embedded = linked.embedded(file);
        let source = Source { pool: &pool, file, embedded: &embedded, generated: &generated };
        let pieces = generator.generate(&source, "").map_err(failed)?;
        modules.extend(pieces.into_iter().map(|piece| (piece.file, piece.text)));
    }
    Ok(modules)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str, files: &[(&str, &str)]) -> std::path::PathBuf {
        let directory =
            std::env::temp_dir().join(format!("yamabiko-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("the temporary directory is ours");
        for (name, text) in files {
            std::fs::write(directory.join(name), text).expect("the directory is ours");
        }
        directory
    }

    #[test]
    fn modules_come_after_what_they_import() {
        let directory = directory(
            "order",
            &[
                (
                    "a.proto",
                    "syntax = \"proto3\"; import \"b.proto\"; message A { B b = 1; }\
                     service S { rpc M (A) returns (B); }",
                ),
                (
                    "b.proto",
                    "syntax = \"proto3\"; import \"google/protobuf/empty.proto\"; \
                     message B { google.protobuf.Empty e = 1; }",
                ),
            ],
        );
        let names = |module| -> Vec<String> {
            let modules = generate_python("a.proto", &[&directory], module);
            modules.expect("the files are good").into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(
            names(PythonModule::Messages),
            ["google/protobuf/empty_pb2.py", "b_pb2.py", "a_pb2.py"]
        );
        assert_eq!(
            names(PythonModule::Services),
            ["google/protobuf/empty_pb2_grpc.py", "b_pb2_grpc.py", "a_pb2_grpc.py"]
        );
        let _ = std::fs::remove_dir_all(directory);
    }

    #[test]
    fn mistakes_have_their_places() {
        let bad = "syntax = \"proto3\";\nmessage A { strin x = 1; }\n";
        let directory = directory("mistakes", &[("bad.proto", bad)]);
        let mistakes = generate_python("bad.proto", &[&directory], PythonModule::Messages)
            .expect_err("the file is bad");
        let [mistake] = mistakes.as_slice() else { panic!("one mistake: {mistakes:?}") };
        assert_eq!((mistake.line, mistake.column), (Some(1), Some(12)));
        assert_eq!(mistake.message, "\"strin\" is not defined.");
        let missing = generate_python("nothere.proto", &[&directory], PythonModule::Messages)
            .expect_err("there is no such file");
        assert_eq!(missing[0].message, "File not found.");
        let _ = std::fs::remove_dir_all(directory);
    }
}
