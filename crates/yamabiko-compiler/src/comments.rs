//! The comments of a `.proto` file as Rust doc comments.
//!
//! Text written for any documentation tool must not become anything else in
//! rustdoc: no code block may turn into a doctest, no bracket into a broken
//! link, no `<…>` into HTML. (buffa-codegen does the same for messages.)

use std::collections::BTreeMap;

use buffa_codegen::generated::descriptor::FileDescriptorProto;
use proc_macro2::TokenStream;
use quote::quote;

/// Field numbers of descriptor.proto, of which source paths are made.
const FILE_SERVICE: i32 = 6;
const SERVICE_METHOD: i32 = 2;

/// The comments of a file's services and methods.
pub(crate) struct Comments {
    by_path: BTreeMap<Vec<i32>, String>,
}

impl Comments {
    pub(crate) fn of(file: &FileDescriptorProto) -> Self {
        let locations = file.source_code_info.as_option().map(|info| info.location.iter());
        let by_path = locations
            .into_iter()
            .flatten()
            .filter_map(|location| {
                let comment =
                    location.leading_comments.as_ref().or(location.trailing_comments.as_ref())?;
                Some((location.path.clone(), comment.clone()))
            })
            .collect();
        Self { by_path }
    }

    /// The comment of the file's service number `service`, from 0.
    pub(crate) fn service(&self, service: usize) -> Option<&str> {
        self.at(&[FILE_SERVICE, index(service)])
    }

    /// The comment of a method, both numbers from 0.
    pub(crate) fn method(&self, service: usize, method: usize) -> Option<&str> {
        self.at(&[FILE_SERVICE, index(service), SERVICE_METHOD, index(method)])
    }

    fn at(&self, path: &[i32]) -> Option<&str> {
        self.by_path.get(path).map(String::as_str)
    }
}

fn index(position: usize) -> i32 {
    i32::try_from(position).expect("a file has fewer services and methods than i32 can count")
}

/// `#[doc]` attributes for `comment`, or for `otherwise` where there is none.
pub(crate) fn doc(comment: Option<&str>, otherwise: &str) -> TokenStream {
    let lines = match comment.map(str::trim_end) {
        Some(comment) if !comment.is_empty() => render(comment),
        _ => vec![otherwise.to_owned()],
    };
    let lines = lines.iter().map(|line| {
        let line = if line.is_empty() { String::new() } else { format!(" {line}") };
        quote!(#[doc = #line])
    });
    quote!(#(#lines)*)
}

/// Markdown that reads like `comment` and that rustdoc takes for text.
fn render(comment: &str) -> Vec<String> {
    // protoc leaves the space after `//` in place; it is not indentation.
    let stripped: Vec<&str> =
        comment.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    let mut lines = Vec::new();
    let mut block = Block::None;
    for line in stripped {
        let fence = line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        let indented = line.starts_with("    ") || line.starts_with('\t');
        match block {
            Block::Fenced => {
                lines.push(if fence { "```".to_owned() } else { line.to_owned() });
                if fence {
                    block = Block::None;
                }
                continue;
            }
            Block::Indented if indented || line.is_empty() => {
                lines.push(line.to_owned());
                continue;
            }
            Block::Indented => {
                lines.push("```".to_owned());
                block = Block::None;
            }
            Block::None => {}
        }
        if fence || indented {
            lines.push("```text".to_owned());
            block = if fence { Block::Fenced } else { Block::Indented };
            if indented && !fence {
                lines.push(line.to_owned());
            }
        } else {
            lines.push(escape(line));
        }
    }
    if !matches!(block, Block::None) {
        lines.push("```".to_owned());
    }
    lines
}

/// What kind of code the current line is in.
#[derive(Clone, Copy)]
enum Block {
    None,
    Fenced,
    Indented,
}

/// Takes the markup out of a line of prose; what is in backticks stays.
fn escape(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    let code = line.matches('`').count().is_multiple_of(2);
    let mut in_code = false;
    for letter in line.chars() {
        match letter {
            '`' if code => in_code = !in_code,
            '[' | ']' | '<' | '>' | '`' | '\\' if !in_code => escaped.push('\\'),
            _ => {}
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indented_code_is_text() {
        assert_eq!(
            render(" Use it:\n\n     let x = 1;\n\n done"),
            ["Use it:", "", "```text", "    let x = 1;", "", "```", "done"],
        );
    }

    #[test]
    fn a_fence_is_text_and_is_closed() {
        assert_eq!(render(" ```rust\n panic!()"), ["```text", "panic!()", "```"]);
    }

    #[test]
    fn a_fence_at_the_end_of_indented_code_is_closed_too() {
        assert_eq!(render("     a"), ["```text", "    a", "```"]);
    }

    #[test]
    fn links_and_html_are_text() {
        assert_eq!(
            render(" see [Foo] and Vec<T>, `Vec<T>`"),
            ["see \\[Foo\\] and Vec\\<T\\>, `Vec<T>`"],
        );
    }

    #[test]
    fn letters_of_any_script_stay() {
        assert_eq!(render(" やまびこ */ ☺"), ["やまびこ */ ☺"]);
    }
}
