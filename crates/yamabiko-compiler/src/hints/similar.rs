//! What a misspelled name was meant to be.

/// Longer words are nobody's misspelling.
const MAX_LENGTH: usize = 200;

/// The candidate that `wanted` is most likely a misspelling of, if any is close.
pub(crate) fn best<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if wanted.len() > MAX_LENGTH {
        return None;
    }
    let limit = (wanted.chars().count() / 3).max(1);
    candidates
        .filter(|candidate| *candidate != wanted)
        // Quickly done with, since counting steps takes long for long words.
        .filter(|candidate| candidate.len().abs_diff(wanted.len()) <= limit * 4)
        .map(|candidate| (distance(wanted, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be added, removed, changed or swapped with their
/// neighbour to get from `left` to `right`, ignoring case.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.to_lowercase().chars().collect();
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, r) in right.iter().enumerate() {
            let change = row[j] + usize::from(l != r);
            let mut least = change.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *l == right[j - 1] && left[i - 1] == *r {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_miss_or_are_swapped_count_once() {
        assert_eq!(distance("strng", "string"), 1);
        assert_eq!(distance("stirng", "string"), 1);
        assert_eq!(distance("String", "string"), 0);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn the_closest_is_found_and_nothing_far() {
        let candidates = ["HelloRequest", "HelloReply"];
        assert_eq!(best("HelloRequst", candidates.into_iter()), Some("HelloRequest"));
        assert_eq!(best("Order", candidates.into_iter()), None);
    }
}
