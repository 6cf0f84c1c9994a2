//! Files are opened and parsed in the order in which they import each other,
//! and linked once what they import is linked.

use std::collections::HashSet;

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use super::builder::Builder;
use super::pool::Pool;
use crate::check;
use crate::parse::{Parsed, Places};
use crate::problem::{Problem, Severity};
use crate::proto::Open;

/// Brings files into a pool.
pub(crate) struct Loader<'a> {
    pool: Pool,
    open: &'a mut dyn Open,
    problems: &'a mut Vec<Problem>,
    /// What there is to say once all files are linked.
    late: Vec<Problem>,
    /// Files that are not tried again.
    bad: HashSet<String>,
    /// The files that were asked for.
    asked: HashSet<String>,
    read: Read,
}

/// How a text is parsed.
type Read = fn(&str, &[u8], &mut Vec<Problem>) -> Parsed;

/// A file that waits for the files that it imports.
struct Pending {
    name: String,
    file: FileDescriptorProto,
    places: Places,
    imports: Vec<String>,
    /// How many of the imports were looked at.
    next: usize,
}

impl<'a> Loader<'a> {
    /// A loader for `asked`, which are still to be loaded; texts are parsed by
    /// `read`.
    pub(crate) fn new(
        asked: &[String],
        open: &'a mut dyn Open,
        problems: &'a mut Vec<Problem>,
        read: Read,
    ) -> Self {
        Self {
            pool: Pool::default(),
            open,
            problems,
            late: Vec::new(),
            bad: HashSet::new(),
            asked: asked.iter().cloned().collect(),
            read,
        }
    }

    /// The files that were loaded.
    pub(crate) fn into_pool(self) -> Pool {
        self.pool
    }

    /// Loads a file and what it imports; says whether it is good.
    pub(crate) fn load(&mut self, name: &str) -> bool {
        if self.pool.by_name.contains_key(name) {
            return true;
        }
        self.bad.clear();
        let mut pending: Vec<Pending> = Vec::new();
        self.begin(name, &mut pending);
        while let Some(top) = pending.last_mut() {
            if let Some(import) = top.imports.get(top.next).cloned() {
                top.next += 1;
                if !self.pool.by_name.contains_key(&import) && !self.bad.contains(&import) {
                    self.begin(&import, &mut pending);
                }
            } else if let Some(file) = pending.pop() {
                self.link(file);
            }
        }
        let good = self.late.iter().all(|problem| problem.severity != Severity::Error);
        self.problems.append(&mut self.late);
        good && self.pool.by_name.contains_key(name)
    }

    /// Opens and parses a file, and makes it the next one to be worked on.
    fn begin(&mut self, name: &str, pending: &mut Vec<Pending>) {
        if let Some(first) = pending.iter().position(|file| file.name == name) {
            self.imports_itself(&pending[first..]);
            self.bad.insert(name.to_owned());
            return;
        }
        let Some((file, places)) = self.read(name) else {
            self.bad.insert(name.to_owned());
            return;
        };
        let imports = file.dependency.iter().chain(&file.option_dependency).cloned().collect();
        pending.push(Pending { name: name.to_owned(), file, places, imports, next: 0 });
    }

    /// A file, if it is there and sound.
    fn read(&mut self, name: &str) -> Option<(FileDescriptorProto, Places)> {
        if let Some(file) = self.open.descriptor(name) {
            return Some((file, Places::default()));
        }
        if let Some((Parsed { file, places, had_errors }, said)) = self.open.parsed(name) {
            self.problems.extend(said);
            return (!had_errors).then_some((file, places));
        }
        match self.open.open(name) {
            Ok(text) => {
                let Parsed { file, places, had_errors } = (self.read)(name, &text, self.problems);
                (!had_errors).then_some((file, places))
            }
            Err(message) => {
                let mut problem = Problem::error(name, None, message);
                if check::may_guess(self.problems) {
                    let loaded = self.pool.by_name.keys().map(String::as_str);
                    problem.hint = check::similar_import(name, loaded);
                }
                self.problems.push(problem);
                None
            }
        }
    }

    /// Reports a cycle: each of the files imports the next one, and the last
    /// the first.
    fn imports_itself(&mut self, cycle: &[Pending]) {
        let Some(first) = cycle.first() else { return };
        let second = cycle.get(1).unwrap_or(first);
        let round: Vec<&str> = cycle.iter().chain([first]).map(|file| file.name.as_str()).collect();
        let message = format!("File recursively imports itself: {}", round.join(" -> "));
        let place = first.places.import(&second.name);
        let problem = Problem::error(&first.name, place, message);
        self.problems.push(problem.with_hint("move what they share to a file of its own"));
    }

    fn link(&mut self, file: Pending) {
        self.pool.begin();
        let asked = self.asked.contains(&file.name);
        let builder = Builder::new(&mut self.pool, self.problems, &file.places, &file.file, asked);
        match builder.build(file.file) {
            Some(late) => self.late.extend(late),
            None => {
                self.pool.roll_back();
                self.bad.insert(file.name);
            }
        }
    }
}
