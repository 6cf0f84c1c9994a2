//! Who may send more: back-pressure from the peer's windows and its reading to
//! whoever makes messages.

use super::connection::Connection;
use super::streams::StreamKey;

/// Output at which whoever sends a stream of messages is to wait.
pub const SEND_AHEAD: usize = 64 * 1024;

/// Streams whose senders wait for room, and those that have found it.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// Wait until less output waits for the socket.
    behind_output: Vec<StreamKey>,
    found: Vec<StreamKey>,
}

impl Room {
    /// The sender of a stream may go on.
    pub(super) fn found(&mut self, stream: StreamKey) {
        self.found.push(stream);
    }
}

impl<C: Default> Connection<C> {
    /// Whether more DATA for this stream would leave soon: nothing of it waits for a window, and
    /// little for the socket. If not, [`next_room`](Self::next_room) tells when it is. A stream
    /// that is gone has room: sending says that it is gone.
    pub fn has_room(&mut self, stream: StreamKey) -> bool {
        let Some(live) = self.streams.get_mut(stream) else { return true };
        if let Some(queue) = live.queue.as_mut().filter(|queue| !queue.is_empty()) {
            queue.wants_room = true;
            return false;
        }
        if self.output.len() < SEND_AHEAD {
            return true;
        }
        let waiting = &mut self.flow.room.behind_output;
        if !waiting.contains(&stream) {
            waiting.push(stream);
        }
        false
    }

    /// A stream that found no room and has it now, or is gone.
    #[inline]
    pub fn next_room(&mut self) -> Option<StreamKey> {
        self.flow.room.found.pop()
    }

    /// Some output has left.
    #[inline]
    pub(super) fn room_in_output(&mut self) {
        if self.output.len() <= SEND_AHEAD / 2 && !self.flow.room.behind_output.is_empty() {
            let Room { behind_output, found } = &mut self.flow.room;
            found.append(behind_output);
        }
    }
}
