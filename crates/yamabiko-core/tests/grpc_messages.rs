//! Messages and DATA frames are not aligned (grpc `doc/PROTOCOL-HTTP2.md`, "Length-Prefixed-
//! Message"): the messages are the same however they are laid out.
mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{End, Got, Seen, client, data, message, request, response_head, server, server_with};
use yamabiko_core::Memory;
use yamabiko_core::grpc::MessageLimits;
use yamabiko_core::grpc::message::{Assembler, Payload};
use yamabiko_core::grpc::server::Event;
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

/// Small windows, and room for one message.
fn narrow() -> (Config, MessageLimits) {
    let mut config = Config::default();
    (config.stream_window, config.grown_window) = (4_000, 4_000);
    (config, MessageLimits { max_assembling: 30_000, ..MessageLimits::default() })
}

/// Sends a message on each stream, in turn and as far as its window allows. Gives the most that was
/// unfinished at a time, and the messages that came.
fn send_in_turn<T: support::Core>(end: &mut End<T>, ids: &[u32], message: &[u8]) -> (usize, usize) {
    let mut left: Vec<(u32, &[u8], usize)> = ids.iter().map(|&id| (id, message, 4_000)).collect();
    let (mut most, mut whole) = (0, 0);
    while left.iter().any(|(_, rest, _)| !rest.is_empty()) {
        let mut moved = false;
        for at in 0..left.len() {
            let (id, rest, window) = &mut left[at];
            let (piece, rest_of) = rest.split_at(rest.len().min(*window).min(1_000));
            if piece.is_empty() {
                continue;
            }
            (moved, *window, *rest) = (true, *window - piece.len(), rest_of);
            let got = end.feed(&data(*id, piece, false));
            whole += got.iter().filter(|got| matches!(got, Got::Message { .. })).count();
            for seen in end.frames() {
                if let Seen::WindowUpdate(of, increment) = seen
                    && let Some((_, _, window)) = left.iter_mut().find(|(id, ..)| *id == of)
                {
                    *window += increment as usize;
                }
            }
        }
        assert!(moved, "all windows are shut, and nothing would open them: {left:?}");
        let unfinished = left.iter().filter(|(_, rest, _)| !rest.is_empty());
        most = most.max(unfinished.map(|(_, rest, _)| message.len() - rest.len()).sum());
    }
    (most, whole)
}

#[test]
fn unfinished_messages_are_finished_one_after_the_other_when_there_are_too_many() {
    let (config, limits) = narrow();
    let mut server = server_with(config, limits);
    let ids: Vec<u32> = (0..20).map(|number| 1 + 2 * number).collect();
    for &id in &ids {
        server.feed(&request(id, false));
    }
    server.frames();
    let (most, whole) = send_in_turn(&mut server, &ids, &message(&[7; 20_000]));
    assert_eq!(whole, 20, "none is refused");
    assert!(most <= 30_000 + 20_005 + 20 * 4_000, "{most} bytes were unfinished at a time");
    server.assert_serves(101);
}

#[test]
fn unfinished_answers_are_finished_one_after_the_other_too() {
    let (config, limits) = narrow();
    let mut client = support::client_with(config, limits);
    let ids: Vec<u32> = (0..20).map(|_| client.call(b"")).collect();
    for &id in &ids {
        client.feed(&response_head(id));
    }
    client.frames();
    let (most, whole) = send_in_turn(&mut client, &ids, &message(&[7; 20_000]));
    assert_eq!(whole, 20, "none is refused");
    assert!(most <= 30_000 + 20_005 + 20 * 4_000, "{most} bytes were unfinished at a time");
}

#[test]
fn a_stream_that_ends_makes_room_for_those_that_wait() {
    let (config, limits) = narrow();
    let mut server = server_with(config, limits);
    let begun = message(&[7; 20_000]);
    let ids: Vec<u32> = (0..10).map(|number| 1 + 2 * number).collect();
    for &id in &ids {
        server.feed(&request(id, false));
        server.feed(&data(id, &begun[..3_900], false));
    }
    let seen = server.frames();
    assert!(!seen.iter().any(|seen| matches!(seen, Seen::WindowUpdate(of, _) if *of == ids[9])));
    // Over the limit: the last but one goes on, and the window of the last stays shut.
    for &id in &ids[..8] {
        server.feed(&support::reset(id, yamabiko_core::frame::ErrorCode::CANCEL));
    }
    let seen = server.frames();
    assert!(seen.contains(&Seen::WindowUpdate(ids[9], 3_900)), "{seen:?}");
}

#[test]
fn a_promise_of_a_long_message_takes_no_memory() {
    let mut assembler = Assembler::default();
    let mut start = &[0, 0, 0x3f, 0xff, 0xff, 1, 2, 3][..];
    assert!(matches!(assembler.take(&mut start, 4 << 20, None, Memory::default()), Ok(None)));
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
