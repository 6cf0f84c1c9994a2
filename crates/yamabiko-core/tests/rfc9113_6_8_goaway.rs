//! RFC 9113 §6.8: leaving in good order, and being left.
mod support;

use support::{
    End, Got, Pair, Seen, client, data, frame, goaway, message, ping, request, response_head,
    server, settings, trailers,
};
use yamabiko_core::frame::{ErrorCode, LARGEST_STREAM};
use yamabiko_core::grpc::client::ClientConnection;
use yamabiko_core::grpc::{Code, MessageLimits, Metadata};
use yamabiko_core::h2::{CannotOpen, Config, Error, PREFACE};

fn goaway_seen(last: u32) -> Seen {
    Seen::GoAway { last, code: ErrorCode::NO_ERROR, debug: String::new() }
}

fn ping_of(seen: &[Seen]) -> [u8; 8] {
    match seen {
        [first, Seen::Ping(false, payload)] if *first == goaway_seen(LARGEST_STREAM) => *payload,
        _ => panic!("{seen:?}"),
    }
}

#[test]
fn a_server_announces_then_names_its_last_stream() {
    let mut server = server();
    server.feed(&request(1, true));
    server.core.shut_down();
    let payload = ping_of(&server.frames());
    server.core.shut_down();
    assert_eq!(server.frames(), [], "once is enough");
    // The client had sent this before it heard of it.
    assert!(matches!(server.feed(&request(3, true))[0], Got::Call { id: 3, .. }));
    assert_eq!(server.feed(&ping(true, *b"another.")), []);
    assert_eq!(server.frames(), []);
    server.feed(&ping(true, payload));
    assert_eq!(server.frames(), [goaway_seen(3)]);
    assert!(!server.core.is_drained());
    server.answer(1, b"a");
    server.answer(3, b"b");
    assert!(!server.core.is_drained(), "the answers are not sent yet");
    server.frames();
    assert!(server.core.is_drained());
}

#[test]
fn a_stream_above_the_last_one_is_left_and_ends_nothing() {
    let mut server = server();
    server.feed(&request(1, false));
    server.core.shut_down();
    let payload = ping_of(&server.frames());
    server.feed(&ping(true, payload));
    server.frames();
    let late = [request(3, false), data(3, b"body", true), request(5, true)];
    assert_eq!(server.feed(&late.concat()), []);
    assert_eq!(server.frames(), [], "ignored (§6.8)");
    // The accepted call is still complete, and the last stream does not rise with an error.
    server.feed(&data(1, &message(b"x"), true));
    server.answer(1, b"y");
    assert!(matches!(server.frames().last(), Some(Seen::Headers { end: true, .. })));
    server.feed(&frame(6, 0, 0, b"not eight"));
    assert!(matches!(server.frames()[..], [Seen::GoAway { last: 1, .. }]));
}

#[test]
fn a_server_that_leaves_while_queued_answers_wait_sends_them_first() {
    let mut server = server();
    server.feed(&settings(&[(4, 0)]));
    server.feed(&request(1, true));
    server.answer(1, b"abc");
    server.core.shut_down();
    let seen = server.frames();
    let Some(Seen::Ping(false, payload)) = seen.last() else { panic!("{seen:?}") };
    server.feed(&ping(true, *payload));
    server.frames();
    assert!(!server.core.is_drained());
    server.feed(&support::window_update(1, 8));
    assert_eq!(server.frames().len(), 2);
    assert!(server.core.is_drained());
}

#[test]
fn a_server_may_leave_before_it_was_greeted() {
    let config = Config::default();
    let core = yamabiko_core::grpc::server::ServerConnection::new(
        config,
        MessageLimits::default(),
        support::base(),
    );
    let mut server = End::new(core);
    server.core.shut_down();
    assert!(server.core.is_drained());
    server.feed(&[&PREFACE[..], &settings(&[]), &request(1, true)].concat());
    let seen = server.frames();
    assert!(matches!(seen[0], Seen::Settings(_)), "SETTINGS come first: {seen:?}");
    assert!(seen.contains(&goaway_seen(0)));
    assert!(server.core.is_drained());
}

#[test]
fn no_accepted_call_is_lost_when_a_server_leaves() {
    for seed in 0..60 {
        let mut pair = Pair::new(seed);
        let steps = pair.random.below(60);
        let mut opened = Vec::new();
        for step in 0..120 {
            if pair.random.below(2) == 0
                && let Ok(id) = pair.try_call(&[7; 300], None)
            {
                opened.push(id);
            }
            if step == steps {
                pair.server.core.shut_down();
            }
            pair.step();
        }
        pair.drive();
        assert!(pair.server.core.is_drained(), "seed {seed}");
        assert!(pair.client.core.is_drained(), "seed {seed}");
        assert_eq!(pair.failures, []);
        let mut answered = 0;
        for id in opened {
            let answer = &pair.answers[&id];
            match &answer.statuses[..] {
                [Got::Status { code: Code::Ok, .. }] => {
                    assert_eq!(answer.messages, [[7; 300]]);
                    answered += 1;
                }
                // Not accepted, and certainly not looked at.
                [Got::Status { code: Code::Unavailable, unprocessed: true, .. }] => {}
                other => panic!("seed {seed}, stream {id}: {other:?}"),
            }
        }
        let accepted = pair.told.iter().filter(|got| matches!(got, Got::Call { .. })).count();
        assert_eq!(answered, accepted, "seed {seed}");
    }
}

