//! The last request head of a connection, with the bytes that said it.
//!
//! Most clients call the same method with the same headers again and again,
//! and HPACK makes them the same few bytes. An equal block that comes before
//! the compression state has changed says the same: it is compared, not
//! decoded, and its calls share one head.

use std::sync::Arc;

use super::RequestHead;

/// Longer blocks are not remembered, in bytes.
const MAX: usize = 512;

/// A head and when it holds.
#[derive(Debug, Default)]
pub(super) struct RecentHead {
    block: Vec<u8>,
    /// The state of the peer's compression in which the block says the head.
    state: u64,
    head: Option<Arc<RequestHead>>,
}

impl RecentHead {
    /// What `block` says, if that is known.
    #[inline]
    pub(super) fn recall(&self, block: &[u8], state: u64) -> Option<Arc<RequestHead>> {
        let head = self.head.as_ref().filter(|_| self.state == state && self.block == block)?;
        Some(Arc::clone(head))
    }

    /// `block` says `head`, and has left the state of the peer's compression as it was.
    pub(super) fn remember(&mut self, block: &[u8], state: u64, head: &Arc<RequestHead>) {
        if block.len() <= MAX {
            self.block.clear();
            self.block.extend_from_slice(block);
            self.state = state;
            self.head = Some(Arc::clone(head));
        }
    }
}
