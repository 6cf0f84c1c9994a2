//! gRPC over HTTP/2, the client's side (grpc `doc/PROTOCOL-HTTP2.md`,
//! `doc/http-grpc-status-mapping.md`): what a request looks like, and the status of every shape
//! of response.
mod support;

use std::time::Duration;

use support::{
    End, Got, Seen, client, client_with, data, headers, message, request_fields, reset,
    response_head, trailers,
};
use yamabiko_core::frame::ErrorCode;
use yamabiko_core::grpc::client::ClientConnection;
use yamabiko_core::grpc::{Code, MessageLimits, Metadata};
use yamabiko_core::h2::Config;

const OK: (&str, &str) = (":status", "200");
const GRPC: (&str, &str) = ("content-type", "application/grpc");

/// The events of one call that is answered with these bytes, made for stream 1.
fn answered_with(bytes: &[Vec<u8>]) -> (End<ClientConnection>, Vec<Got>) {
    let mut client = client();
    assert_eq!(client.call(b"x"), 1);
    client.frames();
    let got = client.feed(&bytes.concat());
    (client, got)
}

/// The code and message of a call that is answered so, which must be its only event.
fn status_of(bytes: &[Vec<u8>]) -> (Code, String) {
    let (client, got) = answered_with(bytes);
    assert_eq!(client.core.live_calls(), 0);
    match &got[..] {
        [Got::Status { code, message, unprocessed: false, .. }] => (*code, message.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_is_head_and_message() {
    let mut client = client();
    let mut metadata = Metadata::new();
    metadata.insert("x-one", "1").unwrap();
    metadata.insert_bin("x-two-bin", &[255]).unwrap();
    let timeout = Some(Duration::from_millis(1500));
    let key = client.core.open("/pkg.Service/Method", timeout, &metadata).unwrap();
    client.core.send_message(key, 2, true, |out| out.extend_from_slice(b"hi")).unwrap();
    let seen = client.frames();
    let Seen::Headers { stream: 1, fields, end: false } = &seen[0] else { panic!("{seen:?}") };
    let expected = [
        ":method: POST",
        ":scheme: http",
        ":path: /pkg.Service/Method",
        ":authority: test",
        "te: trailers",
        "content-type: application/grpc",
        "user-agent: test/1",
        "grpc-timeout: 1500000u",
        "x-one: 1",
        "x-two-bin: /w",
    ];
    let mut sorted: Vec<&str> = fields.iter().map(String::as_str).collect();
    let pseudo = sorted.iter().take_while(|field| field.starts_with(':')).count();
    assert_eq!(pseudo, 4, "pseudo-header fields come first");
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!(seen[1..], [Seen::Data { stream: 1, data: message(b"hi"), end: true }]);
}

#[test]
fn streams_are_odd_and_rise() {
    let mut client = client();
    assert_eq!([client.call(b""), client.call(b""), client.call(b"")], [1, 3, 5]);
}

#[test]
fn a_response_is_head_message_and_status() {
    let head = headers(1, &[OK, GRPC, ("leading", "1"), ("key-bin", "AAE")], false);
    let end = [("grpc-status", "0"), ("trailing", "2")];
    let bytes = [head, data(1, &message(b"hello"), false), headers(1, &end, true)];
    let (client, got) = answered_with(&bytes);
    let metadata = vec!["leading: 1".into(), "key-bin: AAE".into()];
    let status = Got::Status {
        id: 1,
        code: Code::Ok,
        message: String::new(),
        unprocessed: false,
        metadata: vec!["trailing: 2".into()],
    };
    let body = Got::Message { id: 1, bytes: b"hello".to_vec(), last: false };
    assert_eq!(got, [Got::Head { id: 1, metadata }, body, status]);
    assert_eq!(client.core.live_calls(), 0);
}

#[test]
fn every_status_comes_through() {
    for code in Code::all() {
        let number = code.number().to_string();
        let end = [OK, GRPC, ("grpc-status", &number[..]), ("grpc-message", "a%20b%")];
        assert_eq!(status_of(&[headers(1, &end, true)]), (code, "a b%".into()));
    }
}

#[test]
fn the_message_of_a_status_may_end_in_a_space() {
    let end = [OK, GRPC, ("grpc-status", "5"), ("grpc-message", "%09 gone ")];
    assert_eq!(status_of(&[headers(1, &end, true)]), (Code::NotFound, "\t gone ".into()));
}

#[test]
fn a_status_that_is_none_is_unknown_and_quoted() {
    for value in ["17", "-1", "", "abc", "000"] {
        let end = [OK, GRPC, ("grpc-status", value)];
        let (code, message) = status_of(&[headers(1, &end, true)]);
        assert_eq!(code, Code::Unknown);
        assert!(message.contains(&format!("'{value}'")), "{message}");
    }
}

#[test]
fn an_end_without_grpc_status_is_unknown() {
    let (code, message) = status_of(&[headers(1, &[OK, GRPC], true)]);
    assert_eq!(code, Code::Unknown);
    assert!(message.contains("without a grpc-status"), "{message}");
    let (_, got) = answered_with(&[response_head(1), headers(1, &[("a", "b")], true)]);
    assert!(matches!(&got[1..], [Got::Status { code: Code::Unknown, .. }]), "{got:?}");
}

#[test]
fn an_http_status_without_grpc_becomes_its_code() {
    for (http, code) in [
        ("400", Code::Internal),
        ("401", Code::Unauthenticated),
        ("403", Code::PermissionDenied),
        ("404", Code::Unimplemented),
        ("429", Code::Unavailable),
        ("502", Code::Unavailable),
        ("503", Code::Unavailable),
        ("504", Code::Unavailable),
        ("418", Code::Unknown),
        ("500", Code::Unknown),
        ("204", Code::Unknown),
        ("abc", Code::Unknown),
    ] {
        let fields = [(":status", http), ("content-type", "text/html")];
        for end in [true, false] {
            let (actual, message) = status_of(&[headers(1, &fields, end)]);
            assert_eq!(actual, code, "{http}");
            assert!(message.contains("text/html"), "{message}");
            assert!(http == "abc" || message.contains(http), "{message}");
        }
    }
}

#[test]
fn a_grpc_status_weighs_more_than_the_http_status() {
    let end = [(":status", "503"), GRPC, ("grpc-status", "5")];
    assert_eq!(status_of(&[headers(1, &end, true)]).0, Code::NotFound);
}

#[test]
fn a_wrong_content_type_is_unknown_and_named() {
    for fields in [&[OK, ("content-type", "text/html")][..], &[OK]] {
        let (code, message) = status_of(&[headers(1, fields, false)]);
        assert_eq!(code, Code::Unknown);
        assert!(message.contains("content-type"), "{message}");
    }
}

#[test]
fn a_refused_answer_is_cancelled_on_the_wire() {
    let fields = [(":status", "503"), ("content-type", "text/html")];
    let (mut client, _) = answered_with(&[headers(1, &fields, false)]);
    assert_eq!(client.frames(), [Seen::Reset(1, ErrorCode::CANCEL)]);
    let late = [data(1, b"<html>", false), data(1, b"</html>", true)];
    assert_eq!(client.feed(&late.concat()), []);
    assert_eq!(client.frames(), []);
}

#[test]
fn informational_heads_are_passed_over() {
    let early = headers(1, &[(":status", "103"), ("link", "</style.css>")], false);
    let bytes = [
        headers(1, &[(":status", "100")], false),
        early,
        response_head(1),
        data(1, &message(b"x"), false),
        trailers(1, "0"),
    ];
    let (_, got) = answered_with(&bytes);
    assert_eq!(got.len(), 3, "{got:?}");
    assert_eq!(got[0], Got::Head { id: 1, metadata: vec![] });
}

#[test]
fn an_informational_head_that_ends_the_stream_is_an_error() {
    let (code, _) = status_of(&[headers(1, &[(":status", "100")], true)]);
    assert_eq!(code, Code::Unknown);
}

#[test]
fn data_before_the_head_is_internal() {
    for bytes in [data(1, &message(b"x"), false), data(1, b"", true)] {
        let (code, message) = status_of(&[bytes]);
        assert_eq!(code, Code::Internal);
        assert!(message.contains("DATA before HEADERS"), "{message}");
    }
}

#[test]
fn an_end_of_stream_on_data_is_internal_behind_its_messages() {
    let body = message(b"x").repeat(3);
    let (_, got) = answered_with(&[response_head(1), data(1, &body, true)]);
    assert_eq!(got.len(), 5, "{got:?}");
    let [.., Got::Message { .. }, Got::Status { code: Code::Internal, message, .. }] = &got[..]
    else {
        panic!("{got:?}")
    };
    assert!(message.contains("without trailers"), "{message}");
    let (_, got) = answered_with(&[response_head(1), data(1, b"", true)]);
    assert!(matches!(got[1..], [Got::Status { code: Code::Internal, .. }]), "{got:?}");
}

#[test]
fn each_reset_has_its_status() {
    for (reset_code, code, unprocessed) in [
        (ErrorCode::NO_ERROR, Code::Internal, false),
        (ErrorCode::PROTOCOL_ERROR, Code::Internal, false),
        (ErrorCode::INTERNAL_ERROR, Code::Internal, false),
        (ErrorCode::FLOW_CONTROL_ERROR, Code::Internal, false),
        (ErrorCode::SETTINGS_TIMEOUT, Code::Internal, false),
        (ErrorCode::FRAME_SIZE_ERROR, Code::Internal, false),
        (ErrorCode::REFUSED_STREAM, Code::Unavailable, true),
        (ErrorCode::CANCEL, Code::Cancelled, false),
        (ErrorCode::COMPRESSION_ERROR, Code::Internal, false),
        (ErrorCode::CONNECT_ERROR, Code::Internal, false),
        (ErrorCode::ENHANCE_YOUR_CALM, Code::ResourceExhausted, false),
        (ErrorCode::INADEQUATE_SECURITY, Code::PermissionDenied, false),
        (ErrorCode(0x1234), Code::Internal, false),
    ] {
        let (mut client, got) = answered_with(&[reset(1, reset_code)]);
        let [Got::Status { code: actual, unprocessed: again, message, .. }] = &got[..] else {
            panic!("{got:?}")
        };
        assert_eq!((*actual, *again), (code, unprocessed), "{reset_code}");
        assert!(message.contains(&reset_code.to_string()), "{message}");
        assert_eq!(client.frames(), []);
    }
}

#[test]
fn a_reset_in_the_middle_of_a_message_ends_the_call() {
    let bytes =
        [response_head(1), data(1, &message(b"long")[..6], false), reset(1, ErrorCode::CANCEL)];
    let (_, got) = answered_with(&bytes);
    assert!(matches!(got[1..], [Got::Status { code: Code::Cancelled, .. }]), "{got:?}");
}

#[test]
fn a_reset_behind_the_status_means_nothing() {
    let (_, got) = answered_with(&[
        headers(1, &[OK, GRPC, ("grpc-status", "0")], true),
        reset(1, ErrorCode::NO_ERROR),
    ]);
    assert_eq!(got.len(), 1);
}

#[test]
fn a_truncated_message_is_internal_with_both_lengths() {
    let (_, got) = answered_with(&[
        response_head(1),
        data(1, &message(b"long")[..6], false),
        trailers(1, "0"),
    ]);
    let [_, Got::Status { code: Code::Internal, message, .. }] = &got[..] else {
        panic!("{got:?}")
    };
    assert!(message.contains("after 1 of 4 bytes"), "{message}");
}

#[test]
fn a_compressed_message_is_internal() {
    let (mut client, got) = answered_with(&[response_head(1), data(1, &[1, 0, 0, 0, 0], false)]);
    assert!(matches!(got[1..], [Got::Status { code: Code::Internal, .. }]), "{got:?}");
    assert_eq!(client.frames(), [Seen::Reset(1, ErrorCode::CANCEL)]);
}

#[test]
fn an_unknown_compression_is_internal_and_named() {
    let head = headers(1, &[OK, GRPC, ("grpc-encoding", "zstd")], false);
    let (code, message) = status_of(&[head]);
    assert_eq!(code, Code::Internal);
    assert!(message.contains("zstd"), "{message}");
}

#[test]
fn a_message_over_the_limit_is_resource_exhausted_with_both_numbers() {
    let limits = MessageLimits { max_message: 100, ..MessageLimits::default() };
    let mut client = client_with(Config::default(), limits);
    client.call(b"x");
    let bytes = [response_head(1), data(1, &message(&[0; 101])[..20], false)];
    let got = client.feed(&bytes.concat());
    let [_, Got::Status { code: Code::ResourceExhausted, message, .. }] = &got[..] else {
        panic!("{got:?}")
    };
    assert!(message.contains("101 bytes, the limit for received messages is 100"), "{message}");
}

#[test]
fn response_headers_over_the_limit_are_resource_exhausted_with_both_numbers() {
    let long = "~".repeat(16_300);
    let fields = [OK, GRPC, ("x-long", &long[..])];
    let (code, message) = status_of(&[headers(1, &fields, false)]);
    assert_eq!(code, Code::ResourceExhausted);
    assert!(message.contains("the limit is 16384"), "{message}");
}

#[test]
fn an_early_answer_ends_the_call_and_its_request() {
    let mut client = client();
    let key = client.core.open("/s/m", None, &Metadata::new()).unwrap();
    client.frames();
    let got = client.feed(&headers(1, &[OK, GRPC, ("grpc-status", "7")], true));
    assert!(matches!(got[..], [Got::Status { code: Code::PermissionDenied, .. }]));
    assert_eq!(client.frames(), [Seen::Reset(1, ErrorCode::CANCEL)]);
    assert!(client.core.send_end(key).is_err());
}

#[test]
fn a_cancelled_call_says_nothing_more() {
    let mut client = client();
    client.call(b"x");
    client.frames();
    // The message is told, the end is not yet.
    let bytes = [response_head(1), data(1, &message(b"a").repeat(2), true)];
    client.input.extend(&bytes.concat());
    assert!(matches!(client.next(), Some((_, Got::Head { .. }))));
    assert!(matches!(client.next(), Some((_, Got::Message { .. }))));
    assert!(matches!(client.next(), Some((_, Got::Message { .. }))));
    let key = client.core.calls();
    assert_eq!(key, [], "its status is on the way");
    client.core.cancel(client.key(1));
    assert_eq!(client.drain(), []);
}

#[test]
fn a_cancel_is_a_reset_and_no_event() {
    let mut client = client();
    let id = client.call(b"x");
    client.frames();
    client.core.cancel(client.key(id));
    client.core.cancel(client.key(id));
    assert_eq!(client.frames(), [Seen::Reset(id, ErrorCode::CANCEL)]);
    assert_eq!(client.drain(), []);
    assert_eq!(client.core.live_calls(), 0);
}

#[test]
fn a_cancel_between_two_messages_of_a_frame_drops_the_second() {
    let mut client = client();
    let (id, other) = (client.call(b"x"), client.call(b"y"));
    let bytes = [response_head(id), data(id, &message(b"m").repeat(2), false)];
    client.input.extend(&bytes.concat());
    client.next();
    assert!(matches!(client.next(), Some((_, Got::Message { .. }))));
    client.core.cancel(client.key(id));
    assert_eq!(client.drain(), []);
    let rest = headers(other, &[OK, GRPC, ("grpc-status", "0")], true);
    assert_eq!(client.feed(&rest).len(), 1, "the others go on");
}

#[test]
fn a_request_on_the_wire_is_one_that_our_server_takes() {
    assert_eq!(request_fields("/s/m").len(), 6);
    let mut pair = support::Pair::new(3);
    let id = pair.try_call(b"hello", Some(Duration::from_secs(5))).unwrap();
    pair.drive();
    assert_eq!(pair.answers[&id].messages, [b"hello"]);
    let Got::Call { timeout, metadata, .. } = &pair.told[0] else { panic!() };
    assert_eq!(*timeout, Some(Duration::from_secs(5)));
    assert_eq!(metadata[..], ["user-agent: test/1"]);
}