fn open(client: &mut End<ClientConnection>) -> Result<(), CannotOpen> {
    client.core.open("/s/m", None, &Metadata::new()).map(|_| ())
}

#[test]
fn a_client_learns_which_calls_were_not_looked_at() {
    let mut client = client();
    let (first, second, third) = (client.call(b"1"), client.call(b"2"), client.call(b"3"));
    let mut got = client.feed(&goaway(first, ErrorCode::NO_ERROR, ""));
    assert_eq!(got.remove(0), Got::LimitsChanged);
    got.sort_by_key(Got::id);
    for (status, id) in got.iter().zip([second, third]) {
        let Got::Status { id: ended, code, unprocessed, message, .. } = status else {
            panic!("{status:?}")
        };
        assert_eq!((*ended, *code, *unprocessed), (id, Code::Unavailable, true));
        assert!(message.contains("leaving"), "{message}");
    }
    assert_eq!(got.len(), 2);
    assert!(client.core.is_leaving());
    assert_eq!(open(&mut client), Err(CannotOpen::Closed));
    assert!(!client.core.is_drained());
    let rest = [response_head(first), data(first, &message(b"1"), false), trailers(first, "0")];
    let got = client.feed(&rest.concat());
    assert!(matches!(got.last(), Some(Got::Status { code: Code::Ok, .. })));
    client.frames();
    assert!(client.core.is_drained());
}

#[test]
fn an_announcement_loses_nothing_but_closes_the_door() {
    let mut client = client();
    client.call(b"1");
    let got = client.feed(&goaway(LARGEST_STREAM, ErrorCode::NO_ERROR, ""));
    assert_eq!(got, [Got::LimitsChanged]);
    assert_eq!(open(&mut client), Err(CannotOpen::Closed));
    assert_eq!(client.core.live_calls(), 1);
}

#[test]
fn a_second_goaway_may_name_less_but_not_more() {
    let mut client = client();
    let ids = [client.call(b"1"), client.call(b"2"), client.call(b"3")];
    assert_eq!(client.feed(&goaway(ids[2], ErrorCode::NO_ERROR, "")).len(), 1);
    assert_eq!(client.feed(&goaway(ids[0], ErrorCode::NO_ERROR, "")).len(), 3);
    assert_eq!(client.feed(&goaway(LARGEST_STREAM, ErrorCode::NO_ERROR, "")).len(), 1);
    assert_eq!(client.core.live_calls(), 1);
}

#[test]
fn a_goaway_with_an_error_tells_what_can_be_made_again_then_fails() {
    let mut client = client();
    let (first, second) = (client.call(b"1"), client.call(b"2"));
    let got = client.feed(&goaway(first, ErrorCode::ENHANCE_YOUR_CALM, "too_many_pings"));
    let error =
        Error::GoAway { code: ErrorCode::ENHANCE_YOUR_CALM, debug: "too_many_pings".into() };
    assert_eq!(got[0], Got::LimitsChanged);
    assert!(matches!(got[1], Got::Status { id, unprocessed: true, .. } if id == second));
    assert_eq!(got[2..], [Got::Failed(error)]);
    assert_eq!(client.core.calls(), [client.key(first)], "its fate is unknown");
    client.assert_dead();
}

#[test]
fn a_goaway_from_a_client_lets_its_calls_finish() {
    let mut server = server();
    server.feed(&request(1, true));
    assert_eq!(server.feed(&goaway(0, ErrorCode::NO_ERROR, "bye")), []);
    assert!(!server.core.is_drained());
    server.answer(1, b"x");
    server.frames();
    assert!(server.core.is_drained());
}

#[test]
fn a_client_that_leaves_finishes_its_calls() {
    let mut client = client();
    let id = client.call(b"1");
    client.frames();
    client.core.shut_down();
    assert_eq!(client.frames(), [goaway_seen(0)]);
    assert_eq!(open(&mut client), Err(CannotOpen::Closed));
    let rest = [response_head(id), data(id, &message(b"1"), false), trailers(id, "0")];
    assert_eq!(client.feed(&rest.concat()).len(), 3);
    client.frames();
    assert!(client.core.is_drained());
}

#[test]
fn a_server_waits_for_the_answer_to_its_announcement() {
    let mut pair = Pair::new(1);
    pair.drive();
    pair.up.stalled = true;
    pair.server.core.shut_down();
    pair.drive();
    assert!(!pair.server.core.is_drained(), "a call may be on its way");
    pair.up.stalled = false;
    pair.drive();
    assert!(pair.server.core.is_drained());
}
