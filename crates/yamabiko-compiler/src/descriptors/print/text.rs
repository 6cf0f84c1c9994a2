//! Lines and blocks.

use std::fmt::Write as _;

/// Lines are kept shorter where that is possible.
const WIDTH: usize = 100;

/// Text that grows line by line.
#[derive(Debug, Default)]
pub(super) struct Text {
    out: String,
    depth: usize,
    /// An empty line is due before the next one.
    section: bool,
}

impl Text {
    /// Adds a line, or several, at the depth of the block.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        if std::mem::take(&mut self.section) && !self.out.is_empty() && !self.out.ends_with("{\n") {
            self.out.push('\n');
        }
        for line in line.as_ref().lines() {
            let indent = if line.is_empty() { 0 } else { self.depth * 2 };
            let _ = writeln!(self.out, "{:indent$}{line}", "");
        }
    }

    /// Opens a block.
    pub(super) fn open(&mut self, head: impl AsRef<str>) {
        self.line(format!("{} {{", head.as_ref()));
        self.depth += 1;
    }

    /// Closes the block; one that is empty ends in its line.
    pub(super) fn close(&mut self) {
        self.section = false;
        self.depth -= 1;
        if self.out.ends_with("{\n") {
            self.out.truncate(self.out.len() - 1);
            self.out.push_str("}\n");
        } else {
            self.line("}");
        }
    }

    /// What comes next is apart from what was.
    pub(super) fn section(&mut self) {
        self.section = true;
    }

    /// Whether a line of so many letters fits.
    pub(super) fn fits(&self, letters: usize) -> bool {
        self.depth * 2 + letters <= WIDTH
    }

    /// All lines.
    pub(super) fn finish(self) -> String {
        self.out
    }
}

/// Bytes in double quotes. UTF-8 stays as it is, but for letters that are not
/// to be seen.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                letter if letter.is_control() => {
                    let mut buffer = [0; 4];
                    letter.encode_utf8(&mut buffer).bytes().for_each(|byte| octal(byte, &mut out));
                }
                letter => out.push(letter),
            }
        }
        chunk.invalid().iter().for_each(|byte| octal(*byte, &mut out));
    }
    out.push('"');
    out
}

fn octal(byte: u8, out: &mut String) {
    let _ = write!(out, "\\{byte:03o}");
}
