//! Peers that stop in the middle: they do not read, or do not finish what they have begun.
mod support;

use std::time::Duration;

use support::{
    Core, End, Got, block, client, data, frame, message, request, request_fields, response_head,
    server, server_with, settings, window_update,
};
use yamabiko_core::frame::{ErrorCode, flag, kind, setting};
use yamabiko_core::grpc::MessageLimits;
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::h2::{Config, Error, HANDSHAKE, PREFACE, WRITE_STALL};

const SECOND: Duration = Duration::from_secs(1);

/// A server that has a large answer for a client with large windows.
fn server_with_output() -> End<ServerConnection> {
    let mut config = Config::default();
    config.write_stall = Some(WRITE_STALL);
    let mut server = server_with(config, MessageLimits::default());
    server.feed(&settings(&[(setting::INITIAL_WINDOW_SIZE, 1 << 20)]));
    server.feed(&window_update(0, 1 << 20));
    server.output();
    server.feed(&request(1, true));
    server.answer(1, &[7; 100_000]);
    server
}

#[test]
fn a_peer_that_takes_nothing_is_left() {
    let mut server = server_with_output();
    assert_eq!(server.wait(WRITE_STALL - SECOND), []);
    // The clock may have begun with what was written before, and was taken.
    let got = server.wait(WRITE_STALL + SECOND);
    assert_eq!(got, [Got::Failed(Error::Stalled { after: WRITE_STALL })]);
    let [Got::Failed(error)] = &got[..] else { panic!() };
    assert!(error.to_string().contains("does not read"), "{error}");
    assert_eq!(error.code(), ErrorCode::NO_ERROR);
    server.assert_dead();
}

#[test]
fn one_that_takes_something_is_not() {
    let mut server = server_with_output();
    for _ in 0..100 {
        assert_eq!(server.wait(WRITE_STALL - SECOND), []);
        let taken = server.core.output()[..100].to_vec();
        server.core.sent(100);
        server.reader.read(&taken);
    }
    server.frames();
    assert_eq!(server.wait(10 * WRITE_STALL), [], "nothing waits");
    server.assert_serves(3);
}

#[test]
fn what_was_long_ago_does_not_count() {
    let mut server = server_with_output();
    server.output();
    server.wait(100 * WRITE_STALL);
    // An answer that comes by itself, without anything that was read before it.
    server.feed(&request(3, true));
    server.output();
    server.wait(100 * WRITE_STALL);
    server.answer(3, b"late");
    assert_eq!(server.wait(WRITE_STALL - SECOND), []);
    assert!(matches!(server.wait(WRITE_STALL + SECOND)[..], [Got::Failed(Error::Stalled { .. })]));
}

#[test]
fn a_window_that_stays_closed_is_no_stall() {
    // A stream may be read as slowly as its reader likes, when the rest of the connection is read.
    let mut config = Config::default();
    config.write_stall = Some(WRITE_STALL);
    let mut server = server_with(config, MessageLimits::default());
    server.feed(&settings(&[(setting::INITIAL_WINDOW_SIZE, 0)]));
    server.feed(&request(1, true));
    server.answer(1, b"x");
    server.output();
    assert_eq!(server.wait(100 * WRITE_STALL), []);
    assert_eq!(server.core.live_calls(), 1);
}

/// Feeds a byte each second, and says after how many the endpoint had enough.
fn trickle<T: Core>(end: &mut End<T>, bytes: &[u8]) -> Option<(usize, Error)> {
    for (index, byte) in bytes.iter().enumerate() {
        for event in [end.feed(&[*byte]), end.wait(SECOND)].concat() {
            if let Got::Failed(error) = event {
                end.assert_dead();
                return Some((index, error));
            }
        }
    }
    None
}

fn timeout(waiting_for: &'static str) -> Error {
    Error::Timeout { waiting_for }
}

#[test]
fn a_preface_and_settings_in_trickles() {
    let new =
        || ServerConnection::new(Config::default(), MessageLimits::default(), support::base());
    let seconds = HANDSHAKE.as_secs() as usize;
    let mut server = End::new(new());
    let all = [&PREFACE[..], &settings(&[(1, 1); 20])].concat();
    let ended = trickle(&mut server, &all);
    assert_eq!(ended, Some((seconds - 1, timeout("the HTTP/2 preface"))));
    let mut server = End::new(new());
    server.feed(PREFACE);
    let ended = trickle(&mut server, &settings(&[(1, 1); 20]));
    assert_eq!(ended, Some((seconds - 1, timeout("its SETTINGS"))));
}

