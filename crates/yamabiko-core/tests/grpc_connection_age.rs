//! gRFC A9: a connection ends when it has been idle for long, or has become old.
mod support;

use std::time::Duration;

use support::{
    End, Got, Pair, Seen, client_with, data, message, ping, request, response_head, server,
    server_with, trailers,
};
use yamabiko_core::frame::{ErrorCode, LARGEST_STREAM};
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::grpc::{Code, MessageLimits};
use yamabiko_core::h2::{CLIENT_IDLE, Config, Error, FAREWELL, Lifetime};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn server_for(lifetime: Lifetime) -> End<ServerConnection> {
    let mut config = Config::default();
    config.lifetime = lifetime;
    server_with(config, MessageLimits::default())
}

fn idle_after(time: Duration) -> Lifetime {
    Lifetime { idle: Some(time), ..Lifetime::default() }
}

fn old_after(age: Duration, grace: Option<Duration>) -> Lifetime {
    Lifetime { age: Some(age), grace, ..Lifetime::default() }
}

/// Asserts that the server announces that it leaves, and lets the client answer.
fn announces(server: &mut End<ServerConnection>, reason: &str) {
    let seen = server.frames();
    let [Seen::GoAway { last, code, debug }, Seen::Ping(false, payload)] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!((*last, *code, &debug[..]), (LARGEST_STREAM, ErrorCode::NO_ERROR, reason));
    server.feed(&ping(true, *payload));
    let seen = server.frames();
    assert!(matches!(&seen[..], [Seen::GoAway { debug, .. }] if debug == reason), "{seen:?}");
}

/// Lets time go by until the server has something to say, at most so long.
fn until_it_speaks(server: &mut End<ServerConnection>, at_most: Duration) {
    let end = server.now + at_most;
    while server.core.output().is_empty() {
        let at = server.core.poll_timeout().expect("it will");
        assert!(at <= end, "it says nothing within {at_most:?}");
        server.now = at;
        assert_eq!(server.pass(Duration::ZERO), []);
    }
}

#[test]
fn a_connection_without_calls_ends() {
    let mut server = server_for(idle_after(MINUTE));
    assert_eq!(server.wait(MINUTE - SECOND), []);
    assert_eq!(server.frames(), []);
    assert_eq!(server.wait(SECOND), []);
    announces(&mut server, "max_idle");
    assert!(server.core.is_drained());
}

#[test]
fn a_call_keeps_it_however_long_and_the_time_counts_from_its_end() {
    let mut server = server_for(idle_after(MINUTE));
    server.wait(MINUTE / 2);
    server.feed(&request(1, true));
    server.frames();
    assert_eq!(server.wait(HOUR), []);
    assert_eq!(server.frames(), []);
    server.answer(1, b"x");
    server.frames();
    assert_eq!(server.drain(), []);
    assert_eq!(server.wait(MINUTE - SECOND), []);
    assert_eq!(server.frames(), []);
    // The call may have ended up to a quarter of the time before anybody looked.
    until_it_speaks(&mut server, MINUTE / 4 + SECOND);
    announces(&mut server, "max_idle");
}

#[test]
fn many_short_calls_keep_it() {
    let mut server = server_for(idle_after(MINUTE));
    for index in 0..100 {
        server.wait(MINUTE - SECOND);
        server.feed(&request(2 * index + 1, true));
        server.answer(2 * index + 1, b"x");
        assert!(!server.frames().iter().any(|seen| matches!(seen, Seen::GoAway { .. })));
        assert_eq!(server.drain(), []);
    }
}

#[test]
fn pings_do_not_keep_it() {
    let mut server = server_for(idle_after(MINUTE));
    server.wait(MINUTE - SECOND);
    server.feed(&ping(false, [1; 8]));
    server.frames();
    server.wait(SECOND);
    announces(&mut server, "max_idle");
}

#[test]
fn a_client_leaves_a_connection_that_nobody_uses() {
    let mut config = Config::client();
    assert_eq!(config.lifetime.idle, Some(CLIENT_IDLE));
    config.lifetime.idle = Some(MINUTE);
    let mut client = client_with(config, MessageLimits::default());
    client.wait(MINUTE / 2);
    let id = client.call(b"x");
    client.wait(HOUR);
    assert!(!client.core.is_leaving());
    client.feed(&[response_head(id), data(id, &message(b"y"), false), trailers(id, "0")].concat());
    client.frames();
    client.wait(MINUTE - SECOND);
    assert!(!client.core.is_leaving());
    client.wait(SECOND);
    assert!(client.core.is_leaving());
    assert!(matches!(client.frames()[..], [Seen::GoAway { code: ErrorCode::NO_ERROR, .. }]));
    assert!(client.core.is_drained());
}

