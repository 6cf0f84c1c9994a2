//! Peers that cost us work and bring none. Each kind has a budget: a burst, then a rate.
mod support;

use std::time::Duration;

use support::{
    Core, End, Got, Seen, block, client, continuation, data, frame, goaway, headers, message, ping,
    request, request_fields, reset, server, server_with, settings, window_update,
};
use yamabiko_core::frame::{ErrorCode, kind, setting};
use yamabiko_core::grpc::MessageLimits;
use yamabiko_core::grpc::server::{Cancelled, ServerConnection};
use yamabiko_core::h2::{
    Config, Error, FLOOD_BURST, FLOOD_PER_SECOND, MAX_CONTINUATIONS, RESETS_PER_ANSWER,
};

fn calmed(got: &[Got]) -> bool {
    let code = ErrorCode::ENHANCE_YOUR_CALM;
    matches!(got.last(), Some(Got::Failed(Error::Peer { code: said, .. })) if *said == code)
}

/// The burst is within the budget, the next one is not, and the peer is told.
fn is_bounded<T: Core>(end: End<T>, next: impl FnMut(u32) -> Vec<u8>) {
    is_bounded_after(0, end, next);
}

/// The same, where `spent` of the budget are spent already.
fn is_bounded_after<T: Core>(spent: u32, mut end: End<T>, mut next: impl FnMut(u32) -> Vec<u8>) {
    for index in spent..FLOOD_BURST {
        let got = end.feed(&next(index));
        assert!(!calmed(&got), "{index}: {got:?}");
        end.frames();
    }
    let got = end.feed(&next(FLOOD_BURST));
    // Faults are paid with the next frame.
    let got = if calmed(&got) { got } else { end.feed(&ping(true, [0; 8])) };
    assert!(calmed(&got), "{got:?}");
    let said = end.frames();
    let code = ErrorCode::ENHANCE_YOUR_CALM;
    assert!(matches!(said.last(), Some(Seen::GoAway { code: said, .. }) if *said == code));
    end.assert_dead();
}

#[test]
fn rapid_resets() {
    is_bounded(server(), |index| {
        let id = 2 * index + 1;
        [request(id, false), reset(id, ErrorCode::CANCEL)].concat()
    });
}

#[test]
fn requests_that_we_must_reset() {
    is_bounded(server(), |index| headers(2 * index + 1, &[(":method", "POST")], true));
    is_bounded(server(), |index| {
        let id = 2 * index + 1;
        [request(id, false), data(id, &[9; 5], false)].concat()
    });
    is_bounded(server(), |index| {
        let id = 2 * index + 1;
        [request(id, false), window_update(id, 0)].concat()
    });
    is_bounded(server(), |index| {
        let id = 2 * index + 1;
        [request(id, true), data(id, b"x", true)].concat()
    });
    is_bounded(server(), |index| {
        let id = 2 * index + 1;
        [request(id, false), headers(id, &[("a", "b")], false)].concat()
    });
}

// The SETTINGS of the greeting were the first of these.

#[test]
fn pings() {
    // What gRPC allows is far less: see grpc_keepalive.rs.
    let mut lenient = Config::default();
    lenient.permitted_pings.strikes = 0;
    let server = server_with(lenient, MessageLimits::default());
    is_bounded_after(1, server, |_| ping(false, [7; 8]));
    is_bounded_after(1, client(), |_| ping(false, [7; 8]));
}

#[test]
fn settings_frames() {
    is_bounded_after(1, server(), |_| settings(&[(setting::INITIAL_WINDOW_SIZE, 1)]));
    is_bounded_after(1, client(), |_| settings(&[]));
}

#[test]
fn goaway_frames() {
    is_bounded_after(1, client(), |_| goaway(1 << 30, ErrorCode::NO_ERROR, ""));
    is_bounded_after(1, server(), |_| goaway(0, ErrorCode::NO_ERROR, ""));
}

#[test]
fn empty_data() {
    let mut server = server();
    server.feed(&request(1, false));
    is_bounded(server, |_| data(1, b"", false));
}

#[test]
fn data_that_is_all_padding() {
    let mut server = server();
    server.feed(&request(1, false));
    is_bounded(server, |_| frame(kind::DATA, 8, 1, &[3, 0, 0, 0]));
}

#[test]
fn frames_that_mean_nothing() {
    is_bounded(server(), |index| frame(kind::PRIORITY, 0, index + 1, &[0; 5]));
    is_bounded(server(), |_| frame(0x77, 0, 0, b"x"));
}

#[test]
fn frames_for_streams_that_are_gone() {
    for late in [data(1, b"x", false), request(1, true), reset(1, ErrorCode::CANCEL)] {
        let mut server = server();
        server.feed(&request(1, true));
        server.answer(1, b"x");
        is_bounded(server, |_| late.clone());
    }
}

#[test]
fn a_flood_that_slows_down_is_borne() {
    let mut server = server();
    let second = Duration::from_secs(1);
    for index in 0..FLOOD_BURST {
        let id = 2 * index + 1;
        server.feed(&[request(id, false), reset(id, ErrorCode::CANCEL)].concat());
    }
    for round in 0..5 {
        server.pass(second);
        for index in 0..FLOOD_PER_SECOND {
            let id = 2 * (FLOOD_BURST + round * FLOOD_PER_SECOND + index) + 1;
            let got = server.feed(&[request(id, false), reset(id, ErrorCode::CANCEL)].concat());
            assert!(matches!(got[..], [Got::Call { .. }, Got::Cancelled(_, Cancelled::ByClient)]));
        }
    }
    server.assert_serves(99_999);
}

