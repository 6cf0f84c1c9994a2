//! RFC 9113 §4: the frame head, the frame size, and what holds for all frames.

use proptest::prelude::*;
use yamabiko_core::frame::{
    DEFAULT_MAX_FRAME_SIZE, ErrorCode, Frame, FrameHead, HEAD_LEN, LARGEST_MAX_FRAME_SIZE,
    LARGEST_STREAM, Scope, kind,
};

fn parse(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Result<Frame<'_>, Scope> {
    let length = payload.len() as u32;
    Frame::parse(FrameHead { length, kind, flags, stream }, payload).map_err(|error| error.scope)
}

#[test]
fn head_is_length_type_flags_and_stream_in_network_order() {
    let head = FrameHead { length: 0x01_02_03, kind: 4, flags: 5, stream: 0x06_07_08_09 };
    let mut out = Vec::new();
    head.write(&mut out);
    assert_eq!(out, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(FrameHead::parse(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), head);
}

#[test]
fn reserved_bit_is_ignored_on_receipt_and_unset_when_sent() {
    let head = FrameHead::parse(&[0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(head.stream, LARGEST_STREAM);
    assert_eq!(head.to_bytes()[5..], [0x7f, 0xff, 0xff, 0xff]);
}

#[test]
fn frame_above_the_announced_size_is_a_frame_size_error() {
    for limit in [DEFAULT_MAX_FRAME_SIZE, LARGEST_MAX_FRAME_SIZE - 1] {
        let head = FrameHead { length: limit, kind: kind::DATA, flags: 0, stream: 1 };
        assert_eq!(head.check_length(limit), Ok(()));
        let error = FrameHead { length: limit + 1, ..head }.check_length(limit).unwrap_err();
        assert_eq!((error.scope, error.code), (Scope::Connection, ErrorCode::FRAME_SIZE_ERROR));
    }
}

#[test]
fn frame_of_an_unknown_type_is_unknown_whatever_it_holds() {
    for unknown in 0x0a..=0xff {
        assert_eq!(parse(unknown, 0xff, 0, b"any"), Ok(Frame::Unknown { kind: unknown }));
        assert_eq!(parse(unknown, 0, 7, b""), Ok(Frame::Unknown { kind: unknown }));
    }
}

#[test]
fn flags_that_a_type_does_not_define_are_ignored() {
    let settings = [0, 4, 0, 0, 0, 1];
    // The flags that mean something, by type; here all the others are set.
    let cases: [(u8, u8, u32, &[u8]); 10] = [
        (kind::DATA, 0x09, 1, b"data"),
        (kind::HEADERS, 0x2d, 1, b"block"),
        (kind::PRIORITY, 0x00, 1, &[0; 5]),
        (kind::RST_STREAM, 0x00, 1, &[0; 4]),
        (kind::SETTINGS, 0x01, 0, &settings),
        (kind::PUSH_PROMISE, 0x0c, 1, &[0; 4]),
        (kind::PING, 0x01, 0, &[0; 8]),
        (kind::GOAWAY, 0x00, 0, &[0; 8]),
        (kind::WINDOW_UPDATE, 0x00, 1, &[0, 0, 0, 1]),
        (kind::CONTINUATION, 0x04, 1, b"block"),
    ];
    for (kind, defined, stream, payload) in cases {
        let plain = parse(kind, 0, stream, payload);
        assert!(plain.is_ok(), "type {kind}");
        assert_eq!(parse(kind, !defined, stream, payload), plain, "type {kind}");
    }
}

#[test]
fn error_codes_are_named_as_in_the_rfc() {
    let names = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    for (number, name) in names.into_iter().enumerate() {
        assert_eq!(ErrorCode(number as u32).to_string(), name);
    }
    assert_eq!(ErrorCode(0x0e).name(), None);
    assert_eq!(ErrorCode(0xbeef).to_string(), "unknown error code: 0xbeef");
}

#[test]
fn errors_say_the_code_the_stream_and_the_clause() {
    let head = FrameHead { length: 0, kind: kind::DATA, flags: 0, stream: 0 };
    let error = Frame::parse(head, b"").unwrap_err();
    assert_eq!(error.to_string(), "PROTOCOL_ERROR: DATA on stream 0 (RFC 9113 §6.1)");
    let head = FrameHead { length: 0, kind: kind::PRIORITY, flags: 0, stream: 3 };
    let error = Frame::parse(head, b"").unwrap_err();
    assert!(error.to_string().starts_with("FRAME_SIZE_ERROR on stream 3: "), "{error}");
}

proptest! {
    #[test]
    fn every_nine_octets_are_a_head_and_write_back(bytes: [u8; HEAD_LEN]) {
        let mut expected = bytes;
        expected[5] &= 0x7f;
        prop_assert_eq!(FrameHead::parse(&bytes).to_bytes(), expected);
    }

    #[test]
    fn no_payload_panics(kind: u8, flags: u8, stream in 0..4u32, payload: Vec<u8>) {
        let _ = parse(kind, flags, stream, &payload);
    }

    /// The likely types, lengths and flags, which random octets hardly ever meet.
    #[test]
    fn no_likely_payload_panics(
        kind in 0..=10u8,
        flags in prop::bits::u8::masked(0x2d),
        stream in 0..2u32,
        payload in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        if let Ok(Frame::Settings(settings)) = parse(kind, flags, stream, &payload) {
            prop_assert_eq!(settings.iter().len() * 6, payload.len());
        }
    }

    /// An error of a field section that ended only its stream would leave the decompressor behind.
    #[test]
    fn errors_of_field_sections_concern_the_connection(
        kind in prop::sample::select(vec![kind::HEADERS, kind::PUSH_PROMISE, kind::CONTINUATION]),
        flags: u8,
        stream in 0..2u32,
        payload in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        prop_assert!(!matches!(parse(kind, flags, stream, &payload), Err(Scope::Stream(_))));
    }
}
