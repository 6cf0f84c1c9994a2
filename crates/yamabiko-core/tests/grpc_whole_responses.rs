//! A response in one go (`ServerConnection::respond`) is what its parts would have been, byte for
//! byte, whatever stands in the way.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use support::{End, data, frame, message, request, reset, server_with, settings, window_update};
use yamabiko_core::frame::ErrorCode;
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::grpc::{MessageLimits, Metadata, Status};
use yamabiko_core::h2::Config;

/// SETTINGS_HEADER_TABLE_SIZE and SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113 §6.5.2).
const TABLE_SIZE: u16 = 1;
const INITIAL_WINDOW: u16 = 4;

/// Two servers that are told the same. One answers in one go, the other in parts.
struct Twins {
    whole: End<ServerConnection>,
    parts: End<ServerConnection>,
}

impl Twins {
    fn new() -> Self {
        let mut config = Config::default();
        config.max_output = 50_000;
        let server = || server_with(config.clone(), MessageLimits::default());
        Twins { whole: server(), parts: server() }
    }

    fn feed(&mut self, bytes: &[u8]) {
        assert_eq!(self.whole.feed(bytes), self.parts.feed(bytes));
    }

    /// A call with its message, whole if `end`.
    fn call(&mut self, id: u32, end: bool) {
        self.feed(&[request(id, false), data(id, &message(b"x"), end)].concat());
    }

    fn answer(&mut self, id: u32, length: usize, outcome: Result<(), Status>) {
        let body = vec![b'y'; length];
        let write = |out: &mut Vec<u8>| out.extend_from_slice(&body);
        let key = self.whole.key(id);
        let whole = self.whole.core.respond(key, length, |out| {
            write(out);
            outcome.clone()
        });
        let parts = self.parts.core.send_message(key, length, write);
        if parts.is_ok() {
            self.parts.core.finish(key, &outcome.err().unwrap_or(Status::ok()));
        }
        assert_eq!(whole, parts);
    }

    fn assert_alike(&mut self) -> Vec<u8> {
        let (whole, parts) = (self.whole.output(), self.parts.output());
        assert_eq!(whole.escape_ascii().to_string(), parts.escape_ascii().to_string());
        assert_eq!(self.whole.core.live_calls(), self.parts.core.live_calls());
        whole
    }

    /// A few calls and answers, and what the last of them was on the wire.
    fn serve(&mut self, ids: [u32; 3]) -> Vec<u8> {
        for id in ids {
            self.call(id, true);
            self.answer(id, 2, Ok(()));
        }
        self.assert_alike()
    }
}

#[test]
fn it_is_the_same_as_its_parts_and_ends_the_stream() {
    let mut twins = Twins::new();
    twins.serve([1, 3, 5]);
    twins.call(7, true);
    twins.answer(7, 2, Ok(()));
    let last = twins.assert_alike();
    // Indexed by now: a head of two octets, trailers of one (RFC 7541 §6.1).
    assert_eq!(last.len(), 9 + 2 + 9 + 5 + 2 + 9 + 1);
    assert_eq!(twins.whole.core.live_calls(), 0);
}

#[test]
fn another_table_size_is_told_and_followed() {
    let mut twins = Twins::new();
    twins.serve([1, 3, 5]);
    for (size, first) in [(0, 7), (4_096, 13), (60, 19)] {
        twins.feed(&settings(&[(TABLE_SIZE, size)]));
        twins.serve([first, first + 2, first + 4]);
    }
}

#[test]
fn what_the_windows_do_not_let_through_waits() {
    let mut twins = Twins::new();
    twins.serve([1, 3, 5]);
    twins.feed(&settings(&[(INITIAL_WINDOW, 6)]));
    twins.call(7, true);
    twins.answer(7, 2, Ok(()));
    twins.assert_alike();
    assert_eq!(twins.whole.core.live_calls(), 1);
    twins.feed(&window_update(7, 1));
    twins.assert_alike();
    assert_eq!(twins.whole.core.live_calls(), 0);
}

#[test]
fn the_connection_s_window_is_used_up_and_kept_to() {
    let mut twins = Twins::new();
    twins.serve([1, 3, 5]);
    for id in [7, 9, 11, 13, 15, 17] {
        twins.call(id, true);
        twins.answer(id, 14_000, Ok(()));
        twins.assert_alike();
    }
    // 65,535 bytes of window, 84,051 of answers.
    assert_eq!(twins.whole.core.live_calls(), 2);
    twins.feed(&window_update(0, 100_000));
    twins.assert_alike();
    assert_eq!(twins.whole.core.live_calls(), 0);
}

#[test]
fn a_message_over_the_frame_size_is_cut() {
    let mut twins = Twins::new();
    twins.serve([1, 3, 5]);
    twins.call(7, true);
    twins.answer(7, 20_000, Ok(()));
    assert!(twins.assert_alike().len() > 20_000);
}

#[test]
fn a_peer_that_does_not_read_is_not_written_for_without_end() {
    let mut twins = Twins::new();
    twins.serve([1, 3, 5]);
    twins.feed(&window_update(0, 1_000_000));
    for id in (7..27).step_by(2) {
        twins.call(id, true);
        twins.answer(id, 14_000, Ok(()));
    }
    assert!(twins.whole.core.is_backed_up());
    assert_eq!(twins.whole.core.output(), twins.parts.core.output());
    twins.assert_alike();
}

#[test]
fn a_request_that_has_not_ended_is_cut_off() {
    let mut twins = Twins::new();
    twins.serve([1, 3, 5]);
    twins.call(7, false);
    twins.answer(7, 2, Ok(()));
    assert!(twins.assert_alike().ends_with(&reset(7, ErrorCode::NO_ERROR)));
}

#[test]
fn writing_that_fails_is_told_behind_the_message() {
    let mut twins = Twins::new();
    for ids in [[1, 3, 5], [9, 11, 13]] {
        twins.serve(ids);
        twins.call(ids[2] + 2, true);
        twins.answer(ids[2] + 2, 2, Err(Status::internal("no")));
        twins.assert_alike();
    }
}

#[test]
fn a_head_that_was_sent_is_not_sent_again() {
    let mut twins = Twins::new();
    twins.serve([1, 3, 5]);
    twins.call(7, true);
    let mut metadata = Metadata::new();
    metadata.append("key", "value").unwrap();
    let key = twins.whole.key(7);
    twins.whole.core.send_head(key, &metadata).unwrap();
    twins.parts.core.send_head(key, &metadata).unwrap();
    twins.answer(7, 2, Ok(()));
    twins.assert_alike();
}

#[test]
fn a_call_that_is_over_is_not_answered() {
    let mut twins = Twins::new();
    twins.serve([1, 3, 5]);
    twins.call(7, true);
    twins.feed(&reset(7, ErrorCode::CANCEL));
    twins.answer(7, 2, Ok(()));
    twins.answer(5, 2, Ok(()));
    assert_eq!(twins.assert_alike(), b"");
    // After the connection has failed, too.
    twins.call(9, true);
    twins.feed(&frame(0, 0, 0, b""));
    twins.answer(9, 2, Ok(()));
    twins.assert_alike();
}
