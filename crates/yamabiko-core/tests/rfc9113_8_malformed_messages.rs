//! RFC 9113 §8: what makes a request or a response malformed. It costs the stream, not the
//! connection, and the application never hears of it.
mod support;

use support::{
    Got, Seen, client, data, headers, message, request, request_fields, response_head, server,
    trailers,
};
use yamabiko_core::frame::ErrorCode;
use yamabiko_core::grpc::Code;
use yamabiko_core::grpc::server::Cancelled;

/// The request of every test with one field more, less or different.
fn with(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut fields = request_fields("/s/m");
    match fields.iter_mut().find(|(known, _)| *known == name) {
        Some(field) => field.1 = value,
        None => fields.push((name, value)),
    }
    fields
}

fn without(name: &str) -> Vec<(&'static str, &'static str)> {
    let mut fields = request_fields("/s/m");
    fields.retain(|(known, _)| *known != name);
    fields
}

fn again(name: &'static str, value: &'static str, at: usize) -> Vec<(&'static str, &'static str)> {
    let mut fields = request_fields("/s/m");
    fields.insert(at, (name, value));
    fields
}

#[test]
fn a_malformed_request_is_reset_and_nobody_hears_of_it() {
    let all = [
        ("no method", without(":method")),
        ("no scheme", without(":scheme")),
        ("no path", without(":path")),
        ("empty method", with(":method", "")),
        ("empty scheme", with(":scheme", "")),
        ("empty path", with(":path", "")),
        ("two methods", again(":method", "POST", 1)),
        ("two paths", again(":path", "/s/m", 1)),
        ("two schemes", again(":scheme", "http", 1)),
        ("two authorities", again(":authority", "test", 1)),
        ("a pseudo-header behind a field", again(":path", "/s/m", 6)),
        ("a status", again(":status", "200", 0)),
        ("an unknown pseudo-header", again(":protocol", "x", 0)),
        ("connection", with("connection", "close")),
        ("keep-alive", with("keep-alive", "1")),
        ("proxy-connection", with("proxy-connection", "close")),
        ("transfer-encoding", with("transfer-encoding", "chunked")),
        ("upgrade", with("upgrade", "h2c")),
        ("te: gzip", with("te", "gzip")),
        ("an upper-case name", with("Bad", "1")),
        ("an empty name", with("", "1")),
        ("a name with a space", with("a b", "1")),
        ("a name with a colon", with("a:b", "1")),
        ("a value with a line feed", with("a", "1\n2")),
        ("a value with a carriage return", with("a", "1\r2")),
        ("a value with a NUL", with("a", "1\x002")),
        ("a path with a line feed", with(":path", "/s\n/m")),
    ];
    for (what, fields) in all {
        for end in [true, false] {
            let mut server = server();
            assert_eq!(server.feed(&headers(1, &fields, end)), [], "{what}");
            let reset = Seen::Reset(1, ErrorCode::PROTOCOL_ERROR);
            assert_eq!(server.frames(), [reset], "{what}");
            assert_eq!(server.core.live_calls(), 0, "{what}");
            if !end {
                assert_eq!(server.feed(&data(1, b"its body", true)), [], "{what}");
            }
            assert_eq!(server.frames(), [], "{what}");
            server.assert_serves(3);
        }
    }
}

#[test]
fn what_looks_odd_but_is_allowed_is_served() {
    let all = [
        with("te", "Trailers"),
        without(":authority"),
        with(":authority", ""),
        without("te"),
        with("a", ""),
        with("a", " spaces at both ends "),
        with("a", "\u{e9}\u{e8}"),
        with("host", "another"),
        with(":scheme", "https"),
    ];
    for fields in all {
        let got = server().feed(&headers(1, &fields, true));
        assert!(matches!(got[..], [Got::Call { .. }, Got::End(1)]), "{fields:?}");
    }
}

#[test]
fn a_body_must_be_as_long_as_content_length_says() {
    let head = headers(1, &with("content-length", "8"), false);
    let body = message(b"abc");
    let good: [&[Vec<u8>]; 3] = [
        &[data(1, &body, true)],
        &[data(1, &body[..3], false), data(1, &body[3..], false), data(1, b"", true)],
        &[data(1, &body, false), headers(1, &[("a", "b")], true)],
    ];
    for bytes in good {
        let mut server = server();
        server.feed(&head);
        let got = server.feed(&bytes.concat());
        assert_eq!(got[0].id(), Some(1));
        assert!(!got.iter().any(|got| matches!(got, Got::Cancelled(..))), "{got:?}");
        assert!(server.core.is_live(server.key(1)));
    }
    let bad: [&[Vec<u8>]; 5] = [
        &[data(1, &body[..7], true)],
        &[data(1, &[&body[..], b"x"].concat(), false)],
        &[data(1, &body, false), data(1, b"x", true)],
        &[data(1, b"", true)],
        &[data(1, &body[..7], false), headers(1, &[("a", "b")], true)],
    ];
    for bytes in bad {
        let mut server = server();
        server.feed(&head);
        server.frames();
        let got = server.feed(&bytes.concat());
        assert_eq!(got.last(), Some(&Got::Cancelled(1, Cancelled::BadRequest)), "{bytes:?}");
        assert_eq!(server.frames(), [Seen::Reset(1, ErrorCode::PROTOCOL_ERROR)]);
        server.assert_serves(3);
    }
}

