//! A peer that stops in the middle: it takes none of what we write, or does
//! not finish a frame.

use std::time::{Duration, Instant};

use super::error::Error;
use crate::frame::kind;

/// Where the type stands in the head of a frame (RFC 9113 §4.1).
const KIND_AT: usize = 3;

/// Output that waits, and how long already.
#[derive(Debug, Default)]
pub(super) struct Stall {
    until: Option<Instant>,
    /// How much had been taken when that was set.
    taken: u64,
}

impl Stall {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.until
    }

    /// Output waits, of which `taken` is no part any more.
    #[inline]
    pub(super) fn begin(&mut self, taken: u64, limit: Duration, now: Instant) {
        if self.until.is_none() || taken != self.taken {
            self.until = now.checked_add(limit);
            self.taken = taken;
        }
    }

    /// Sees whether anything has been taken since the last time. `taken` is None if nothing waits.
    pub(super) fn handle_timeout(
        &mut self,
        taken: Option<u64>,
        limit: Duration,
        now: Instant,
    ) -> Result<(), Error> {
        let Some(taken) = taken else {
            self.until = None;
            return Ok(());
        };
        self.begin(taken, limit, now);
        match self.until {
            Some(until) if until <= now => Err(Error::Stalled { after: limit }),
            _ => Ok(()),
        }
    }
}

/// A frame of which only a part has come.
#[derive(Debug, Default)]
pub(super) struct UnfinishedFrame {
    /// It is waited for until then. A message may take its time, so DATA has no such limit.
    until: Option<Instant>,
    length: usize,
    /// A whole frame was taken since the last look.
    took: bool,
}

impl UnfinishedFrame {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.until
    }

    /// Nothing is read at present, so nothing can come.
    pub(super) fn pause(&mut self) {
        self.until = None;
    }

    #[inline]
    pub(super) fn took(&mut self) {
        self.took = true;
    }

    /// Sees what is left of what was read. Whether anything has come since the last look.
    #[inline]
    pub(super) fn look(&mut self, unread: &[u8], now: Instant, limit: Duration) -> bool {
        let took = std::mem::take(&mut self.took);
        let before = std::mem::replace(&mut self.length, unread.len());
        if unread.is_empty() || unread.get(KIND_AT) == Some(&kind::DATA) {
            self.until = None;
        } else if took || self.until.is_none() {
            self.until = now.checked_add(limit);
        }
        took || before != unread.len()
    }
}
