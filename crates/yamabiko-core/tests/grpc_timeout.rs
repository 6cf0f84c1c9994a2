//! `grpc-timeout` (grpc `doc/PROTOCOL-HTTP2.md`, "Timeout").

use std::time::Duration;

use proptest::prelude::*;
use yamabiko_core::grpc::timeout;

fn written(timeout: Duration) -> String {
    let mut out = Vec::new();
    timeout::write(timeout, &mut out);
    String::from_utf8(out).expect("ASCII")
}

const LONGEST: Duration = Duration::from_secs(99_999_999 * 3_600);

#[test]
fn every_unit_is_read() {
    let cases = [
        ("1H", Duration::from_secs(3_600)),
        ("2M", Duration::from_secs(120)),
        ("3S", Duration::from_secs(3)),
        ("4m", Duration::from_millis(4)),
        ("5u", Duration::from_micros(5)),
        ("6n", Duration::from_nanos(6)),
        ("00000010S", Duration::from_secs(10)),
        ("99999999H", LONGEST),
        ("0S", Duration::ZERO),
    ];
    for (value, expected) in cases {
        assert_eq!(timeout::parse(value.as_bytes()), Some(expected), "{value}");
    }
}

#[test]
fn anything_else_is_refused() {
    for value in ["", "S", "1", "1s", "1h", "123456789S", "-1S", "+1S", " 1S", "1S ", "1.5S", "1 S"]
    {
        assert_eq!(timeout::parse(value.as_bytes()), None, "{value:?}");
    }
}

#[test]
fn finest_unit_that_fits_eight_digits_is_written() {
    let cases = [
        (Duration::from_nanos(99_999_999), "99999999n"),
        (Duration::from_millis(100), "100000u"),
        (Duration::from_secs(1), "1000000u"),
        (Duration::from_secs(100), "100000m"),
        (Duration::from_secs(100_000), "100000S"),
        (Duration::from_secs(100_000_000), "1666667M"),
        (Duration::from_secs(99_999_999 * 60 + 1), "1666667H"),
        (LONGEST, "99999999H"),
    ];
    for (timeout, expected) in cases {
        assert_eq!(written(timeout), expected);
    }
}

#[test]
fn rest_below_the_unit_is_rounded_up() {
    assert_eq!(written(Duration::from_nanos(100_000_001)), "100001u");
    assert_eq!(written(Duration::new(100, 1)), "100001m");
}

#[test]
fn zero_is_the_shortest_timeout_and_more_than_fits_the_longest() {
    assert_eq!(written(Duration::ZERO), "1n");
    assert_eq!(written(LONGEST + Duration::from_nanos(1)), "99999999H");
    assert_eq!(written(Duration::MAX), "99999999H");
}

proptest! {
    #[test]
    fn written_timeout_is_read_back_and_hardly_longer(
        seconds in prop_oneof![0..200u64, 0..LONGEST.as_secs()], nanoseconds in 0..1_000_000_000u32,
    ) {
        let timeout = Duration::new(seconds, nanoseconds);
        let value = written(timeout);
        let read = timeout::parse(value.as_bytes()).unwrap();
        prop_assert!(value.len() <= 9);
        prop_assert!(read >= timeout);
        // Where the unit changes, five digits are left at least.
        prop_assert!(read - timeout <= (timeout / 100_000).max(Duration::from_nanos(1)));
    }

    #[test]
    fn no_value_panics(value: Vec<u8>) {
        let _ = timeout::parse(&value);
    }

    #[test]
    fn no_likely_value_panics(value in "[0-9]{0,9}[HMSmun]?[ -~]?") {
        let _ = timeout::parse(value.as_bytes());
    }
}
