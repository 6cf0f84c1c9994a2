//! RFC 9113 §5.2 and §6.9: both sides send no more than the windows allow, and open them again.
mod support;

use std::io::IoSlice;

use support::{
    End, Got, Pair, Seen, client, data, frame, message, request, reset, response_head, server,
    server_with, settings, window_update,
};
use yamabiko_core::ReceiveBuffer;
use yamabiko_core::frame::{ErrorCode, LARGEST_WINDOW, flag, kind, setting};
use yamabiko_core::grpc::server::{Cancelled, ServerConnection};
use yamabiko_core::grpc::{MessageLimits, Status};
use yamabiko_core::h2::{Config, Connection, Error, Event, MAX_GROWN, PREFACE, Side};

const INITIAL: u16 = setting::INITIAL_WINDOW_SIZE;

/// The DATA among the frames: stream, length, end.
fn lengths(seen: &[Seen]) -> Vec<(u32, usize)> {
    let of = |frame: &Seen| match frame {
        Seen::Data { stream, data, .. } => Some((*stream, data.len())),
        _ => None,
    };
    seen.iter().filter_map(of).collect()
}

fn sent(seen: &[Seen]) -> usize {
    lengths(seen).iter().map(|(_, length)| length).sum()
}

fn fails_with(got: &[Got], expected: ErrorCode) -> bool {
    matches!(got, [Got::Failed(Error::Peer { code, .. })] if *code == expected)
}

/// A server whose client has set this initial window, with a call that waits for its answer.
fn called_with_window(size: u32) -> End<ServerConnection> {
    let mut server = server();
    server.feed(&settings(&[(INITIAL, size)]));
    server.feed(&request(1, true));
    server.frames();
    server
}

#[test]
fn a_window_of_zero_holds_data_but_not_headers() {
    let mut server = called_with_window(0);
    server.answer(1, b"abc");
    let seen = server.frames();
    assert!(matches!(seen[..], [Seen::Headers { end: false, .. }]), "{seen:?}");
    server.feed(&window_update(1, 3));
    assert_eq!(lengths(&server.frames()), [(1, 3)]);
    server.feed(&window_update(1, 4));
    assert_eq!(lengths(&server.frames()), [(1, 4)]);
    server.feed(&window_update(1, 4));
    let seen = server.frames();
    assert_eq!(seen[0], Seen::Data { stream: 1, data: b"c".to_vec(), end: false });
    assert!(matches!(seen[1..], [Seen::Headers { end: true, .. }]), "trailers come last: {seen:?}");
}

#[test]
fn an_empty_response_needs_no_window() {
    let mut server = called_with_window(0);
    server.core.finish(server.key(1), &Status::not_found("no"));
    assert!(matches!(server.frames()[..], [Seen::Headers { end: true, .. }]));
}

#[test]
fn settings_open_the_windows_of_streams_that_wait() {
    let mut server = called_with_window(0);
    server.answer(1, b"abc");
    server.frames();
    server.feed(&settings(&[(INITIAL, 5)]));
    assert_eq!(lengths(&server.frames()), [(1, 5)]);
    server.feed(&settings(&[(INITIAL, 8)]));
    assert_eq!(lengths(&server.frames()), [(1, 3)]);
}

#[test]
fn a_window_shrunk_below_zero_must_be_paid_back() {
    let mut server = called_with_window(1000);
    server.answer(1, &[7; 1500]);
    assert_eq!(sent(&server.frames()), 1000);
    server.feed(&settings(&[(INITIAL, 400)]));
    server.feed(&window_update(1, 600));
    assert_eq!(sent(&server.frames()), 0, "-600 and 600 are 0");
    server.feed(&window_update(1, 5));
    assert_eq!(sent(&server.frames()), 5);
    server.feed(&settings(&[(INITIAL, 1000)]));
    let seen = server.frames();
    assert_eq!(sent(&seen), 500);
    assert!(matches!(seen.last(), Some(Seen::Headers { end: true, .. })));
}

