//! Memory of large messages, kept for the next ones.
//!
//! A message of 1 MiB in fresh memory costs 256 page faults, which is more than
//! all the copying that is done with it. So the process keeps a little of what
//! large messages have used, whichever connection and thread they belonged to;
//! small ones are the allocator's affair, which is quick with them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use yamabiko_core::Memory;

/// Messages that are shorter are left to the allocator.
const LARGE: usize = 16 * 1024;
/// The most that is kept in the whole process, in bytes: a message of the largest usual size.
const KEPT: usize = 4 * 1024 * 1024 + LARGE;

/// While there are more messages than these at once, nothing is kept: what is kept lies among what
/// is not, and would keep the allocator from giving that back to the system.
const FEW: usize = 8;

static KEEP: Mutex<Keep> = Mutex::new(Keep::new());

/// What the core lends and seals with.
pub(crate) const MEMORY: Memory = Memory { lend, seal };

/// A connection's part in what is kept, dropped behind everything else of it: nothing is kept of one
/// that has ended, and it may have been the last for long.
#[derive(Debug)]
pub(crate) struct Share;

impl Drop for Share {
    fn drop(&mut self) {
        let _unwanted = keep().forget();
    }
}

/// Memory that nobody uses, what was used last at the end.
struct Keep {
    all: Vec<Vec<u8>>,
    bytes: usize,
    /// Messages whose memory comes back.
    live: usize,
}

impl Keep {
    const fn new() -> Self {
        Keep { all: Vec::new(), bytes: 0, live: 0 }
    }

    /// A message more. Gives what is not kept.
    fn sealed(&mut self) -> Vec<Vec<u8>> {
        self.live += 1;
        if self.live <= FEW {
            return Vec::new();
        }
        self.forget()
    }

    fn forget(&mut self) -> Vec<Vec<u8>> {
        self.bytes = 0;
        std::mem::take(&mut self.all)
    }

    /// The memory that fits best: the smallest that is large enough, else the largest, as long as
    /// it is no more than `wanted` or so.
    fn lend(&mut self, wanted: usize) -> Option<Vec<u8>> {
        let fit = |index: &usize| {
            let capacity = self.all[*index].capacity();
            (capacity < wanted, capacity.abs_diff(wanted))
        };
        let index = (0..self.all.len()).rev().min_by_key(fit)?;
        let memory = self.all.swap_remove(index);
        self.bytes -= memory.capacity();
        Some(memory)
    }

    /// A message less. Gives its memory if that is not kept.
    fn take_back(&mut self, mut memory: Vec<u8>) -> Option<Vec<u8>> {
        self.live -= 1;
        if self.live >= FEW || self.bytes + memory.capacity() > KEPT {
            return Some(memory);
        }
        memory.clear();
        self.bytes += memory.capacity();
        self.all.push(memory);
        None
    }
}

/// Gives empty memory for `least` bytes, or for up to `wanted` if it is at hand.
pub(crate) fn lend(least: usize, wanted: usize) -> Vec<u8> {
    let kept = if wanted < LARGE { None } else { keep().lend(wanted) };
    let mut memory = kept.unwrap_or_default();
    memory.reserve_exact(least);
    memory
}

/// Makes bytes of it. The memory is kept when the last of them is dropped.
pub(crate) fn seal(memory: Vec<u8>) -> Bytes {
    if memory.capacity() < LARGE {
        return memory.into();
    }
    // Freed behind the lock.
    let _unwanted = keep().sealed();
    Bytes::from_owner(Lent(memory))
}

fn keep() -> MutexGuard<'static, Keep> {
    KEEP.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Lent(Vec<u8>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Freed behind the lock.
        let _unwanted = keep().take_back(std::mem::take(&mut self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages that were there together, and are gone: what is not kept of them.
    fn pass(keep: &mut Keep, sizes: &[usize]) -> usize {
        let freed: usize = sizes.iter().map(|_| keep.sealed().len()).sum();
        let back = |size: &usize| keep.take_back(Vec::with_capacity(*size));
        freed + sizes.iter().filter_map(back).count()
    }

    #[test]
    fn memory_is_lent_again_when_its_bytes_are_gone() {
        let mut keep = Keep::new();
        assert_eq!(pass(&mut keep, &[100_000, 1 << 20]), 0);
        let place = keep.all[0].as_ptr();
        let found = keep.lend(60_000).expect("there is some");
        assert_eq!((found.as_ptr(), found.len()), (place, 0));
        assert_eq!(keep.lend(5 << 20).expect("the largest").capacity(), 1 << 20);
        assert!(keep.lend(LARGE).is_none() && keep.bytes == 0);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut keep = Keep::new();
        for _ in 0..100 {
            pass(&mut keep, &[1 << 20]);
        }
        assert_eq!(pass(&mut keep, &[1 << 30]), 1);
        assert_eq!((keep.all.len(), keep.bytes), (4, 4 << 20));
    }

    #[test]
    fn little_is_kept_of_many_at_once() {
        let mut keep = Keep::new();
        assert_eq!(pass(&mut keep, &[100_000; FEW]), 0);
        assert_eq!(keep.all.len(), FEW);
        assert_eq!(pass(&mut keep, &[100_000; 3 * FEW]), FEW + 2 * FEW);
        assert_eq!(keep.all.len(), FEW);
    }

    #[test]
    fn bytes_are_what_was_written() {
        for length in [0, 10, LARGE, 1 << 20] {
            let mut memory = lend(length, length);
            assert!(memory.is_empty() && memory.capacity() >= length);
            memory.resize(length, 7);
            let bytes = seal(memory);
            assert!(bytes.len() == length && bytes.iter().all(|byte| *byte == 7));
        }
    }
}
