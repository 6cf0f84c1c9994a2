//! Streams of messages: windows follow the reader, room follows the peer, and many small messages
//! leave in few frames (RFC 9113 §5.2; grpc `doc/PROTOCOL-HTTP2.md`).
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use support::{
    End, Got, Seen, client_with, data, message, request, reset, response_head, server, server_with,
    settings, trailers, window_update,
};
use yamabiko_core::frame::ErrorCode;
use yamabiko_core::grpc::message::write_prefix;
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::grpc::{Code, MessageLimits, Metadata, Status};
use yamabiko_core::h2::{Config, SEND_AHEAD};

/// What the windows of a stream and of the connection were opened by.
fn opened(frames: &[Seen], stream: u32) -> u64 {
    frames
        .iter()
        .map(|frame| match frame {
            Seen::WindowUpdate(of, increment) if *of == stream => u64::from(*increment),
            _ => 0,
        })
        .sum()
}

fn framed(messages: &[&[u8]]) -> Vec<u8> {
    let mut all = Vec::new();
    for message in messages {
        write_prefix(&mut all, message.len());
        all.extend_from_slice(message);
    }
    all
}

/// A server with one open call that is read on demand.
fn slow_server(config: Config, limits: MessageLimits) -> End<ServerConnection> {
    let mut server = server_with(config, limits);
    server.feed(&request(1, false));
    let key = server.key(1);
    server.core.read_on_demand(key);
    server.frames();
    server
}

fn small_windows() -> Config {
    let mut config = Config::default();
    (config.stream_window, config.connection_window) = (70_000, 100_000);
    config.grown_window = config.stream_window;
    config
}

#[test]
fn a_window_stays_shut_until_the_messages_are_consumed() {
    let mut server = slow_server(small_windows(), MessageLimits::default());
    let kilobyte = message(&[7; 1019]);
    for _ in 0..60 {
        server.feed(&data(1, &kilobyte, false));
    }
    let before = opened(&server.frames(), 1);
    assert!(before <= 36_000, "what waits is over half the window: {before} bytes were opened");
    let key = server.key(1);
    server.core.consumed(key, 60, 60 * 1019);
    assert_eq!(before + opened(&server.frames(), 1), 60 * 1024);
}

#[test]
fn the_connection_s_window_opens_for_others_while_one_stream_waits() {
    let mut server = slow_server(small_windows(), MessageLimits::default());
    let piece = message(&[7; 8187]);
    for _ in 0..8 {
        server.feed(&data(1, &piece, false));
    }
    assert!(opened(&server.frames(), 0) >= 50_000);
    server.assert_serves(3);
}

#[test]
fn all_that_waits_on_a_connection_is_bounded_and_given_back() {
    let limits = MessageLimits { max_unread: 30_000, ..MessageLimits::default() };
    let mut server = slow_server(small_windows(), limits);
    let piece = message(&[7; 8187]);
    for _ in 0..8 {
        server.feed(&data(1, &piece, false));
    }
    assert_eq!(opened(&server.frames(), 0), 0, "more waits than may");
    // A call that is reset is read by nobody: its bytes are the connection's again.
    server.feed(&reset(1, ErrorCode::CANCEL));
    assert_eq!(opened(&server.frames(), 0), 8 * 8192, "half the window is owed");
    server.assert_serves(3);
}

#[test]
fn a_message_larger_than_the_window_arrives() {
    let mut server = slow_server(small_windows(), MessageLimits::default());
    let large = message(&vec![7; 500_000]);
    let mut window: i64 = 65_535;
    let mut got = Vec::new();
    for piece in large.chunks(10_000) {
        window -= piece.len() as i64;
        assert!(window >= 0, "the server keeps its window shut in the midst of a message");
        got.extend(server.feed(&data(1, piece, false)));
        window += opened(&server.frames(), 1) as i64;
    }
    assert!(matches!(&got[..], [Got::Message { bytes, .. }] if bytes.len() == 500_000));
}

#[test]
fn many_messages_leave_in_one_frame() {
    let mut server = slow_server(Config::default(), MessageLimits::default());
    let key = server.key(1);
    let many = framed(&[b"one".as_slice(); 1000]);
    let mut all = many.clone();
    server.core.send_framed(key, &mut all).unwrap();
    assert!(all.is_empty());
    server.core.finish(key, &Status::ok());
    let frames = server.frames();
    let [Seen::Headers { .. }, Seen::Data { data: sent, .. }, Seen::Headers { end: true, .. }, _] =
        &frames[..]
    else {
        panic!("{frames:?}")
    };
    assert_eq!(*sent, many);
}

