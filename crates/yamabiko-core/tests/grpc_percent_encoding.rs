//! The percent-encoding of `grpc-message` (grpc `doc/PROTOCOL-HTTP2.md`, "Responses").

use proptest::prelude::*;
use yamabiko_core::field::FieldKind;
use yamabiko_core::grpc::percent;

fn encoded(message: &str) -> String {
    let mut out = Vec::new();
    percent::encode(message, &mut out);
    String::from_utf8(out).expect("ASCII")
}

#[test]
fn printable_ascii_stays_but_for_the_percent_sign() {
    let printable: String = (' '..='~').filter(|&character| character != '%').collect();
    assert_eq!(encoded(&format!("_{printable}_")), format!("_{printable}_"));
    assert_eq!(encoded("100% sure"), "100%25 sure");
}

#[test]
fn message_of_the_interoperation_test_comes_back() {
    let message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    let wire = "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP \
                %F0%9F%98%88%09%0A";
    assert_eq!(encoded(message), wire);
    assert_eq!(percent::decode(wire.as_bytes()), message);
}

#[test]
fn spaces_at_the_ends_are_escaped() {
    assert_eq!(encoded(" a b "), "%20a b%20");
    assert_eq!(encoded(" "), "%20");
    assert_eq!(encoded(""), "");
}

#[test]
fn control_characters_are_escaped() {
    assert_eq!(encoded("\0\x1f\x7f"), "%00%1F%7F");
}

#[test]
fn either_case_of_hex_digits_is_read() {
    assert_eq!(percent::decode(b"%c3%A9"), "é");
}

#[test]
fn broken_escapes_are_kept_as_they_stand() {
    for value in ["%", "%4", "%zz", "%4g", "100% sure", "%%", "%-1", "%+1"] {
        assert_eq!(percent::decode(value.as_bytes()), value);
    }
    assert_eq!(percent::decode(b"%%41%"), "%A%");
}

#[test]
fn octets_that_are_no_utf8_become_replacement_characters() {
    assert_eq!(percent::decode(b"a%FFb"), "a\u{fffd}b");
    assert_eq!(percent::decode(b"a\xffb"), "a\u{fffd}b");
}

#[test]
fn plain_utf8_is_read_as_it_stands() {
    assert_eq!(percent::decode("こんにちは".as_bytes()), "こんにちは");
}

proptest! {
    #[test]
    fn every_message_comes_back(message: String) {
        prop_assert_eq!(percent::decode(encoded(&message).as_bytes()), message);
    }

    #[test]
    fn every_encoded_message_is_a_valid_field_value(message: String) {
        let value = encoded(&message);
        prop_assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        let kind = FieldKind::classify(b"grpc-message", value.as_bytes());
        prop_assert_eq!(kind, FieldKind::GrpcMessage);
    }

    #[test]
    fn decoding_never_panics(value: Vec<u8>) {
        let _ = percent::decode(&value);
    }

    #[test]
    fn decoding_escapes_never_panics(value in "(%[0-9a-fA-F]{0,2}|[a-z]){0,12}") {
        for end in 0..=value.len() {
            let _ = percent::decode(&value.as_bytes()[..end]);
        }
    }
}