#[test]
fn a_frame_in_trickles() {
    let seconds = HANDSHAKE.as_secs() as usize;
    let late = Some((seconds - 1, timeout("the rest of a frame")));
    assert_eq!(trickle(&mut server(), &request(1, true)), late);
    assert_eq!(trickle(&mut server(), &frame(kind::HEADERS, 0, 1, &[0; 100])), late);
    assert_eq!(trickle(&mut server(), &settings(&[(9, 9); 20])), late);
    assert_eq!(trickle(&mut server(), &frame(0x77, 0, 0, &[0; 100])), late);
    let mut client = client();
    let id = client.call(b"x");
    assert_eq!(trickle(&mut client, &response_head(id)), late);
}

#[test]
fn a_header_block_in_trickles() {
    let all = block(&request_fields("/s/m"));
    let mut bytes = frame(kind::HEADERS, flag::END_STREAM, 1, &all[..1]);
    for byte in &all[1..] {
        bytes.extend(frame(kind::CONTINUATION, 0, 1, &[*byte]));
    }
    let mut server = server();
    let first = bytes.drain(..10).collect::<Vec<_>>();
    assert_eq!(server.feed(&first), []);
    let seconds = HANDSHAKE.as_secs() as usize;
    let ended = trickle(&mut server, &bytes);
    assert_eq!(ended, Some((seconds - 1, timeout("the rest of a header block"))));
}

#[test]
fn a_message_may_take_its_time() {
    let mut server = server();
    server.feed(&request(1, false));
    let bytes = data(1, &message(&[7; 200]), true);
    // The first bytes do not say yet that it is DATA.
    assert_eq!(server.feed(&bytes[..4]), []);
    assert_eq!(trickle(&mut server, &bytes[4..bytes.len() - 1]), None);
    let got = server.feed(&bytes[bytes.len() - 1..]);
    assert!(matches!(got[..], [Got::Message { last: true, .. }]), "{got:?}");
    server.answer(1, b"x");
    server.assert_serves(3);
}

#[test]
fn frames_that_are_whole_in_time_stop_the_clock() {
    let mut server = server();
    for index in 0..50 {
        let bytes = request(2 * index + 1, true);
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        assert_eq!(server.feed(first), []);
        assert_eq!(server.wait(HANDSHAKE - SECOND), []);
        assert!(matches!(server.feed(rest)[..], [Got::Call { .. }, Got::End(_)]));
        assert_eq!(server.core.poll_timeout(), None);
    }
    // Nor does the end of one frame give time to the next.
    let bytes = [request(201, true), request(203, true)].concat();
    let middle = bytes.len() / 2;
    server.feed(&bytes[..middle - 3]);
    server.wait(HANDSHAKE - SECOND);
    server.feed(&bytes[middle - 3..middle + 3]);
    assert_eq!(server.wait(HANDSHAKE - SECOND), [], "another frame, another time");
    let ended = server.wait(SECOND);
    assert_eq!(ended, [Got::Failed(timeout("the rest of a frame"))]);
}

#[test]
fn nobody_is_blamed_for_what_the_driver_does_not_read() {
    // Half a frame has come, and then the driver has other things to do.
    let mut server = server();
    let bytes = request(1, true);
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    server.feed(first);
    for _ in 0..10 {
        server.core.stopped_reading(server.now);
        assert_eq!(server.wait(HANDSHAKE), []);
    }
    // It reads again, and the time counts from there.
    assert_eq!(server.drain(), []);
    assert_eq!(server.wait(HANDSHAKE - SECOND), []);
    assert!(matches!(server.feed(rest)[..], [Got::Call { .. }, Got::End(_)]));

    // Or the peer is slow to read, and is not read from until it has.
    let mut server = support::server();
    server.feed(&settings(&[(setting::INITIAL_WINDOW_SIZE, 1 << 30)]));
    server.feed(&window_update(0, 1 << 30));
    let mut id = 1;
    while !server.core.is_backed_up() {
        server.feed(&request(id, true));
        server.answer(id, &[7; 10_000]);
        id += 2;
    }
    let bytes = request(id, true);
    server.feed(&bytes[..20]);
    assert_eq!(server.wait(10 * HANDSHAKE), []);
    server.frames();
    assert!(matches!(server.feed(&bytes[20..])[..], [Got::Call { .. }, Got::End(_)]));
}
