//! gRPC over HTTP/2, the server's side (grpc `doc/PROTOCOL-HTTP2.md`): which requests are calls,
//! how the others are answered, and what a response looks like.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use support::{
    Got, Pair, Seen, data, headers, message, request, request_fields, reset, server, server_with,
    settings, window_update,
};
use yamabiko_core::frame::ErrorCode;
use yamabiko_core::grpc::server::Cancelled;
use yamabiko_core::grpc::{Code, MessageLimits, Metadata, Status};
use yamabiko_core::h2::Config;

fn with(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut fields = request_fields("/s/m");
    match fields.iter_mut().find(|(known, _)| *known == name) {
        Some(field) => field.1 = value,
        None => fields.push((name, value)),
    }
    fields
}

/// The answer to a request that never becomes a call.
fn refusal(fields: &[(&str, &str)]) -> Vec<String> {
    let mut server = server();
    assert_eq!(server.feed(&headers(1, fields, true)), []);
    let mut seen = server.frames();
    let Some(Seen::Headers { stream: 1, fields, end: true }) = seen.pop() else {
        panic!("{seen:?}")
    };
    assert_eq!(seen, []);
    server.assert_serves(3);
    fields
}

#[test]
fn a_call_tells_what_the_client_asks_for() {
    let mut fields = request_fields("/pkg.Service/Method");
    fields.extend([
        ("grpc-timeout", "250m"),
        ("user-agent", "grpc-test/1"),
        ("x-one", "1"),
        ("x-one", "2"),
        ("key-bin", "AAEC"),
        ("grpc-encoding", "identity"),
        ("grpc-accept-encoding", "gzip"),
        ("content-length", "0"),
    ]);
    let got = server().feed(&headers(1, &fields, true));
    let metadata = ["user-agent: grpc-test/1", "x-one: 1", "x-one: 2", "key-bin: AAEC"];
    let call = Got::Call {
        id: 1,
        path: "/pkg.Service/Method".into(),
        timeout: Some(std::time::Duration::from_millis(250)),
        metadata: metadata.map(String::from).to_vec(),
    };
    assert_eq!(got, [call, Got::End(1)]);
}

#[test]
fn a_content_type_that_is_not_grpc_is_415() {
    let mut all: Vec<_> = ["text/plain", "application/json", "application/grpc-web", "", "x"]
        .map(|value| with("content-type", value))
        .to_vec();
    let mut none = request_fields("/s/m");
    none.retain(|(name, _)| *name != "content-type");
    all.push(none);
    for fields in all {
        let answer = refusal(&fields);
        assert_eq!(answer, [":status: 415", "accept: application/grpc"], "{fields:?}");
    }
}

#[test]
fn the_content_types_of_grpc_with_protobuf_are_served() {
    for value in ["application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"] {
        let got = server().feed(&headers(1, &with("content-type", value), true));
        assert!(matches!(got[0], Got::Call { .. }), "{value}");
    }
}

#[test]
fn another_message_encoding_is_unimplemented() {
    let answer = refusal(&with("content-type", "application/grpc+json"));
    assert_eq!(answer[0], ":status: 200");
    assert!(answer.contains(&"grpc-status: 12".into()), "{answer:?}");
    assert!(answer.last().unwrap().contains("json"), "{answer:?}");
}

#[test]
fn a_method_other_than_post_is_405() {
    for method in ["GET", "PUT", "post", "HEAD"] {
        assert_eq!(refusal(&with(":method", method)), [":status: 405", "allow: POST"]);
    }
}

#[test]
fn an_unknown_compression_is_unimplemented() {
    let answer = refusal(&with("grpc-encoding", "gzip"));
    assert!(answer.contains(&"grpc-status: 12".into()), "{answer:?}");
    assert!(answer.contains(&"grpc-accept-encoding: identity".into()), "{answer:?}");
    assert!(answer.iter().any(|field| field.contains("gzip")), "{answer:?}");
}

#[test]
fn a_malformed_timeout_is_internal() {
    for value in ["", "S", "1", "123456789S", "1s", "-1S", "1.5S"] {
        let answer = refusal(&with("grpc-timeout", value));
        assert!(answer.contains(&"grpc-status: 13".into()), "{value}: {answer:?}");
    }
}

#[test]
fn a_refused_request_that_goes_on_is_reset_without_error() {
    let mut server = server();
    server.feed(&headers(1, &with("content-type", "text/plain"), false));
    let seen = server.frames();
    assert!(matches!(
        seen[..],
        [Seen::Headers { end: true, .. }, Seen::Reset(1, ErrorCode::NO_ERROR)]
    ));
    assert_eq!(server.core.live_calls(), 0);
}

