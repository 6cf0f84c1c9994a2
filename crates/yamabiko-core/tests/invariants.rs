//! What holds for every conversation: the same bytes give the same events and the same output
//! however they are cut, nothing panics, every call has one end, and a failed connection is silent.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{
    Answer, Core, End, Got, Pair, Random, base, continuation, data, frame, goaway, message, ping,
    reset, settings, target, window_update,
};
use yamabiko_core::frame::{ErrorCode, flag, kind};
use yamabiko_core::grpc::client::ClientConnection;
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::grpc::{MessageLimits, Metadata, Status};
use yamabiko_core::h2::{Config, PREFACE};
use yamabiko_core::hpack::{Encoder, Indexing};

/// A frame or something like one, on one of a few streams.
#[derive(Clone, Debug)]
enum Op {
    Headers { stream: u32, fields: u8, end: bool, split: Option<u8> },
    Data { stream: u32, bytes: Vec<u8>, end: bool, padding: Option<u8> },
    Message { stream: u32, length: u16, end: bool },
    Reset(u32, u32),
    Settings(Vec<(u16, u32)>),
    SettingsAck,
    Ping(bool),
    GoAway(u32, u32),
    WindowUpdate(u32, u32),
    Raw { kind: u8, flags: u8, stream: u32, payload: Vec<u8> },
    Bytes(Vec<u8>),
}

fn op() -> impl Strategy<Value = Op> {
    let stream = || prop_oneof![8 => (0..6_u32).prop_map(|n| 2 * n + 1), 1 => 0..8_u32];
    let size = || prop_oneof![Just(0), 1..10_u32, Just(65_535), Just(1 << 20), Just((1 << 31) - 1)];
    let setting = (1..8_u16, prop_oneof![0..3_u32, 16_384..16_390_u32, Just(1 << 20)]);
    let payload = || vec(any::<u8>(), 0..40);
    prop_oneof![
        8 => (stream(), any::<u8>(), any::<bool>(), prop::option::weighted(0.2, any::<u8>()))
            .prop_map(|(stream, fields, end, split)| Op::Headers { stream, fields, end, split }),
        4 => (stream(), payload(), any::<bool>(), prop::option::weighted(0.2, any::<u8>()))
            .prop_map(|(stream, bytes, end, padding)| Op::Data { stream, bytes, end, padding }),
        8 => (stream(), 0..600_u16, any::<bool>())
            .prop_map(|(stream, length, end)| Op::Message { stream, length, end }),
        2 => (stream(), 0..16_u32).prop_map(|(stream, code)| Op::Reset(stream, code)),
        1 => vec(setting, 0..3).prop_map(Op::Settings),
        1 => Just(Op::SettingsAck),
        1 => any::<bool>().prop_map(Op::Ping),
        1 => (stream(), 0..3_u32).prop_map(|(stream, code)| Op::GoAway(stream, code)),
        3 => (stream(), size()).prop_map(|(stream, size)| Op::WindowUpdate(stream, size)),
        1 => (0..12_u8, any::<u8>(), stream(), payload())
            .prop_map(|(kind, flags, stream, payload)| Op::Raw { kind, flags, stream, payload }),
        1 => payload().prop_map(Op::Bytes),
    ]
}

/// A frame that a well-behaved peer could send: no errors but those of the state of a stream.
fn tame_op() -> impl Strategy<Value = Op> {
    op().prop_filter("tame", |op| {
        !matches!(op, Op::Raw { .. } | Op::Bytes(_) | Op::SettingsAck | Op::Reset(0, _))
            && !matches!(op, Op::WindowUpdate(_, size) if *size == 0 || *size > 1 << 20)
    })
}

/// The fields of a head or of trailers, of either side, right or wrong.
const REQUEST: &[(&str, &str)] = &[
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/s/m"),
    ("te", "trailers"),
    ("content-type", "application/grpc"),
];
const SECTIONS: &[&[(&str, &str)]] = &[
    REQUEST,
    REQUEST,
    REQUEST,
    &[(":status", "200"), ("content-type", "application/grpc")],
    &[(":status", "200"), ("content-type", "application/grpc")],
    &[("grpc-status", "0")],
    &[("grpc-status", "5"), ("grpc-message", "no%20 ")],
    &[(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "0")],
    &[(":status", "100")],
    &[(":status", "503"), ("content-type", "text/html")],
    &[(":method", "POST"), (":scheme", "http"), (":path", "/s/m"), ("content-type", "x")],
    &[(":method", "GET")],
    &[("Bad", "field")],
    &[],
];

