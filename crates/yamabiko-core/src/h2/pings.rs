//! PINGs that come: they are answered, and a client that sends too many is
//! sent away (gRFC A8, "too_many_pings").

use std::time::Instant;

use super::config::{PERMITTED_PING_INTERVAL_WITHOUT_CALLS, PermittedPings};
use super::connection::{Connection, Side};
use super::error::Error;
use super::farewell::{FAREWELL_PING, Ours};
use super::floods::Flood;
use super::receive::Received;
use crate::frame::{ErrorCode, HEAD_LEN, write_ping};

/// What a PING takes of the output.
pub(super) const PING_LENGTH: usize = HEAD_LEN + 8;
/// The words that gRPC's clients know.
pub(super) const TOO_MANY_PINGS: &str = "too_many_pings";

/// How many PINGs of a client came too early since it was last sent something.
#[derive(Debug, Default)]
pub(super) struct Strikes {
    last: Option<Instant>,
    count: u32,
    /// How much output there had been when the last one came.
    written: u64,
}

impl Strikes {
    /// Output of which the client does not have the calls that would excuse a PING.
    pub(super) fn wrote_besides(&mut self, bytes: usize) {
        self.written += bytes as u64;
    }

    /// Counts a PING. Whether it is one too many.
    fn count(
        &mut self,
        permitted: &PermittedPings,
        has_calls: bool,
        written: u64,
        now: Instant,
    ) -> bool {
        if written > self.written {
            // What the client has got of us may well have made it ask: for the delay, or since it
            // believes that we are slow.
            *self = Strikes { written, ..Strikes::default() };
        }
        let interval = if has_calls || permitted.without_calls {
            permitted.interval
        } else {
            PERMITTED_PING_INTERVAL_WITHOUT_CALLS
        };
        let early = self.last.is_some_and(|last| now.saturating_duration_since(last) < interval);
        self.last = Some(now);
        self.count += u32::from(early);
        permitted.strikes > 0 && self.count > permitted.strikes
    }
}

impl<C: Default> Connection<C> {
    pub(super) fn receive_ping<'a>(
        &mut self,
        ack: bool,
        payload: [u8; 8],
        now: Instant,
    ) -> Received<'a, C> {
        if ack {
            if payload == FAREWELL_PING && self.farewell.ours == Ours::Announced {
                self.say_final_goaway();
            }
            return Ok(None);
        }
        if self.opening.side() == Side::Server {
            let has_calls = !self.streams.is_empty();
            let (permitted, written) = (&self.config.permitted_pings, self.output.written());
            if self.clocks.strikes.count(permitted, has_calls, written, now) {
                let code = ErrorCode::ENHANCE_YOUR_CALM;
                return Err(Error::Peer { code, reason: TOO_MANY_PINGS });
            }
        }
        self.spend(Flood::Controls, now)?;
        write_ping(&mut self.output.bytes, true, payload);
        self.clocks.strikes.wrote_besides(PING_LENGTH);
        Ok(None)
    }
}
