//! Which comment belongs to which token.
//!
//! A comment that starts on the line of a token, or stands on the lines after
//! it with a blank line after itself, trails that token. The comment that ends
//! on the line before the next token leads that one. All others are detached.

use super::cursor::Cursor;
use super::{Lexer, is_whitespace_in_line};

/// The comments between two tokens, without their marks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Comments {
    /// Of the token before.
    pub trailing: Vec<u8>,
    /// Of neither.
    pub detached: Vec<Vec<u8>>,
    /// Of the token after.
    pub leading: Vec<u8>,
}

/// What stands where a comment might.
#[derive(Debug)]
pub(super) enum CommentStart<'a> {
    /// `//`, which has been passed over.
    Line,
    /// `/*`, which has been passed over; this is where it stands.
    Block(Cursor<'a>),
    /// A slash and nothing else: it has become the current token.
    Slash,
    /// Something else.
    None,
}

/// What kind of comment is waiting for its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    Nothing,
    Lines,
    Block,
}

/// Comments on their way to their places.
#[derive(Debug)]
struct Collector {
    comments: Comments,
    buffer: Vec<u8>,
    pending: Pending,
    /// How many comments have found a place.
    placed: usize,
    has_trailing: bool,
    can_trail: bool,
}

impl Collector {
    fn new() -> Self {
        Self {
            comments: Comments::default(),
            buffer: Vec::new(),
            pending: Pending::Nothing,
            placed: 0,
            has_trailing: false,
            can_trail: true,
        }
    }

    /// Where to put a line comment: lines that follow each other are one.
    fn lines(&mut self) -> &mut Vec<u8> {
        if self.pending == Pending::Block {
            self.flush();
        }
        self.pending = Pending::Lines;
        &mut self.buffer
    }

    /// Where to put a block comment: each is one of its own.
    fn block(&mut self) -> &mut Vec<u8> {
        self.flush();
        self.pending = Pending::Block;
        &mut self.buffer
    }

    /// The comment in the buffer is complete and does not lead a token.
    fn flush(&mut self) {
        if self.pending == Pending::Nothing {
            return;
        }
        let comment = std::mem::take(&mut self.buffer);
        if self.can_trail {
            self.comments.trailing.extend_from_slice(&comment);
            self.has_trailing = true;
            self.can_trail = false;
        } else {
            self.comments.detached.push(comment);
        }
        self.pending = Pending::Nothing;
        self.placed += 1;
    }

    /// Nothing tells which of the two tokens a single comment between them
    /// belongs to.
    fn detach_single(&mut self) {
        if self.placed + usize::from(self.pending != Pending::Nothing) != 1 {
            return;
        }
        if self.has_trailing {
            let trailing = std::mem::take(&mut self.comments.trailing);
            self.comments.detached.insert(0, trailing);
        }
        self.flush();
    }

    /// Whatever is left leads the next token.
    fn finish(mut self) -> Comments {
        self.comments.leading = self.buffer;
        self.comments
    }
}

impl<'a> Lexer<'a> {
    /// Reads the next token and the comments before it.
    pub(crate) fn next_with_comments(&mut self) -> Comments {
        let mut collector = Collector::new();
        self.collect(&mut collector);
        collector.finish()
    }

