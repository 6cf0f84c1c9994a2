//! What is reserved stays reserved, and what is open to extensions stays open.

use super::api::{Home, Numbers};
use super::change::Advice;
use super::compare::Comparison;

impl Comparison<'_> {
    /// What is reserved stays reserved.
    pub(super) fn reserved(
        &mut self,
        rule: &'static str,
        (what, name): (&str, &str),
        names: (&[String], &[String]),
        numbers: (&[Numbers], &[Numbers]),
        home: &Home,
    ) {
        self.ranges(rule, "reserved", (what, name), numbers, home);
        for reserved in names.0.iter().filter(|reserved| !names.1.contains(reserved)) {
            let text = format!(
                "Previously present reserved name \"{reserved}\" on {what} \"{name}\" was deleted."
            );
            let advice = Advice::default()
                .json("the name may come to mean something else than in old messages")
                .instead(format!("keep `reserved \"{reserved}\";`"));
            self.report_at(rule, home, &[], text, advice);
        }
    }

    pub(super) fn ranges(
        &mut self,
        rule: &'static str,
        kind: &str,
        (what, name): (&str, &str),
        (before, after): (&[Numbers], &[Numbers]),
        home: &Home,
    ) {
        let shown = |range: &Numbers| match range {
            (start, end) if start == end => format!("[{start}]"),
            (start, end) => format!("[{start},{end}]"),
        };
        for range in before {
            let missing = missing(*range, after);
            if missing.is_empty() {
                continue;
            }
            let list: Vec<String> = missing.iter().map(shown).collect();
            let text = format!(
                "Previously present {kind} range \"{}\" on {what} \"{name}\" is missing values: \
                 {} were removed.",
                shown(range),
                list.join(", ")
            );
            let advice = match kind {
                "reserved" => Advice::default()
                    .wire("the numbers may come to mean something else than in old messages")
                    .instead("keep them reserved"),
                _ => Advice::default()
                    .wire("extensions with these numbers are not known")
                    .source("extensions with these numbers do not compile")
                    .instead("keep the range"),
            };
            self.report_at(rule, home, &[], text, advice);
        }
    }
}

/// Whether a number is in one of the ranges.
pub(super) fn is_in(number: i32, ranges: &[Numbers]) -> bool {
    ranges.iter().any(|&(start, end)| (start..=end).contains(&number))
}

/// What of a range is in none of the others.
fn missing(range: Numbers, others: &[Numbers]) -> Vec<Numbers> {
    let mut others: Vec<Numbers> = others.to_vec();
    others.sort_unstable();
    let mut missing = Vec::new();
    // In 64 bits: the ends can be those of 32.
    let mut next = i64::from(range.0);
    let last = i64::from(range.1);
    for (start, end) in others {
        let (start, end) = (i64::from(start), i64::from(end));
        if end < next || start > last {
            continue;
        }
        if start > next {
            missing.push((next, start - 1));
        }
        next = next.max(end + 1);
    }
    if next <= last {
        missing.push((next, last));
    }
    let narrow = |value: i64| i32::try_from(value).unwrap_or(i32::MAX);
    missing.into_iter().map(|(start, end)| (narrow(start), narrow(end))).collect()
}
