//! One file on its way into the pool: where the work stands, and what went
//! wrong.

use std::collections::{HashMap, HashSet};

use buffa_codegen::generated::descriptor::{FieldDescriptorProto, FileDescriptorProto};

use super::options::PendingOptions;
use super::pool::{FileId, MessageId, Pool};
use crate::check::{self, Wanted};
use crate::parse::{Part, Places};
use crate::problem::{Place, Problem};

/// So many bytes of messages are kept for a file. Each may quote a long name.
const MAX_SAID: usize = 64 << 20;

/// A file being linked.
pub(crate) struct Builder<'a> {
    pub pool: &'a mut Pool,
    pub problems: &'a mut Vec<Problem>,
    /// Where the parts of the file's elements stand.
    pub places: &'a Places,
    pub file: FileId,
    pub name: String,
    /// The edition; see `pool::edition`.
    pub edition: i32,
    /// The element at hand, as a path in the file's descriptor.
    pub path: Vec<i32>,
    pub had_errors: bool,
    /// The files whose symbols the file sees.
    pub(super) dependencies: HashSet<FileId>,
    /// Those whose options it sees.
    pub(super) option_dependencies: HashSet<FileId>,
    /// Imports that nothing was needed from yet; only of files that were asked
    /// for.
    pub unused: Vec<FileId>,
    /// A symbol that the last lookup found in a file that is not imported.
    pub(super) undeclared: Option<(FileId, String)>,
    /// What the last lookup took the name for, if that is not defined.
    pub(super) undefined: String,
    /// Messages that need other numbers.
    pub wanted: HashMap<Option<MessageId>, Wanted>,
    /// The next free number of messages, in protoc's words, once it was asked for.
    pub next_free: HashMap<MessageId, String>,
    /// How many bytes its full names have so far, and what was said about it.
    pub(super) named: usize,
    said: usize,
    /// The ranges of messages that are extended.
    extension_ranges: HashMap<MessageId, check::Ranges>,
    /// Options to interpret, in the order of protoc.
    pub(super) pending: Vec<PendingOptions>,
    /// Whether the file was asked for, not only imported.
    pub(super) asked: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        pool: &'a mut Pool,
        problems: &'a mut Vec<Problem>,
        places: &'a Places,
        proto: &FileDescriptorProto,
        asked: bool,
    ) -> Self {
        let file = FileId::at(pool.files.len());
        Self {
            pool,
            problems,
            places,
            file,
            name: proto.name.clone().unwrap_or_default(),
            edition: super::declare::edition_of(proto).unwrap_or_default(),
            path: Vec::new(),
            had_errors: false,
            dependencies: HashSet::new(),
            option_dependencies: HashSet::new(),
            unused: Vec::new(),
            undeclared: None,
            undefined: String::new(),
            wanted: HashMap::new(),
            next_free: HashMap::new(),
            named: 0,
            said: 0,
            extension_ranges: HashMap::new(),
            pending: Vec::new(),
            asked,
        }
    }

    /// Links the file; `None` if it is broken. What there is to say about its
    /// features is said later, when all files are linked.
    pub(super) fn build(mut self, mut proto: FileDescriptorProto) -> Option<Vec<Problem>> {
        self.declare_file(&proto)?;
        self.link_file(&proto);
        check::suggest_numbers(&mut self);
        if !self.had_errors {
            self.interpret_options(&mut proto);
        }
        if !self.had_errors {
            check::after_options(&mut self, &proto);
        }
        if self.had_errors {
            check::map_conflicts(&mut self);
        } else {
            check::unused_imports(&mut self);
            check::naming_style(&mut self, &proto);
            check::visibility(&mut self, &proto);
        }
        if self.had_errors {
            return None;
        }
        let before = self.problems.len();
        check::lifetimes(&mut self, &proto);
        let late = self.problems.split_off(before);
        self.finish(proto);
        Some(late)
    }

    /// Does something with an element of the one at hand.
    pub(crate) fn at<R>(
        &mut self,
        tag: i32,
        index: usize,
        action: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let index = i32::try_from(index).expect("a file of 2^31 elements does not fit in memory");
        self.path.extend([tag, index]);
        let result = action(self);
        self.path.truncate(self.path.len() - 2);
        result
    }

    fn place(&self, part: Part) -> Option<Place> {
        self.places.find(&self.path, part)
    }

    /// Reports an error of the element at hand.
    pub(crate) fn error(&mut self, part: Part, message: impl Into<String>) {
        self.error_with_hint(part, message, None);
    }

    /// The numbers that a message leaves to extensions.
    pub(crate) fn extension_ranges(&mut self, message: MessageId) -> &check::Ranges {
        let pool = &self.pool;
        self.extension_ranges.entry(message).or_insert_with(|| {
            let ranges = pool[message].extension_ranges.iter();
            check::Ranges::new(ranges.map(|range| range.start.into()..range.end.into()))
        })
    }

    /// Reports an error of the element at hand, with what to do about it.
    pub(crate) fn error_with_hint(
        &mut self,
        part: Part,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        let message = message.into();
        // The first error is always told.
        if !std::mem::replace(&mut self.had_errors, true) || self.may_say(&message) {
            let problem = Problem::error(&self.name, self.place(part), message);
            self.problems.push(Problem { hint, ..problem });
        }
    }

    fn may_say(&mut self, message: &str) -> bool {
        self.said += message.len();
        self.said <= MAX_SAID
    }

    /// Reports something of the element at hand that is no error.
    pub(crate) fn warning(&mut self, part: Part, message: impl Into<String>) {
        let message = message.into();
        if self.may_say(&message) {
            self.problems.push(Problem::warning(&self.name, self.place(part), message));
        }
    }

    /// Reports an error of an import.
    pub(crate) fn import_error(&mut self, name: &str, message: String) {
        self.had_errors = true;
        self.problems.push(Problem::error(&self.name, self.places.import(name), message));
    }

    /// Reports something of an import that is no error.
    pub(crate) fn import_warning(&mut self, name: &str, message: String) {
        self.problems.push(Problem::warning(&self.name, self.places.import(name), message));
    }
}

/// The name of a field, empty if it has none.
pub(super) fn name_of(field: &FieldDescriptorProto) -> &str {
    field.name.as_deref().unwrap_or_default()
}
