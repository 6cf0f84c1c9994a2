//! The comments of a `.proto` file as Python docstrings.

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use super::text::Text;

/// The lines of all comments around the element at `path` in `file`.
pub(super) fn lines<'a>(file: &'a FileDescriptorProto, path: &[i32]) -> Vec<&'a str> {
    let Some(location) = file
        .source_code_info
        .as_option()
        .and_then(|info| info.location.iter().rfind(|location| location.path == path))
    else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for detached in &location.leading_detached_comments {
        lines.extend(lines_of(detached));
        lines.push("");
    }
    for comment in [&location.leading_comments, &location.trailing_comments].into_iter().flatten() {
        lines.extend(lines_of(comment));
    }
    lines
}

/// Unlike `str::lines` leaves a carriage return where it is.
fn lines_of(comment: &str) -> impl Iterator<Item = &str> {
    comment.split_terminator('\n')
}

/// Writes lines as a docstring; a body has to have something in it. Text is as
/// it was written, so quotes in it can end the docstring early: so be it, for
/// protoc does the same.
pub(super) fn docstring(text: &mut Text, lines: &[&str]) {
    if lines.is_empty() {
        text.line("\"\"\"Missing associated documentation comment in .proto file.\"\"\"");
        return;
    }
    text.add("\"\"\"");
    for line in lines {
        text.line(line.trim_start_matches(' '));
    }
    text.line("\"\"\"");
}
