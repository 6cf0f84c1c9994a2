//! What a peer costs that breaks a rule: its stream or the connection, and some of its budget.

use std::time::Instant;

use super::connection::{Connection, Side};
use super::error::Error;
use super::floods::Flood;
use super::receive::{By, Event, Received};
use super::stream_state::Refusal;
use super::streams::StreamKey;
use crate::frame::{ErrorCode, FrameError, Scope, write_reset};

impl<C: Default> Connection<C> {
    /// RFC 9113 §5.1.1: whether a stream has never been opened by its owner.
    pub(super) fn is_idle(&self, id: u32) -> bool {
        let own = id.is_multiple_of(2) == (self.opening.side() == Side::Server);
        if own { id >= self.ids.next_own } else { id > self.ids.last_peer }
    }

    /// A frame that is malformed by itself.
    #[cold]
    pub(super) fn malformed_frame<'a>(
        &mut self,
        error: FrameError,
        now: Instant,
    ) -> Received<'a, C> {
        match error.scope {
            Scope::Stream(id) if self.opening.is_open() => self.stream_error(id, error.code, now),
            _ => Err(error.into()),
        }
    }

    #[cold]
    pub(super) fn refuse<'a>(
        &mut self,
        stream: StreamKey,
        refusal: Refusal,
        now: Instant,
    ) -> Received<'a, C> {
        match refusal {
            Refusal::Connection(code) => {
                Err(Error::Peer { code, reason: "a frame that its stream's state forbids" })
            }
            Refusal::Stream(code) => self.stream_error(stream.id(), code, now),
            Refusal::Ignore | Refusal::Misuse => Ok(None),
        }
    }

    /// RFC 9113 §5.4.2: resets a stream whose peer broke a rule.
    #[cold]
    pub(super) fn stream_error<'a>(
        &mut self,
        id: u32,
        code: ErrorCode,
        now: Instant,
    ) -> Received<'a, C> {
        let Some(stream) = self.streams.find(id) else {
            if self.is_idle(id) {
                return Err(broken("a malformed frame on an idle stream"));
            }
            return self.late(id, now);
        };
        if self.opening.side() == Side::Server {
            self.spend_reset(now)?;
        }
        let call = self.reset(stream, code);
        Ok(call.map(|call| Event::Reset { stream, code, by: By::Us, call }))
    }

    /// The peer has used some of a flood budget.
    #[inline]
    pub(super) fn spend(&mut self, flood: Flood, now: Instant) -> Result<(), Error> {
        if self.floods.allows(flood, now) { Ok(()) } else { Err(calm(flood)) }
    }

    /// A client has ended a call before its answer, or made us do so.
    pub(super) fn spend_reset(&mut self, now: Instant) -> Result<(), Error> {
        self.floods.owe_reset();
        // It is live still, and counts as lost.
        let others = self.streams.len().saturating_sub(1);
        if self.floods.settle(others, now) { Ok(()) } else { Err(calm(Flood::Resets)) }
    }

    /// A frame for a stream that is gone. RFC 9113 §5.1: what the peer sent before it heard of our
    /// RST_STREAM is left; on a stream that ended otherwise, it is told STREAM_CLOSED.
    pub(super) fn late<'a>(&mut self, id: u32, now: Instant) -> Received<'a, C> {
        if !self.ids.was_reset(id) {
            self.spend(Flood::Idle, now)?;
            write_reset(&mut self.output.bytes, id, ErrorCode::STREAM_CLOSED);
        }
        Ok(None)
    }
}

/// A budget is used up.
#[cold]
pub(super) fn calm(flood: Flood) -> Error {
    Error::Peer { code: ErrorCode::ENHANCE_YOUR_CALM, reason: flood.reason() }
}

/// A connection error PROTOCOL_ERROR.
#[cold]
pub(super) fn broken(reason: &'static str) -> Error {
    Error::Peer { code: ErrorCode::PROTOCOL_ERROR, reason }
}
