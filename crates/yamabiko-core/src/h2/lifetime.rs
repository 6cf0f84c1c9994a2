//! How long a connection lasts without a call, and how long at all (gRFC A9).

use std::time::{Duration, Instant};

use super::config::{Lifetime, SHORTEST_TIME};
use super::error::Error;

/// A connection that has calls is looked at so many times in the time that it may be without.
const LOOKS: u32 = 4;
/// The largest part of its age by which a connection lives longer or shorter: a tenth.
const JITTER: u32 = 10;

/// How long there has been no call.
#[derive(Debug)]
pub(super) struct Rest {
    limit: Option<Duration>,
    since: Option<Instant>,
    next: Option<Instant>,
    /// The last stream that was begun.
    begun: u32,
}

impl Rest {
    pub(super) fn new(limit: Option<Duration>, now: Instant) -> Self {
        let limit = limit.map(|limit| limit.max(SHORTEST_TIME));
        let next = limit.and_then(|limit| now.checked_add(limit));
        Rest { limit, since: Some(now), next, begun: 0 }
    }

    /// Sees whether there are calls, or were since the last look.
    #[inline]
    pub(super) fn look(&mut self, has_calls: bool, begun: u32, now: Instant) {
        if has_calls {
            self.since = None;
        } else if self.since.is_none() || begun != self.begun {
            self.since = Some(now);
        }
        self.begun = begun;
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    /// Whether it has lasted long enough; if not, when to look again.
    pub(super) fn is_over(&mut self, now: Instant) -> bool {
        let Some(limit) = self.limit else { return false };
        if self.next.is_none_or(|at| now < at) {
            return false;
        }
        let end = match self.since {
            Some(since) => since.checked_add(limit),
            // The last call may end at any time, and nobody tells us the time then.
            None => now.checked_add((limit / LOOKS).max(SHORTEST_TIME)),
        };
        self.next = end;
        self.since.is_some() && end.is_some_and(|end| end <= now)
    }
}

/// When the connection is to go, and when it has to.
#[derive(Debug)]
pub(super) struct Age {
    grace: Option<Duration>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// It goes then, if ever.
    Young(Option<Instant>),
    /// It was told to go, and has to be gone by then.
    Old(Option<Instant>),
}

impl Age {
    pub(super) fn new(rule: &Lifetime, now: Instant) -> Self {
        let age = rule.age.map(|age| jittered(age.max(SHORTEST_TIME), rule.seed));
        let end = age.and_then(|age| now.checked_add(age));
        Age { grace: rule.grace, stage: Stage::Young(end) }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self.stage {
            Stage::Young(at) | Stage::Old(at) => at,
        }
    }

    /// Whether the connection is to go now.
    ///
    /// # Errors
    /// Its grace is over.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Result<bool, Error> {
        match self.stage {
            Stage::Young(Some(at)) if at <= now => {
                let end = self.grace.and_then(|grace| now.checked_add(grace));
                self.stage = Stage::Old(end);
                Ok(true)
            }
            Stage::Old(Some(at)) if at <= now => Err(Error::Expired),
            _ => Ok(false),
        }
    }
}

/// `age`, give or take a tenth of it.
fn jittered(age: Duration, seed: u64) -> Duration {
    // SplitMix64: seeds that are near each other give numbers that are not.
    let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let part = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
    let tenth = age / JITTER;
    age.saturating_sub(tenth).saturating_add((2 * tenth).mul_f64(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_spread_over_a_fifth() {
        let age = Duration::from_secs(1_000);
        let ages: Vec<_> = (0..1_000).map(|seed| jittered(age, seed).as_secs()).collect();
        let (least, most) = (ages.iter().min(), ages.iter().max());
        assert!(least.is_some_and(|least| (900..905).contains(least)), "{least:?}");
        assert!(most.is_some_and(|most| (1_095..1_100).contains(most)), "{most:?}");
        assert_eq!(ages.iter().filter(|age| **age < 1_000).count() / 100, 4, "about half of them");
    }
}
