//! RFC 9113 §6.5: settings are acknowledged, and hold from then on.
mod support;

use support::{
    End, Got, Seen, base, client, data, frame, message, request, request_fields, server, settings,
    target,
};
use yamabiko_core::frame::{ErrorCode, flag, kind, setting};
use yamabiko_core::grpc::client::ClientConnection;
use yamabiko_core::grpc::{MessageLimits, Metadata, Status};
use yamabiko_core::h2::{
    CannotOpen, Config, Connection, Error, PREFACE, Side, UNTOLD_CONCURRENT_STREAMS,
};

fn fails_with(got: &[Got], expected: ErrorCode) -> bool {
    matches!(got, [Got::Failed(Error::Peer { code, .. })] if *code == expected)
}

#[test]
fn each_settings_frame_is_acknowledged_once() {
    let mut server = server();
    server.feed(&[settings(&[]), settings(&[(setting::ENABLE_PUSH, 0)])].concat());
    assert_eq!(server.frames(), [Seen::SettingsAck, Seen::SettingsAck]);
    let mut client = client();
    assert_eq!(client.feed(&settings(&[])), [Got::LimitsChanged]);
    assert_eq!(client.frames(), [Seen::SettingsAck]);
}

#[test]
fn an_acknowledgement_of_nothing_ends_the_connection() {
    let ack = frame(kind::SETTINGS, flag::ACK, 0, b"");
    assert!(fails_with(&server().feed(&ack), ErrorCode::PROTOCOL_ERROR));
    assert!(fails_with(&client().feed(&ack), ErrorCode::PROTOCOL_ERROR));
}

#[test]
fn values_out_of_range_end_the_connection() {
    for (id, value, code) in [
        (setting::ENABLE_PUSH, 2, ErrorCode::PROTOCOL_ERROR),
        (setting::INITIAL_WINDOW_SIZE, 1 << 31, ErrorCode::FLOW_CONTROL_ERROR),
        (setting::MAX_FRAME_SIZE, 16_383, ErrorCode::PROTOCOL_ERROR),
        (setting::MAX_FRAME_SIZE, 1 << 24, ErrorCode::PROTOCOL_ERROR),
    ] {
        assert!(fails_with(&server().feed(&settings(&[(id, value)])), code), "{id} {value}");
    }
}

#[test]
fn a_server_must_not_enable_push() {
    let push = settings(&[(setting::ENABLE_PUSH, 1)]);
    assert!(fails_with(&client().feed(&push), ErrorCode::PROTOCOL_ERROR));
    assert_eq!(server().feed(&push), []);
    assert_eq!(client().feed(&settings(&[(setting::ENABLE_PUSH, 0)])), [Got::LimitsChanged]);
}

#[test]
fn unknown_settings_are_ignored() {
    let mut server = server();
    assert_eq!(server.feed(&settings(&[(0xf00d, 7), (0x8, 1)])), []);
    assert_eq!(server.frames(), [Seen::SettingsAck]);
    server.assert_serves(1);
}

#[test]
fn a_frame_longer_than_we_allow_ends_the_connection() {
    for kind in [kind::DATA, kind::HEADERS, 0x77] {
        let mut server = server();
        let got = server.feed(&frame(kind, 0, 1, &[0; 16_385])[..9]);
        assert!(fails_with(&got, ErrorCode::FRAME_SIZE_ERROR), "before its payload is there");
    }
}

#[test]
fn the_peers_frame_size_is_kept_to_and_used() {
    for (size, longest) in [(16_384, 16_384), (40_000, 40_000)] {
        let mut server = server();
        server.feed(&settings(&[(setting::MAX_FRAME_SIZE, size)]));
        server.feed(&request(1, true));
        server.frames();
        server.answer(1, &[1; 60_000]);
        let longest_seen = server.frames().iter().map(data_length).max();
        assert_eq!(longest_seen, Some(longest));
    }
}