#[test]
fn what_a_window_does_not_allow_is_kept_and_leaves_in_order() {
    let mut server = slow_server(Config::default(), MessageLimits::default());
    let key = server.key(1);
    let whole: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
    let mut all = framed(&[&whole]);
    server.core.send_framed(key, &mut all).unwrap();
    let mut more = framed(&[b"behind"]);
    server.core.send_framed(key, &mut more).unwrap();
    server.core.finish(key, &Status::ok());
    assert!(!server.core.has_room(key));
    let mut seen = server.frames();
    server.feed(&window_update(1, 200_000));
    server.feed(&window_update(0, 200_000));
    seen.extend(server.frames());
    let bytes: Vec<u8> = seen
        .iter()
        .filter_map(|frame| match frame {
            Seen::Data { data, .. } => Some(data.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(bytes, framed(&[&whole, b"behind"]));
    assert!(matches!(seen.iter().rev().nth(1), Some(Seen::Headers { end: true, .. })));
}

#[test]
fn a_sender_without_room_is_told_when_there_is_some() {
    let mut server = slow_server(Config::default(), MessageLimits::default());
    let key = server.key(1);
    assert!(server.core.has_room(key));
    let mut all = framed(&[&[7; 70_000]]);
    server.core.send_framed(key, &mut all).unwrap();
    assert!(!server.core.has_room(key), "the peer's window is shut");
    server.frames();
    assert_eq!(server.core.next_room(), None);
    server.feed(&window_update(1, 200_000));
    server.feed(&window_update(0, 200_000));
    assert_eq!(server.core.next_room(), Some(key));
    assert_eq!(server.core.next_room(), None);
    assert!(server.core.has_room(key));
}

#[test]
fn a_sender_waits_while_the_socket_takes_nothing() {
    let mut server = slow_server(Config::default(), MessageLimits::default());
    server.feed(&settings(&[(4, 10_000_000)]));
    server.feed(&window_update(0, 10_000_000));
    let key = server.key(1);
    let mut all = framed(&[&vec![7; SEND_AHEAD]]);
    server.core.send_framed(key, &mut all).unwrap();
    assert!(!server.core.has_room(key));
    let half = server.core.output().len() / 2;
    server.core.sent(half / 2);
    assert_eq!(server.core.next_room(), None);
    server.core.sent(half);
    assert_eq!(server.core.next_room(), Some(key));
}

#[test]
fn a_client_s_stream_is_read_on_demand_too() {
    let mut config = Config::default();
    (config.stream_window, config.grown_window) = (262_144, 262_144);
    let mut client = client_with(config, MessageLimits::default());
    let path = "/s/m";
    let key = client.core.open(path, None, &Metadata::new()).unwrap();
    client.remember(key);
    client.core.read_on_demand(key);
    client.core.send_framed(key, &mut framed(&[b"one", b"two"]), false).unwrap();
    client.core.send_end(key).unwrap();
    client.frames();
    client.feed(&response_head(1));
    let piece = message(&[7; 16_379]);
    let mut shut = 0;
    for _ in 0..16 {
        client.feed(&data(1, &piece, false));
        shut += opened(&client.frames(), 1);
    }
    assert!(shut <= 150_000, "{shut}");
    client.core.consumed(key, 16, 16 * 16_379);
    let rest = opened(&client.frames(), 1);
    assert!(shut + rest >= 130_000, "{shut} and {rest}");
    let got = client.feed(&trailers(1, "0"));
    assert!(matches!(&got[..], [Got::Status { code: Code::Ok, .. }]), "{got:?}");
    // It is over: nothing is counted any more, and nothing breaks.
    client.core.consumed(key, 1, 1);
}

#[test]
fn a_server_that_ends_early_stops_a_client_that_still_sends() {
    let mut server = server();
    server.feed(&request(1, false));
    let key = server.key(1);
    server.core.read_on_demand(key);
    server.feed(&data(1, &message(b"one"), false));
    server.frames();
    server.core.finish(key, &Status::resource_exhausted("enough"));
    let frames = server.frames();
    assert!(
        matches!(
            &frames[..],
            [Seen::Headers { end: true, .. }, Seen::Reset(1, ErrorCode::NO_ERROR)]
        ),
        "{frames:?}"
    );
    // What was on its way is left, and the connection goes on.
    assert_eq!(server.feed(&data(1, &message(b"two"), false)), []);
    server.assert_serves(3);
}
