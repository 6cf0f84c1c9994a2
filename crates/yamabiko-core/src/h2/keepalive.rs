//! Whether the peer is still there: after a silence it is asked by a PING, and
//! when it stays silent the connection is over (gRFC A8 for clients, A9 for
//! servers).
//!
//! Whatever comes is a sign of life. The clock is not set anew by each: it
//! runs out, and then the last sign of life says how much longer it runs.

use std::time::{Duration, Instant};

use super::clocks::after;
use super::config::{Keepalive, SHORTEST_TIME};

/// When the peer was last heard, and when to look again.
#[derive(Debug)]
pub(super) struct Heartbeat {
    heard: Instant,
    next: Option<Instant>,
    /// A PING is on its way, and nothing has come since.
    asked: bool,
}

/// How the peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pulse {
    /// Heard in time, or not to be asked.
    Felt,
    /// To be asked now.
    Asked,
    /// It was asked and has not answered in time.
    Gone,
}

impl Heartbeat {
    pub(super) fn new(rule: &Keepalive, now: Instant) -> Self {
        Heartbeat { heard: now, next: silence(rule).map(|time| after(now, time)), asked: false }
    }

    /// Something has come.
    #[inline]
    pub(super) fn hear(&mut self, rule: &Keepalive, now: Instant) {
        self.heard = now;
        if self.asked {
            self.asked = false;
            self.next = silence(rule).map(|time| after(now, time));
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    pub(super) fn handle_timeout(
        &mut self,
        rule: &Keepalive,
        has_calls: bool,
        now: Instant,
    ) -> Pulse {
        let Some(time) = silence(rule) else { return Pulse::Felt };
        if self.next.is_none_or(|at| now < at) {
            return Pulse::Felt;
        }
        if self.asked {
            return Pulse::Gone;
        }
        if now < after(self.heard, time) {
            self.next = Some(after(self.heard, time));
            return Pulse::Felt;
        }
        if !has_calls && !rule.without_calls {
            self.next = Some(after(now, time));
            return Pulse::Felt;
        }
        self.asked = true;
        self.next = Some(after(now, rule.timeout.max(SHORTEST_TIME)));
        Pulse::Asked
    }
}

/// The silence after which to ask.
fn silence(rule: &Keepalive) -> Option<Duration> {
    rule.time.map(|time| time.max(SHORTEST_TIME))
}
