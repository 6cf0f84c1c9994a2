//! Budgets for what costs us work and brings none: resets, pings, settings,
//! empty frames. Each is a bucket that refills with time.

use std::time::Instant;

use super::config::{FLOOD_BURST, FLOOD_PER_SECOND};

/// What a peer can flood us with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flood {
    /// RST_STREAM for streams that it opened, or streams that it forces us to reset.
    Resets,
    /// PING and SETTINGS, which must be answered, and GOAWAY.
    Controls,
    /// DATA without data, PRIORITY, unknown frames, frames for streams that have ended.
    Idle,
}

impl Flood {
    /// The words for the peer.
    pub fn reason(self) -> &'static str {
        match self {
            Flood::Resets => "too many stream resets",
            Flood::Controls => "too many PING, SETTINGS or GOAWAY frames",
            Flood::Idle => "too many frames without effect",
        }
    }
}

/// One bucket for each kind of flood.
#[derive(Debug)]
pub struct Floods {
    buckets: [Bucket; 3],
    owed: u32,
}

impl Floods {
    /// Full buckets.
    pub fn new(now: Instant) -> Self {
        Floods { buckets: [Bucket { left: FLOOD_BURST, since: now }; 3], owed: 0 }
    }

    /// The peer has made us end a stream: it pays with a reset, at its next frame.
    pub fn owe_reset(&mut self) {
        self.owed = self.owed.saturating_add(1);
    }

    /// Whether what is owed is within the budget.
    #[inline]
    pub fn settle(&mut self, now: Instant) -> bool {
        if self.owed == 0 {
            return true;
        }
        let owed = std::mem::take(&mut self.owed);
        (0..owed).all(|_| self.allows(Flood::Resets, now))
    }

    /// Whether one more is within the budget.
    pub fn allows(&mut self, flood: Flood, now: Instant) -> bool {
        self.buckets[flood as usize].take(now)
    }
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: u32,
    since: Instant,
}

impl Bucket {
    fn take(&mut self, now: Instant) -> bool {
        // Refilled only when it matters: most connections never empty one.
        if self.left == 0 {
            let passed = now.saturating_duration_since(self.since).as_millis();
            let earned = passed * u128::from(FLOOD_PER_SECOND) / 1_000;
            self.left = u32::try_from(earned).unwrap_or(u32::MAX).min(FLOOD_BURST);
            if self.left > 0 {
                self.since = now;
            }
        }
        let allowed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test needs some instant to count from")]
    fn a_burst_is_allowed_then_a_rate() {
        let start = Instant::now();
        let mut floods = Floods::new(start);
        assert!((0..FLOOD_BURST).all(|_| floods.allows(Flood::Resets, start)));
        assert!(!floods.allows(Flood::Resets, start));
        assert!(floods.allows(Flood::Controls, start), "budgets are separate");
        let later = start + Duration::from_millis(10);
        assert!(floods.allows(Flood::Resets, later));
        assert!(floods.allows(Flood::Resets, later));
        assert!(!floods.allows(Flood::Resets, later));
    }
}
