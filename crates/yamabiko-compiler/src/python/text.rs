//! Python source text that is being written, with its indentation.

/// Text whose lines are indented as they begin; empty lines are not.
pub(super) struct Text {
    written: String,
    indentation: usize,
    step: usize,
}

impl Text {
    /// Empty text whose levels are `step` spaces apart.
    pub(super) fn new(step: usize) -> Self {
        Self { written: String::new(), indentation: 0, step }
    }

    /// Adds text as it is; each line that it begins is indented.
    pub(super) fn add(&mut self, text: &str) {
        for piece in text.split_inclusive('\n') {
            if piece != "\n" && (self.written.is_empty() || self.written.ends_with('\n')) {
                self.written.extend(std::iter::repeat_n(' ', self.indentation));
            }
            self.written.push_str(piece);
        }
    }

    /// Adds lines and ends the last one.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        self.add(line.as_ref());
        self.written.push('\n');
    }

    /// Writes `inside` one level deeper.
    pub(super) fn indented(&mut self, inside: impl FnOnce(&mut Self)) {
        self.indentation += self.step;
        inside(self);
        self.indentation -= self.step;
    }

    /// What has been written.
    pub(super) fn into_string(self) -> String {
        self.written
    }
}
