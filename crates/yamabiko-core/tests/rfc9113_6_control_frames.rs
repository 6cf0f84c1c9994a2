//! RFC 9113 §6 and §4: PING, CONTINUATION, padding, push, priority and unknown frames, as the
//! connection takes them.
mod support;

use support::{
    Got, Seen, block, client, continuation, data, frame, message, ping, request, request_fields,
    reset, response_head, server, settings, window_update,
};
use yamabiko_core::frame::{ErrorCode, flag, kind};
use yamabiko_core::grpc::server::Cancelled;
use yamabiko_core::h2::{Error, MAX_CONTINUATIONS};

fn fails_with(got: &[Got], expected: ErrorCode) -> bool {
    matches!(got, [Got::Failed(Error::Peer { code, .. })] if *code == expected)
}

#[test]
fn a_ping_is_answered_with_its_payload() {
    let mut server = server();
    assert_eq!(server.feed(&ping(false, *b"12345678")), []);
    assert_eq!(server.frames(), [Seen::Ping(true, *b"12345678")]);
    let mut client = client();
    client.feed(&ping(false, *b"12345678"));
    assert_eq!(client.frames(), [Seen::Ping(true, *b"12345678")]);
}

#[test]
fn an_answer_to_no_ping_means_nothing() {
    let mut server = server();
    assert_eq!(server.feed(&ping(true, *b"12345678")), []);
    assert_eq!(server.feed(&ping(true, *b"farewell")), []);
    assert_eq!(server.frames(), []);
}

#[test]
fn a_header_block_may_come_in_pieces() {
    let all = block(&request_fields("/s/m"));
    for pieces in 1..=MAX_CONTINUATIONS as usize + 1 {
        let mut chunks = all.chunks(all.len().div_ceil(pieces));
        let first = chunks.next().unwrap();
        let rest: Vec<_> = chunks.collect();
        let end = if rest.is_empty() { flag::END_HEADERS } else { 0 };
        let mut bytes = frame(kind::HEADERS, flag::END_STREAM | end, 1, first);
        for (index, piece) in rest.iter().enumerate() {
            bytes.extend(continuation(1, piece, index + 1 == rest.len()));
        }
        let got = server().feed(&bytes);
        assert!(matches!(got[..], [Got::Call { .. }, Got::End(1)]), "{pieces}: {got:?}");
    }
}

#[test]
fn pieces_may_be_empty() {
    let all = block(&request_fields("/s/m"));
    let bytes = [
        frame(kind::HEADERS, flag::END_STREAM, 1, b""),
        continuation(1, &all, false),
        continuation(1, b"", true),
    ];
    assert!(matches!(server().feed(&bytes.concat())[..], [Got::Call { .. }, Got::End(1)]));
}

#[test]
fn nothing_comes_between_the_pieces_of_a_header_block() {
    let all = block(&request_fields("/s/m"));
    let intruders = [
        data(1, b"x", false),
        data(3, b"x", false),
        request(1, true),
        request(3, true),
        frame(kind::PRIORITY, 0, 1, &[0; 5]),
        frame(kind::PRIORITY, 0, 1, &[0; 4]),
        reset(1, ErrorCode::CANCEL),
        settings(&[]),
        ping(false, [0; 8]),
        window_update(0, 1),
        window_update(1, 0),
        frame(0x77, 0, 0, b""),
        continuation(3, &all, true),
    ];
    for intruder in intruders {
        let mut server = server();
        server.feed(&request(1, false));
        let begun = frame(kind::HEADERS, flag::END_STREAM, 1, &all[..3]);
        assert_eq!(server.feed(&begun), []);
        let got = server.feed(&intruder);
        assert!(fails_with(&got, ErrorCode::PROTOCOL_ERROR), "{got:?}: {intruder:?}");
    }
}

#[test]
fn continuation_without_headers_ends_the_connection() {
    let all = block(&request_fields("/s/m"));
    let bytes = continuation(1, &all, true);
    assert!(fails_with(&server().feed(&bytes), ErrorCode::PROTOCOL_ERROR));
    let mut server = server();
    server.feed(&request(1, false));
    assert!(fails_with(&server.feed(&bytes), ErrorCode::PROTOCOL_ERROR));
}

#[test]
fn padding_and_priority_of_headers_are_left_out() {
    let mut payload = vec![4];
    payload.extend([0x80, 0, 0, 0, 16]);
    payload.extend(block(&request_fields("/s/m")));
    payload.extend([0; 4]);
    let flags = flag::END_HEADERS | flag::END_STREAM | flag::PADDED | flag::PRIORITY;
    let got = server().feed(&frame(kind::HEADERS, flags, 1, &payload));
    assert!(matches!(got[..], [Got::Call { .. }, Got::End(1)]));
}

#[test]
fn padding_of_data_is_left_out() {
    let mut server = server();
    server.feed(&request(1, false));
    let body = message(b"hello");
    let payload = [&[3][..], &body, &[0; 3]].concat();
    let got = server.feed(&frame(kind::DATA, flag::PADDED | flag::END_STREAM, 1, &payload));
    assert_eq!(got, [Got::Message { id: 1, bytes: b"hello".to_vec(), last: true }]);
}

#[test]
fn padding_beyond_the_frame_ends_the_connection() {
    let mut server = server();
    server.feed(&request(1, false));
    let got = server.feed(&frame(kind::DATA, flag::PADDED, 1, &[9, 0, 0]));
    assert!(fails_with(&got, ErrorCode::PROTOCOL_ERROR));
}

