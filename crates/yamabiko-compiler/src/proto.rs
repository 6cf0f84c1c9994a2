//! The way into the front end: from the names of files to linked descriptors.

use std::collections::HashMap;

use buffa::MessageField;
use buffa_codegen::generated::descriptor::FileDescriptorProto;

use crate::check;
use crate::parse::{self, Parsed};
use crate::problem::{Problem, Severity};
use crate::resolve::{
    FileId, Loader, Original, Pool, fill_json_names, only_explicit_json_names,
    without_source_options,
};

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

    /// A file whose text has been parsed before this was asked, and what there
    /// was to say of it. It comes between the two.
    fn parsed(&mut self, _name: &str) -> Option<(Parsed, Vec<Problem>)> {
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
    /// What is known of their elements; the descriptors are in `files`.
    pool: Pool,
    /// By name, what the options of files were.
    originals: HashMap<String, Original>,
}

/// Reads and links files and what they import. What there is to say goes to
/// `problems`, in protoc's order; the files are there if none of it is an error.
pub(crate) fn compile(
    names: &[String],
    open: &mut dyn Open,
    problems: &mut Vec<Problem>,
) -> Option<Linked> {
    let mut pool = link(names, open, problems, For::Descriptors)?;
    let order = in_order(&pool, names.iter().filter_map(|name| pool.file(name)));
    let mut originals = HashMap::new();
    let files = order.into_iter().map(|file| {
        let mut proto = std::mem::take(&mut pool[file].proto);
        fill_json_names(&pool, &mut proto);
        let original = without_source_options(&pool, &mut proto);
        originals.insert(pool[file].name.clone(), original);
        proto
    });
    let files = files.collect();
    Some(Linked { files, asked: names.to_vec(), pool, originals })
}

/// Does the same for the sake of what there is to say, and goes on after a file
/// that is broken, so that all are told of in one go. What several of them
/// import is complained about for each.
pub(crate) fn tell_all(names: &[String], open: &mut dyn Open, problems: &mut Vec<Problem>) {
    link(names, open, problems, For::Problems);
}

/// What files are linked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// Their descriptors, as protoc does: a file that is broken ends it.
    Descriptors,
    /// What there is to say of them. Places and comments are left out.
    Problems,
}

fn link(
    names: &[String],
    open: &mut dyn Open,
    problems: &mut Vec<Problem>,
    purpose: For,
) -> Option<Pool> {
    let first = problems.len();
    let unstable_editions = open.allows_unstable_editions();
    let read = match purpose {
        For::Descriptors => parse::parse,
        For::Problems => parse::parse_without_locations,
    };
    let mut loader = Loader::new(names, open, problems, read);
    let mut loaded = true;
    for name in names {
        loaded &= loader.load(name);
        if !loaded && purpose == For::Descriptors {
            break;
        }
    }
    let mut pool = loader.into_pool();
    if !loaded {
        return None;
    }
    let asked: Vec<FileId> = names.iter().filter_map(|name| pool.file(name)).collect();
    for file in &asked {
        check::feature_support(&pool, *file, problems);
    }
    if has_errors(&problems[first..]) {
        return None;
    }
    for file in asked {
        if !unstable_editions {
            check::unstable_edition(&pool, file, problems);
        }
        check::reserved_numbers(&pool, file, problems);
        let mut proto = std::mem::take(&mut pool[file].proto);
        check::targets(&pool, &mut proto, problems);
        pool[file].proto = proto;
    }
    (!has_errors(&problems[first..])).then_some(pool)
}

impl Linked {
    /// The files as they were linked, without their descriptors.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// One of the files as generated code embeds it: without source
    /// information, with only those names in JSON that the file spells out.
    pub(crate) fn embedded(&self, file: &FileDescriptorProto) -> FileDescriptorProto {
        let mut proto = file.clone();
        proto.source_code_info = MessageField::none();
        only_explicit_json_names(&self.pool, &mut proto);
        proto
    }

    /// One of the files with all its options, as plugins get it to see what only
    /// the source is to say.
    pub(crate) fn with_source_options(&self, file: &FileDescriptorProto) -> FileDescriptorProto {
        match self.originals.get(file.name.as_deref().unwrap_or_default()) {
            Some(original) => original.restored(file),
            None => file.clone(),
        }
    }
}

fn has_errors(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
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