#[test]
fn a_change_of_the_initial_window_leaves_the_connection_window() {
    let mut server = called_with_window(1_000_000);
    server.answer(1, &[7; 100_000]);
    assert_eq!(sent(&server.frames()), 65_535);
    server.feed(&settings(&[(INITIAL, 2_000_000)]));
    assert_eq!(sent(&server.frames()), 0);
    server.feed(&window_update(0, 1 << 20));
    assert_eq!(sent(&server.frames()), 100_005 - 65_535);
}

#[test]
fn a_window_may_be_the_largest_but_not_larger() {
    let mut server = server();
    server.feed(&request(1, true));
    server.frames();
    assert_eq!(server.feed(&window_update(1, LARGEST_WINDOW - 65_535)), []);
    assert_eq!(server.feed(&window_update(0, LARGEST_WINDOW - 65_535)), []);
    assert_eq!(server.frames(), []);
    let got = server.feed(&window_update(1, 1));
    assert_eq!(got, [Got::Cancelled(1, Cancelled::BadRequest)]);
    assert_eq!(server.frames(), [Seen::Reset(1, ErrorCode::FLOW_CONTROL_ERROR)]);
    assert!(fails_with(&server.feed(&window_update(0, 1)), ErrorCode::FLOW_CONTROL_ERROR));
    server.assert_dead();
}

#[test]
fn settings_that_overflow_a_window_end_the_connection() {
    let mut server = server();
    server.feed(&request(1, true));
    server.feed(&window_update(1, LARGEST_WINDOW - 65_535));
    let got = server.feed(&settings(&[(INITIAL, 65_536)]));
    assert!(fails_with(&got, ErrorCode::FLOW_CONTROL_ERROR), "{got:?}");
}

#[test]
fn window_update_of_zero_resets_the_stream_or_ends_the_connection() {
    let mut server = server();
    server.feed(&request(1, true));
    server.frames();
    let got = server.feed(&window_update(1, 0));
    assert_eq!(got, [Got::Cancelled(1, Cancelled::BadRequest)]);
    assert_eq!(server.frames(), [Seen::Reset(1, ErrorCode::PROTOCOL_ERROR)]);
    assert!(fails_with(&server.feed(&window_update(0, 0)), ErrorCode::PROTOCOL_ERROR));
}

#[test]
fn streams_that_wait_for_the_connection_window_take_turns() {
    let mut server = server();
    server.feed(&settings(&[(INITIAL, 1 << 20)]));
    for id in [1, 3, 5] {
        server.feed(&request(id, true));
    }
    server.frames();
    // The first answer takes the whole window of the connection.
    for id in [1, 3, 5] {
        server.answer(id, &[id as u8; 100_000]);
    }
    assert_eq!(sent(&server.frames()), 65_535);
    server.feed(&window_update(0, 6 * 16_384));
    let turns = lengths(&server.frames());
    let streams: Vec<u32> = turns.iter().map(|(stream, _)| *stream).collect();
    assert_eq!(turns.iter().map(|(_, length)| length).sum::<usize>(), 6 * 16_384, "{turns:?}");
    for id in [1, 3, 5] {
        assert_eq!(streams.iter().filter(|stream| **stream == id).count(), 2, "{turns:?}");
    }
    assert_ne!(streams[0], streams[1], "{turns:?}");
}

#[test]
fn a_stream_without_a_window_does_not_hold_up_the_others() {
    let mut server = server();
    server.feed(&settings(&[(INITIAL, 0)]));
    server.feed(&request(1, true));
    server.feed(&request(3, true));
    server.frames();
    server.answer(1, b"first");
    server.answer(3, b"second");
    server.frames();
    server.feed(&window_update(3, 100));
    assert_eq!(lengths(&server.frames()), [(3, 11)]);
    server.feed(&window_update(1, 100));
    assert_eq!(lengths(&server.frames()), [(1, 10)]);
}

