//! How long the calls of a method take: a moving average for each, by which a
//! slow one is known before it begins.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A method that takes longer than this has somebody else lead while it runs.
const SLOW: u32 = 100_000;
/// Methods that are told apart. Two that share a place share their pace, which costs a wake-up.
const PLACES: usize = 256;
/// A call weighs one part of so many in its method's average.
const WEIGHT: u32 = 8;

/// The average of each method, in nanoseconds.
pub(super) struct Paces {
    places: Box<[AtomicU32]>,
    hasher: std::hash::RandomState,
}

impl Paces {
    pub(super) fn new() -> Self {
        let places = (0..PLACES).map(|_| AtomicU32::new(0)).collect();
        Paces { places, hasher: std::hash::RandomState::new() }
    }

    /// The place of a method.
    pub(super) fn place(&self, path: &[u8]) -> usize {
        usize::try_from(self.hasher.hash_one(path) % PLACES as u64).unwrap_or_default()
    }

    pub(super) fn is_slow(&self, place: usize) -> bool {
        self.places[place].load(Ordering::Relaxed) > SLOW
    }

    /// A call has taken so long. Two threads may overwrite each other's; it does not matter.
    pub(super) fn took(&self, place: usize, time: Duration) {
        let time = u32::try_from(time.as_nanos()).unwrap_or(u32::MAX);
        let place = &self.places[place];
        let before = place.load(Ordering::Relaxed);
        place.store(before - before / WEIGHT + time / WEIGHT, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_long_call_makes_a_method_slow_and_many_short_ones_quick_again() {
        let paces = Paces::new();
        let place = paces.place(b"/a.B/C");
        assert!(!paces.is_slow(place));
        paces.took(place, Duration::from_millis(10));
        assert!(paces.is_slow(place));
        let calls = (0..100).take_while(|_| {
            paces.took(place, Duration::from_micros(2));
            paces.is_slow(place)
        });
        assert!((5..50).contains(&calls.count()));
    }
}
