//! When to try again to reach a server, and which of its addresses first: the
//! same for every driver.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::time::Duration;

/// When the next address is tried beside one that does not answer (RFC 8305 §8).
pub(crate) const STAGGER: Duration = Duration::from_millis(250);

/// One family, then the other, and so on (RFC 8305 §4): one that is broken costs one delay.
pub(crate) fn interleaved(found: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = found.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let mut second = second.into_iter();
    let mut all = VecDeque::new();
    for address in first {
        all.push_back(address);
        all.extend(second.next());
    }
    all.extend(second);
    all
}

/// gRPC's connection back-off: 1 s, then 1.6 times as long each time, at most 2 min, give or take
/// a fifth so that clients do not return all at once.
#[derive(Default)]
pub(crate) struct BackOff {
    attempts: i32,
}

impl BackOff {
    const MAX: f64 = 120.0;

    pub(crate) fn next(&mut self) -> Duration {
        let seconds = 1.6_f64.powi(self.attempts).min(Self::MAX);
        self.attempts = (self.attempts + 1).min(64);
        // Each RandomState is seeded anew by the standard library.
        let random = f64::from(RandomState::new().hash_one(()) as u32) / f64::from(u32::MAX);
        Duration::from_secs_f64(seconds * (0.8 + 0.4 * random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_take_turns() {
        let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let found = ["[::1]:1", "[::2]:1", "127.0.0.1:1"].map(address).to_vec();
        let order: Vec<_> = interleaved(found).into_iter().collect();
        assert_eq!(order, ["[::1]:1", "127.0.0.1:1", "[::2]:1"].map(address));
    }

    #[test]
    fn the_back_off_grows_to_two_minutes() {
        let mut back_off = BackOff::default();
        let first = back_off.next().as_secs_f64();
        assert!((0.8..=1.2).contains(&first), "{first}");
        let last = (0..100).map(|_| back_off.next()).last().expect("some").as_secs_f64();
        assert!((96.0..=144.0).contains(&last), "{last}");
    }
}
