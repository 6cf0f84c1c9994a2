//! A short wait awake before the long one asleep.
//!
//! To put a thread to sleep and to wake it costs more than to look again for a
//! while, if what is waited for comes soon. Whether it does is learnt: each
//! wait in vain makes the next tries rarer, a hit makes them usual again.
//! Between two looks the runtime's other tasks have their turn.

use std::time::{Duration, Instant};

/// How long to look: about what sleeping and waking cost, so that a look in vain never costs much
/// more than it could have saved.
const WINDOW: Duration = Duration::from_micros(50);
/// The most waits that are slept through after one in vain.
const MOST_SKIPPED: u32 = 1023;

/// What comes in pieces of more bytes than these is on its way anyhow. Looking all the time would only
/// find it in smaller ones.
const SHORT: usize = 1024;

/// Decides whether to look again.
#[derive(Debug, Default)]
pub(crate) struct Spin {
    /// The last piece was a long one.
    flows: bool,
    until: Option<Instant>,
    /// Waits to sleep through before the next try.
    skip: u32,
    /// What `skip` was set to by the last wait in vain.
    penalty: u32,
}

impl Spin {
    /// Whether this wait is still one to be awake in.
    pub(crate) fn goes_on(&mut self, now: Instant) -> bool {
        match self.until {
            Some(until) if now < until => true,
            Some(_) => {
                self.until = None;
                self.penalty = (2 * self.penalty + 1).min(MOST_SKIPPED);
                self.skip = self.penalty;
                false
            }
            None if self.skip > 0 || self.flows => false,
            None => {
                self.until = Some(now + WINDOW);
                true
            }
        }
    }

    /// What was waited for has come: so many bytes.
    pub(crate) fn came(&mut self, bytes: usize) {
        self.flows = bytes > SHORT;
        match self.until.take() {
            Some(_) => self.penalty = 0,
            None => self.skip = self.skip.saturating_sub(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_in_vain_become_rare_and_a_hit_makes_them_usual_again() {
        let mut now = Instant::now();
        let mut spin = Spin::default();
        let mut tries = 0;
        for _ in 0..10_000 {
            if spin.goes_on(now) {
                tries += 1;
                now += WINDOW;
                assert!(!spin.goes_on(now));
            }
            spin.came(1);
        }
        assert!((10..25).contains(&tries), "{tries}");
        while !spin.goes_on(now) {
            spin.came(1);
        }
        spin.came(1);
        assert!(spin.goes_on(now), "a hit");
    }

    #[test]
    fn what_flows_is_not_waited_for_awake() {
        let now = Instant::now();
        let mut spin = Spin::default();
        spin.came(SHORT + 1);
        assert!(!spin.goes_on(now));
        spin.came(SHORT);
        assert!(spin.goes_on(now));
    }
}
