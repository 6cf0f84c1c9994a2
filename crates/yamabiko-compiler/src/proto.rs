//! The way into the front end: from the names of files to linked descriptors.

use buffa::MessageField;
use buffa_codegen::generated::descriptor::FileDescriptorProto;

use crate::check;
use crate::problem::{Problem, Severity};
use crate::resolve::{FileId, Loader, Pool, fill_json_names, without_source_options};

/// Opens files by the names that imports use.
pub(crate) trait Open {
    /// The text of a file, or why there is none, in protoc's words: `File not
    /// found.`
    fn open(&mut self, name: &str) -> Result<Vec<u8>, String>;

    /// The descriptor of a file of which there is no text, or which comes
    /// before it. It may be linked already.
    fn descriptor(&mut self, _name: &str) -> Option<FileDescriptorProto> {
        None
    }

    /// Whether files may be in the edition that is still in the making.
    fn allows_unstable_editions(&self) -> bool {
        false
    }
}

/// Files with everything that they say looked up.
#[derive(Debug)]
pub(crate) struct Linked {
    /// All files, imports before their importers, as protoc writes them into
    /// descriptor sets: options interpreted, but for those that are only for
    /// the source; names in JSON and source information filled in.
    pub files: Vec<FileDescriptorProto>,
    /// The names of the files that were asked for.
    pub asked: Vec<String>,
    /// The files as they were linked.
    pool: Pool,
}

/// Reads and links files and what they import. What there is to say goes to
/// `problems`, in protoc's order; the files are there if none of it is an error.
pub(crate) fn compile(
    names: &[String],
    open: &mut dyn Open,
    problems: &mut Vec<Problem>,
) -> Option<Linked> {
    link(names, open, problems, AfterBroken::Stop)
}

/// The same, but goes on after a file that is broken, so that all are told of
/// in one go. What several of them import is complained about for each.
pub(crate) fn compile_and_tell_all(
    names: &[String],
    open: &mut dyn Open,
    problems: &mut Vec<Problem>,
) -> Option<Linked> {
    link(names, open, problems, AfterBroken::GoOn)
}

/// What to do after a file that is broken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AfterBroken {
    /// As protoc does.
    Stop,
    GoOn,
}

fn link(
    names: &[String],
    open: &mut dyn Open,
    problems: &mut Vec<Problem>,
    after: AfterBroken,
) -> Option<Linked> {
    let first = problems.len();
    let unstable_editions = open.allows_unstable_editions();
    let mut loader = Loader::new(names, open, problems);
    let mut loaded = true;
    for name in names {
        loaded &= loader.load(name);
        if !loaded && after == AfterBroken::Stop {
            break;
        }
    }
    let pool = loader.into_pool();
    if !loaded {
        return None;
    }
    let asked = || names.iter().filter_map(|name| pool.file(name));
    for file in asked() {
        check::feature_support(&pool, file, problems);
    }
    if has_errors(&problems[first..]) {
        return None;
    }
    for file in asked() {
        if !unstable_editions {
            check::unstable_edition(&pool, file, problems);
        }
        check::reserved_numbers(&pool, file, problems);
        check::targets(&pool, &pool[file].proto, problems);
    }
    if has_errors(&problems[first..]) {
        return None;
    }
    let files = in_order(&pool, asked());
    let files = files.into_iter().map(|file| for_descriptor_set(&pool, file)).collect();
    Some(Linked { files, asked: names.to_vec(), pool })
}

impl Linked {
    /// The files as they were linked.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// A file as generated code embeds it: without source information, with
    /// only those names in JSON that the file spells out.
    pub(crate) fn embedded(&self, name: &str) -> Option<FileDescriptorProto> {
        let mut proto = self.pool[self.pool.file(name)?].proto.clone();
        proto.source_code_info = MessageField::none();
        without_source_options(&self.pool, &mut proto);
        Some(proto)
    }

    /// A file with all its options, as plugins get it to see what only the
    /// source is to say.
    pub(crate) fn with_source_options(&self, name: &str) -> Option<FileDescriptorProto> {
        let mut proto = self.pool[self.pool.file(name)?].proto.clone();
        fill_json_names(&self.pool, &mut proto);
        Some(proto)
    }
}

fn has_errors(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
}

fn for_descriptor_set(pool: &Pool, file: FileId) -> FileDescriptorProto {
    let mut proto = pool[file].proto.clone();
    fill_json_names(pool, &mut proto);
    without_source_options(pool, &mut proto);
    proto
}

/// The files and what they import, imports first.
fn in_order(pool: &Pool, asked: impl Iterator<Item = FileId>) -> Vec<FileId> {
    let mut order = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for file in asked {
        // Each with how many of its imports were gone through.
        let mut open: Vec<(FileId, usize)> = Vec::new();
        if seen.insert(file) {
            open.push((file, 0));
        }
        while let Some((file, next)) = open.last_mut() {
            match pool.import(*file, *next) {
                Some(import) => {
                    *next += 1;
                    if seen.insert(import) {
                        open.push((import, 0));
                    }
                }
                None => {
                    order.push(*file);
                    open.pop();
                }
            }
        }
    }
    order
}

#[cfg(test)]
mod tests;
