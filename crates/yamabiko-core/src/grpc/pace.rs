//! Streams of messages are read as somebody asks for them: their windows open
//! again as messages are consumed, not as they come.
//!
//! A message that is larger than the window must still arrive, so a window
//! opens whenever little waits for the reader. What waits is then at most half
//! a window and what the peer was granted at that time: the rest of the window
//! and one message.

/// Bytes of messages on one connection that may wait for their readers, by default, before the
/// connection's window stays shut.
pub const MAX_UNREAD: usize = 16 * 1024 * 1024;
/// What a message costs that waits, besides its bytes.
const MESSAGE_OVERHEAD: usize = 64;

/// The receiving half of a call whose messages are read one at a time.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// What waits for the reader.
    unread: usize,
    /// Bytes of the stream's window that are to be given back.
    owed: u32,
}

/// What waits for readers on all streams of a connection.
#[derive(Debug)]
pub(super) struct Unread {
    total: usize,
    limit: usize,
    /// How much may wait on a stream whose window opens.
    stream_limit: usize,
    /// Bytes of the connection's window that are to be given back.
    owed: u32,
}

/// Bytes to be given back to the windows of a stream and of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) stream: u32,
    pub(super) connection: u32,
}

impl Unread {
    pub(super) fn new(limit: usize, stream_window: u32) -> Self {
        Unread { total: 0, limit, stream_limit: stream_window as usize / 2, owed: 0 }
    }

    /// `count` bytes of DATA have come.
    #[inline]
    pub(super) fn arrived(&mut self, pace: Option<&mut Pace>, count: u32) -> Release {
        let Some(pace) = pace else { return Release { stream: count, connection: count } };
        pace.owed = pace.owed.saturating_add(count);
        self.owed = self.owed.saturating_add(count);
        self.settle(pace)
    }

    /// So many messages, of so many bytes together, wait for their reader from now on.
    #[inline]
    pub(super) fn handed(&mut self, pace: &mut Pace, messages: usize, bytes: usize) {
        let cost = bytes + messages * MESSAGE_OVERHEAD;
        pace.unread += cost;
        self.total += cost;
    }

    /// So many messages, of so many bytes together, have been consumed.
    pub(super) fn consumed(&mut self, pace: &mut Pace, messages: usize, bytes: usize) -> Release {
        let cost = (bytes + messages * MESSAGE_OVERHEAD).min(pace.unread);
        pace.unread -= cost;
        self.total -= cost;
        self.settle(pace)
    }

    /// A call is over: nobody counts what is left of it.
    pub(super) fn forget(&mut self, pace: &Pace) {
        self.total -= pace.unread;
    }

    /// What the connection's window is owed and can be given now.
    #[inline]
    pub(super) fn settle_connection(&mut self) -> u32 {
        if self.total > self.limit { 0 } else { std::mem::take(&mut self.owed) }
    }

    #[inline]
    fn settle(&mut self, pace: &mut Pace) -> Release {
        let stream =
            if pace.unread > self.stream_limit { 0 } else { std::mem::take(&mut pace.owed) };
        Release { stream, connection: self.settle_connection() }
    }
}