#[test]
fn a_content_length_without_a_body_is_malformed_unless_it_is_zero() {
    let mut server = server();
    assert_eq!(server.feed(&headers(1, &with("content-length", "8"), true)), []);
    assert_eq!(server.frames(), [Seen::Reset(1, ErrorCode::PROTOCOL_ERROR)]);
    let got = server.feed(&headers(3, &with("content-length", "0"), true));
    assert!(matches!(got[..], [Got::Call { .. }, Got::End(3)]));
}

#[test]
fn a_content_length_is_digits() {
    for value in ["", "+5", "-1", "5 ", "0x5", "99999999999999999999999"] {
        let mut server = server();
        let fields = with("content-length", value);
        assert_eq!(server.feed(&headers(1, &fields, true)), [], "{value:?}");
        let seen = server.frames();
        let Seen::Headers { fields, .. } = &seen[0] else { panic!("{seen:?}") };
        assert_eq!(fields[..], [":status: 400"], "{value:?}");
        server.assert_serves(3);
    }
}

#[test]
fn trailers_end_a_request() {
    let mut server = server();
    server.feed(&request(1, false));
    let body = data(1, &message(b"abc"), false);
    let got = server.feed(&[body, headers(1, &[("x-checksum", "7")], true)].concat());
    let message = Got::Message { id: 1, bytes: b"abc".to_vec(), last: false };
    assert_eq!(got, [message, Got::End(1)]);
    server.answer(1, b"x");
    assert!(matches!(server.frames().last(), Some(Seen::Headers { end: true, .. })));
}

#[test]
fn broken_trailers_cancel_the_call() {
    let bad = [
        headers(1, &[("a", "b")], false),
        headers(1, &[(":path", "/s/m")], true),
        headers(1, &[(":status", "200")], true),
        headers(1, &[("connection", "close")], true),
        headers(1, &[("A", "b")], true),
    ];
    for trailers in bad {
        let mut server = server();
        server.feed(&request(1, false));
        server.frames();
        assert_eq!(server.feed(&trailers), [Got::Cancelled(1, Cancelled::BadRequest)]);
        assert_eq!(server.frames(), [Seen::Reset(1, ErrorCode::PROTOCOL_ERROR)]);
        server.assert_serves(3);
    }
}

#[test]
fn a_malformed_response_is_internal_and_reset() {
    let ok = (":status", "200");
    let grpc = ("content-type", "application/grpc");
    let bad: [&[(&str, &str)]; 8] = [
        &[grpc],
        &[(":status", "")],
        &[ok, ok, grpc],
        &[grpc, ok],
        &[ok, (":path", "/"), grpc],
        &[ok, grpc, ("connection", "close")],
        &[ok, grpc, ("Bad", "1")],
        &[ok, grpc, ("a", "1\n2")],
    ];
    for fields in bad {
        let mut client = client();
        let id = client.call(b"x");
        client.frames();
        let got = client.feed(&headers(id, fields, false));
        assert!(is_internal(&got, "malformed response"), "{got:?}");
        assert_eq!(client.frames(), [Seen::Reset(id, ErrorCode::PROTOCOL_ERROR)]);
        assert_eq!(client.feed(&trailers(id, "0")), [], "one status is all");
    }
}

fn is_internal(got: &[Got], words: &str) -> bool {
    matches!(got, [Got::Status { code: Code::Internal, message, .. }] if message.contains(words))
}

#[test]
fn broken_response_trailers_are_internal() {
    for bytes in [
        headers(1, &[("grpc-status", "0")], false),
        headers(1, &[(":status", "200"), ("grpc-status", "0")], true),
        headers(1, &[("Grpc-Status", "0")], true),
    ] {
        let mut client = client();
        let id = client.call(b"x");
        client.feed(&response_head(id));
        let got = client.feed(&bytes);
        assert!(is_internal(&got, "malformed response"), "{got:?}");
    }
}

#[test]
fn a_response_is_held_to_its_content_length() {
    let head = [(":status", "200"), ("content-type", "application/grpc"), ("content-length", "8")];
    let mut client = client();
    let good = client.call(b"x");
    let bytes =
        [headers(good, &head, false), data(good, &message(b"abc"), false), trailers(good, "0")];
    let got = client.feed(&bytes.concat());
    assert!(matches!(got[2], Got::Status { code: Code::Ok, .. }), "{got:?}");
    let bad = client.call(b"x");
    client.frames();
    let bytes = [headers(bad, &head, false), data(bad, &message(b"ab"), false), trailers(bad, "0")];
    let got = client.feed(&bytes.concat());
    assert!(is_internal(&got[2..], "broke HTTP/2"), "{got:?}");
}