/// Turns frames into bytes, with the compression state of a real peer.
fn bytes_of(ops: &[Op]) -> Vec<u8> {
    let mut encoder = Encoder::new();
    let mut all = Vec::new();
    for op in ops {
        all.extend(match op {
            Op::Headers { stream, fields, end, split } => {
                let mut block = Vec::new();
                encoder.begin(&mut block);
                for (name, value) in SECTIONS[*fields as usize % SECTIONS.len()] {
                    let (name, value) = (name.as_bytes(), value.as_bytes());
                    encoder.encode(name, value, Indexing::Remember, &mut block);
                }
                let end = if *end { flag::END_STREAM } else { 0 };
                match split {
                    None => frame(kind::HEADERS, flag::END_HEADERS | end, *stream, &block),
                    Some(at) => {
                        let (first, rest) = block.split_at(*at as usize % (block.len() + 1));
                        let mut bytes = frame(kind::HEADERS, end, *stream, first);
                        bytes.extend(continuation(*stream, rest, true));
                        bytes
                    }
                }
            }
            Op::Data { stream, bytes, end, padding: None } => data(*stream, bytes, *end),
            Op::Data { stream, bytes, end, padding: Some(padding) } => {
                let flags = flag::PADDED | if *end { flag::END_STREAM } else { 0 };
                let payload = [&[*padding][..], bytes, &vec![0; *padding as usize]].concat();
                frame(kind::DATA, flags, *stream, &payload)
            }
            Op::Message { stream, length, end } => {
                data(*stream, &message(&vec![b'm'; *length as usize]), *end)
            }
            Op::Reset(stream, code) => reset(*stream, ErrorCode(*code)),
            Op::Settings(all) => settings(all),
            Op::SettingsAck => frame(kind::SETTINGS, flag::ACK, 0, b""),
            Op::Ping(ack) => ping(*ack, *b"farewell"),
            Op::GoAway(last, code) => goaway(*last, ErrorCode(*code), "bye"),
            Op::WindowUpdate(stream, size) => window_update(*stream, *size),
            Op::Raw { kind, flags, stream, payload } => frame(*kind, *flags, *stream, payload),
            Op::Bytes(bytes) => bytes.clone(),
        });
    }
    all
}

/// Events and output of an endpoint that is given `bytes` in pieces, with an application that
/// reacts to each event.
fn run<T: Core>(
    mut end: End<T>,
    pieces: &[&[u8]],
    mut react: impl FnMut(&mut End<T>, &Got),
) -> (Vec<Got>, Vec<u8>) {
    let (mut events, mut output) = (Vec::new(), end.output());
    for piece in pieces {
        end.input.extend(piece);
        while let Some((_, event)) = end.next() {
            react(&mut end, &event);
            events.push(event);
        }
        output.extend(end.output());
    }
    if matches!(events.last(), Some(Got::Failed(_))) {
        end.assert_dead();
    }
    (events, output)
}

fn pieces<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect()
}

fn new_server() -> End<ServerConnection> {
    let limits = MessageLimits { max_message: 500, max_assembling: 2000, ..Default::default() };
    End::new(ServerConnection::new(Config::default(), limits, base()))
}

/// Sends messages back, and some of them twice; ends now and then before the request does.
fn echo(server: &mut End<ServerConnection>, event: &Got) {
    let Some(id) = event.id() else { return };
    let key = server.key(id);
    match event {
        Got::Message { bytes, last, .. } => {
            for _ in 0..1 + id % 3 {
                let _ =
                    server.core.send_message(key, bytes.len(), |out| out.extend_from_slice(bytes));
            }
            if *last || bytes.len() % 7 == 3 {
                server.core.finish(key, &Status::ok());
            }
        }
        Got::End(_) => server.core.finish(key, &Status::not_found("nothing")),
        _ => {}
    }
}

fn new_client() -> End<ClientConnection> {
    let limits = MessageLimits { max_message: 500, max_assembling: 2000, ..Default::default() };
    let mut client = End::new(ClientConnection::new(Config::default(), limits, target(), base()));
    for n in 0..6 {
        let key = client.core.open("/s/m", None, &Metadata::new()).unwrap();
        client.remember(key);
        client.core.send_message(key, 3, n % 2 == 0, |out| out.extend_from_slice(b"abc")).unwrap();
    }
    client
}

