//! The codes of problems, and a page about each: `yamabiko explain P0201`.
//!
//! A code never changes its meaning, so that people can look it up and programs
//! can rely on it. Each group of codes is a table in a file of its own.

mod code;
mod enums;
mod fields;
mod files;
mod names;
mod numbers;
mod options;
mod syntax;

pub use code::{Code, Page, explain, pages};

/// The codes by name.
pub(crate) mod codes {
    pub(crate) use super::enums::*;
    pub(crate) use super::fields::*;
    pub(crate) use super::files::*;
    pub(crate) use super::names::*;
    pub(crate) use super::numbers::*;
    pub(crate) use super::options::*;
    pub(crate) use super::syntax::*;
}

/// A table of codes: each gets a constant and a page.
macro_rules! table {
    ($($name:ident = $number:literal, $title:literal, $text:literal, $wrong:literal => $right:literal;)*) => {
        $(pub(crate) const $name: super::Code = super::code::Code::new($number);)*
        /// The pages of these codes.
        pub(super) const PAGES: &[super::Page] = &[$(super::Page {
            code: $name,
            title: $title,
            text: $text,
            wrong: $wrong,
            right: $right,
        }),*];
    };
}
use table;
