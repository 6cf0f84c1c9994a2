//! Comments, moved with what they belong to.

use super::pieces::Comment;

/// Writes a comment that starts at a line of its own, `indent` spaces in.
pub(super) fn write_own_line(comment: &Comment<'_>, indent: usize, out: &mut Vec<u8>) {
    write(comment, indent, out, |line, out| {
        let spaces = line.len() - line.trim_ascii_start().len();
        out.resize(out.len() + indent, b' ');
        // As far in as before, seen from the comment's first line.
        out.extend_from_slice(&line[spaces.min(comment.column)..]);
    });
}

/// Writes a comment behind something else.
pub(super) fn write_behind(comment: &Comment<'_>, indent: usize, out: &mut Vec<u8>) {
    write(comment, indent, out, |line, out| out.extend_from_slice(line));
}

fn write(
    comment: &Comment<'_>,
    indent: usize,
    out: &mut Vec<u8>,
    other_line: impl Fn(&[u8], &mut Vec<u8>),
) {
    let mut lines = comment.text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end);
    out.extend_from_slice(lines.next().unwrap_or_default());
    let has_asterisks = lines.clone().all(|line| line.trim_ascii_start().starts_with(b"*"));
    for line in lines {
        out.push(b'\n');
        if has_asterisks {
            out.resize(out.len() + indent + 1, b' ');
            out.extend_from_slice(line.trim_ascii_start());
        } else if !line.is_empty() {
            other_line(line, out);
        }
    }
}
