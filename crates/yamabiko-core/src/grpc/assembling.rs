//! Unfinished messages of all calls of a connection. When they are too many
//! together, they are finished one after the other: only the windows of the
//! stream that has waited longest are opened.
//!
//! What a connection can hold then is the limit, one message, and what windows
//! had been opened before. Nothing is refused: a client that sends a thousand
//! large messages at once, a frame of each in turn, keeps to every rule.

use std::collections::VecDeque;

use crate::h2::StreamKey;

/// What is being put together on all streams of a connection.
#[derive(Debug)]
pub(super) struct Assembling {
    total: usize,
    limit: usize,
    /// Streams whose windows are kept shut, in the order in which they came to be.
    kept: VecDeque<Kept>,
}

/// A stream whose window is kept shut.
#[derive(Debug)]
struct Kept {
    stream: StreamKey,
    /// Bytes that are to be given back.
    owed: u32,
    /// Its message is whole, so that it takes no room any more.
    is_whole: bool,
}

impl Assembling {
    pub(super) fn new(limit: usize) -> Self {
        Assembling { total: 0, limit, kept: VecDeque::new() }
    }

    /// An unfinished message has another length than before.
    #[inline]
    pub(super) fn changed(&mut self, before: usize, after: usize) {
        self.total = self.total + after - before;
    }

    /// A message is whole.
    #[inline]
    pub(super) fn is_whole(&mut self, stream: StreamKey) {
        if let Some(kept) = self.kept.iter_mut().find(|kept| kept.stream == stream) {
            kept.is_whole = true;
        }
    }

    /// A call is over, and `length` bytes of an unfinished message with it.
    pub(super) fn forget(&mut self, stream: StreamKey, length: usize) {
        self.total -= length;
        self.kept.retain(|kept| kept.stream != stream);
    }

    /// How much of `count` bytes may be given back to a stream's window at once. What may not is
    /// remembered.
    #[inline]
    pub(super) fn release(&mut self, stream: StreamKey, count: u32) -> u32 {
        if (self.total <= self.limit && self.kept.is_empty()) || count == 0 {
            return count;
        }
        match self.kept.iter_mut().find(|kept| kept.stream == stream) {
            Some(kept) => {
                kept.owed = kept.owed.saturating_add(count);
                kept.is_whole = false;
            }
            None => self.kept.push_back(Kept { stream, owed: count, is_whole: false }),
        }
        0
    }

    /// A stream whose window can be opened now, and by how much. To be asked until it gives none.
    #[inline]
    pub(super) fn next_release(&mut self) -> Option<(StreamKey, u32)> {
        if self.kept.is_empty() {
            return None;
        }
        if let Some(at) = self.kept.iter().position(|kept| kept.is_whole) {
            return self.kept.remove(at).map(|kept| (kept.stream, kept.owed));
        }
        if self.total <= self.limit {
            return self.kept.pop_front().map(|kept| (kept.stream, kept.owed));
        }
        // The one that has waited longest goes on, and stays first until its message is whole.
        let first = self.kept.front_mut()?;
        let owed = std::mem::take(&mut first.owed);
        (owed > 0).then_some((first.stream, owed))
    }
}
