//! The deadlines of the live calls of a connection, the next one first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use crate::h2::StreamKey;

/// Entries of calls that have ended are kept until they are popped, or until there are more than
/// this and half of them are dead.
const SLACK: usize = 64;

/// A heap of deadlines. A call that ends early leaves its entry behind.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    heap: BinaryHeap<Reverse<Entry>>,
    /// Sweep when the heap has grown to this.
    sweep_at: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    at: Instant,
    stream: StreamKey,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.stream.id()).cmp(&(other.at, other.stream.id()))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Deadlines {
    /// Adds a deadline. `is_live` tells which entries are still worth keeping, so that a client
    /// that sets far deadlines cannot make the heap grow past twice its live calls.
    pub(super) fn add(
        &mut self,
        at: Instant,
        stream: StreamKey,
        mut is_live: impl FnMut(StreamKey) -> bool,
    ) {
        if self.heap.len() >= self.sweep_at.max(SLACK) {
            self.heap.retain(|Reverse(entry)| is_live(entry.stream));
            self.sweep_at = 2 * self.heap.len();
        }
        self.heap.push(Reverse(Entry { at, stream }));
    }

    /// The next deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// Takes a call whose deadline has passed.
    pub(super) fn pop(&mut self, now: Instant) -> Option<StreamKey> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry.stream)
    }
}