#[test]
fn a_response_is_head_message_and_trailers() {
    let mut server = server();
    server.feed(&request(1, true));
    server.answer(1, b"hello");
    let head = vec![":status: 200".into(), "content-type: application/grpc".into()];
    assert_eq!(
        server.frames(),
        [
            Seen::Headers { stream: 1, fields: head, end: false },
            Seen::Data { stream: 1, data: message(b"hello"), end: false },
            Seen::Headers { stream: 1, fields: vec!["grpc-status: 0".into()], end: true },
        ]
    );
    assert_eq!(server.core.live_calls(), 0);
}

#[test]
fn a_status_without_a_message_is_one_block() {
    let mut server = server();
    server.feed(&request(1, true));
    let mut status = Status::not_found("no such user: なんしー 100%\n");
    status = status.with_details(vec![0, 1, 255]);
    status.metadata_mut().insert("retry-in", "5").unwrap();
    status.metadata_mut().insert_bin("trace-bin", &[1, 2, 3]).unwrap();
    server.core.finish(server.key(1), &status);
    let fields = [
        ":status: 200",
        "content-type: application/grpc",
        "grpc-status: 5",
        "grpc-message: no such user: %E3%81%AA%E3%82%93%E3%81%97%E3%83%BC 100%25%0A",
        "grpc-status-details-bin: AAH/",
        "retry-in: 5",
        "trace-bin: AQID",
    ];
    let fields = fields.map(String::from).to_vec();
    assert_eq!(server.frames(), [Seen::Headers { stream: 1, fields, end: true }]);
}

#[test]
fn metadata_goes_with_the_head_and_with_the_trailers() {
    let mut server = server();
    server.feed(&request(1, true));
    let key = server.key(1);
    let mut leading = Metadata::new();
    leading.insert("leading", "1").unwrap();
    server.core.send_head(key, &leading).unwrap();
    server.core.send_head(key, &leading).unwrap();
    server.core.send_message(key, 0, |_| {}).unwrap();
    let mut status = Status::ok();
    status.metadata_mut().insert("trailing", "2").unwrap();
    server.core.finish(key, &status);
    let seen = server.frames();
    assert_eq!(seen.len(), 3, "one head: {seen:?}");
    let Seen::Headers { fields, .. } = &seen[0] else { panic!() };
    assert_eq!(fields.last().unwrap(), "leading: 1");
    let Seen::Headers { fields, .. } = &seen[2] else { panic!() };
    assert_eq!(fields[..], ["grpc-status: 0", "trailing: 2"]);
}

#[test]
fn a_status_behind_messages_has_no_second_head() {
    let mut server = server();
    server.feed(&request(1, true));
    let key = server.key(1);
    server.core.send_message(key, 1, |out| out.push(1)).unwrap();
    server.core.finish(key, &Status::data_loss("half"));
    let seen = server.frames();
    let fields = vec!["grpc-status: 15".into(), "grpc-message: half".into()];
    assert_eq!(seen[2], Seen::Headers { stream: 1, fields, end: true });
}

#[test]
fn an_answer_before_the_end_of_the_request_resets_the_rest() {
    let mut server = server();
    server.feed(&request(1, false));
    server.core.finish(server.key(1), &Status::unimplemented("no such method"));
    let seen = server.frames();
    assert_eq!(seen[1], Seen::Reset(1, ErrorCode::NO_ERROR));
    assert_eq!(server.feed(&data(1, &message(b"late"), true)), []);
    assert_eq!(server.frames(), []);
}

#[test]
fn an_answer_before_the_end_was_told_takes_the_end_along() {
    let mut server = server();
    server.input.extend(&request(1, true));
    let (key, _) = server.next().unwrap();
    server.core.finish(key.unwrap(), &Status::unimplemented("no such method"));
    assert_eq!(server.drain(), []);
}

#[test]
fn requests_behind_a_finished_call_are_dropped() {
    let mut server = server();
    server.feed(&settings(&[(4, 0)]));
    server.feed(&request(1, false));
    // The answer waits for its window, so the stream is still there.
    server.answer(1, b"x");
    assert_eq!(server.feed(&data(1, &message(b"more").repeat(3), false)), []);
    assert_eq!(server.feed(&data(1, &message(b"more"), true)), []);
    server.feed(&window_update(1, 100));
    assert!(matches!(server.frames().last(), Some(Seen::Headers { end: true, .. })));
}