/// Ends the requests that go on, when their answers begin.
fn end_request(client: &mut End<ClientConnection>, event: &Got) {
    if let Got::Head { id, .. } = event {
        let _ = client.core.send_end(client.key(*id));
    }
}

fn server_is_the_same_at_every_cut(bytes: &[u8], cuts: &[prop::sample::Index]) -> Vec<Got> {
    let (events, output) = run(new_server(), &[bytes], echo);
    let one_at_a_time: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(run(new_server(), &one_at_a_time, echo), (events.clone(), output.clone()));
    assert_eq!(run(new_server(), &pieces(bytes, cuts), echo), (events.clone(), output));
    every_request_is_told_in_order(&events);
    events
}

/// A call begins once, and nothing is told of it behind its end.
fn every_request_is_told_in_order(events: &[Got]) {
    let mut open = std::collections::BTreeSet::new();
    let mut begun = std::collections::BTreeSet::new();
    for event in events {
        match event {
            Got::Call { id, .. } => {
                assert!(begun.insert(*id), "{events:?}");
                open.insert(*id);
            }
            Got::Message { id, last: false, .. } => assert!(open.contains(id), "{events:?}"),
            Got::Message { id, .. } | Got::End(id) => assert!(open.remove(id), "{events:?}"),
            // A request that was complete can still be cancelled: by then, once.
            Got::Cancelled(id, _) => assert!(begun.contains(id), "{events:?}"),
            Got::Failed(_) => {}
            other => panic!("{other:?}"),
        }
    }
    let cancelled: Vec<_> =
        events.iter().filter(|got| matches!(got, Got::Cancelled(..))).map(Got::id).collect();
    let mut once = cancelled.clone();
    once.dedup();
    assert_eq!(cancelled.len(), once.len(), "{events:?}");
}

fn client_is_the_same_at_every_cut(bytes: &[u8], cuts: &[prop::sample::Index]) -> Vec<Got> {
    let (events, output) = run(new_client(), &[bytes], end_request);
    let one_at_a_time: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(run(new_client(), &one_at_a_time, end_request), (events.clone(), output.clone()));
    assert_eq!(run(new_client(), &pieces(bytes, cuts), end_request), (events.clone(), output));
    every_call_ends_once(bytes, &events);
    events
}

