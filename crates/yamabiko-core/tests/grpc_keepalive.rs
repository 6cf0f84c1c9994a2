//! gRFC A8 and A9: who asks whether the other is there, when, and how often it may.
mod support;

use std::time::Duration;

use support::{
    Core, End, Got, Seen, client, client_with, data, goaway, message, ping, request, response_head,
    server, server_with, settings, trailers, window_update,
};
use yamabiko_core::frame::{ErrorCode, setting};
use yamabiko_core::grpc::MessageLimits;
use yamabiko_core::grpc::client::ClientConnection;
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::h2::{
    Config, Error, KEEPALIVE_TIMEOUT, Keepalive, Lifetime, PERMITTED_PING_INTERVAL,
    PERMITTED_PING_INTERVAL_WITHOUT_CALLS, PING_STRIKES, SERVER_KEEPALIVE_TIME, SHORTEST_TIME,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn asking_client(without_calls: bool) -> End<ClientConnection> {
    let mut config = Config::default();
    config.keepalive = Keepalive { time: Some(MINUTE), timeout: KEEPALIVE_TIMEOUT, without_calls };
    client_with(config, MessageLimits::default())
}

/// The payload of the one PING that was written.
fn asked<T: Core>(end: &mut End<T>) -> [u8; 8] {
    match end.frames()[..] {
        [Seen::Ping(false, payload)] => payload,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn a_silent_server_is_asked_and_asked_again() {
    let mut client = asking_client(false);
    client.call(b"x");
    client.frames();
    for _ in 0..5 {
        assert_eq!(client.wait(MINUTE - SECOND), []);
        assert_eq!(client.frames(), []);
        assert_eq!(client.wait(SECOND), []);
        let payload = asked(&mut client);
        assert_eq!(client.wait(KEEPALIVE_TIMEOUT - SECOND), []);
        assert_eq!(client.feed(&ping(true, payload)), []);
        assert_eq!(client.frames(), []);
    }
}

#[test]
fn a_server_that_stays_silent_is_gone() {
    let mut client = asking_client(false);
    client.call(b"x");
    assert_eq!(client.wait(MINUTE), []);
    client.frames();
    assert_eq!(client.wait(KEEPALIVE_TIMEOUT - Duration::from_millis(1)), []);
    let got = client.wait(SECOND);
    assert_eq!(got, [Got::Failed(Error::Silent { after: KEEPALIVE_TIMEOUT })]);
    let said = "no answer to a keepalive PING within 20s";
    let [Got::Failed(error)] = &got[..] else { panic!() };
    assert!(error.to_string().contains(said), "{error}");
    assert_eq!(client.core.calls().len(), 1, "it ends with the connection");
    client.assert_dead();
}

#[test]
fn whatever_comes_is_a_sign_of_life() {
    let mut client = asking_client(false);
    let id = client.call(b"x");
    client.frames();
    let answer = data(id, &message(&[7; 600]), false);
    client.feed(&[response_head(id), answer[..4].to_vec()].concat());
    // A byte at a time, with less than a minute between two.
    for byte in &answer[4..] {
        assert_eq!(client.wait(50 * SECOND), []);
        client.feed(&[*byte]);
        let written = client.frames();
        assert!(!written.iter().any(|seen| matches!(seen, Seen::Ping(..))), "{written:?}");
    }
    assert_eq!(client.wait(MINUTE), []);
    asked(&mut client);
    // It is too late to answer, but not to be there.
    client.wait(KEEPALIVE_TIMEOUT - SECOND);
    assert_eq!(client.feed(&settings(&[])), [Got::LimitsChanged]);
    assert_eq!(client.wait(MINUTE - SECOND), []);
}

#[test]
fn a_peer_that_reads_slowly_is_there() {
    let mut config = Config::server();
    config.keepalive.time = Some(MINUTE);
    let mut server = server_with(config, MessageLimits::default());
    server.feed(&settings(&[(setting::INITIAL_WINDOW_SIZE, 1 << 30)]));
    server.feed(&window_update(0, 1 << 30));
    let mut id = 1;
    while !server.core.is_backed_up() {
        server.feed(&request(id, true));
        server.answer(id, &[7; 10_000]);
        id += 2;
    }
    // A driver reads no more now, and what the client has to say is not heard.
    for _ in 0..60 {
        assert_eq!(server.wait(KEEPALIVE_TIMEOUT - SECOND), []);
        server.core.sent(10);
    }
    assert!(server.core.is_backed_up());
    let got = server.wait(3 * MINUTE);
    assert!(matches!(got[..], [Got::Failed(_)]), "{got:?}");
}

#[test]
fn nobody_asks_without_calls_unless_told_to() {
    let mut client = asking_client(false);
    client.frames();
    assert_eq!(client.wait(60 * MINUTE), []);
    assert_eq!(client.frames(), []);
    client.call(b"x");
    client.frames();
    assert_eq!(client.wait(MINUTE), [], "the next call brings it back");
    asked(&mut client);

    let mut client = asking_client(true);
    assert_eq!(client.wait(MINUTE), []);
    let payload = asked(&mut client);
    client.feed(&ping(true, payload));
    assert_eq!(client.wait(MINUTE), []);
    asked(&mut client);
    assert!(matches!(client.wait(MINUTE)[..], [Got::Failed(Error::Silent { .. })]));
}

#[test]
fn nothing_is_asked_by_default_but_by_a_server_every_two_hours() {
    assert_eq!(client().core.poll_timeout(), None);
    assert_eq!(Config::client().keepalive.time, None);
    assert_eq!(SERVER_KEEPALIVE_TIME, 2 * 60 * MINUTE);
    let mut server = server_with(Config::server(), MessageLimits::default());
    assert_eq!(server.wait(SERVER_KEEPALIVE_TIME - SECOND), []);
    assert_eq!(server.frames(), []);
    assert_eq!(server.wait(SECOND), []);
    let payload = asked(&mut server);
    server.feed(&ping(true, payload));
    server.wait(SERVER_KEEPALIVE_TIME);
    asked(&mut server);
    let got = server.wait(KEEPALIVE_TIMEOUT);
    assert_eq!(got, [Got::Failed(Error::Silent { after: KEEPALIVE_TIMEOUT })]);
    server.assert_dead();
}

#[test]
fn no_time_is_too_long_or_too_short() {
    let mut config = Config::server();
    config.keepalive.time = Some(Duration::MAX);
    config.keepalive.timeout = Duration::MAX;
    config.handshake = Duration::MAX;
    config.write_stall = Some(Duration::MAX);
    config.permitted_pings.interval = Duration::MAX;
    let all = Some(Duration::MAX);
    config.lifetime = Lifetime { idle: all, age: all, grace: all, seed: u64::MAX };
    let mut forever = server_with(config, MessageLimits::default());
    assert!(!ask(&mut forever));
    assert_eq!(forever.wait(365 * 24 * 60 * MINUTE), []);
    forever.assert_serves(1);
    let mut config = Config::default();
    config.keepalive.without_calls = true;
    config.keepalive.time = Some(Duration::ZERO);
    config.keepalive.timeout = Duration::ZERO;
    let mut hasty = client_with(config, MessageLimits::default());
    assert_eq!(hasty.core.poll_timeout(), Some(hasty.now + SHORTEST_TIME));
    assert_eq!(hasty.wait(SHORTEST_TIME), []);
    asked(&mut hasty);
    assert_eq!(hasty.core.poll_timeout(), Some(hasty.now + SHORTEST_TIME));
}

// A server that is asked.

/// Asks, and says whether the server has had enough.
fn ask(server: &mut End<ServerConnection>) -> bool {
    let got = server.feed(&ping(false, [3; 8]));
    let said = server.frames();
    match &got[..] {
        [] => {
            assert_eq!(said, [Seen::Ping(true, [3; 8])]);
            false
        }
        [Got::Failed(Error::Peer { code, reason })] => {
            assert_eq!((*code, *reason), (ErrorCode::ENHANCE_YOUR_CALM, "too_many_pings"));
            let words = "too_many_pings".to_owned();
            let last = said.last().expect("last words");
            assert!(matches!(last, Seen::GoAway { code: said, debug, .. }
                if *said == ErrorCode::ENHANCE_YOUR_CALM && *debug == words));
            server.assert_dead();
            true
        }
        other => panic!("{other:?}"),
    }
}

fn asked_server(change: impl FnOnce(&mut Config)) -> End<ServerConnection> {
    let mut config = Config::default();
    change(&mut config);
    server_with(config, MessageLimits::default())
}

#[test]
fn the_third_strike_is_too_many() {
    let mut server = server();
    server.feed(&request(1, false));
    server.frames();
    for _ in 0..=PING_STRIKES {
        assert!(!ask(&mut server));
        server.wait(PERMITTED_PING_INTERVAL - SECOND);
    }
    assert!(ask(&mut server));
}

#[test]
fn a_client_with_calls_may_ask_every_five_minutes() {
    let mut server = server();
    server.feed(&request(1, false));
    server.frames();
    for _ in 0..50 {
        assert!(!ask(&mut server));
        server.wait(PERMITTED_PING_INTERVAL);
    }
}

#[test]
fn a_client_without_calls_may_ask_every_two_hours() {
    let mut server = server();
    for _ in 0..20 {
        assert!(!ask(&mut server));
        server.wait(PERMITTED_PING_INTERVAL_WITHOUT_CALLS);
    }
    // The last of these came in time for the first of those, which do not.
    for strike in 0..=PING_STRIKES {
        assert!(!ask(&mut server), "{strike}");
        server.wait(PERMITTED_PING_INTERVAL);
    }
    assert!(ask(&mut server));
}

#[test]
fn what_is_permitted_can_be_set() {
    let mut server = asked_server(|config| {
        config.permitted_pings.interval = 10 * SECOND;
        config.permitted_pings.without_calls = true;
    });
    for _ in 0..50 {
        assert!(!ask(&mut server));
        server.wait(10 * SECOND);
    }
    let mut server = asked_server(|config| config.permitted_pings.strikes = 5);
    for _ in 0..=5 {
        assert!(!ask(&mut server));
    }
    assert!(ask(&mut server));
    let mut server = asked_server(|config| config.permitted_pings.strikes = 0);
    for _ in 0..500 {
        assert!(!ask(&mut server), "not counted");
    }
}

#[test]
fn who_is_sent_something_may_ask_again() {
    let mut server = server();
    for index in 0..200 {
        let id = 2 * index + 1;
        server.feed(&request(id, true));
        server.answer(id, b"x");
        server.frames();
        // As clients do that measure how far away a server is.
        for _ in 0..=PING_STRIKES {
            assert!(!ask(&mut server));
        }
    }
    assert!(ask(&mut server));
}

#[test]
fn what_a_client_makes_us_say_does_not_excuse_it() {
    let mut server = server();
    for _ in 0..=PING_STRIKES {
        assert!(!ask(&mut server));
        server.feed(&settings(&[]));
        assert_eq!(server.frames(), [Seen::SettingsAck]);
    }
    assert!(ask(&mut server));
}

#[test]
fn a_server_that_asks_does_not_excuse_its_client() {
    let mut server = asked_server(|config| {
        config.keepalive =
            Keepalive { time: Some(MINUTE), timeout: KEEPALIVE_TIMEOUT, without_calls: true };
    });
    for _ in 0..=PING_STRIKES {
        assert!(!ask(&mut server));
        assert_eq!(server.wait(MINUTE), []);
        let payload = asked(&mut server);
        server.feed(&ping(true, payload));
    }
    assert!(ask(&mut server));
}

#[test]
fn a_client_that_was_sent_away_for_it_asks_half_as_often() {
    let mut client = asking_client(true);
    let id = client.call(b"x");
    let answer = [response_head(id), data(id, &message(b"y"), false), trailers(id, "0")].concat();
    client.feed(&answer);
    let got = client.feed(&goaway(id, ErrorCode::ENHANCE_YOUR_CALM, "too_many_pings"));
    let Some(Got::Failed(error)) = got.last() else { panic!("{got:?}") };
    assert!(error.is_too_many_pings());
    assert!(error.to_string().contains("too_many_pings"), "{error}");
    let rule = Keepalive { time: Some(MINUTE), timeout: KEEPALIVE_TIMEOUT, without_calls: true };
    assert_eq!(rule.calmed().time, Some(2 * MINUTE));
    assert_eq!(rule.calmed().calmed().time, Some(4 * MINUTE));

    for (code, words) in
        [(ErrorCode::ENHANCE_YOUR_CALM, "other"), (ErrorCode::PROTOCOL_ERROR, "too_many_pings")]
    {
        let got = support::client().feed(&goaway(0, code, words));
        let Some(Got::Failed(error)) = got.last() else { panic!("{got:?}") };
        assert!(!error.is_too_many_pings());
    }
}
