//! Budgets for what costs us work and brings none: resets, pings, settings,
//! empty frames. Each is a bucket that refills with time.

use std::time::Instant;

use super::config::{FLOOD_BURST, FLOOD_PER_SECOND, RESETS_PER_ANSWER};

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
    calls: Calls,
}

/// What has become of the calls, as far as it matters here.
#[derive(Clone, Copy, Debug, Default)]
struct Calls {
    begun: u64,
    /// Ended before their answer, through the peer.
    lost: u64,
    /// Answered ones for which resets were granted already.
    rewarded: u64,
}

impl Floods {
    /// Full buckets.
    pub fn new(now: Instant) -> Self {
        let buckets = [Bucket { left: FLOOD_BURST, since: now }; 3];
        Floods { buckets, owed: 0, calls: Calls::default() }
    }

    /// The peer has begun a call.
    #[inline]
    pub fn begun(&mut self) {
        self.calls.begun += 1;
    }

    /// The peer has ended a call before its answer, or made us do so: it pays with a reset, at its
    /// next frame.
    pub fn owe_reset(&mut self) {
        self.owed = self.owed.saturating_add(1);
        self.calls.lost += 1;
    }

    /// Whether what is owed is within the budget, with so many calls that are live.
    ///
    /// A call that is answered earns resets: who cancels many of its calls is no attacker as long
    /// as it waits for some (CVE-2023-44487 never does).
    #[inline]
    pub fn settle(&mut self, live: usize, now: Instant) -> bool {
        if self.owed == 0 {
            return true;
        }
        let owed = std::mem::take(&mut self.owed);
        (0..owed).all(|_| self.allows_reset(live, now))
    }

    fn allows_reset(&mut self, live: usize, now: Instant) -> bool {
        let resets = &mut self.buckets[Flood::Resets as usize];
        if resets.left == 0 {
            let Calls { begun, lost, rewarded } = &mut self.calls;
            let answered = begun.saturating_sub(*lost).saturating_sub(live as u64);
            let earned = answered.saturating_sub(*rewarded);
            *rewarded = answered.max(*rewarded);
            let earned = u32::try_from(earned).unwrap_or(u32::MAX);
            resets.left = earned.saturating_mul(RESETS_PER_ANSWER).min(FLOOD_BURST);
        }
        resets.take(now)
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
        assert!((0..FLOOD_BURST).all(|_| floods.allows(Flood::Idle, start)));
        assert!(!floods.allows(Flood::Idle, start));
        assert!(floods.allows(Flood::Controls, start), "budgets are separate");
        let later = start + Duration::from_millis(10);
        assert!(floods.allows(Flood::Idle, later));
        assert!(floods.allows(Flood::Idle, later));
        assert!(!floods.allows(Flood::Idle, later));
    }
}