fn data_length(seen: &Seen) -> usize {
    if let Seen::Data { data, .. } = seen { data.len() } else { 0 }
}

#[test]
fn a_header_block_longer_than_a_frame_is_continued() {
    let mut server = server();
    server.feed(&request(1, true));
    server.frames();
    let mut status = Status::ok();
    // '~' has a long Huffman code: it is sent as it is.
    status.metadata_mut().insert("long", &"~".repeat(40_000)).unwrap();
    server.core.finish(server.key(1), &status);
    let bytes = server.output();
    let mut rest = &bytes[..];
    let mut kinds = Vec::new();
    while let Some((head, after)) = rest.split_at_checked(9) {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        kinds.push((head[3], head[4], length.min(16_384)));
        rest = &after[length..];
    }
    assert_eq!(kinds[0], (kind::HEADERS, flag::END_STREAM, 16_384));
    assert_eq!(kinds[1], (kind::CONTINUATION, 0, 16_384));
    assert_eq!((kinds[2].0, kinds[2].1), (kind::CONTINUATION, flag::END_HEADERS));
    let seen = server.reader.read(&bytes);
    assert!(matches!(&seen[..], [Seen::Headers { fields, end: true, .. }] if fields.len() == 4));
}

#[test]
fn the_peers_header_table_can_go_to_zero_and_back() {
    let mut server = server();
    let mut id = 1;
    let mut answer_is_read_with = |table: Option<u32>| {
        if let Some(size) = table {
            server.feed(&settings(&[(setting::HEADER_TABLE_SIZE, size)]));
            server.reader.decoder.set_max_table_size(size as usize);
        }
        server.feed(&request(id, true));
        server.answer(id, b"x");
        // The reader fails without the size updates of RFC 7541 §4.2.
        let seen = server.frames();
        let fields = |seen: &Seen| matches!(seen, Seen::Headers { .. });
        assert_eq!(seen.iter().filter(|seen| fields(seen)).count(), 2);
        let size = server.reader.decoder.table_size();
        id += 2;
        size
    };
    assert!(answer_is_read_with(None) > 0);
    assert_eq!(answer_is_read_with(Some(0)), 0);
    assert_eq!(answer_is_read_with(None), 0);
    assert!(answer_is_read_with(Some(4096)) > 0);
    assert!(answer_is_read_with(Some(1 << 30)) <= 4096);
}

#[test]
fn a_table_that_shrinks_and_grows_between_two_blocks_is_told_so() {
    let mut server = server();
    server.feed(&request(1, true));
    server.answer(1, b"x");
    server.frames();
    for size in [0, 4096] {
        server.feed(&settings(&[(setting::HEADER_TABLE_SIZE, size)]));
        server.reader.decoder.set_max_table_size(size as usize);
    }
    server.feed(&request(3, true));
    server.answer(3, b"x");
    assert!(server.frames().len() > 2);
}

#[test]
fn a_client_opens_a_careful_number_of_streams_until_it_is_told() {
    let limits = MessageLimits::default();
    let mut client = End::new(ClientConnection::new(Config::default(), limits, target(), base()));
    for _ in 0..UNTOLD_CONCURRENT_STREAMS {
        client.call(b"x");
    }
    let full = client.core.open("/s/m", None, &Metadata::new());
    assert_eq!(full.unwrap_err(), CannotOpen::Full);
    assert_eq!(client.feed(&settings(&[])), [Got::LimitsChanged]);
    assert!(client.core.open("/s/m", None, &Metadata::new()).is_ok(), "no limit is none (§6.5.2)");
}

