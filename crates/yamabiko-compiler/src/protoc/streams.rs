//! Where the command line speaks to: standard output and standard error.

use std::io::{self, Write};

/// The two streams. What cannot be written is lost: there is nobody to tell.
pub(super) struct Streams<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) err: &'a mut dyn Write,
}

impl Streams<'_> {
    /// A line of output.
    pub(super) fn say(&mut self, line: impl AsRef<str>) {
        let _ = writeln!(self.out, "{}", line.as_ref());
    }

    /// A line about what is wrong.
    pub(super) fn complain(&mut self, line: impl AsRef<str>) {
        let _ = writeln!(self.err, "{}", line.as_ref());
    }

    /// The same without the end of the line, which protoc forgets in places.
    pub(super) fn complain_without_end(&mut self, text: impl AsRef<str>) {
        let _ = write!(self.err, "{}", text.as_ref());
    }

    /// What to do about it. protoc has no such lines; programs that read its
    /// output see them begin differently from every line of its own.
    pub(super) fn advise(&mut self, hint: impl AsRef<str>) {
        let _ = writeln!(self.err, "  hint: {}", hint.as_ref());
    }
}

/// What the system says, as C programs say it.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