#[test]
fn a_push_is_refused() {
    let payload = [&[0, 0, 0, 2][..], &block(&request_fields("/s/m"))].concat();
    let push = frame(kind::PUSH_PROMISE, flag::END_HEADERS, 1, &payload);
    let mut client = client();
    client.call(b"x");
    assert!(fails_with(&client.feed(&push), ErrorCode::PROTOCOL_ERROR));
    let mut server = server();
    server.feed(&request(1, false));
    assert!(fails_with(&server.feed(&push), ErrorCode::PROTOCOL_ERROR), "a client cannot push");
}

#[test]
fn priority_is_ignored_in_every_state() {
    let mut server = server();
    let priority = |id| frame(kind::PRIORITY, 0, id, &[0, 0, 0, 0, 1]);
    assert_eq!(server.feed(&priority(1)), []);
    server.feed(&request(1, true));
    assert_eq!(server.feed(&priority(1)), []);
    server.answer(1, b"x");
    server.frames();
    assert_eq!(server.feed(&[priority(1), priority(4), priority(99)].concat()), []);
    assert_eq!(server.frames(), []);
    server.assert_serves(3);
}

#[test]
fn a_priority_of_the_wrong_length_resets_its_stream() {
    let mut server = server();
    server.feed(&request(1, false));
    server.frames();
    let got = server.feed(&frame(kind::PRIORITY, 0, 1, &[0; 4]));
    assert_eq!(got, [Got::Cancelled(1, Cancelled::BadRequest)]);
    assert_eq!(server.frames(), [Seen::Reset(1, ErrorCode::FRAME_SIZE_ERROR)]);
    server.assert_serves(3);
}

#[test]
fn unknown_frames_are_ignored() {
    let mut server = server();
    server.feed(&request(1, false));
    for id in [0, 1, 99] {
        assert_eq!(server.feed(&frame(0x77, 0xff, id, b"anything")), []);
    }
    server.frames();
    server.assert_serves(3);
}

#[test]
fn unknown_flags_and_the_reserved_bit_are_ignored() {
    let mut bytes = request(1, true);
    bytes[4] |= 0xd2;
    bytes[5] |= 0x80;
    assert!(matches!(server().feed(&bytes)[..], [Got::Call { id: 1, .. }, Got::End(1)]));
}

#[test]
fn a_broken_header_block_ends_the_connection() {
    for block in [&[0x80][..], &[0xff, 0xff, 0xff, 0xff, 0xff], &[0x40, 0x05, b'a'], &[0xbe]] {
        let bytes = frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, 1, block);
        let mut server = server();
        assert!(fails_with(&server.feed(&bytes), ErrorCode::COMPRESSION_ERROR));
        server.assert_dead();
        let mut client = client();
        client.call(b"x");
        assert!(fails_with(&client.feed(&bytes), ErrorCode::COMPRESSION_ERROR));
        assert_eq!(client.core.calls().len(), 1, "the driver ends it with the error");
        client.assert_dead();
    }
}

#[test]
fn a_broken_block_for_a_stream_that_is_gone_ends_the_connection_too() {
    let mut client = client();
    let id = client.call(b"x");
    client.core.cancel(client.key(id));
    let bytes = frame(kind::HEADERS, flag::END_HEADERS, id, &[0x80]);
    assert!(fails_with(&client.feed(&bytes), ErrorCode::COMPRESSION_ERROR));
}

#[test]
fn frames_that_concern_the_connection_end_it_when_they_are_malformed() {
    for (bytes, code) in [
        (frame(kind::PING, 0, 0, &[0; 7]), ErrorCode::FRAME_SIZE_ERROR),
        (frame(kind::PING, 0, 1, &[0; 8]), ErrorCode::PROTOCOL_ERROR),
        (frame(kind::SETTINGS, 0, 0, &[0; 5]), ErrorCode::FRAME_SIZE_ERROR),
        (frame(kind::SETTINGS, 0, 1, &[0; 6]), ErrorCode::PROTOCOL_ERROR),
        (frame(kind::SETTINGS, flag::ACK, 0, &[0; 6]), ErrorCode::FRAME_SIZE_ERROR),
        (frame(kind::GOAWAY, 0, 0, &[0; 7]), ErrorCode::FRAME_SIZE_ERROR),
        (frame(kind::GOAWAY, 0, 1, &[0; 8]), ErrorCode::PROTOCOL_ERROR),
        (frame(kind::WINDOW_UPDATE, 0, 0, &[0; 3]), ErrorCode::FRAME_SIZE_ERROR),
        (frame(kind::RST_STREAM, 0, 1, &[0; 3]), ErrorCode::FRAME_SIZE_ERROR),
        (frame(kind::RST_STREAM, 0, 0, &[0; 4]), ErrorCode::PROTOCOL_ERROR),
        (frame(kind::DATA, 0, 0, b""), ErrorCode::PROTOCOL_ERROR),
        (frame(kind::HEADERS, 4, 0, b""), ErrorCode::PROTOCOL_ERROR),
        (frame(kind::CONTINUATION, 4, 0, b""), ErrorCode::PROTOCOL_ERROR),
    ] {
        let mut server = server();
        server.feed(&request(1, false));
        server.frames();
        let got = server.feed(&bytes);
        assert!(fails_with(&got, code), "{got:?}: {bytes:?}");
        let seen = server.frames();
        assert!(matches!(&seen[..], [Seen::GoAway { last: 1, code: said, .. }] if *said == code));
        server.assert_dead();
    }
}

#[test]
fn a_response_head_in_pieces_is_one_head() {
    let mut client = client();
    let id = client.call(b"x");
    let whole = response_head(id);
    let all = &whole[9..];
    let first = frame(kind::HEADERS, 0, id, &all[..1]);
    assert_eq!(client.feed(&[first, continuation(id, &all[1..], true)].concat()).len(), 1);
}