#[test]
fn a_stream_that_is_reset_leaves_its_turn_to_the_others() {
    let mut server = server();
    for id in [1, 3, 5] {
        server.feed(&request(id, true));
    }
    server.frames();
    for id in [1, 3, 5] {
        server.answer(id, &[0; 70_000]);
    }
    assert_eq!(sent(&server.frames()), 65_535);
    let got = server.feed(&reset(3, ErrorCode::CANCEL));
    assert_eq!(got, [], "it was answered: nothing is cancelled");
    server.feed(&[window_update(1, 1 << 20), window_update(5, 1 << 20)].concat());
    server.feed(&window_update(0, 1 << 20));
    let seen = server.frames();
    assert!(lengths(&seen).iter().all(|(stream, _)| *stream != 3));
    assert_eq!(sent(&seen) + 65_535, 2 * 70_005);
    assert_eq!(server.core.live_calls(), 0);
}

#[test]
fn an_end_behind_a_queue_comes_with_the_last_piece() {
    let mut client = client();
    client.feed(&settings(&[(INITIAL, 0)]));
    let id = client.call(b"abc");
    client.frames();
    client.feed(&window_update(id, 8));
    let body = Seen::Data { stream: id, data: message(b"abc"), end: true };
    assert_eq!(client.frames(), [body]);
}

#[test]
fn an_empty_end_needs_no_window() {
    let mut client = client();
    client.feed(&settings(&[(INITIAL, 0)]));
    let key = client.core.open("/s/m", None, &Default::default()).unwrap();
    client.core.send_end(key).unwrap();
    let end = Seen::Data { stream: 1, data: vec![], end: true };
    assert_eq!(client.frames().last(), Some(&end));
}

// What we allow the peer.

fn small() -> Config {
    let mut config = Config::default();
    (config.stream_window, config.grown_window) = (100, 100);
    config
}

#[test]
fn data_beyond_the_stream_window_resets_the_stream() {
    let mut server = server_with(small(), MessageLimits::default());
    server.feed(&request(1, false));
    server.frames();
    let got = server.feed(&data(1, &[0; 101], false));
    assert_eq!(got, [Got::Cancelled(1, Cancelled::BadRequest)]);
    assert_eq!(server.frames(), [Seen::Reset(1, ErrorCode::FLOW_CONTROL_ERROR)]);
    server.assert_serves(3);
}

#[test]
fn padding_counts_for_the_window() {
    let mut server = server_with(small(), MessageLimits::default());
    server.feed(&request(1, false));
    let mut payload = vec![90];
    payload.extend([0; 5 + 90]);
    server.feed(&frame(kind::DATA, flag::PADDED, 1, &payload));
    let seen = server.frames();
    assert_eq!(seen.last(), Some(&Seen::WindowUpdate(1, 91)), "it is given back at once: {seen:?}");
    let mut payload = vec![99];
    payload.extend([0; 101]);
    let got = server.feed(&frame(kind::DATA, flag::PADDED, 1, &payload));
    assert_eq!(got, [Got::Cancelled(1, Cancelled::BadRequest)]);
}

#[test]
fn a_smaller_stream_window_holds_only_when_it_is_acknowledged() {
    let mut server =
        End::new(ServerConnection::new(small(), MessageLimits::default(), support::base()));
    server.feed(&[&PREFACE[..], &settings(&[]), &request(1, false)].concat());
    let body = message(&[0; 3000]);
    assert_eq!(server.feed(&data(1, &body[..1000], false)), [], "65,535 until then (§6.9.2)");
    // The acknowledgement takes 65,435 away from a window that 1,000 were taken from.
    server.feed(&frame(kind::SETTINGS, flag::ACK, 0, b""));
    server.frames();
    let got = server.feed(&data(1, &body[1000..1101], false));
    assert_eq!(got, [Got::Cancelled(1, Cancelled::BadRequest)]);
}

