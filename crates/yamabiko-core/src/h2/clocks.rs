//! When a connection wants to be asked, and what it does then. Each clock has
//! a file of its own; here they are put together.

use std::time::{Duration, Instant};

use super::config::{Config, FAREWELL};
use super::connection::{Connection, Side};
use super::error::Error;
use super::farewell::Ours;
use super::keepalive::{Heartbeat, Pulse};
use super::lifetime::{Age, Rest};
use super::pings::{PING_LENGTH, Strikes};
use super::stalls::{Stall, UnfinishedFrame};
use crate::ReceiveBuffer;
use crate::frame::write_ping;

/// The payload of a PING that asks whether the peer is there.
const KEEPALIVE_PING: [u8; 8] = *b"are you?";

/// Longer than any connection lasts, for times that are too long to add up.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// So much later. Whoever sets a time may say any.
pub(super) fn after(now: Instant, time: Duration) -> Instant {
    now + time.min(FOR_EVER)
}

/// All clocks of a connection.
#[derive(Debug)]
pub(super) struct Clocks {
    /// A time that has come, for what has yet to learn what time it is.
    began: Instant,
    heartbeat: Heartbeat,
    /// How much of our output had been taken when we last looked at that.
    taken: u64,
    pub(super) strikes: Strikes,
    rest: Rest,
    age: Age,
    stall: Stall,
    frame: UnfinishedFrame,
    /// When the answer to the PING of our announcement is waited for no longer.
    farewell: Option<Instant>,
}

impl Clocks {
    pub(super) fn new(config: &Config, now: Instant) -> Self {
        Clocks {
            began: now,
            heartbeat: Heartbeat::new(&config.keepalive, now),
            taken: 0,
            strikes: Strikes::default(),
            rest: Rest::new(config.lifetime.idle, now),
            age: Age::new(&config.lifetime, now),
            stall: Stall::default(),
            frame: UnfinishedFrame::default(),
            farewell: None,
        }
    }

    /// A whole frame has been taken.
    #[inline]
    pub(super) fn took_frame(&mut self) {
        self.frame.took();
    }
}

impl<C: Default> Connection<C> {
    /// When [`handle_timeout`](Self::handle_timeout) wants to be called. It may be a time that has
    /// passed.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.opening.has_failed() {
            return None;
        }
        let clocks = &self.clocks;
        let mut first = self.opening.deadline().map(|(at, _)| at);
        let mut also = |at: Option<Instant>| {
            if let Some(at) = at {
                first = Some(first.map_or(at, |before| before.min(at)));
            }
        };
        also(self.header_block.deadline());
        also(clocks.frame.deadline());
        also(clocks.age.poll_timeout());
        if self.opening.is_open() {
            also(clocks.heartbeat.poll_timeout());
            if self.farewell.ours == Ours::Staying {
                also(clocks.rest.poll_timeout());
            }
        }
        if self.farewell.ours == Ours::Announced {
            also(Some(clocks.farewell.unwrap_or(clocks.began)));
        }
        if self.config.write_stall.is_some() && !self.output().is_empty() {
            also(Some(clocks.stall.deadline().unwrap_or(clocks.began)));
        }
        first
    }

    /// Does what is due: asks a silent peer, leaves an idle one, ends what takes too long.
    ///
    /// # Errors
    /// [`Error::Timeout`], [`Error::Silent`], [`Error::Stalled`] or [`Error::Expired`]; the
    /// connection has failed.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        if self.poll_timeout().is_none_or(|at| now < at) {
            return Ok(());
        }
        self.look_at_clocks(now).map_err(|error| self.fail(error))
    }

    fn look_at_clocks(&mut self, now: Instant) -> Result<(), Error> {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if let Some((at, waiting_for)) = self.opening.deadline()
            && at <= now
        {
            return Err(Error::Timeout { waiting_for });
        }
        if due(self.header_block.deadline()) {
            return Err(Error::Timeout { waiting_for: "the rest of a header block" });
        }
        if self.is_backed_up() {
            // A driver does not read then. The clock begins anew when it does.
            self.clocks.frame.pause();
        }
        if due(self.clocks.frame.deadline()) {
            return Err(Error::Timeout { waiting_for: "the rest of a frame" });
        }
        if let Some(limit) = self.config.write_stall {
            let taken = self.output.taken();
            let waits = !self.output().is_empty();
            self.clocks.stall.handle_timeout(waits.then_some(taken), limit, now)?;
        }
        self.look_at_heartbeat(now)?;
        if self.clocks.age.handle_timeout(now)? {
            self.shut_down_because(b"max_age");
        }
        self.look_at_rest(now);
        if self.farewell.ours == Ours::Announced {
            let at = *self.clocks.farewell.get_or_insert(now + FAREWELL);
            if at <= now {
                // The client is not there to answer. If it is, what it sends now it may send again.
                self.say_final_goaway();
            }
        }
        Ok(())
    }

    fn look_at_heartbeat(&mut self, now: Instant) -> Result<(), Error> {
        if !self.opening.is_open() {
            return Ok(());
        }
        let rule = &self.config.keepalive;
        let before = std::mem::replace(&mut self.clocks.taken, self.output.taken());
        if self.is_backed_up() && self.output.taken() != before {
            // A driver reads nothing from a peer that is slow to read. It is there, as one sees.
            self.clocks.heartbeat.hear(rule, now);
        }
        match self.clocks.heartbeat.handle_timeout(rule, !self.streams.is_empty(), now) {
            Pulse::Felt => Ok(()),
            Pulse::Asked => {
                write_ping(&mut self.output.bytes, false, KEEPALIVE_PING);
                self.clocks.strikes.wrote_besides(PING_LENGTH);
                Ok(())
            }
            Pulse::Gone => Err(Error::Silent { after: rule.timeout }),
        }
    }

    fn look_at_rest(&mut self, now: Instant) {
        if self.opening.is_open() && self.farewell.ours == Ours::Staying {
            self.clocks.rest.look(!self.streams.is_empty(), self.last_begun(), now);
            if self.clocks.rest.is_over(now) {
                self.shut_down_because(b"max_idle");
            }
        }
    }

    /// The driver does not read from this peer at present, for a reason of its own: its silence is
    /// no sign of anything.
    pub fn stopped_reading(&mut self, now: Instant) {
        self.clocks.frame.pause();
        self.clocks.heartbeat.hear(&self.config.keepalive, now);
    }

    /// All that was read has been taken, save for what is no whole frame.
    #[inline]
    pub(super) fn took_all(&mut self, input: &ReceiveBuffer, now: Instant) {
        if self.clocks.frame.look(input.unread(), now, self.config.handshake) {
            self.clocks.heartbeat.hear(&self.config.keepalive, now);
        }
        self.clocks.rest.look(!self.streams.is_empty(), self.last_begun(), now);
        if let Some(limit) = self.config.write_stall
            && self.output.len() > 0
        {
            self.clocks.stall.begin(self.output.taken(), limit, now);
        }
    }

    /// Rises with each stream that a client begins.
    #[inline]
    fn last_begun(&self) -> u32 {
        match self.opening.side() {
            Side::Client => self.ids.next_own,
            Side::Server => self.ids.last_peer,
        }
    }
}
