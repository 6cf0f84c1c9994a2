//! RFC 9113 §6: every frame type, what it carries and what makes it malformed.

use proptest::prelude::*;
use yamabiko_core::frame::{self, ErrorCode, Frame, FrameHead, HEAD_LEN, Scope, kind, setting};

const END_STREAM: u8 = 0x01;
const ACK: u8 = 0x01;
const END_HEADERS: u8 = 0x04;
const PADDED: u8 = 0x08;
const PRIORITY: u8 = 0x20;

fn parse(
    kind: u8,
    flags: u8,
    stream: u32,
    payload: &[u8],
) -> Result<Frame<'_>, (Scope, ErrorCode)> {
    let length = payload.len() as u32;
    Frame::parse(FrameHead { length, kind, flags, stream }, payload)
        .map_err(|error| (error.scope, error.code))
}

/// Reads the one frame that a writer wrote.
fn read(written: &[u8]) -> Frame<'_> {
    let (head, payload) = written.split_first_chunk::<HEAD_LEN>().expect("a head");
    let head = FrameHead::parse(head);
    assert_eq!(head.length as usize, payload.len());
    Frame::parse(head, payload).expect("what we write is well formed")
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

fn connection<T>(code: ErrorCode) -> Result<T, (Scope, ErrorCode)> {
    Err((Scope::Connection, code))
}

fn stream<T>(stream: u32, code: ErrorCode) -> Result<T, (Scope, ErrorCode)> {
    Err((Scope::Stream(stream), code))
}

// §6.1 DATA

#[test]
fn data_carries_its_payload() {
    let expected = Frame::Data { stream: 1, data: b"echo", flow_length: 4, end_stream: false };
    assert_eq!(parse(kind::DATA, 0, 1, b"echo"), Ok(expected));
    let expected = Frame::Data { stream: 1, data: b"", flow_length: 0, end_stream: true };
    assert_eq!(parse(kind::DATA, END_STREAM, 1, b""), Ok(expected));
}

#[test]
fn data_padding_is_removed_and_counts_for_flow_control() {
    let expected = Frame::Data { stream: 1, data: b"echo", flow_length: 7, end_stream: false };
    assert_eq!(parse(kind::DATA, PADDED, 1, b"\x02echo\0\0"), Ok(expected));
    let expected = Frame::Data { stream: 1, data: b"", flow_length: 3, end_stream: false };
    assert_eq!(parse(kind::DATA, PADDED, 1, b"\x02\0\0"), Ok(expected));
    let expected = Frame::Data { stream: 1, data: b"", flow_length: 1, end_stream: false };
    assert_eq!(parse(kind::DATA, PADDED, 1, b"\0"), Ok(expected));
}

#[test]
fn data_padding_need_not_be_zero() {
    assert!(parse(kind::DATA, PADDED, 1, b"\x02echo\xff\xff").is_ok());
}

#[test]
fn data_padding_of_the_whole_payload_is_a_protocol_error() {
    for payload in [&b"\x01"[..], b"\x05echo", b"\xffecho"] {
        assert_eq!(parse(kind::DATA, PADDED, 1, payload), connection(ErrorCode::PROTOCOL_ERROR));
    }
}

#[test]
fn padded_data_without_a_padding_length_is_a_frame_size_error() {
    assert_eq!(parse(kind::DATA, PADDED, 1, b""), connection(ErrorCode::FRAME_SIZE_ERROR));
}

#[test]
fn data_on_stream_0_is_a_protocol_error() {
    assert_eq!(parse(kind::DATA, 0, 0, b"echo"), connection(ErrorCode::PROTOCOL_ERROR));
}

// §6.2 HEADERS

#[test]
fn headers_carry_a_fragment_and_their_flags() {
    for (flags, end_headers, end_stream) in
        [(0, false, false), (END_HEADERS, true, false), (END_HEADERS | END_STREAM, true, true)]
    {
        let expected = Frame::Headers { stream: 5, fragment: b"block", end_headers, end_stream };
        assert_eq!(parse(kind::HEADERS, flags, 5, b"block"), Ok(expected));
    }
}