#[test]
fn nothing_ends_by_itself_unless_told_to() {
    let mut server = server();
    assert_eq!(server.wait(1_000 * HOUR), []);
    assert_eq!(server.frames(), []);
    server.assert_serves(1);
    assert_eq!(Config::server().lifetime, Lifetime::default());
}

#[test]
fn an_old_connection_finishes_its_calls_and_goes() {
    let mut server = server_for(old_after(HOUR, None));
    server.feed(&request(1, true));
    server.frames();
    // Up to a tenth more, by the seed.
    until_it_speaks(&mut server, HOUR + HOUR / 10);
    announces(&mut server, "max_age");
    // No grace means that it may take as long as it likes.
    assert_eq!(server.wait(100 * HOUR), []);
    server.answer(1, b"x");
    assert!(matches!(server.frames().last(), Some(Seen::Headers { end: true, .. })));
    assert!(server.core.is_drained());
}

#[test]
fn when_its_grace_is_over_its_calls_are_cut() {
    let mut server = server_for(old_after(HOUR, Some(MINUTE)));
    server.feed(&request(1, true));
    server.frames();
    assert_eq!(server.wait(HOUR + HOUR / 10), [Got::Failed(Error::Expired)]);
    server.assert_dead();
    let mut server = server_for(old_after(HOUR, Some(HOUR)));
    server.feed(&request(1, true));
    server.frames();
    until_it_speaks(&mut server, HOUR + HOUR / 10);
    announces(&mut server, "max_age");
    assert_eq!(server.wait(HOUR), [Got::Failed(Error::Expired)]);
}

/// How old a connection gets.
fn age_with(seed: u64) -> Duration {
    let rule = old_after(HOUR, None);
    let mut server = server_for(Lifetime { seed, ..rule });
    let began = server.now;
    while server.core.poll_timeout().is_some() && server.core.output().is_empty() {
        server.wait(SECOND);
    }
    server.now - began
}

#[test]
fn connections_do_not_all_grow_as_old() {
    let ages: Vec<_> = (0..20).map(age_with).collect();
    for age in &ages {
        assert!(*age >= HOUR - HOUR / 10 && *age <= HOUR + HOUR / 10, "{age:?}");
    }
    let (least, most) = (ages.iter().min().unwrap(), ages.iter().max().unwrap());
    assert!(*most - *least > HOUR / 10, "{ages:?}");
    assert_eq!(age_with(7), age_with(7), "the seed decides");
}

#[test]
fn a_client_that_does_not_answer_is_not_waited_for() {
    let mut server = server_for(idle_after(MINUTE));
    server.wait(MINUTE);
    assert_eq!(server.frames().len(), 2);
    assert_eq!(server.wait(FAREWELL - SECOND), []);
    assert!(!server.core.is_drained());
    assert_eq!(server.wait(SECOND), []);
    assert!(matches!(server.frames()[..], [Seen::GoAway { last: 0, .. }]));
    assert!(server.core.is_drained());

    // The same when the user says that it is to leave.
    let mut server = support::server();
    server.feed(&request(1, true));
    server.core.shut_down();
    server.frames();
    server.wait(FAREWELL);
    assert!(matches!(server.frames()[..], [Seen::GoAway { last: 1, .. }]));
    server.answer(1, b"x");
    server.frames();
    assert!(server.core.is_drained());
}

#[test]
fn no_call_is_lost_when_connections_grow_old() {
    for seed in 0..40 {
        let mut config = Config::default();
        let age = Duration::from_millis(20 + seed);
        config.lifetime = Lifetime { age: Some(age), grace: None, idle: None, seed };
        let mut pair = Pair::with(seed, Config::default(), config, MessageLimits::default());
        let mut opened = 0;
        while !pair.client.core.is_leaving() {
            opened += usize::from(pair.try_call(&[7; 300], None).is_ok());
            pair.drive_for(Duration::from_millis(1));
        }
        pair.drive_for(SECOND);
        assert!(pair.server.core.is_drained(), "seed {seed}");
        assert_eq!(pair.failures, [], "seed {seed}");
        assert_eq!(pair.answers.len(), opened);
        for answer in pair.answers.values() {
            let [Got::Status { code, unprocessed, .. }] = answer.statuses[..] else {
                panic!("seed {seed}: {answer:?}")
            };
            assert!(code == Code::Ok || unprocessed, "seed {seed}: {answer:?}");
        }
    }
}
