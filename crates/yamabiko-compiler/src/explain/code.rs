//! What a code is, and the page about it.

use std::fmt;

use super::{enums, fields, files, names, numbers, options, syntax};

/// The stable name of a kind of problem, such as `P0201`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

impl Code {
    pub(super) const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The page about it.
    pub fn page(self) -> &'static Page {
        pages().find(|page| page.code == self).expect("each code comes with its page")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "P{:04}", self.0)
    }
}

/// What there is to know about a kind of problem.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub(super) code: Code,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) wrong: &'static str,
    pub(super) right: &'static str,
}

impl Page {
    /// The code that it is about.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What is wrong, in one line.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// Why it is wrong and what to do, in one paragraph.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// Some lines of a file that are wrong in this way; empty if there is no
    /// short example.
    pub fn wrong(&self) -> &'static str {
        self.wrong
    }

    /// The same lines, mended; empty if there is no example.
    pub fn right(&self) -> &'static str {
        self.right
    }
}

/// So many characters fit into a line of a page.
const WIDTH: usize = 80;

impl fmt::Display for Page {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}: {}\n", self.code, self.title)?;
        let mut column = 0;
        for word in self.text.split_whitespace() {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > WIDTH {
                writeln!(out)?;
                column = 0;
            }
            let space = if column > 0 { " " } else { "" };
            write!(out, "{space}{word}")?;
            column += space.len() + length;
        }
        writeln!(out)?;
        for (what, example) in [("Wrong:", self.wrong), ("Right:", self.right)] {
            if !example.is_empty() {
                writeln!(out, "\n{what}")?;
            }
            for line in example.lines() {
                writeln!(out, "    {line}")?;
            }
        }
        Ok(())
    }
}

/// The pages of all codes, in order.
pub fn pages() -> impl Iterator<Item = &'static Page> {
    [
        files::PAGES,
        syntax::PAGES,
        numbers::PAGES,
        fields::PAGES,
        names::PAGES,
        enums::PAGES,
        options::PAGES,
    ]
    .into_iter()
    .flatten()
}

/// The page of a code as people type it: `P0201`, `p201` or `201`.
pub fn explain(code: &str) -> Option<&'static Page> {
    let number = code.trim().trim_start_matches(['P', 'p']).parse().ok()?;
    pages().find(|page| page.code == Code(number))
}