#[test]
fn headers_padding_and_priority_are_removed() {
    let expected =
        Frame::Headers { stream: 1, fragment: b"block", end_headers: false, end_stream: false };
    assert_eq!(parse(kind::HEADERS, PADDED, 1, b"\x03block\0\0\0"), Ok(expected));
    assert_eq!(parse(kind::HEADERS, PRIORITY, 1, b"\x80\0\0\x03\xffblock"), Ok(expected));
    let both = PADDED | PRIORITY;
    assert_eq!(parse(kind::HEADERS, both, 1, b"\x01\0\0\0\0\x10block\0"), Ok(expected));
}

#[test]
fn headers_padding_beyond_the_payload_is_a_protocol_error() {
    let error = connection(ErrorCode::PROTOCOL_ERROR);
    assert_eq!(parse(kind::HEADERS, PADDED, 1, b"\x06block"), error);
}

#[test]
fn headers_too_short_for_their_flags_are_a_frame_size_error() {
    let error = connection(ErrorCode::FRAME_SIZE_ERROR);
    assert_eq!(parse(kind::HEADERS, PADDED, 1, b""), error);
    assert_eq!(parse(kind::HEADERS, PRIORITY, 1, b"\0\0\0\0"), error);
    // The padding reaches into the priority.
    assert_eq!(parse(kind::HEADERS, PADDED | PRIORITY, 1, b"\x01\0\0\0\0\0"), error);
}

#[test]
fn headers_on_stream_0_are_a_protocol_error() {
    let error = connection(ErrorCode::PROTOCOL_ERROR);
    assert_eq!(parse(kind::HEADERS, END_HEADERS, 0, b"block"), error);
}

// §6.3 PRIORITY

#[test]
fn priority_is_read_and_its_values_do_not_matter() {
    let expected = Ok(Frame::Priority { stream: 3 });
    assert_eq!(parse(kind::PRIORITY, 0, 3, &[0x80, 0, 0, 1, 0xff]), expected);
    assert_eq!(parse(kind::PRIORITY, 0, 3, &[0, 0, 0, 3, 0]), expected);
}

#[test]
fn priority_of_another_length_is_a_frame_size_error_of_the_stream() {
    for length in [0, 4, 6] {
        let error = stream(3, ErrorCode::FRAME_SIZE_ERROR);
        assert_eq!(parse(kind::PRIORITY, 0, 3, &vec![0; length]), error);
    }
}

#[test]
fn priority_on_stream_0_is_a_protocol_error() {
    assert_eq!(parse(kind::PRIORITY, 0, 0, &[0; 5]), connection(ErrorCode::PROTOCOL_ERROR));
}

// §6.4 RST_STREAM

#[test]
fn reset_carries_known_and_unknown_codes() {
    for code in [ErrorCode::CANCEL, ErrorCode(0xdead_beef)] {
        let out = written(|out| frame::write_reset(out, 7, code));
        assert_eq!(read(&out), Frame::Reset { stream: 7, code });
    }
}

#[test]
fn reset_of_another_length_is_a_frame_size_error() {
    for length in [0, 3, 5] {
        let error = connection(ErrorCode::FRAME_SIZE_ERROR);
        assert_eq!(parse(kind::RST_STREAM, 0, 1, &vec![0; length]), error);
    }
}

#[test]
fn reset_on_stream_0_is_a_protocol_error() {
    assert_eq!(parse(kind::RST_STREAM, 0, 0, &[0; 4]), connection(ErrorCode::PROTOCOL_ERROR));
}

// §6.5 SETTINGS

#[test]
fn settings_come_in_the_order_sent_with_unknown_ones_among_them() {
    let values = [
        (setting::MAX_CONCURRENT_STREAMS, 100),
        (0xfeed, 0xffff_ffff),
        (setting::INITIAL_WINDOW_SIZE, 65_535),
        (setting::INITIAL_WINDOW_SIZE, 1 << 20),
    ];
    let out = written(|out| frame::write_settings(out, &values));
    let Frame::Settings(settings) = read(&out) else { panic!("not SETTINGS") };
    assert!(!settings.ack);
    assert_eq!(settings.iter().collect::<Vec<_>>(), values);
}

#[test]
fn settings_may_be_empty() {
    let out = written(|out| frame::write_settings(out, &[]));
    let Frame::Settings(settings) = read(&out) else { panic!("not SETTINGS") };
    assert_eq!((settings.ack, settings.iter().len()), (false, 0));
}