#[test]
fn a_finish_between_two_messages_of_a_frame_drops_the_second() {
    let mut server = server();
    server.feed(&request(1, false));
    server.input.extend(&data(1, &message(b"m").repeat(2), true));
    let (_, got) = server.next().unwrap();
    assert_eq!(got, Got::Message { id: 1, bytes: b"m".to_vec(), last: false });
    server.core.finish(server.key(1), &Status::ok());
    assert_eq!(server.drain(), []);
    server.assert_serves(3);
}

#[test]
fn a_reset_after_the_answer_cancels_nothing() {
    let mut server = server();
    server.feed(&settings(&[(4, 0)]));
    server.feed(&request(1, true));
    server.answer(1, b"x");
    assert_eq!(server.feed(&reset(1, ErrorCode::CANCEL)), []);
    assert_eq!(server.core.live_calls(), 0);
}

#[test]
fn a_compressed_message_is_internal() {
    ends_with(&[1, 0, 0, 0, 1, 0], "13", "compressed message without grpc-encoding");
}

#[test]
fn an_unknown_message_flag_is_internal() {
    ends_with(&[2, 0, 0, 0, 1, 0], "13", "invalid message flag: 2");
}

#[test]
fn a_truncated_message_is_internal_with_both_lengths() {
    ends_with(&[0, 0, 0, 0, 9, 1, 2], "13", "after 2 of 9 bytes");
    ends_with(&[0, 0, 0], "13", "after 3 of 5 prefix bytes");
}

#[test]
fn a_message_over_the_limit_is_resource_exhausted_with_both_numbers() {
    ends_with(&message(&[0; 101]), "8", "101 bytes, the limit for received messages is 100");
    ends_with(&[0, 0xff, 0xff, 0xff, 0xff], "8", "4294967295 bytes, the limit");
}

/// A call with this body ends with this status, and is cancelled for the application.
fn ends_with(body: &[u8], code: &str, words: &str) {
    let limits = MessageLimits { max_message: 100, ..MessageLimits::default() };
    let mut server = server_with(Config::default(), limits);
    server.feed(&request(1, false));
    server.frames();
    let got = server.feed(&data(1, body, true));
    assert_eq!(got, [Got::Cancelled(1, Cancelled::BadRequest)]);
    let seen = server.frames();
    let [Seen::Headers { fields, end: true, .. }] = &seen[..] else { panic!("{seen:?}") };
    assert!(fields.contains(&format!("grpc-status: {code}")), "{fields:?}");
    assert!(fields.last().unwrap().contains(words), "{fields:?}");
    server.assert_serves(3);
}

#[test]
fn a_message_at_the_limit_is_taken() {
    let limits = MessageLimits { max_message: 100, ..MessageLimits::default() };
    let mut server = server_with(Config::default(), limits);
    server.feed(&request(1, false));
    let got = server.feed(&data(1, &message(&[7; 100]), true));
    assert_eq!(got, [Got::Message { id: 1, bytes: vec![7; 100], last: true }]);
}

#[test]
fn a_header_list_over_the_limit_is_resource_exhausted_with_both_numbers() {
    let long = "~".repeat(20_000);
    let many: Vec<(&str, &str)> = vec![("x-many", "0123456789"); 400];
    for extra in [vec![("x-long", &long[..])], many] {
        let mut fields = request_fields("/s/m");
        fields.extend(extra);
        // Two frames, since it is longer than one may be.
        let block = support::block(&fields);
        let cut = block.len().min(10_000);
        let bytes =
            [support::frame(1, 1, 1, &block[..cut]), support::continuation(1, &block[cut..], true)];
        let mut server = server();
        assert_eq!(server.feed(&bytes.concat()), []);
        let seen = server.frames();
        let [Seen::Headers { fields, .. }] = &seen[..] else { panic!("{seen:?}") };
        assert!(fields.contains(&"grpc-status: 8".into()), "{fields:?}");
        let words = fields.last().unwrap();
        assert!(words.contains("the limit is 16384"), "{words}");
        server.assert_serves(3);
    }
}

#[test]
fn a_thousand_calls_in_flight_are_each_answered_once() {
    let mut pair = Pair::new(7);
    pair.drive();
    let calls: Vec<u32> = (0..1000_u32).map(|n| pair.call(&n.to_be_bytes())).collect();
    pair.drive();
    for (n, id) in (0..1000_u32).zip(calls) {
        let answer = &pair.answers[&id];
        assert_eq!(answer.messages, [n.to_be_bytes()]);
        assert!(matches!(answer.statuses[..], [Got::Status { code: Code::Ok, .. }]));
    }
    assert_eq!(pair.server.core.live_calls(), 0);
    assert_eq!(pair.client.core.live_calls(), 0);
}