#[test]
fn the_limit_of_concurrent_streams_can_change_at_any_time() {
    const MAX: u16 = setting::MAX_CONCURRENT_STREAMS;
    let mut client = client();
    client.feed(&settings(&[(MAX, 2)]));
    let first = client.call(b"x");
    client.call(b"x");
    let open = |client: &mut End<ClientConnection>| {
        client.core.open("/s/m", None, &Metadata::new()).map(|_| ())
    };
    assert_eq!(open(&mut client), Err(CannotOpen::Full));
    client.feed(&settings(&[(MAX, 1)]));
    let ended = support::headers(first, &[(":status", "200"), ("grpc-status", "0")], true);
    client.feed(&ended);
    assert_eq!(open(&mut client), Err(CannotOpen::Full), "one is still open");
    client.feed(&settings(&[(MAX, 0)]));
    assert_eq!(open(&mut client), Err(CannotOpen::Full));
    assert_eq!(client.feed(&settings(&[(MAX, 3)])), [Got::LimitsChanged]);
    assert_eq!(open(&mut client), Ok(()));
}

#[test]
fn our_own_limits_can_change_at_any_time() {
    let mut connection = Connection::<()>::new(Side::Server, Config::default(), base());
    let mut input = yamabiko_core::ReceiveBuffer::new();
    input.extend(&[&PREFACE[..], &settings(&[])].concat());
    while connection.next_event(&input, base()).unwrap().is_some() {}
    connection.sent(connection.output().len());
    connection.set_max_concurrent_streams(1);
    connection.set_stream_window(7);
    let seen = support::Reader::default().read(connection.output());
    assert!(seen[0] == Seen::Settings(vec![(3, 1), (4, 65_535), (6, 16 * 1024)]), "{seen:?}");
    assert!(seen[1] == Seen::Settings(vec![(3, 1), (4, 7), (6, 16 * 1024)]), "{seen:?}");
    connection.sent(connection.output().len());
    // Three SETTINGS are out: three acknowledgements, and a fourth is one too many.
    let ack = frame(kind::SETTINGS, flag::ACK, 0, b"");
    input.extend(&[request(1, false), request(3, false), ack.repeat(3)].concat());
    while connection.next_event(&input, base()).unwrap().is_some() {}
    assert_eq!(connection.live_streams(), 1);
    let seen = support::Reader::default().read(connection.output());
    assert_eq!(seen, [Seen::Reset(3, ErrorCode::REFUSED_STREAM)]);
    input.extend(&ack);
    assert!(connection.next_event(&input, base()).is_err());
}

#[test]
fn a_call_in_flight_goes_on_through_a_change_of_everything() {
    let mut server = server();
    let mut bytes = support::headers(1, &request_fields("/s/m"), false);
    let body = message(&[9; 1000]);
    bytes.extend(data(1, &body[..500], false));
    bytes.extend(settings(&[
        (setting::HEADER_TABLE_SIZE, 100),
        (setting::INITIAL_WINDOW_SIZE, 10),
        (setting::MAX_FRAME_SIZE, 20_000),
        (setting::MAX_CONCURRENT_STREAMS, 0),
        (setting::MAX_HEADER_LIST_SIZE, 1),
    ]));
    bytes.extend(data(1, &body[500..], true));
    let got = server.feed(&bytes);
    assert!(matches!(got[..], [Got::Call { .. }, Got::Message { last: true, .. }]), "{got:?}");
    server.reader.decoder.set_max_table_size(100);
    server.answer(1, b"0123456789");
    let seen = server.frames();
    assert_eq!(seen.iter().map(data_length).sum::<usize>(), 10);
}

#[test]
fn one_frame_of_many_windows_is_one_change() {
    let mut server = server();
    for id in 0..1000 {
        server.feed(&request(2 * id + 1, true));
    }
    let mut all = vec![(setting::INITIAL_WINDOW_SIZE, 0); 2_729];
    all.push((setting::INITIAL_WINDOW_SIZE, 5));
    server.feed(&settings(&all));
    server.frames();
    server.answer(1, b"x");
    assert_eq!(server.frames().iter().map(data_length).sum::<usize>(), 5, "the last one holds");
}