#[test]
fn settings_acknowledgement_is_empty() {
    let out = written(frame::write_settings_ack);
    let Frame::Settings(settings) = read(&out) else { panic!("not SETTINGS") };
    assert_eq!((settings.ack, settings.iter().len()), (true, 0));
    let error = connection(ErrorCode::FRAME_SIZE_ERROR);
    assert_eq!(parse(kind::SETTINGS, ACK, 0, &[0, 1, 0, 0, 0, 0]), error);
    assert_eq!(parse(kind::SETTINGS, ACK, 0, &[0]), error);
}

#[test]
fn settings_of_a_length_not_divisible_by_six_are_a_frame_size_error() {
    for length in [1, 5, 7, 11] {
        let error = connection(ErrorCode::FRAME_SIZE_ERROR);
        assert_eq!(parse(kind::SETTINGS, 0, 0, &vec![0; length]), error);
    }
}

#[test]
fn settings_on_a_stream_are_a_protocol_error() {
    assert_eq!(parse(kind::SETTINGS, 0, 1, b""), connection(ErrorCode::PROTOCOL_ERROR));
}

#[test]
fn settings_outside_their_ranges_are_refused_and_at_their_ends_taken() {
    let protocol = Some(ErrorCode::PROTOCOL_ERROR);
    let flow_control = Some(ErrorCode::FLOW_CONTROL_ERROR);
    let cases = [
        (setting::HEADER_TABLE_SIZE, u32::MAX, None),
        (setting::ENABLE_PUSH, 0, None),
        (setting::ENABLE_PUSH, 1, None),
        (setting::ENABLE_PUSH, 2, protocol),
        (setting::MAX_CONCURRENT_STREAMS, 0, None),
        (setting::INITIAL_WINDOW_SIZE, 0, None),
        (setting::INITIAL_WINDOW_SIZE, 0x7fff_ffff, None),
        (setting::INITIAL_WINDOW_SIZE, 0x8000_0000, flow_control),
        (setting::MAX_FRAME_SIZE, 16_383, protocol),
        (setting::MAX_FRAME_SIZE, 16_384, None),
        (setting::MAX_FRAME_SIZE, 16_777_215, None),
        (setting::MAX_FRAME_SIZE, 16_777_216, protocol),
        (setting::MAX_HEADER_LIST_SIZE, u32::MAX, None),
    ];
    for (identifier, value, refused) in cases {
        // The second of two, so that all are looked at.
        let out = written(|out| {
            frame::write_settings(out, &[(setting::HEADER_TABLE_SIZE, 0), (identifier, value)]);
        });
        let parsed = parse(kind::SETTINGS, 0, 0, &out[HEAD_LEN..]);
        match refused {
            Some(code) => assert_eq!(parsed, connection(code), "{identifier}: {value}"),
            None => assert!(parsed.is_ok(), "{identifier}: {value}"),
        }
    }
}

// §6.6 PUSH_PROMISE

