//! A problem with what is around it, as rules look at it.

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use super::files::{Files, View};
use super::mended::Change;
use super::outline::{Sort, Statement};
use super::text::Text;
use crate::problem::Problem;

/// The largest number that a field may have.
pub(super) const MAX_NUMBER: i64 = (1 << 29) - 1;

/// A problem and its file.
pub(super) struct Context<'a> {
    pub(super) name: &'a str,
    pub(super) view: Rc<View>,
    pub(super) problem: &'a Problem,
    /// The problems after it.
    pub(super) rest: &'a [Problem],
    /// The byte that protoc points at.
    pub(super) offset: usize,
    /// The token that protoc points at, or the next one.
    pub(super) token: usize,
    pub(super) files: &'a mut Files,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        name: &'a str,
        view: Rc<View>,
        problems: &'a [Problem],
        files: &'a mut Files,
    ) -> Self {
        let (problem, rest) = problems.split_first().expect("there is a problem to explain");
        let offset = problem.place.map_or(0, |place| view.text.offset(place));
        let token = view.text.token_at(offset);
        Self { name, view, problem, rest, offset, token, files }
    }

    pub(super) fn text(&self) -> &Text {
        &self.view.text
    }

    pub(super) fn message(&self) -> &'a str {
        &self.problem.message
    }

    /// The text of a token at a distance from the place.
    pub(super) fn word(&self, distance: isize) -> &str {
        self.token.checked_add_signed(distance).map_or("", |token| self.text().word(token))
    }

    /// The range of the token that protoc points at, or of the last one before
    /// the end of the file.
    pub(super) fn here(&self) -> Range<usize> {
        let count = self.text().tokens().len();
        if self.token < count {
            return self.text().range(self.token);
        }
        match count.checked_sub(1) {
            Some(last) => {
                let end = self.text().range(last).end;
                end..end
            }
            None => 0..0,
        }
    }

    /// The first token of the statement that a token is in, judged by the signs
    /// before it.
    pub(super) fn statement_start(&self, token: usize) -> usize {
        let text = self.text();
        let mut start = token.min(text.tokens().len());
        let mut brackets = 0_usize;
        while start > 0 {
            match text.word(start - 1) {
                "]" => brackets += 1,
                "[" => brackets = brackets.saturating_sub(1),
                ";" if brackets == 0 => break,
                "{" | "}" if brackets == 0 => break,
                _ => {}
            }
            start -= 1;
        }
        start
    }

    /// The statements around the place, the innermost first.
    pub(super) fn around(&self) -> Vec<&Statement> {
        let mut around = self.view.outline.around(self.token);
        around.reverse();
        around
    }

    /// The innermost statement of a sort around the place.
    pub(super) fn enclosing(&self, sort: Sort) -> Option<&Statement> {
        self.around().into_iter().find(|statement| statement.sort == sort)
    }

    /// The field or value at the place, or whatever statement is there.
    pub(super) fn statement(&self) -> Option<&Statement> {
        self.around().into_iter().next()
    }

    /// The message around the place, which is not the statement at it.
    pub(super) fn message_around(&self) -> Option<&Statement> {
        let around = self.around();
        around.into_iter().skip(1).find(|one| matches!(one.sort, Sort::Message | Sort::Field))
    }

    /// The name of something, in the mended text.
    pub(super) fn name_of(&self, statement: &Statement) -> &str {
        statement.name(self.text()).map_or("", |name| self.text().word(name))
    }

    /// The range of a statement's name; of all of it if it has none.
    pub(super) fn name_range(&self, statement: &Statement) -> Range<usize> {
        match statement.name(self.text()) {
            Some(name) => self.text().range(name),
            None => self.text().span(statement.head.clone()),
        }
    }

    /// The bytes of a statement.
    pub(super) fn range_of(&self, statement: &Statement) -> Range<usize> {
        self.text().span(statement.all.clone())
    }

    /// A number that no field of a message has.
    pub(super) fn next_free(&self, message: &Statement) -> i64 {
        let text = self.text();
        let mut taken: Vec<(i64, i64)> = Vec::new();
        let mut greatest = 0;
        for member in message.members() {
            let Some(number) = member.number(text) else { continue };
            taken.push((number, number));
            if number <= MAX_NUMBER && !(19_000..=19_999).contains(&number) {
                greatest = greatest.max(number);
            }
        }
        for statement in &message.block {
            if matches!(statement.sort, Sort::Reserved | Sort::Extensions) {
                taken
                    .extend(statement.ranges(text).into_iter().map(|(start, end, _)| (start, end)));
            }
        }
        for (of, number) in self.view.offered.borrow().iter() {
            if *of == message.all.start {
                taken.push((*number, *number));
                greatest = greatest.max(*number);
            }
        }
        taken.push((19_000, 19_999));
        taken.sort_unstable();
        // After the greatest, as people count; if that is taken too, any.
        let free_from = |start: i64| {
            let mut next = start;
            for (start, end) in &taken {
                if *start > next {
                    break;
                }
                next = next.max(end.saturating_add(1));
            }
            Some(next).filter(|next| *next <= MAX_NUMBER)
        };
        free_from(greatest + 1).or_else(|| free_from(1)).unwrap_or(1)
    }

    /// The same, which is offered to nobody else then.
    pub(super) fn take_free(&self, message: &Statement) -> i64 {
        let number = self.next_free(message);
        self.view.offered.borrow_mut().push((message.all.start, number));
        number
    }

    /// A name that nothing in the file has, with a number after it if need be.
    /// It is offered to nobody else.
    pub(super) fn free_name(&self, wanted: &str) -> String {
        let text = self.text();
        let mut taken: HashSet<&str> = HashSet::new();
        self.view.outline.visit(text, &mut |statement, _| {
            taken.extend(statement.name(text).map(|name| text.word(name)));
        });
        let offered = self.view.offered_names.borrow().clone();
        taken.extend(offered.iter().map(String::as_str));
        let mut name = wanted.to_owned();
        let mut next = 2;
        while taken.contains(name.as_str()) {
            name = format!("{wanted}{next}");
            next += 1;
        }
        self.view.offered_names.borrow_mut().push(name.clone());
        name
    }

    /// The change that adds an import, where imports stand.
    pub(super) fn add_import(&self, file: &str) -> Option<Change> {
        let text = self.text();
        let statements = &self.view.outline.statements;
        let import = format!("import \"{file}\";");
        let is_there = |one: &&Statement| {
            one.sort == Sort::Import
                && text.written(one.all.clone()).contains(&format!("\"{file}\""))
        };
        if statements.iter().any(|one| is_there(&one)) {
            return None;
        }
        let last = |sort: Sort| statements.iter().rev().find(|one| one.sort == sort);
        if let Some(before) = last(Sort::Import) {
            let end = self.range_of(before).end;
            return Some((end..end, format!("\n{import}").into_bytes()));
        }
        if let Some(before) = last(Sort::Package).or_else(|| last(Sort::Syntax)) {
            let end = self.range_of(before).end;
            return Some((end..end, format!("\n\n{import}").into_bytes()));
        }
        let start = self.start();
        Some((start..start, format!("{import}\n").into_bytes()))
    }

    /// The first byte after a byte order mark.
    pub(super) fn start(&self) -> usize {
        if self.text().bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
    }

    /// The change that adds a declaration at the end of the file.
    pub(super) fn append(&self, declaration: &str) -> Change {
        let end = self.text().bytes.len();
        let newline = if self.text().bytes.ends_with(b"\n") { "" } else { "\n" };
        (end..end, format!("{newline}\n{declaration}\n").into_bytes())
    }

    /// The lines of a statement that stands alone in them, else only its bytes.
    pub(super) fn lines_of(&self, statement: &Statement) -> Range<usize> {
        let text = self.text();
        let range = self.range_of(statement);
        let (first, last) = (text.line(range.start), text.line(range.end.saturating_sub(1)));
        let (start, end) = (text.line_start(first), text.line_end(last));
        let is_blank = |range: Range<usize>| text.bytes[range].trim_ascii().is_empty();
        if is_blank(start..range.start) && is_blank(range.end..end) {
            return start..text.line_start(last + 1);
        }
        range
    }
}

/// What stands between quotes in a message, one after the other.
pub(super) fn quoted(message: &str) -> Vec<&str> {
    message.split('"').skip(1).step_by(2).collect()
}