    fn collect(&mut self, collector: &mut Collector) {
        let mut previous_line = Some(self.cursor.line());
        let mut trailing_end = None;
        if self.current.kind == super::Kind::Start {
            if !self.byte_order_mark() {
                return;
            }
            collector.can_trail = false;
            previous_line = None;
        } else {
            self.cursor.skip_while(is_whitespace_in_line);
            match self.comment_start() {
                CommentStart::Line => {
                    trailing_end = Some(self.cursor.line());
                    self.line_comment(Some(collector.lines()));
                    collector.flush();
                }
                CommentStart::Block(mark) => {
                    self.block_comment(mark, Some(collector.block()));
                    trailing_end = Some(self.cursor.line());
                    self.cursor.skip_while(is_whitespace_in_line);
                    collector.flush();
                }
                CommentStart::Slash => return,
                CommentStart::None => {
                    if !self.cursor.advance_over(b'\n') {
                        // The next token stands on the same line.
                        self.next();
                        return;
                    }
                }
            }
        }
        loop {
            self.cursor.skip_while(is_whitespace_in_line);
            match self.comment_start() {
                CommentStart::Line => self.line_comment(Some(collector.lines())),
                CommentStart::Block(mark) => {
                    self.block_comment(mark, Some(collector.block()));
                    // What is left of the line is not a blank line.
                    self.cursor.skip_while(is_whitespace_in_line);
                    self.cursor.advance_over(b'\n');
                }
                CommentStart::Slash => return,
                CommentStart::None => {
                    if self.cursor.advance_over(b'\n') {
                        // A blank line.
                        collector.flush();
                        collector.can_trail = false;
                        continue;
                    }
                    let found = self.next();
                    if !found || matches!(self.current.text, b"}" | b"]" | b")") {
                        // What ends a scope has no comment.
                        collector.flush();
                    }
                    let line = Some(self.cursor.line());
                    if found && (previous_line == line || trailing_end == line) {
                        collector.detach_single();
                    }
                    return;
                }
            }
        }
    }

    /// Passes over a UTF-8 byte order mark. False if something else starts
    /// like one.
    fn byte_order_mark(&mut self) -> bool {
        if self.cursor.advance_over(0xef)
            && !(self.cursor.advance_over(0xbb) && self.cursor.advance_over(0xbf))
        {
            self.fault(
                "Proto file starts with 0xEF but not UTF-8 BOM. \
                 Only UTF-8 is accepted for proto file.",
            );
            return false;
        }
        true
    }

    /// Passes over the mark that starts a comment.
    pub(super) fn comment_start(&mut self) -> CommentStart<'a> {
        let start = self.cursor;
        if !self.cursor.advance_over(b'/') {
            CommentStart::None
        } else if self.cursor.advance_over(b'/') {
            CommentStart::Line
        } else if self.cursor.advance_over(b'*') {
            CommentStart::Block(start)
        } else {
            self.current = self.token_since(start, super::Kind::Symbol);
            CommentStart::Slash
        }
    }

    /// Reads to the end of the line, which belongs to the comment.
    pub(super) fn line_comment(&mut self, content: Option<&mut Vec<u8>>) {
        let start = self.cursor;
        self.cursor.skip_while(|byte| byte != 0 && byte != b'\n');
        self.cursor.advance_over(b'\n');
        if let Some(content) = content {
            content.extend_from_slice(self.cursor.text_since(&start));
        }
    }

    /// Reads to the end of a block comment. What leads a line up to an
    /// asterisk is not part of it.
    pub(super) fn block_comment(&mut self, mark: Cursor<'a>, mut content: Option<&mut Vec<u8>>) {
        let mut start = self.cursor;
        let mut record = |text: &[u8]| {
            if let Some(content) = &mut content {
                content.extend_from_slice(text);
            }
        };
        loop {
            self.cursor.skip_while(|byte| !matches!(byte, 0 | b'*' | b'/' | b'\n'));
            if self.cursor.advance_over(b'\n') {
                record(self.cursor.text_since(&start));
                self.cursor.skip_while(is_whitespace_in_line);
                if self.cursor.advance_over(b'*') && self.cursor.advance_over(b'/') {
                    return;
                }
                start = self.cursor;
            } else if self.cursor.advance_over(b'*') {
                if self.cursor.advance_over(b'/') {
                    let text = self.cursor.text_since(&start);
                    return record(&text[..text.len() - 2]);
                }
                // protoc looks at a slash here only if none has ended the
                // comment.
            } else if self.cursor.advance_over(b'/') {
                if self.cursor.peek() == b'*' {
                    self.fault("\"/*\" inside block comment.  Block comments cannot be nested.");
                }
            } else if self.cursor.peek() == 0 {
                self.fault("End-of-file inside block comment.");
                self.fault_at(mark, "  Comment started here.");
                return record(self.cursor.text_since(&start));
            }
        }
    }
}