#[test]
fn push_promise_is_told_with_its_stream() {
    let expected = Ok(Frame::PushPromise { stream: 1 });
    assert_eq!(parse(kind::PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\x02block"), expected);
    assert_eq!(parse(kind::PUSH_PROMISE, PADDED, 1, b"\x01\0\0\0\x02\0"), expected);
}

#[test]
fn push_promise_without_a_promised_stream_is_a_frame_size_error() {
    let error = connection(ErrorCode::FRAME_SIZE_ERROR);
    assert_eq!(parse(kind::PUSH_PROMISE, 0, 1, &[0; 3]), error);
    assert_eq!(parse(kind::PUSH_PROMISE, PADDED, 1, &[1, 0, 0, 0, 2]), error);
    assert_eq!(parse(kind::PUSH_PROMISE, PADDED, 1, &[]), error);
}

#[test]
fn push_promise_padding_beyond_the_payload_is_a_protocol_error() {
    let error = connection(ErrorCode::PROTOCOL_ERROR);
    assert_eq!(parse(kind::PUSH_PROMISE, PADDED, 1, &[5, 0, 0, 0, 2]), error);
}

#[test]
fn push_promise_on_stream_0_is_a_protocol_error() {
    assert_eq!(parse(kind::PUSH_PROMISE, 0, 0, &[0; 4]), connection(ErrorCode::PROTOCOL_ERROR));
}

// §6.7 PING

#[test]
fn ping_and_its_answer_carry_eight_octets() {
    for ack in [false, true] {
        let out = written(|out| frame::write_ping(out, ack, *b"yamabiko"));
        assert_eq!(read(&out), Frame::Ping { ack, payload: *b"yamabiko" });
    }
}

#[test]
fn ping_of_another_length_is_a_frame_size_error() {
    for length in [0, 7, 9] {
        let error = connection(ErrorCode::FRAME_SIZE_ERROR);
        assert_eq!(parse(kind::PING, 0, 0, &vec![0; length]), error);
    }
}

#[test]
fn ping_on_a_stream_is_a_protocol_error() {
    assert_eq!(parse(kind::PING, 0, 1, &[0; 8]), connection(ErrorCode::PROTOCOL_ERROR));
}

// §6.8 GOAWAY

#[test]
fn goaway_carries_last_stream_code_and_debug_data() {
    let (last_stream, code) = (0x7fff_ffff, ErrorCode::ENHANCE_YOUR_CALM);
    for debug in [&b""[..], b"too many pings"] {
        let out = written(|out| frame::write_goaway(out, last_stream, code, debug));
        assert_eq!(read(&out), Frame::GoAway { last_stream, code, debug });
    }
}

#[test]
fn goaway_reserved_bit_is_ignored() {
    let expected =
        Frame::GoAway { last_stream: 0x7fff_ffff, code: ErrorCode::NO_ERROR, debug: b"" };
    let payload = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    assert_eq!(parse(kind::GOAWAY, 0, 0, &payload), Ok(expected));
}

#[test]
fn goaway_debug_data_is_cut_to_a_frame_that_every_peer_accepts() {
    let debug = vec![b'x'; 20_000];
    let out = written(|out| frame::write_goaway(out, 1, ErrorCode::NO_ERROR, &debug));
    assert_eq!(out.len(), HEAD_LEN + 16_384);
    let expected =
        Frame::GoAway { last_stream: 1, code: ErrorCode::NO_ERROR, debug: &debug[..16_376] };
    assert_eq!(read(&out), expected);
}

#[test]
fn goaway_too_short_is_a_frame_size_error() {
    for length in [0, 4, 7] {
        let error = connection(ErrorCode::FRAME_SIZE_ERROR);
        assert_eq!(parse(kind::GOAWAY, 0, 0, &vec![0; length]), error);
    }
}

#[test]
fn goaway_on_a_stream_is_a_protocol_error() {
    assert_eq!(parse(kind::GOAWAY, 0, 1, &[0; 8]), connection(ErrorCode::PROTOCOL_ERROR));
}

// §6.9 WINDOW_UPDATE

#[test]
fn window_update_carries_an_increment_for_a_stream_or_the_connection() {
    for (stream, increment) in [(0, 1), (9, frame::LARGEST_WINDOW)] {
        let out = written(|out| frame::write_window_update(out, stream, increment));
        assert_eq!(read(&out), Frame::WindowUpdate { stream, increment });
    }
}

#[test]
fn window_update_reserved_bit_is_ignored() {
    let expected = Ok(Frame::WindowUpdate { stream: 0, increment: 1 });
    assert_eq!(parse(kind::WINDOW_UPDATE, 0, 0, &[0x80, 0, 0, 1]), expected);
}

#[test]
fn window_update_of_zero_is_a_protocol_error_of_the_stream_or_the_connection() {
    for payload in [[0; 4], [0x80, 0, 0, 0]] {
        let error = stream(9, ErrorCode::PROTOCOL_ERROR);
        assert_eq!(parse(kind::WINDOW_UPDATE, 0, 9, &payload), error);
        let error = connection(ErrorCode::PROTOCOL_ERROR);
        assert_eq!(parse(kind::WINDOW_UPDATE, 0, 0, &payload), error);
    }
}

#[test]
fn window_update_of_another_length_is_a_frame_size_error() {
    for stream in [0, 1] {
        for length in [0, 3, 5] {
            let error = connection(ErrorCode::FRAME_SIZE_ERROR);
            assert_eq!(parse(kind::WINDOW_UPDATE, 0, stream, &vec![1; length]), error);
        }
    }
}

// §6.10 CONTINUATION

#[test]
fn continuation_carries_a_fragment_and_has_no_padding() {
    for (flags, end_headers) in [(0, false), (END_HEADERS, true), (END_HEADERS | PADDED, true)] {
        let expected = Frame::Continuation { stream: 1, fragment: b"\x01block", end_headers };
        assert_eq!(parse(kind::CONTINUATION, flags, 1, b"\x01block"), Ok(expected));
    }
}

#[test]
fn continuation_on_stream_0_is_a_protocol_error() {
    let error = connection(ErrorCode::PROTOCOL_ERROR);
    assert_eq!(parse(kind::CONTINUATION, END_HEADERS, 0, b"block"), error);
}

proptest! {
    #[test]
    fn data_written_is_data_read(
        stream in 1..=0x7fff_ffffu32, data: Vec<u8>, end_stream: bool,
    ) {
        let length = data.len() as u32;
        let mut out = written(|out| frame::write_data_head(out, stream, length, end_stream));
        out.extend_from_slice(&data);
        let expected = Frame::Data { stream, data: &data, flow_length: length, end_stream };
        prop_assert_eq!(read(&out), expected);
    }

    #[test]
    fn headers_written_are_headers_read(
        stream in 1..=0x7fff_ffffu32, fragment: Vec<u8>, end_headers: bool, end_stream: bool,
    ) {
        let length = fragment.len() as u32;
        let mut out = written(|out| {
            frame::write_headers_head(out, stream, length, end_headers, end_stream);
        });
        out.extend_from_slice(&fragment);
        let expected = Frame::Headers { stream, fragment: &fragment, end_headers, end_stream };
        prop_assert_eq!(read(&out), expected);
    }

    #[test]
    fn continuation_written_is_continuation_read(
        stream in 1..=0x7fff_ffffu32, fragment: Vec<u8>, end_headers: bool,
    ) {
        let length = fragment.len() as u32;
        let mut out = written(|out| {
            frame::write_continuation_head(out, stream, length, end_headers);
        });
        out.extend_from_slice(&fragment);
        let expected = Frame::Continuation { stream, fragment: &fragment, end_headers };
        prop_assert_eq!(read(&out), expected);
    }

    /// The content is never longer than the payload, and flow control sees all of the payload.
    #[test]
    fn padding_only_ever_takes_away(
        kind in prop::sample::select(vec![kind::DATA, kind::HEADERS]),
        flags: u8,
        payload in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        match parse(kind, flags, 1, &payload) {
            Ok(Frame::Data { data, flow_length, .. }) => {
                prop_assert_eq!(flow_length as usize, payload.len());
                prop_assert!(payload.windows(data.len().max(1)).any(|part| part == data)
                    || data.is_empty());
            }
            Ok(Frame::Headers { fragment, .. }) => prop_assert!(fragment.len() <= payload.len()),
            Ok(other) => prop_assert!(false, "{:?}", other),
            Err((scope, _)) => prop_assert_eq!(scope, Scope::Connection),
        }
    }

    /// Frames of a fixed length are read at that length and at no other.
    #[test]
    fn every_truncation_of_a_fixed_frame_is_refused(
        kind_and_length in prop::sample::select(vec![
            (kind::PRIORITY, 1, 5), (kind::RST_STREAM, 1, 4), (kind::PING, 0, 8),
            (kind::GOAWAY, 0, 8), (kind::WINDOW_UPDATE, 1, 4), (kind::PUSH_PROMISE, 1, 4),
        ]),
        payload in prop::collection::vec(1..=255u8, 8),
    ) {
        let (kind, stream, length) = kind_and_length;
        for cut in 0..length {
            let refused = parse(kind, 0, stream, &payload[..cut]);
            prop_assert!(
                matches!(refused, Err((_, ErrorCode::FRAME_SIZE_ERROR))), "{} of {}", cut, length
            );
        }
        prop_assert!(parse(kind, 0, stream, &payload[..length]).is_ok());
    }
}
