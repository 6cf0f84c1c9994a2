//! Finds the slot of a live stream by its identifier: a table with open
//! addressing, at most half full, which asks for neither a hasher nor an
//! allocation for each stream.

/// The slots of the live streams, by identifier.
#[derive(Debug, Default)]
pub(super) struct StreamIds {
    /// None, or a power of two. Identifier 0, which no stream has, marks a vacant place.
    places: Vec<Place>,
    /// How far a product is shifted to be a place.
    shift: u32,
    live: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    id: u32,
    slot: u32,
}

/// Places of the smallest table.
const SMALLEST: usize = 8;

impl StreamIds {
    /// How many there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.live
    }

    /// Adds a stream that is not there.
    #[inline]
    pub(super) fn insert(&mut self, id: u32, slot: u32) {
        debug_assert_ne!(id, 0, "the connection is no stream");
        if self.places.len() < 2 * (self.live + 1) {
            self.grow();
        }
        self.live += 1;
        self.put(Place { id, slot });
    }

    /// The slot of a stream.
    #[inline]
    pub(super) fn find(&self, id: u32) -> Option<u32> {
        self.at(id).map(|at| self.places[at].slot)
    }

    /// Removes a stream, if it is there.
    #[inline]
    pub(super) fn remove(&mut self, id: u32) {
        let Some(mut gap) = self.at(id) else { return };
        self.live -= 1;
        let mask = self.places.len() - 1;
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            let place = self.places[at];
            if place.id == 0 {
                break;
            }
            // Whoever had to go past the gap moves into it, so that a search never meets one.
            let from_home = at.wrapping_sub(self.home(place.id)) & mask;
            if from_home >= at.wrapping_sub(gap) & mask {
                self.places[gap] = place;
                gap = at;
            }
        }
        self.places[gap] = Place::default();
    }

    /// Where the search for an identifier begins. By the golden ratio, identifiers that rise evenly
    /// come to lie evenly, however many of them stay. A peer that makes them collide can make a
    /// search as long as `max_concurrent_streams` steps, which gains it nothing.
    #[inline]
    fn home(&self, id: u32) -> usize {
        (id.wrapping_mul(0x9E37_79B9) >> self.shift) as usize
    }

    #[inline]
    fn at(&self, id: u32) -> Option<usize> {
        let mask = self.places.len().checked_sub(1)?;
        let mut at = self.home(id);
        loop {
            match self.places[at].id {
                0 => return None,
                found if found == id => return Some(at),
                _ => at = (at + 1) & mask,
            }
        }
    }

    #[inline]
    fn put(&mut self, place: Place) {
        let mask = self.places.len() - 1;
        let mut at = self.home(place.id);
        while self.places[at].id != 0 {
            at = (at + 1) & mask;
        }
        self.places[at] = place;
    }

    #[cold]
    fn grow(&mut self) {
        let places = (2 * self.places.len()).max(SMALLEST);
        let before = std::mem::replace(&mut self.places, vec![Place::default(); places]);
        self.shift = u32::BITS - places.ilog2();
        for place in before.into_iter().filter(|place| place.id != 0) {
            self.put(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Numbers that look random, from a seed.
    fn numbers(mut seed: u64) -> impl Iterator<Item = u32> {
        std::iter::repeat_with(move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as u32
        })
    }

    #[test]
    fn it_holds_what_a_map_would_hold() {
        for range in [16, 200, 5_000] {
            let (mut ids, mut map) = (StreamIds::default(), BTreeMap::new());
            for (number, slot) in numbers(u64::from(range)).zip(0..20_000) {
                let id = 1 + number % range;
                if map.remove(&id).is_some() {
                    ids.remove(id);
                } else {
                    map.insert(id, slot);
                    ids.insert(id, slot);
                }
                assert_eq!((ids.len(), ids.find(id)), (map.len(), map.get(&id).copied()));
            }
            assert!((0..=range).all(|id| ids.find(id) == map.get(&id).copied()), "{range}");
        }
    }

    #[test]
    fn streams_that_stay_do_not_lengthen_the_search_for_those_that_pass() {
        let mut ids = StreamIds::default();
        (0..512).for_each(|slot| ids.insert(1 + 2 * slot, slot));
        let steps = |id: u32| {
            let mask = ids.places.len() - 1;
            (0..).find(|step| ids.places[(ids.home(id) + step) & mask].id == 0)
        };
        let longest = (0..5_000).filter_map(|slot| steps(1_025 + 2 * slot)).max();
        assert!(longest < Some(16), "{longest:?}");
    }

    #[test]
    fn what_is_not_there_is_not_found_and_not_removed() {
        let mut ids = StreamIds::default();
        ids.remove(1);
        assert_eq!((ids.find(1), ids.len()), (None, 0));
        ids.insert(1, 7);
        ids.remove(3);
        assert_eq!((ids.find(1), ids.find(3), ids.len()), (Some(7), None, 1));
    }
}
