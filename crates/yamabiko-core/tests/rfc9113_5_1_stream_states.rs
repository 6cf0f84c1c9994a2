//! RFC 9113 §5.1: the states of a stream, every state with every input; then what the connection
//! makes of them.
mod support;

use Refusal::{Connection, Ignore, Misuse, Stream};
use State::{Closed, HalfClosedLocal, HalfClosedRemote, Idle, Open};
use support::{
    Got, Seen, client, data, message, request, reset, response_head, server, trailers,
    window_update,
};
use yamabiko_core::frame::ErrorCode;
use yamabiko_core::grpc::server::Cancelled;
use yamabiko_core::grpc::{Code, Status};
use yamabiko_core::h2::{Error, Input, Refusal, State};

const BROKEN: Result<State, Refusal> = Err(Connection(ErrorCode::PROTOCOL_ERROR));
const ENDED: Result<State, Refusal> = Err(Stream(ErrorCode::STREAM_CLOSED));
const MISUSE: Result<State, Refusal> = Err(Misuse);
const LATE: Result<State, Refusal> = Err(Ignore);

#[test]
fn every_state_has_a_result_for_every_input() {
    use Input::*;
    let states = [Idle, Open, HalfClosedLocal, HalfClosedRemote, Closed];
    #[rustfmt::skip]
    let table = [
        (ReceiveHeaders { end: false }, [Ok(Open),             Ok(Open),             Ok(HalfClosedLocal), ENDED,                ENDED]),
        (ReceiveHeaders { end: true },  [Ok(HalfClosedRemote), Ok(HalfClosedRemote), Ok(Closed),          ENDED,                ENDED]),
        (ReceiveData { end: false },    [BROKEN,               Ok(Open),             Ok(HalfClosedLocal), ENDED,                ENDED]),
        (ReceiveData { end: true },     [BROKEN,               Ok(HalfClosedRemote), Ok(Closed),          ENDED,                ENDED]),
        (ReceiveWindowUpdate,           [BROKEN,               Ok(Open),             Ok(HalfClosedLocal), Ok(HalfClosedRemote), LATE]),
        (ReceiveReset,                  [BROKEN,               Ok(Closed),           Ok(Closed),          Ok(Closed),           LATE]),
        (SendHeaders { end: false },    [Ok(Open),             Ok(Open),             MISUSE,              Ok(HalfClosedRemote), MISUSE]),
        (SendHeaders { end: true },     [Ok(HalfClosedLocal),  Ok(HalfClosedLocal),  MISUSE,              Ok(Closed),           MISUSE]),
        (SendData { end: false },       [MISUSE,               Ok(Open),             MISUSE,              Ok(HalfClosedRemote), MISUSE]),
        (SendData { end: true },        [MISUSE,               Ok(HalfClosedLocal),  MISUSE,              Ok(Closed),           MISUSE]),
        (SendReset,                     [MISUSE,               Ok(Closed),           Ok(Closed),          Ok(Closed),           MISUSE]),
    ];
    for (input, results) in table {
        for (state, expected) in states.into_iter().zip(results) {
            assert_eq!(state.step(input), expected, "{state:?} {input:?}");
        }
    }
}

#[test]
fn a_state_knows_who_may_still_send() {
    let states = [Idle, Open, HalfClosedLocal, HalfClosedRemote, Closed];
    assert_eq!(states.map(State::receives), [false, true, true, false, false]);
    assert_eq!(states.map(State::sends), [false, true, false, true, false]);
}

fn fails_with(got: &[Got], expected: ErrorCode) -> bool {
    matches!(got, [.., Got::Failed(Error::Peer { code, .. })] if *code == expected)
}

#[test]
fn frames_on_an_idle_stream_end_the_connection() {
    for bytes in [data(1, b"", true), window_update(1, 1), reset(1, ErrorCode::CANCEL)] {
        let mut server = server();
        assert!(fails_with(&server.feed(&bytes), ErrorCode::PROTOCOL_ERROR));
        let seen = server.frames();
        assert!(matches!(
            seen[..],
            [Seen::GoAway { last: 0, code: ErrorCode::PROTOCOL_ERROR, .. }]
        ));
        server.assert_dead();
        let mut client = client();
        assert!(fails_with(&client.feed(&bytes), ErrorCode::PROTOCOL_ERROR));
    }
}

#[test]
fn frames_on_a_half_closed_stream_are_stream_closed() {
    for late in [data(1, b"", false), data(1, b"x", true), request(1, true)] {
        let mut server = server();
        server.feed(&request(1, true));
        assert_eq!(server.feed(&late), [Got::Cancelled(1, Cancelled::BadRequest)]);
        assert_eq!(server.frames(), [Seen::Reset(1, ErrorCode::STREAM_CLOSED)]);
        server.assert_serves(3);
    }
}

#[test]
fn window_update_and_reset_are_allowed_on_a_half_closed_stream() {
    let mut server = server();
    server.feed(&request(1, true));
    assert_eq!(server.feed(&window_update(1, 5)), []);
    let got = server.feed(&reset(1, ErrorCode::CANCEL));
    assert_eq!(got, [Got::Cancelled(1, Cancelled::ByClient)]);
    assert_eq!(server.frames(), []);
}

#[test]
fn a_stream_that_ended_on_both_sides_is_closed() {
    for late in [data(1, b"x", true), request(1, true)] {
        let mut server = server();
        server.feed(&request(1, true));
        server.core.finish(server.key(1), &Status::ok());
        server.frames();
        assert_eq!(server.feed(&late), []);
        assert_eq!(server.frames(), [Seen::Reset(1, ErrorCode::STREAM_CLOSED)]);
        assert_eq!(server.feed(&window_update(1, 5)), [], "it may have been on its way");
        assert_eq!(server.feed(&reset(1, ErrorCode::CANCEL)), []);
        assert_eq!(server.frames(), []);
        server.assert_serves(3);
    }
}

