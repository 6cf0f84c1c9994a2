//! DATA against the windows, the stream's state and the promised length, and
//! the windows that are opened again.

use std::time::Instant;

use super::config::MAX_GROWN;
use super::connection::Connection;
use super::error::Error;
use super::faults::{broken, calm};
use super::floods::Flood;
use super::receive::Received;
use super::stream_state::{Input, Refusal};
use super::streams::StreamKey;
use crate::frame::{ErrorCode, FrameHead, flag, write_window_update};

/// Why DATA is not taken.
pub(super) enum Unwanted {
    /// It is more than the connection's window.
    Window(ErrorCode),
    /// It is one empty frame too many.
    Flood,
    /// Its stream is not there.
    Gone,
    /// The stream's state forbids it.
    Refused(Refusal),
    /// It is more than the stream's window, or another length than promised.
    Malformed(ErrorCode),
}

impl<C: Default> Connection<C> {
    /// Counts the `length` octets of content of a DATA frame, and says whose they are.
    #[inline]
    pub(super) fn take_data(
        &mut self,
        head: FrameHead,
        length: usize,
        now: Instant,
    ) -> Result<StreamKey, Unwanted> {
        let end = head.has(flag::END_STREAM);
        // RFC 9113 §6.1: the whole payload counts for flow control, padding included.
        self.flow.receive.receive(head.length).map_err(Unwanted::Window)?;
        if length == 0 && !end && !self.floods.allows(Flood::Idle, now) {
            return Err(Unwanted::Flood);
        }
        let stream = self.streams.find(head.stream).ok_or(Unwanted::Gone)?;
        let live = self.streams.get_mut(stream).ok_or(Unwanted::Gone)?;
        live.state = live.state.step(Input::ReceiveData { end }).map_err(Unwanted::Refused)?;
        live.receive.receive(head.length).map_err(Unwanted::Malformed)?;
        // RFC 9113 §8.1.1: a body that is not as long as promised is malformed.
        if let Some(promised) = live.promised.as_mut() {
            match promised.checked_sub(length as u64) {
                Some(left) if left == 0 || !end => *promised = left,
                _ => return Err(Unwanted::Malformed(ErrorCode::PROTOCOL_ERROR)),
            }
        }
        let padding = head.length - u32::try_from(length).unwrap_or(head.length);
        if padding > 0 {
            self.release(stream, padding);
        }
        Ok(stream)
    }

    #[cold]
    pub(super) fn refuse_data<'a>(
        &mut self,
        head: FrameHead,
        unwanted: Unwanted,
        now: Instant,
    ) -> Received<'a, C> {
        let id = head.stream;
        match unwanted {
            Unwanted::Window(code) => {
                let reason = "more DATA than the connection's window";
                return Err(Error::Peer { code, reason });
            }
            Unwanted::Flood => return Err(calm(Flood::Idle)),
            Unwanted::Gone if self.is_idle(id) => return Err(broken("DATA on an idle stream")),
            _ => self.release_connection(head.length),
        }
        match (unwanted, self.streams.find(id)) {
            (Unwanted::Malformed(code), _) => self.stream_error(id, code, now),
            (Unwanted::Refused(refusal), Some(stream)) => self.refuse(stream, refusal, now),
            _ => self.late(id, now),
        }
    }

    /// Gives back `count` bytes of the stream's window and of the connection's.
    #[inline]
    pub fn release(&mut self, stream: StreamKey, count: u32) {
        self.release_parts(stream, count, count);
    }

    /// Gives back so many bytes of the stream's window, and so many of the connection's.
    #[inline]
    pub fn release_parts(&mut self, stream: StreamKey, count: u32, connection: u32) {
        self.release_connection(connection);
        let may_grow = self.streams.grown < MAX_GROWN;
        let Some(live) = self.streams.get_mut(stream) else { return };
        if live.state.receives()
            && let Some(mut increment) = live.receive.release(count)
        {
            // The peer has filled half of it: it has more to say than most.
            if may_grow
                && !live.receive.has_grown()
                && let Some(more) = live.receive.grow_to(self.config.grown_window)
            {
                increment += more;
                self.streams.grown += 1;
            }
            write_window_update(&mut self.output.bytes, stream.id(), increment);
        }
    }

    /// Gives back `count` bytes of the connection's window.
    #[inline]
    pub fn release_connection(&mut self, count: u32) {
        if let Some(increment) = self.flow.receive.release(count) {
            write_window_update(&mut self.output.bytes, 0, increment);
        }
    }
}
