//! When which connection wants to be looked at.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The times of all connections, the next one first. A connection whose time has changed is in
/// here twice; an entry too many costs a look.
#[derive(Default)]
pub(super) struct Timers(Mutex<BinaryHeap<Reverse<(Instant, usize)>>>);

impl Timers {
    pub(super) fn add(&self, at: Instant, token: usize) {
        self.lock().push(Reverse((at, token)));
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.lock().peek().map(|Reverse((at, _))| *at)
    }

    /// A connection whose time has come.
    pub(super) fn pop(&self, now: Instant) -> Option<usize> {
        let mut heap = self.lock();
        if heap.peek()?.0.0 > now {
            return None;
        }
        heap.pop().map(|Reverse((_, token))| token)
    }

    fn lock(&self) -> MutexGuard<'_, BinaryHeap<Reverse<(Instant, usize)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
