//! What has been found wrong with the file that is being read.

use super::Broken;
use crate::problem::{Problem, Severity};

/// So many problems of one file are told. More help nobody, and a file of
/// garbage has one in every byte.
const MAX_PROBLEMS: usize = 1000;

/// The problems of one file, after those of others.
pub(super) struct Report<'a> {
    pub(super) file_name: &'a str,
    problems: &'a mut Vec<Problem>,
    /// Where those of this file begin.
    first: usize,
    has_errors: bool,
}

impl<'a> Report<'a> {
    pub(super) fn new(file_name: &'a str, problems: &'a mut Vec<Problem>) -> Self {
        Self { file_name, first: problems.len(), problems, has_errors: false }
    }

    pub(super) fn add(&mut self, problem: Problem) -> Broken {
        if problem.severity == Severity::Error {
            self.has_errors = true;
        }
        if !self.is_full() {
            self.problems.push(problem);
        }
        Broken
    }

    /// Lets the first problem stand for all of them.
    pub(super) fn keep_first(&mut self, hint: &str) {
        self.problems.truncate(self.first + 1);
        if let Some(problem) = self.problems.get_mut(self.first) {
            problem.hint = Some(hint.to_owned());
        }
    }

    /// The problems of this file.
    pub(super) fn problems(&self) -> &[Problem] {
        &self.problems[self.first..]
    }

    /// Whether so many problems have been found that no more are told.
    pub(super) fn is_full(&self) -> bool {
        self.problems().len() >= MAX_PROBLEMS
    }

    pub(super) fn has_errors(&self) -> bool {
        self.has_errors
    }
}
