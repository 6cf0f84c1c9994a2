//! What has had to wait for a window, each stream's in a queue of its own.
//! Streams that wait take turns, a frame each.

use bytes::Bytes;

use super::connection::Connection;
use super::send::frame_length;
use super::stream_state::Input;
use super::streams::{Ending, Queue, StreamKey};
use crate::frame::write_data_head;

/// Output above which queued DATA stays in its queue: what a socket takes in one go.
pub(super) const PUMP_UP_TO: usize = 256 * 1024;

/// Payload that is not worth a piece of its own is copied, in bytes.
const SHARED_FROM: usize = 4 * 1024;

impl<C: Default> Connection<C> {
    /// Puts bytes, of which the first have been `sent`, behind what waits already, and sends what
    /// may leave.
    pub(super) fn wait(&mut self, stream: StreamKey, chunk: Bytes, sent: usize, end: bool) {
        let Some(live) = self.streams.get_mut(stream) else { return };
        self.flow.queued += chunk.len() - sent;
        let queue = live.queue.get_or_insert_default();
        if queue.chunks.is_empty() {
            queue.sent = sent;
        }
        queue.chunks.push_back(chunk);
        if end {
            queue.ending = Some(Ending::Data);
        }
        self.line_up(stream);
        self.pump();
    }

    /// Puts a stream that waits into the line, once.
    pub(super) fn line_up(&mut self, stream: StreamKey) {
        let Some(live) = self.streams.get_mut(stream) else { return };
        let Some(queue) = &mut live.queue else { return };
        if !queue.in_line && !queue.is_empty() {
            queue.in_line = true;
            self.flow.line.push_back(stream);
        }
    }

    /// Sends what the windows allow, a frame for each stream in turn.
    pub(super) fn pump(&mut self) {
        while self.output.len() < PUMP_UP_TO && !self.opening.has_failed() {
            let Some(stream) = self.flow.line.pop_front() else { return };
            let Some(queue) = self.queue(stream) else { continue };
            queue.in_line = false;
            if queue.chunks.is_empty() {
                if let Some(Ending::Trailers(block)) = queue.ending.take() {
                    // The state was found to allow it when the trailers were queued.
                    let _ = self.write_trailers(stream, block);
                }
                continue;
            }
            if !self.send_front(stream) {
                // The connection's window is empty: this stream stays first.
                if let Some(queue) = self.queue(stream) {
                    queue.in_line = true;
                    self.flow.line.push_front(stream);
                }
                return;
            }
        }
    }

    fn queue(&mut self, stream: StreamKey) -> Option<&mut Queue> {
        self.streams.get_mut(stream)?.queue.as_deref_mut()
    }

    /// Sends one frame of a stream's first chunk and puts the stream back into the line if it can
    /// go on. False if the connection's window is empty.
    fn send_front(&mut self, stream: StreamKey) -> bool {
        let Some(live) = self.streams.get_mut(stream) else { return true };
        let Some(queue) = &mut live.queue else { return true };
        let Some(chunk) = queue.chunks.front() else { return true };
        let rest = &chunk[queue.sent..];
        let window = live.send.available().min(self.flow.send.available());
        let length = rest.len().min(window).min(self.peer.max_frame);
        if length == 0 && !rest.is_empty() {
            // A WINDOW_UPDATE for the stream puts it back into the line.
            return live.send.available() == 0;
        }
        let whole = length == rest.len();
        let last = whole && queue.chunks.len() == 1;
        let end = last && matches!(queue.ending, Some(Ending::Data));
        let Ok(next) = live.state.step(Input::SendData { end }) else { return true };
        live.state = next;
        live.send.take(length);
        self.flow.send.take(length);
        self.flow.queued -= length;
        write_data_head(&mut self.output.bytes, stream.id(), frame_length(length), end);
        if self.config.gathers && length >= SHARED_FROM {
            self.output.share(chunk.slice(queue.sent..queue.sent + length));
        } else {
            self.output.bytes.extend_from_slice(&rest[..length]);
        }
        if whole {
            queue.chunks.pop_front();
            queue.sent = 0;
        } else {
            queue.sent += length;
        }
        if end {
            queue.ending = None;
            self.ended(stream);
        } else if queue.is_empty() {
            if std::mem::take(&mut queue.wants_room) {
                self.flow.room.found(stream);
            }
        } else {
            self.line_up(stream);
        }
        true
    }
}
