//! Which ranges of numbers have something in common, without holding each
//! against each: a file may have a million of them.

use std::ops::Range;

/// So many overlaps of one message or enum are told. There can be as many as
/// pairs of ranges, which nobody reads and no memory holds.
pub(super) const MAX_TOLD: usize = 1_000;

/// Ranges by where they start, as a tree: the middle of a piece is its root.
#[derive(Debug, Default)]
pub(crate) struct Ranges {
    /// Each with its place in the file; the end is not included.
    sorted: Vec<(Range<i64>, usize)>,
    /// The greatest end below each root.
    greatest: Vec<i64>,
}

impl Ranges {
    pub(crate) fn new(ranges: impl Iterator<Item = Range<i64>>) -> Self {
        let mut sorted: Vec<(Range<i64>, usize)> =
            ranges.enumerate().map(|(index, range)| (range, index)).collect();
        sorted.sort_by_key(|(range, index)| (range.start, *index));
        let mut greatest = vec![i64::MIN; sorted.len()];
        fill(&sorted, &mut greatest);
        Self { sorted, greatest }
    }

    /// The places of the first ranges that overlap with one, in the order of
    /// the file; at most so many.
    pub(super) fn overlapping(&self, range: &Range<i64>, most: usize) -> Vec<usize> {
        let mut found = Vec::new();
        self.search(0..self.sorted.len(), range, most, &mut found);
        found.sort_unstable();
        found
    }

    /// The places of the ranges after one that overlap with it, as many as are
    /// left to be told.
    pub(super) fn later(&self, range: &Range<i64>, index: usize, left: &mut usize) -> Vec<usize> {
        if *left == 0 {
            return Vec::new();
        }
        let mut found = self.overlapping(range, usize::MAX);
        found.retain(|other| *other > index);
        found.truncate(*left);
        *left -= found.len();
        found
    }

    /// The places of the ranges that hold a number; at most so many.
    pub(super) fn holding(&self, number: i32, most: usize) -> Vec<usize> {
        let number = i64::from(number);
        self.overlapping(&(number..number + 1), most)
    }

    /// The place of the first range that holds a number.
    pub(super) fn first(&self, number: i32) -> Option<usize> {
        // More than one is a mistake, of which so many are told.
        self.holding(number, MAX_TOLD).first().copied()
    }

    /// Whether one of the ranges holds a number.
    pub(crate) fn hold(&self, number: i32) -> bool {
        !self.holding(number, 1).is_empty()
    }

    fn search(
        &self,
        piece: Range<usize>,
        wanted: &Range<i64>,
        most: usize,
        found: &mut Vec<usize>,
    ) {
        if piece.is_empty() || found.len() >= most {
            return;
        }
        let middle = middle(&piece);
        if self.greatest[middle] <= wanted.start {
            return;
        }
        self.search(piece.start..middle, wanted, most, found);
        let (range, index) = &self.sorted[middle];
        if range.start >= wanted.end {
            return;
        }
        if range.end > wanted.start && found.len() < most {
            found.push(*index);
        }
        self.search(middle + 1..piece.end, wanted, most, found);
    }
}

fn middle(piece: &Range<usize>) -> usize {
    piece.start + piece.len() / 2
}

/// Says at each root how far the ranges below it reach.
fn fill(sorted: &[(Range<i64>, usize)], greatest: &mut [i64]) -> i64 {
    if sorted.is_empty() {
        return i64::MIN;
    }
    let middle = sorted.len() / 2;
    let left = fill(&sorted[..middle], &mut greatest[..middle]);
    let right = fill(&sorted[middle + 1..], &mut greatest[middle + 1..]);
    greatest[middle] = sorted[middle].0.end.max(left).max(right);
    greatest[middle]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_is_what_each_with_each_finds() {
        let mut seed = 1_u64;
        let mut below = |limit: i64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            i64::try_from(seed >> 33).expect("31 bits fit") % limit
        };
        for size in [0, 1, 2, 3, 7, 40] {
            let ranges: Vec<Range<i64>> = (0..size)
                .map(|_| {
                    let start = below(50);
                    start..start + below(12)
                })
                .collect();
            let index = Ranges::new(ranges.iter().cloned());
            for start in 0..60 {
                let wanted = start..start + 1 + below(9);
                let overlap =
                    |range: &Range<i64>| range.end > wanted.start && wanted.end > range.start;
                let expected: Vec<usize> =
                    (0..ranges.len()).filter(|at| overlap(&ranges[*at])).collect();
                assert_eq!(index.overlapping(&wanted, usize::MAX), expected, "{ranges:?}");
                assert_eq!(index.overlapping(&wanted, 2).len(), expected.len().min(2));
            }
        }
    }
}