#[test]
fn a_busy_client_is_no_flood() {
    let mut server = server();
    for index in 0..5 * FLOOD_BURST {
        let id = 2 * index + 1;
        let bytes = [
            request(id, false),
            data(id, &message(b"x"), false),
            // Most clients end so.
            data(id, b"", true),
            window_update(0, 10),
            window_update(id, 10),
        ];
        let got = server.feed(&bytes.concat());
        assert!(matches!(got.last(), Some(Got::End(_))), "{got:?}");
        server.answer(id, b"x");
        server.frames();
    }
}

/// A client that begins calls, waits for one of them and cancels the others. Gives how many calls
/// it could begin, of at most so many, before it was sent away.
fn hedge(server: &mut End<ServerConnection>, cancelled_for_each: u32, at_most: u32) -> u32 {
    server.feed(&window_update(0, 1 << 20));
    for index in 0..at_most {
        let id = 2 * index + 1;
        let waited_for = index % (cancelled_for_each + 1) == 0;
        let got = if waited_for {
            server.feed(&request(id, true))
        } else {
            server.feed(&[request(id, true), reset(id, ErrorCode::CANCEL)].concat())
        };
        if calmed(&got) {
            return index;
        }
        if waited_for {
            server.answer(id, b"the one");
        }
        server.output();
    }
    at_most
}

#[test]
fn a_client_that_waits_for_some_of_its_calls_may_cancel_the_others() {
    let calls = 20 * FLOOD_BURST;
    assert_eq!(hedge(&mut server(), RESETS_PER_ANSWER, calls), calls);
    // One too many each time uses the burst up, a call at a time.
    let begun = hedge(&mut server(), RESETS_PER_ANSWER + 1, calls);
    assert!((4 * FLOOD_BURST..5 * FLOOD_BURST).contains(&begun), "{begun}");
}

#[test]
fn good_behaviour_does_not_pay_for_more_than_a_burst() {
    let mut server = server();
    let answered = 5 * FLOOD_BURST;
    assert_eq!(hedge(&mut server, 0, answered), answered);
    let mut resets = 0;
    loop {
        let id = 2 * (answered + resets) + 1;
        let got = server.feed(&[request(id, false), reset(id, ErrorCode::CANCEL)].concat());
        server.output();
        if calmed(&got) {
            break;
        }
        resets += 1;
    }
    assert_eq!(resets, 2 * FLOOD_BURST, "the first burst, and the one that was earned");
}

#[test]
fn calls_that_are_open_or_lost_earn_nothing() {
    let mut server = server();
    for index in 0..FLOOD_BURST {
        let id = 2 * index + 1;
        // Half of them stay open, as far as they may.
        let more =
            if index % 2 == 0 && index < 1_000 { vec![] } else { reset(id, ErrorCode::CANCEL) };
        assert!(!calmed(&server.feed(&[request(id, false), more].concat())));
        server.output();
    }
    let mut resets = FLOOD_BURST / 2;
    for index in FLOOD_BURST..3 * FLOOD_BURST {
        let id = 2 * index + 1;
        let got = server.feed(&[request(id, false), reset(id, ErrorCode::CANCEL)].concat());
        server.output();
        if calmed(&got) {
            break;
        }
        resets += 1;
    }
    assert_eq!(resets, FLOOD_BURST);
}

#[test]
fn resets_that_cross_an_early_answer_are_no_flood() {
    let mut server = server();
    for index in 0..2 * FLOOD_BURST {
        let id = 2 * index + 1;
        server.feed(&request(id, false));
        server.answer(id, b"no more of this");
        server.frames();
        assert_eq!(server.feed(&reset(id, ErrorCode::CANCEL)), []);
    }
    server.assert_serves(99_999);
}

#[test]
fn late_frames_for_calls_that_we_cancelled_are_no_flood() {
    let mut client = client();
    let ids: Vec<u32> = (0..900).map(|_| client.call(b"x")).collect();
    for id in &ids {
        client.core.cancel(client.key(*id));
    }
    client.frames();
    for id in ids {
        let late = [support::response_head(id), data(id, b"x", false), support::trailers(id, "0")];
        assert_eq!(client.feed(&late.concat()), []);
    }
    assert_eq!(client.frames(), []);
}

#[test]
fn continuations_without_end() {
    let mut server = server();
    server.feed(&frame(kind::HEADERS, 0, 1, b""));
    for _ in 0..MAX_CONTINUATIONS {
        assert_eq!(server.feed(&continuation(1, b"", false)), []);
    }
    assert!(calmed(&server.feed(&continuation(1, b"", false))));
    server.assert_dead();
}

#[test]
fn a_header_block_without_end_times_out() {
    let mut server = server();
    let handshake = Config::default().handshake;
    let all = block(&request_fields("/s/m"));
    server.feed(&frame(kind::HEADERS, 0, 1, &all[..4]));
    server.pass(handshake / 2);
    assert_eq!(server.feed(&continuation(1, &all[4..5], false)), [], "it gains no time by this");
    let waiting_for = "the rest of a header block";
    assert_eq!(server.pass(handshake / 2), [Got::Failed(Error::Timeout { waiting_for })]);
    server.assert_dead();
}

#[test]
fn a_header_block_in_time_stops_the_clock() {
    let mut server = server();
    let all = block(&request_fields("/s/m"));
    server.feed(&frame(kind::HEADERS, 1, 1, &all[..4]));
    assert!(server.core.poll_timeout().is_some());
    server.feed(&continuation(1, &all[4..], true));
    assert_eq!(server.core.poll_timeout(), None);
}