/// Each call has one status and nothing behind it, or is among those that the driver ends.
fn every_call_ends_once(bytes: &[u8], events: &[Got]) {
    let mut client = new_client();
    client.input.extend(bytes);
    while let Some((_, event)) = client.next() {
        end_request(&mut client, &event);
    }
    let live: Vec<u32> = client.core.calls().iter().map(|key| key.id()).collect();
    for id in (0..6).map(|n| 2 * n + 1) {
        let of_call: Vec<&Got> = events.iter().filter(|event| event.id() == Some(id)).collect();
        let ends = of_call.iter().filter(|got| matches!(got, Got::Status { .. })).count();
        assert_eq!(ends + usize::from(live.contains(&id)), 1, "stream {id}: {events:?}");
        if ends == 1 {
            assert!(matches!(of_call.last(), Some(Got::Status { .. })), "{events:?}");
        }
        let heads = of_call.iter().filter(|got| matches!(got, Got::Head { .. })).count();
        assert!(heads <= 1, "{events:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_server_takes_frames_the_same_at_every_cut(
        ops in prop_oneof![vec(op(), 0..40), vec(tame_op(), 0..60)],
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let bytes = [&PREFACE[..], &settings(&[]), &bytes_of(&ops)].concat();
        server_is_the_same_at_every_cut(&bytes, &cuts);
    }

    #[test]
    fn a_client_takes_frames_the_same_at_every_cut(
        ops in prop_oneof![vec(op(), 0..40), vec(tame_op(), 0..60)],
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let bytes = [settings(&[]), bytes_of(&ops)].concat();
        client_is_the_same_at_every_cut(&bytes, &cuts);
    }

    #[test]
    fn random_bytes_are_the_same_at_every_cut(
        bytes in vec(any::<u8>(), 0..200),
        greeting in 0..4_usize,
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let greeted = [&b""[..], &PREFACE[..5], PREFACE, &[&PREFACE[..], &settings(&[])].concat()];
        server_is_the_same_at_every_cut(&[greeted[greeting], &bytes].concat(), &cuts);
        let greeted = [&b""[..], b"HTT", b"\0", &settings(&[])];
        client_is_the_same_at_every_cut(&[greeted[greeting], &bytes].concat(), &cuts);
    }

    #[test]
    fn a_changed_byte_is_the_same_at_every_cut(
        ops in vec(tame_op(), 1..30),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut bytes = [&PREFACE[..], &settings(&[]), &bytes_of(&ops)].concat();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        server_is_the_same_at_every_cut(&bytes, &cuts);
        client_is_the_same_at_every_cut(&bytes[PREFACE.len()..], &cuts);
    }
}

/// The tests above are worth something only if calls get through.
#[test]
fn tame_conversations_have_calls_and_answers() {
    let ops = [
        Op::Headers { stream: 1, fields: 0, end: false, split: Some(4) },
        Op::Message { stream: 1, length: 5, end: true },
        Op::Headers { stream: 3, fields: 1, end: true, split: None },
    ];
    let bytes = [&PREFACE[..], &settings(&[]), &bytes_of(&ops)].concat();
    let events = server_is_the_same_at_every_cut(&bytes, &[]);
    assert_eq!(events.len(), 4, "{events:?}");
    let ops = [
        Op::Headers { stream: 1, fields: 3, end: false, split: None },
        Op::Message { stream: 1, length: 5, end: false },
        Op::Headers { stream: 1, fields: 5, end: true, split: None },
    ];
    let events = client_is_the_same_at_every_cut(&[settings(&[]), bytes_of(&ops)].concat(), &[]);
    assert_eq!(events.len(), 4, "{events:?}");
}

/// Calls, cancels and shutdowns at random over a link that delays and cuts, from a seed.
fn simulate(seed: u64, piece: usize) -> (Vec<Got>, Vec<(u32, Answer)>) {
    let mut config = Config::default();
    let mut random = Random::new(seed);
    config.stream_window = [1, 100, 10_000, 1 << 18][random.below(4)];
    config.max_concurrent_streams = [1, 5, 1000][random.below(3)];
    let mut pair = Pair::with(seed, Config::default(), config, MessageLimits::default());
    pair.up.piece = piece;
    pair.down.piece = piece;
    if random.below(4) == 0 {
        pair.down.cut_after = Some(random.below(5000));
    }
    let mut cancelled = Vec::new();
    for _ in 0..300 {
        match random.below(12) {
            0..=4 => {
                let length = random.below(2000);
                let timeout = [None, Some(Duration::from_millis(5))][random.below(2)];
                let _ = pair.try_call(&vec![3; length], timeout);
            }
            5 => {
                let live = pair.client.core.calls();
                if !live.is_empty() {
                    let key = live[random.below(live.len())];
                    pair.client.core.cancel(key);
                    cancelled.push(key.id());
                }
            }
            6 if random.below(40) == 0 => pair.server.core.shut_down(),
            7 => pair.drive_for(Duration::from_millis(3)),
            _ => {
                pair.step();
            }
        }
    }
    if pair.down.cut_after.is_none() {
        pair.drive();
        assert_eq!(pair.failures, [], "seed {seed}");
        assert_eq!(pair.client.core.live_calls(), 0, "seed {seed}");
        assert_eq!(pair.server.core.live_calls(), 0, "seed {seed}");
    }
    let live: Vec<u32> = pair.client.core.calls().iter().map(|key| key.id()).collect();
    for (id, answer) in &pair.answers {
        let ways = answer.statuses.len()
            + usize::from(cancelled.contains(id))
            + usize::from(live.contains(id));
        assert_eq!(ways, 1, "seed {seed}, stream {id}: {answer:?}");
    }
    every_request_is_told_in_order(&pair.told);
    (pair.told, pair.answers.into_iter().collect())
}

#[test]
fn every_call_over_a_bad_link_ends_once() {
    for seed in 0..80 {
        simulate(seed, [20, 500, 5000][seed as usize % 3]);
    }
}

#[test]
fn the_same_seed_gives_the_same_conversation() {
    for seed in 300..310 {
        assert_eq!(simulate(seed, 100), simulate(seed, 100));
    }
}
