//! Where the memory of large messages comes from, and goes to.
//!
//! Fresh memory costs a page fault for every 4 KiB, which is more than copying
//! them. A driver that keeps some of what was used before says so here; the
//! core itself keeps nothing between messages.

use bytes::Bytes;

/// How a connection gets memory for messages that do not fit into a frame. By default it is fresh.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Gives empty memory for at least the first number of bytes; for more, up to the second, only
    /// where it is at hand: a peer that has promised a long message may never send it.
    pub lend: fn(usize, usize) -> Vec<u8>,
    /// Makes bytes of what was written into it. When nobody has them any more, the memory can be
    /// lent again.
    pub seal: fn(Vec<u8>) -> Bytes,
}

impl Default for Memory {
    fn default() -> Self {
        Memory { lend: |least, _| Vec::with_capacity(least), seal: Bytes::from }
    }
}
