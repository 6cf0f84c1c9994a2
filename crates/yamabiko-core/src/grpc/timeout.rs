//! `grpc-timeout`: the time left for a call, relative so that clocks need not agree
//! (grpc `doc/PROTOCOL-HTTP2.md`, "Timeout").

use std::time::Duration;

/// The value has at most eight digits.
const MAX_DIGITS: usize = 8;
const MAX_VALUE: u128 = 99_999_999;

/// The units in nanoseconds, from fine to coarse.
const UNITS: [(u8, u128); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60 * 1_000_000_000),
    (b'H', 3_600 * 1_000_000_000),
];

/// Reads one to eight digits and a unit; `None` for anything else. The specification wants a
/// positive number; a zero is taken for what it means: the time is up.
pub fn parse(value: &[u8]) -> Option<Duration> {
    let (&unit, digits) = value.split_last()?;
    if digits.is_empty() || digits.len() > MAX_DIGITS {
        return None;
    }
    let mut number = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u64::from(digit - b'0');
    }
    Some(match unit {
        b'n' => Duration::from_nanos(number),
        b'u' => Duration::from_micros(number),
        b'm' => Duration::from_millis(number),
        b'S' => Duration::from_secs(number),
        b'M' => Duration::from_secs(number * 60),
        b'H' => Duration::from_secs(number * 3_600),
        _ => return None,
    })
}

/// Appends the timeout in the finest unit that it fits, rounded up so that the peer does not give
/// up before we do. What is longer than 99,999,999 hours becomes just that; zero becomes 1 ns.
pub fn write(timeout: Duration, out: &mut Vec<u8>) {
    let nanoseconds = timeout.as_nanos().max(1);
    let (unit, number) = UNITS
        .iter()
        .map(|&(unit, length)| (unit, nanoseconds.div_ceil(length)))
        .find(|&(_, number)| number <= MAX_VALUE)
        .unwrap_or((b'H', MAX_VALUE));
    let mut digits = [0; MAX_DIGITS];
    let mut first = MAX_DIGITS;
    let mut rest = u32::try_from(number).expect("at most eight digits");
    while rest > 0 {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[first..]);
    out.push(unit);
}
