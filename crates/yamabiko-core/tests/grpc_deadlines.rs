//! `grpc-timeout` (grpc `doc/PROTOCOL-HTTP2.md`): the server ends a call whose time is up, on a
//! clock that is passed in.
mod support;

use std::time::Duration;

use support::{
    End, Got, Pair, Seen, base, data, headers, message, request_fields, reset, server, settings,
};
use yamabiko_core::frame::ErrorCode;
use yamabiko_core::grpc::server::{Cancelled, ServerConnection};
use yamabiko_core::grpc::{Code, Status};

const SECOND: Duration = Duration::from_secs(1);

fn call(server: &mut End<ServerConnection>, id: u32, timeout: &'static str, end: bool) {
    let mut fields = request_fields("/s/m");
    fields.push(("grpc-timeout", timeout));
    let got = server.feed(&headers(id, &fields, end));
    assert!(matches!(got[0], Got::Call { .. }), "{got:?}");
}

fn deadline(id: u32) -> Got {
    Got::Cancelled(id, Cancelled::Deadline)
}

#[test]
fn a_call_whose_time_is_up_is_cancelled_and_told_so() {
    let mut server = server();
    call(&mut server, 1, "1S", true);
    assert_eq!(server.core.poll_timeout(), Some(base() + SECOND));
    assert_eq!(server.pass(SECOND - Duration::from_nanos(1)), []);
    assert_eq!(server.frames(), []);
    assert_eq!(server.pass(Duration::from_nanos(1)), [deadline(1)]);
    let seen = server.frames();
    let [Seen::Headers { stream: 1, fields, end: true }] = &seen[..] else { panic!("{seen:?}") };
    assert!(fields.contains(&"grpc-status: 4".into()), "{fields:?}");
    assert_eq!(server.core.poll_timeout(), None);
    assert_eq!(server.core.live_calls(), 0);
    server.core.finish(server.key(1), &Status::ok());
    assert_eq!(server.frames(), [], "the handler's answer comes too late");
}

#[test]
fn the_rest_of_a_late_request_is_of_no_use() {
    let mut server = server();
    call(&mut server, 1, "1S", false);
    assert_eq!(server.pass(SECOND), [deadline(1)]);
    let seen = server.frames();
    assert_eq!(seen[1..], [Seen::Reset(1, ErrorCode::NO_ERROR)]);
    assert_eq!(server.feed(&data(1, &message(b"x"), true)), []);
    assert_eq!(server.frames(), []);
}

#[test]
fn a_call_that_was_answered_or_reset_has_no_deadline() {
    let mut server = server();
    call(&mut server, 1, "1S", true);
    call(&mut server, 3, "1S", true);
    server.answer(1, b"x");
    server.feed(&reset(3, ErrorCode::CANCEL));
    server.frames();
    assert_eq!(server.pass(2 * SECOND), []);
    assert_eq!(server.frames(), []);
}

#[test]
fn deadlines_pass_in_their_order() {
    let mut server = server();
    for (id, timeout) in [(1, "3S"), (3, "1S"), (5, "2S"), (7, "1S"), (9, "1H")] {
        call(&mut server, id, timeout, true);
    }
    assert_eq!(server.core.poll_timeout(), Some(base() + SECOND));
    assert_eq!(server.pass(SECOND), [deadline(3), deadline(7)]);
    assert_eq!(server.pass(2 * SECOND), [deadline(5), deadline(1)]);
    assert_eq!(server.core.live_calls(), 1);
}

#[test]
fn an_answer_that_waits_for_a_window_is_dropped_at_the_deadline() {
    let mut server = server();
    server.feed(&settings(&[(4, 0)]));
    call(&mut server, 1, "1S", true);
    server.answer(1, b"x");
    server.frames();
    assert_eq!(server.pass(SECOND), [], "it was answered");
    assert_eq!(server.frames(), [Seen::Reset(1, ErrorCode::CANCEL)]);
    assert_eq!(server.core.live_calls(), 0);
}

#[test]
fn half_an_answer_that_waits_for_a_window_is_dropped_at_the_deadline() {
    let mut server = server();
    server.feed(&settings(&[(4, 0)]));
    call(&mut server, 1, "1S", true);
    server.core.send_message(server.key(1), 1, |out| out.push(1)).unwrap();
    server.frames();
    assert_eq!(server.pass(SECOND), [deadline(1)]);
    assert_eq!(server.frames(), [Seen::Reset(1, ErrorCode::CANCEL)]);
    assert_eq!(server.core.live_calls(), 0);
}

#[test]
fn a_deadline_behind_a_sent_message_ends_with_trailers() {
    let mut server = server();
    call(&mut server, 1, "1S", true);
    server.core.send_message(server.key(1), 1, |out| out.push(1)).unwrap();
    server.frames();
    assert_eq!(server.pass(SECOND), [deadline(1)]);
    let seen = server.frames();
    let [Seen::Headers { fields, end: true, .. }] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(fields[0], "grpc-status: 4");
}

#[test]
fn no_time_at_all_is_a_deadline_that_has_passed() {
    let mut server = server();
    call(&mut server, 1, "0n", true);
    assert_eq!(server.pass(Duration::ZERO), [deadline(1)]);
}

#[test]
fn the_longest_timeout_does_not_overflow_the_clock() {
    let mut server = server();
    call(&mut server, 1, "99999999H", true);
    assert_eq!(server.pass(Duration::from_secs(100 * 365 * 86_400)), []);
    assert!(server.core.is_live(server.key(1)));
}

#[test]
fn an_end_that_was_not_told_is_not_told_behind_the_deadline() {
    let mut server = server();
    let mut fields = request_fields("/s/m");
    fields.push(("grpc-timeout", "1S"));
    server.input.extend(&headers(1, &fields, true));
    server.next();
    assert_eq!(server.pass(SECOND), [deadline(1)]);
}

#[test]
fn a_client_hears_of_the_deadline_from_a_server_that_hangs() {
    let mut pair = Pair::new(11);
    pair.application = Box::new(|_, _, _| {});
    let id = pair.try_call(b"x", Some(Duration::from_millis(500))).unwrap();
    let patient = pair.try_call(b"x", None).unwrap();
    pair.drive_for(Duration::from_millis(490));
    assert_eq!(pair.answers[&id].statuses, []);
    pair.drive_for(Duration::from_millis(100));
    let statuses = &pair.answers[&id].statuses;
    assert!(matches!(statuses[..], [Got::Status { code: Code::DeadlineExceeded, .. }]));
    assert_eq!(pair.answers[&patient].statuses, []);
    assert_eq!(pair.told.last(), Some(&deadline(id)));
}

#[test]
fn a_driver_that_takes_no_events_hears_of_the_calls_whose_time_is_up() {
    let mut server = server();
    call(&mut server, 1, "1S", true);
    call(&mut server, 3, "1S", true);
    assert_eq!(server.core.next_cancelled(), None);
    server.core.handle_timeout(base() + SECOND).unwrap();
    let (one, other) = (server.key(1), server.key(3));
    assert_eq!(server.core.next_cancelled(), Some((one, Cancelled::Deadline)));
    assert_eq!(server.core.next_cancelled(), Some((other, Cancelled::Deadline)));
    assert_eq!(server.core.next_cancelled(), None);
    assert_eq!(server.pass(2 * SECOND), [], "it is not told again");
}