#[test]
fn what_was_on_its_way_when_we_reset_is_left() {
    let mut client = client();
    let id = client.call(b"x");
    client.core.cancel(client.key(id));
    client.frames();
    let late = [
        response_head(id),
        data(id, &message(b"late"), false),
        trailers(id, "0"),
        reset(id, ErrorCode::NO_ERROR),
    ];
    assert_eq!(client.feed(&late.concat()), []);
    assert_eq!(client.frames(), [], "not one more RST_STREAM");

    let mut server = server();
    server.feed(&request(1, false));
    server.core.finish(server.key(1), &Status::ok());
    let seen = server.frames();
    assert_eq!(seen.last(), Some(&Seen::Reset(1, ErrorCode::NO_ERROR)), "the early end");
    let late = [data(1, b"late", false), data(1, b"late", true)];
    assert_eq!(server.feed(&late.concat()), []);
    assert_eq!(server.frames(), []);
}

#[test]
fn late_headers_keep_the_compression_state() {
    use yamabiko_core::hpack::{Encoder, Indexing};
    let mut encoder = Encoder::new();
    let mut block = |fields: &[(&str, &str)]| {
        let mut out = Vec::new();
        encoder.begin(&mut out);
        for (name, value) in fields {
            encoder.encode(name.as_bytes(), value.as_bytes(), Indexing::Remember, &mut out);
        }
        out
    };
    let mut client = client();
    let (gone, kept) = (client.call(b"x"), client.call(b"y"));
    client.core.cancel(client.key(gone));
    let head = block(&[(":status", "200"), ("content-type", "application/grpc"), ("a", "b")]);
    assert_eq!(client.feed(&support::frame(1, 4, gone, &head)), []);
    let head = block(&[(":status", "200"), ("content-type", "application/grpc"), ("a", "b")]);
    assert!(head.len() <= 3, "the second block names what the first has brought");
    let got = client.feed(&support::frame(1, 4, kept, &head));
    assert_eq!(got, [Got::Head { id: kept, metadata: vec!["a: b".into()] }]);
}

#[test]
fn an_even_stream_from_a_client_ends_the_connection() {
    let mut server = server();
    assert!(fails_with(&server.feed(&request(2, true)), ErrorCode::PROTOCOL_ERROR));
}

#[test]
fn a_stream_that_a_server_opens_ends_the_connection() {
    for id in [1, 2, 3, 4] {
        let mut client = client();
        assert!(fails_with(&client.feed(&response_head(id)), ErrorCode::PROTOCOL_ERROR), "{id}");
    }
}

#[test]
fn identifiers_may_skip_but_not_fall() {
    let mut server = server();
    assert!(matches!(server.feed(&request(7, true))[0], Got::Call { id: 7, .. }));
    server.frames();
    assert_eq!(server.feed(&request(5, true)), [], "5 was closed by 7 (§5.1.1)");
    assert_eq!(server.frames(), [Seen::Reset(5, ErrorCode::STREAM_CLOSED)]);
}

#[test]
fn a_reset_ends_a_call_at_either_side() {
    let mut server = server();
    server.feed(&request(1, false));
    let got = server.feed(&reset(1, ErrorCode::CANCEL));
    assert_eq!(got, [Got::Cancelled(1, Cancelled::ByClient)]);
    assert_eq!(server.core.live_calls(), 0);
    assert!(!server.core.is_live(server.key(1)));
    assert_eq!(server.frames(), [], "RST_STREAM is not answered (§5.4.2)");

    let mut client = client();
    let id = client.call(b"x");
    let got = client.feed(&reset(id, ErrorCode::CANCEL));
    assert!(matches!(got[..], [Got::Status { code: Code::Cancelled, .. }]));
    assert_eq!(client.core.live_calls(), 0);
}

#[test]
fn commands_for_a_call_that_is_gone_do_nothing() {
    let mut server = server();
    server.feed(&request(1, false));
    server.feed(&reset(1, ErrorCode::CANCEL));
    server.frames();
    let key = server.key(1);
    assert!(server.core.send_head(key, &Default::default()).is_err());
    assert!(server.core.send_message(key, 1, |_| panic!("not asked for")).is_err());
    server.core.finish(key, &Status::ok());
    assert_eq!(server.frames(), []);

    let mut client = client();
    let id = client.call(b"x");
    client.feed(&reset(id, ErrorCode::CANCEL));
    client.frames();
    let key = client.key(id);
    assert!(client.core.send_message(key, 1, true, |_| panic!("not asked for")).is_err());
    assert!(client.core.send_end(key).is_err());
    client.core.cancel(key);
    assert_eq!(client.frames(), []);
}

#[test]
fn nothing_is_sent_behind_the_end() {
    let mut client = client();
    let key = client.core.open("/s/m", None, &Default::default()).unwrap();
    client.core.send_end(key).unwrap();
    assert!(client.core.send_end(key).is_err());
    assert!(client.core.send_message(key, 0, false, |_| {}).is_err());

    let mut server = server();
    server.feed(&request(1, true));
    let key = server.key(1);
    server.core.finish(key, &Status::ok());
    assert!(server.core.send_message(key, 0, |_| {}).is_err());
    server.core.finish(key, &Status::internal("twice"));
    let statuses = server.frames();
    assert!(matches!(statuses[..], [Seen::Headers { end: true, .. }]), "{statuses:?}");
}
