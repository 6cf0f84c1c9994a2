//! What a rule is given, and where it puts what it finds.

use std::collections::BTreeMap;

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use crate::descriptors::Named as _;
use crate::elements::{Element, Locations, elements};

/// A file that is looked at.
#[derive(Debug)]
pub(super) struct File<'a> {
    /// Its descriptor.
    pub proto: &'a FileDescriptorProto,
    /// What it defines.
    pub elements: Vec<Element<'a>>,
    /// Where that stands.
    pub locations: Locations<'a>,
    /// The places, among its imports, of those that it does not need.
    pub unused_imports: Vec<usize>,
}

impl<'a> File<'a> {
    pub(super) fn new(proto: &'a FileDescriptorProto, unused: &[&str]) -> Self {
        let names = proto.dependency.iter().enumerate();
        let unused = names.filter(|(_, name)| unused.contains(&name.as_str()));
        Self {
            proto,
            elements: elements(proto),
            locations: Locations::new(proto),
            unused_imports: unused.map(|(index, _)| index).collect(),
        }
    }

    /// The package; empty if there is none.
    pub(super) fn package(&self) -> &'a str {
        self.proto.package.as_deref().unwrap_or_default()
    }

    /// The directory, seen from the root; `.` for the root itself.
    pub(super) fn directory(&self) -> &'a str {
        self.proto.name().rsplit_once('/').map_or(".", |(directory, _)| directory)
    }
}

/// Something that a rule does not like.
#[derive(Debug)]
pub(super) struct Found {
    /// Which file, among those that are looked at.
    pub file: usize,
    /// The path of what it is about; that of its part that is at fault. Without
    /// one, it is about the file.
    pub path: Option<Vec<i32>>,
    /// What to change.
    pub message: String,
}

/// The files, and what was found in them.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// The files that are looked at.
    pub files: Vec<File<'a>>,
    /// The package of each file that is there, imported ones included.
    pub packages: BTreeMap<&'a str, &'a str>,
    /// What the current rule has found.
    pub found: Vec<Found>,
}

impl Context<'_> {
    /// Says something about a place in a file.
    pub(super) fn report(&mut self, file: usize, path: &[i32], message: String) {
        self.found.push(Found { file, path: Some(path.to_vec()), message });
    }

    /// Says something about a file.
    pub(super) fn report_file(&mut self, file: usize, message: String) {
        self.found.push(Found { file, path: None, message });
    }
}