#[test]
fn data_beyond_the_connection_window_ends_the_connection() {
    let mut config = Config::default();
    config.connection_window = 65_535;
    config.stream_window = 1 << 20;
    let mut connection = Connection::<()>::new(Side::Server, config, support::base());
    let mut input = ReceiveBuffer::new();
    let bytes = [
        &PREFACE[..],
        &settings(&[]),
        &frame(kind::SETTINGS, flag::ACK, 0, b""),
        &request(1, false),
        &data(1, &[0; 16_384], false),
        &data(1, &[0; 16_384], false),
        &data(1, &[0; 16_384], false),
        &data(1, &[0; 16_383], false),
        &data(1, &[0; 1], false),
    ];
    input.extend(&bytes.concat());
    let mut pieces = 0;
    // Nothing is released: the layer above is slow.
    let error = loop {
        match connection.next_event(&input, support::base()) {
            Ok(Some(Event::Data { .. })) => pieces += 1,
            Ok(Some(_)) => {}
            Ok(None) => panic!("65,536 bytes in a window of 65,535"),
            Err(error) => break error,
        }
    };
    assert_eq!(pieces, 4, "65,535 bytes fit");
    assert_eq!(error.code(), ErrorCode::FLOW_CONTROL_ERROR);
}

#[test]
fn windows_are_opened_again_by_halves() {
    let mut server = server();
    server.feed(&request(1, false));
    server.frames();
    let config = Config::default();
    let (mut body, mut stream, mut connection) = (message(&[0; 1 << 20]), 0, 0);
    let total = body.len();
    let mut updates = 0;
    while !body.is_empty() {
        let rest = body.split_off(body.len().min(10_000));
        server.feed(&data(1, &std::mem::replace(&mut body, rest), false));
        for seen in server.frames() {
            let Seen::WindowUpdate(id, increment) = seen else { panic!("{seen:?}") };
            *(if id == 0 { &mut connection } else { &mut stream }) += increment as usize;
            updates += 1;
        }
    }
    assert!(updates <= 16, "one for each half of a window, not for each frame: {updates}");
    // The stream's window has grown, so that more was opened than has come.
    let grown = (config.grown_window - config.stream_window) as usize;
    assert!(total + grown - stream <= config.grown_window as usize / 2 + 10_000);
    assert!(total - connection <= config.connection_window as usize / 2 + 10_000);
}

#[test]
fn a_window_grows_once_its_first_half_is_full_and_only_so_many_do() {
    let mut server = server();
    let config = Config::default();
    let ids: Vec<u32> = (0..MAX_GROWN as u32 + 1).map(|number| 1 + 2 * number).collect();
    let begun = message(&vec![0; 100_000]);
    let mut opened = Vec::new();
    for &id in &ids {
        server.feed(&request(id, false));
        server.frames();
        for piece in begun[..40_000].chunks(10_000) {
            server.feed(&data(id, piece, false));
        }
        let sum = server.frames().iter().fold(0, |sum, seen| match seen {
            Seen::WindowUpdate(of, increment) if *of == id => sum + increment,
            _ => sum,
        });
        opened.push(sum);
    }
    let growth = config.grown_window - config.stream_window;
    assert!(opened[..MAX_GROWN].iter().all(|&sum| sum == 40_000 + growth), "{opened:?}");
    assert_eq!(opened[MAX_GROWN], 40_000);
    // One that ends leaves its place to another.
    server.feed(&reset(1, ErrorCode::CANCEL));
    let last = ids[MAX_GROWN];
    server.frames();
    for piece in begun[40_000..80_000].chunks(10_000) {
        server.feed(&data(last, piece, false));
    }
    assert!(
        server.frames().iter().any(
            |seen| matches!(seen, Seen::WindowUpdate(of, more) if *of == last && *more > growth)
        )
    );
}

