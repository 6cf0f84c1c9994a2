//! RFC 9113 §3.4: how a connection begins, and what a peer hears that speaks something else.
mod support;

use std::time::Duration;

use support::{End, Got, Seen, base, frame, ping, request, settings, target};
use yamabiko_core::frame::{ErrorCode, setting};
use yamabiko_core::grpc::MessageLimits;
use yamabiko_core::grpc::client::ClientConnection;
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::h2::{Config, Error, HANDSHAKE, PREFACE, Speaks};

fn new_server() -> End<ServerConnection> {
    End::new(ServerConnection::new(Config::default(), MessageLimits::default(), base()))
}

fn new_client() -> End<ClientConnection> {
    let limits = MessageLimits::default();
    End::new(ClientConnection::new(Config::default(), limits, target(), base()))
}

#[test]
fn a_server_greets_when_it_has_seen_the_preface() {
    let mut server = new_server();
    assert_eq!(server.feed(&PREFACE[..23]), []);
    assert_eq!(server.output(), b"", "a peer of another protocol must not get this first");
    assert_eq!(server.feed(&PREFACE[23..]), []);
    let config = Config::default();
    let limits = vec![
        (setting::MAX_CONCURRENT_STREAMS, config.max_concurrent_streams),
        (setting::INITIAL_WINDOW_SIZE, config.stream_window),
        (setting::MAX_HEADER_LIST_SIZE, config.max_header_list),
    ];
    let window = Seen::WindowUpdate(0, config.connection_window - 65_535);
    assert_eq!(server.frames(), [Seen::Settings(limits), window]);
}

#[test]
fn a_client_sends_the_preface_then_settings_without_push() {
    let mut client = new_client();
    let bytes = client.output();
    assert_eq!(&bytes[..24], PREFACE);
    let seen = client.reader.read(&bytes[24..]);
    assert!(matches!(&seen[0], Seen::Settings(all) if all[0] == (setting::ENABLE_PUSH, 0)));
}

#[test]
fn a_client_may_send_requests_with_its_preface() {
    let mut server = new_server();
    let got = server.feed(&[&PREFACE[..], &settings(&[]), &request(1, true)].concat());
    assert!(matches!(got[..], [Got::Call { id: 1, .. }, Got::End(1)]), "{got:?}");
    assert!(matches!(server.frames()[0], Seen::Settings(_)), "the server's SETTINGS come first");
}

#[test]
fn a_first_frame_other_than_settings_ends_the_connection() {
    for first in [ping(false, [0; 8]), request(1, true), frame(4, 1, 0, b""), frame(99, 0, 0, b"")]
    {
        let mut server = new_server();
        let got = server.feed(&[&PREFACE[..], &first].concat());
        assert!(is_protocol_error(&got), "{got:?}");
        let goaway = server.frames().pop();
        assert!(matches!(goaway, Some(Seen::GoAway { code: ErrorCode::PROTOCOL_ERROR, .. })));
        server.assert_dead();

        let mut client = new_client();
        assert!(is_protocol_error(&client.feed(&first)));
        client.assert_dead();
    }
}

fn is_protocol_error(got: &[Got]) -> bool {
    matches!(got, [Got::Failed(Error::Peer { code: ErrorCode::PROTOCOL_ERROR, .. })])
}

#[test]
fn an_http1_request_gets_a_plain_answer_and_nothing_else() {
    let mut server = new_server();
    let got = server.feed(b"GET / HTTP/1.1\r\nhost: localhost:50051\r\n\r\n");
    assert_eq!(got, [Got::Failed(Error::NotHttp2(Speaks::Http1))]);
    let answer = String::from_utf8(server.output()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 505 "), "{answer}");
    assert!(answer.contains("gRPC"), "it says what this port speaks: {answer}");
    server.assert_dead();
}

#[test]
fn a_tls_hello_gets_an_alert() {
    let mut server = new_server();
    let got = server.feed(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]);
    assert_eq!(got, [Got::Failed(Error::NotHttp2(Speaks::Tls))]);
    assert_eq!(server.output()[..5], [0x15, 3, 1, 0, 2]);
    server.assert_dead();
}

#[test]
fn a_peer_that_speaks_nothing_known_hears_nothing() {
    let mut server = new_server();
    assert_eq!(server.feed(b"\0\0\0\0"), [Got::Failed(Error::NotHttp2(Speaks::Unknown))]);
    assert_eq!(server.output(), b"");
    server.assert_dead();
}

#[test]
fn a_client_says_what_a_server_of_another_protocol_speaks() {
    for (bytes, speaks) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], Speaks::Http1),
        (&[0x15, 3, 3, 0, 2, 2, 40][..], Speaks::Tls),
    ] {
        let mut client = new_client();
        assert_eq!(client.feed(bytes), [Got::Failed(Error::NotHttp2(speaks))]);
        client.assert_dead();
    }
}

#[test]
fn the_first_bytes_mean_the_same_at_every_cut() {
    let others: [&[u8]; 14] = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX",
        b"UPDATEREDIRECTREF / HTTP/1.1\r\n",
        b"AVERYLONGMETHODTHATISNONE / HTTP/1.1\r\n",
        b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc",
        b"\x16\x09\x01\x02\0\x01\0\x01\xfc",
        b"\0\0\0\x04\0\0\0\0\0",
        b" GET / HTTP/1.1",
        b"get / HTTP/1.1",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"HELLO, is anybody there?",
        b"\x15\x03\x03\0\x02\x02\x28",
    ];
    for bytes in others {
        let (mut whole, mut cut) = (new_server(), new_server());
        let expected = whole.feed(bytes);
        assert!(matches!(expected[..], [Got::Failed(_)]), "{}", bytes.escape_ascii());
        let events: Vec<Got> = bytes.iter().flat_map(|byte| cut.feed(&[*byte])).collect();
        assert_eq!(events, expected, "{}", bytes.escape_ascii());
        assert_eq!(cut.output(), whole.output());

        let (mut whole, mut cut) = (new_client(), new_client());
        let expected = whole.feed(bytes);
        let events: Vec<Got> = bytes.iter().flat_map(|byte| cut.feed(&[*byte])).collect();
        assert_eq!(events, expected, "{}", bytes.escape_ascii());
        assert_eq!(cut.output(), whole.output());
    }
}

#[test]
fn a_preface_that_never_comes_times_out() {
    for start in [&b""[..], b"P", &PREFACE[..23], b"GET"] {
        let mut server = new_server();
        assert_eq!(server.feed(start), []);
        assert_eq!(server.core.poll_timeout(), Some(base() + HANDSHAKE));
        assert_eq!(server.pass(HANDSHAKE - Duration::from_millis(1)), []);
        let got = server.pass(Duration::from_millis(1));
        let waiting_for = "the HTTP/2 preface";
        assert_eq!(got, [Got::Failed(Error::Timeout { waiting_for })]);
        assert_eq!(server.core.poll_timeout(), None);
        server.assert_dead();
    }
}

#[test]
fn settings_that_never_come_time_out() {
    let mut server = new_server();
    server.feed(PREFACE);
    let got = server.pass(HANDSHAKE);
    assert_eq!(got, [Got::Failed(Error::Timeout { waiting_for: "its SETTINGS" })]);

    let mut client = new_client();
    let got = client.pass(HANDSHAKE);
    assert_eq!(got, [Got::Failed(Error::Timeout { waiting_for: "its SETTINGS" })]);
    client.assert_dead();
}

#[test]
fn an_open_connection_waits_for_nothing() {
    assert_eq!(support::server().core.poll_timeout(), None);
    assert_eq!(support::client().core.poll_timeout(), None);
}
