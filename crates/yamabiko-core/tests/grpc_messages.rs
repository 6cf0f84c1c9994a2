//! Messages and DATA frames are not aligned (grpc `doc/PROTOCOL-HTTP2.md`, "Length-Prefixed-
//! Message"): the messages are the same however they are laid out.
mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{Got, client, data, message, request, response_head, server, server_with, trailers};
use yamabiko_core::grpc::message::{Assembler, Payload};
use yamabiko_core::grpc::server::{Cancelled, Event};
use yamabiko_core::grpc::{Code, MessageLimits};
use yamabiko_core::h2::Config;

fn got(bytes: &[u8], last: bool) -> Got {
    Got::Message { id: 1, bytes: bytes.to_vec(), last }
}

#[test]
fn a_message_that_lies_whole_in_a_frame_is_lent() {
    let mut server = server();
    server.feed(&request(1, false));
    server.input.extend(&data(1, &message(b"lent"), true));
    let event = server.core.next_event(&server.input, server.now);
    assert!(matches!(event, Ok(Some(Event::Message { message: Payload::Borrowed(b"lent"), .. }))));
}

#[test]
fn many_messages_may_share_a_frame() {
    let mut server = server();
    server.feed(&request(1, false));
    let body = [message(b"one"), message(b""), message(b"three")].concat();
    let events = server.feed(&data(1, &body, true));
    assert_eq!(events, [got(b"one", false), got(b"", false), got(b"three", true)]);
    // An end that comes alone is told alone.
    server.feed(&request(3, false));
    server.feed(&data(3, &body, false));
    assert_eq!(server.feed(&data(3, b"", true)), [Got::End(3)]);
}

#[test]
fn a_message_may_be_cut_anywhere() {
    let body = [message(b"hello"), message(b"")].concat();
    for first in 0..=body.len() {
        for second in first..=body.len() {
            let mut server = server();
            server.feed(&request(1, false));
            let frames = [
                data(1, &body[..first], false),
                data(1, &body[first..second], false),
                data(1, &body[second..], true),
            ];
            let mut events = server.feed(&frames.concat());
            if events.last() == Some(&Got::End(1)) {
                events.pop();
                assert_eq!(events, [got(b"hello", false), got(b"", false)], "{first} {second}");
            } else {
                assert_eq!(events, [got(b"hello", false), got(b"", true)], "{first} {second}");
            }
        }
    }
}

#[test]
fn a_message_may_come_a_byte_at_a_time() {
    let mut server = server();
    server.feed(&request(1, false));
    let body = message(&[5; 3000]);
    let frames: Vec<u8> = body.iter().flat_map(|byte| data(1, &[*byte], false)).collect();
    assert_eq!(server.feed(&frames), [got(&[5; 3000], false)]);
    assert_eq!(server.feed(&data(1, b"", true)), [Got::End(1)]);
}

#[test]
fn messages_of_several_streams_do_not_mix() {
    let mut server = server();
    server.feed(&[request(1, false), request(3, false)].concat());
    let (a, b) = (message(b"aaaa"), message(b"bbbb"));
    let mut frames = Vec::new();
    for (one, other) in a.chunks(2).zip(b.chunks(2)) {
        frames.extend(data(1, one, false));
        frames.extend(data(3, other, false));
    }
    let other = Got::Message { id: 3, bytes: b"bbbb".to_vec(), last: false };
    assert_eq!(server.feed(&frames), [got(b"aaaa", false), other]);
}

#[test]
fn a_frame_with_messages_is_told_before_the_next_frame() {
    let mut server = server();
    server.feed(&[request(1, false), request(3, false)].concat());
    let frames =
        [data(1, &message(b"m").repeat(3), true), data(3, &message(b"other"), true)].concat();
    let ids: Vec<_> = server.feed(&frames).iter().filter_map(Got::id).collect();
    assert_eq!(ids, [1, 1, 1, 3]);
}