#[test]
fn data_for_streams_that_are_gone_gives_the_connection_window_back() {
    let mut client = client();
    let id = client.call(b"x");
    client.core.cancel(client.key(id));
    client.frames();
    let mut given = 0;
    for _ in 0..200 {
        client.feed(&data(id, &[0; 16_384], false));
        for seen in client.frames() {
            let Seen::WindowUpdate(0, increment) = seen else { panic!("{seen:?}") };
            given += increment;
        }
    }
    let config = Config::default();
    assert!(200 * 16_384 - given <= config.connection_window / 2 + 16_384, "{given}");
}

#[test]
fn a_client_opens_its_windows_too() {
    let mut client = client();
    let id = client.call(b"x");
    client.feed(&response_head(id));
    client.frames();
    let body = message(&vec![1; 200_000]);
    for piece in body.chunks(16_384) {
        client.feed(&data(id, piece, false));
    }
    let seen = client.frames();
    assert!(seen.iter().any(|seen| matches!(seen, Seen::WindowUpdate(stream, _) if *stream == id)));
}

#[test]
fn large_messages_pass_through_small_windows() {
    for (seed, window) in [(1, 1), (2, 100), (3, 1_000), (4, 65_535), (5, 1 << 20)] {
        let mut config = Config::default();
        (config.stream_window, config.grown_window) = (window, window);
        config.connection_window = window.max(65_535);
        let (up, down) = if window < 100 { (2_718, 3_141) } else { (271_828, 314_159) };
        let mut pair = Pair::with(seed, config.clone(), config, MessageLimits::default());
        pair.application = Box::new(move |server, key, event| {
            if let (Some(key), Got::Message { bytes, last: true, .. }) = (key, event) {
                assert_eq!(bytes.len(), up);
                server.send_message(key, down, |out| out.resize(out.len() + down, 3)).unwrap();
                server.finish(key, &Status::ok());
            }
        });
        let first = pair.call(&vec![2; up]);
        let second = pair.call(&vec![2; up]);
        pair.drive();
        for id in [first, second] {
            let answer = &pair.answers[&id];
            assert_eq!(answer.messages.len(), 1, "window {window}");
            assert_eq!(answer.messages[0], vec![3; down]);
            assert_eq!(answer.statuses.len(), 1);
        }
        assert_eq!(pair.failures, []);
    }
}

#[test]
fn what_is_gathered_is_what_is_copied_otherwise() {
    let says = |gathers: bool| {
        let mut config = Config::default();
        config.gathers = gathers;
        let mut server = server_with(config, MessageLimits::default());
        server.feed(&settings(&[(INITIAL, 300_000)]));
        server.feed(&window_update(0, 400_000));
        let mut said = server.output();
        for (id, length) in [(1, 100), (3, 250_000), (5, 20_000), (7, 300_001)] {
            server.feed(&request(id, true));
            server.answer(id, &vec![u8::try_from(id).unwrap(); length]);
        }
        let (mut scattered, mut step) = (0, 1);
        for round in 0.. {
            while server.core.unsent() > 0 {
                scattered += usize::from(server.core.is_scattered());
                let mut pieces = [IoSlice::new(&[]); 7];
                let count = server.core.gather(&mut pieces);
                let gathered: Vec<u8> = pieces[..count].iter().flat_map(|p| p.to_vec()).collect();
                let now = gathered.len().min(step);
                said.extend(&gathered[..now]);
                server.core.sent(now);
                step = step * 7 % 90_001;
            }
            if round == 3 {
                break;
            }
            // The rest, when the windows have opened.
            server.feed(&window_update(0, 100_000));
            server.feed(&window_update(7, 1_000));
        }
        assert_eq!(scattered > 0, gathers);
        said
    };
    let copied = says(false);
    assert!(copied.len() > 570_000, "{}", copied.len());
    assert!(copied == says(true));
}