#[test]
fn an_empty_request_has_an_end_and_no_message() {
    let mut server = server();
    server.feed(&request(1, false));
    assert_eq!(server.feed(&data(1, b"", true)), [Got::End(1)]);
}

#[test]
fn unfinished_messages_are_bounded_for_the_connection() {
    let limits = MessageLimits { max_assembling: 10_000, ..MessageLimits::default() };
    let mut server = server_with(Config::default(), limits);
    let begun = message(&[0; 5000]);
    for id in [1, 3] {
        server.feed(&request(id, false));
        assert_eq!(server.feed(&data(id, &begun[..4900], false)), []);
    }
    server.feed(&request(5, false));
    server.frames();
    let events = server.feed(&data(5, &begun[..4900], false));
    assert_eq!(events, [Got::Cancelled(5, Cancelled::BadRequest)]);
    let seen = server.frames();
    let words = "grpc-message: too many unfinished messages on the connection: over 10000 bytes";
    let said = format!("{seen:?}");
    assert!(said.contains("grpc-status: 8") && said.contains(words), "{said}");
    // What was freed can be used again: by the call that was refused, by one that ends, ...
    assert_eq!(server.feed(&data(1, &begun[4900..], true)).len(), 1);
    server.feed(&request(7, false));
    assert_eq!(server.feed(&data(7, &begun[..4900], false)), []);
    // ... and by one that is reset.
    server.feed(&support::reset(7, yamabiko_core::frame::ErrorCode::CANCEL));
    server.feed(&request(9, false));
    assert_eq!(server.feed(&data(9, &begun[..4900], false)), []);
    assert_eq!(server.feed(&data(9, &begun[4900..], true)).len(), 1);
}

#[test]
fn unfinished_answers_are_bounded_for_the_connection() {
    let limits = MessageLimits { max_assembling: 10_000, ..MessageLimits::default() };
    let mut client = support::client_with(Config::default(), limits);
    let ids = [client.call(b""), client.call(b""), client.call(b"")];
    let begun = message(&[0; 5000]);
    let mut last = Vec::new();
    for id in ids {
        last = client.feed(&[response_head(id), data(id, &begun[..4900], false)].concat());
    }
    assert!(matches!(last[1..], [Got::Status { code: Code::ResourceExhausted, .. }]), "{last:?}");
    client.core.cancel(client.key(ids[0]));
    let again = client.call(b"");
    let got = client.feed(&[response_head(again), data(again, &begun[..4900], false)].concat());
    assert_eq!(got.len(), 1);
    let got = client.feed(&[data(again, &begun[4900..], false), trailers(again, "0")].concat());
    assert!(matches!(got[..], [Got::Message { .. }, Got::Status { code: Code::Ok, .. }]));
}

#[test]
fn a_promise_of_a_long_message_takes_no_memory() {
    let mut assembler = Assembler::default();
    let mut start = &[0, 0, 0x3f, 0xff, 0xff, 1, 2, 3][..];
    assert!(matches!(assembler.take(&mut start, 4 << 20), Ok(None)));
    assert_eq!(assembler.len(), 8);
    assert!(!assembler.is_empty());
}

proptest! {
    #[test]
    fn messages_are_the_same_however_frames_cut_them(
        messages in vec(vec(any::<u8>(), 0..50), 0..12),
        cuts in vec(any::<prop::sample::Index>(), 0..20),
        from_client in any::<bool>(),
    ) {
        let body: Vec<u8> = messages.iter().flat_map(|bytes| message(bytes)).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &body[cut[0]..cut[1]]);
        let frames: Vec<u8> = pieces.flat_map(|piece| data(1, piece, false)).collect();
        let events = if from_client {
            let mut server = server();
            server.feed(&request(1, false));
            server.feed(&frames)
        } else {
            let mut client = client();
            client.call(b"");
            client.feed(&response_head(1));
            client.feed(&frames)
        };
        let expected: Vec<Got> = messages.iter().map(|bytes| got(bytes, false)).collect();
        prop_assert_eq!(events, expected);
    }
}
