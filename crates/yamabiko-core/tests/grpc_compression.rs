//! What is said of compression in heads and prefixes (grpc `doc/compression.md`,
//! `doc/PROTOCOL-HTTP2.md` "Message-Encoding"). The compressing itself is the runtime's.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use support::{
    End, Got, Seen, client_with, data, headers, message, request_fields, response_head,
    server_with, settings, trailers,
};
use yamabiko_core::frame::setting;
use yamabiko_core::grpc::client::{self, CallOptions, ClientConnection};
use yamabiko_core::grpc::message::Payload;
use yamabiko_core::grpc::server::{self, ServerConnection};
use yamabiko_core::grpc::{Code, Encoding, Encodings, MessageLimits, Metadata, Status};
use yamabiko_core::h2::{Config, StreamKey};

const BOTH: Encodings = Encodings::NONE.with(Encoding::Gzip).with(Encoding::Deflate);

fn limits() -> MessageLimits {
    MessageLimits { accepts: BOTH, max_message: 100, ..MessageLimits::default() }
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut message = message(bytes);
    message[0] = 1;
    message
}

fn request(more: &[(&'static str, &'static str)]) -> Vec<u8> {
    let mut fields = request_fields("/s/m");
    fields.extend(more);
    headers(1, &fields, false)
}

/// A server in the middle of a call whose head has this besides.
fn called(more: &[(&'static str, &'static str)]) -> (End<ServerConnection>, StreamKey) {
    let mut server = server_with(Config::default(), limits());
    server.input.extend(&request(more));
    let event = server.core.next_event(&server.input, server.now).unwrap();
    let Some(server::Event::Call { stream, .. }) = event else { panic!("{event:?}") };
    (server, stream)
}

fn called_client(options: CallOptions) -> (End<ClientConnection>, StreamKey) {
    let mut client = client_with(Config::default(), limits());
    let stream = client.core.open_with("/s/m", None, &Metadata::new(), options).unwrap();
    (client, stream)
}

fn fields_of(seen: &Seen) -> &[String] {
    let Seen::Headers { fields, .. } = seen else { panic!("{seen:?}") };
    fields
}

#[test]
fn names_are_those_of_the_specification() {
    let accepts = Encodings::parse(b"identity, gzip,,br ,\tdeflate");
    assert_eq!(accepts, BOTH);
    assert_eq!(accepts.to_string(), "identity,gzip,deflate");
    assert_eq!(Encodings::parse(b""), Encodings::NONE);
    assert_eq!(Encodings::parse(b"\xff,GZIP,zstd"), Encodings::NONE.with(Encoding::Zstd));
    for encoding in Encoding::ALL {
        assert_eq!(Encoding::from_name(encoding.name().as_bytes()), Some(encoding));
    }
}

#[test]
fn a_server_knows_what_a_client_uses_and_understands() {
    let mut server = server_with(Config::default(), limits());
    let fields = [("grpc-encoding", "deflate"), ("grpc-accept-encoding", "gzip,identity,br")];
    server.input.extend(&request(&fields));
    let event = server.core.next_event(&server.input, server.now).unwrap();
    let Some(server::Event::Call { head, .. }) = event else { panic!("{event:?}") };
    assert_eq!(head.encoding, Some(Encoding::Deflate));
    assert_eq!(head.accepts, Encodings::NONE.with(Encoding::Gzip));
    assert!(head.metadata.is_empty(), "they are no metadata: {:?}", head.metadata);
}

#[test]
fn messages_come_with_how_they_are_compressed_each_by_itself() {
    let body = [compressed(b"one"), message(b"two"), compressed(b"three")].concat();
    for first in 0..=body.len() {
        let (mut server, _) = called(&[("grpc-encoding", "gzip")]);
        server
            .input
            .extend(&[data(1, &body[..first], false), data(1, &body[first..], true)].concat());
        let mut got = Vec::new();
        while let Some(event) = server.core.next_event(&server.input, server.now).unwrap() {
            let server::Event::Message { message, .. } = event else { continue };
            let by = match &message {
                Payload::Compressed(by, _) => Some(*by),
                Payload::Borrowed(_) | Payload::Owned(_) => None,
            };
            got.push((by, message.to_vec()));
        }
        let gzip = Some(Encoding::Gzip);
        let expected = [(gzip, &b"one"[..]), (None, b"two"), (gzip, b"three")];
        assert_eq!(got, expected.map(|(by, bytes)| (by, bytes.to_vec())), "cut at {first}");
    }
}

#[test]
fn a_compressed_message_without_an_encoding_is_internal() {
    for more in [&[][..], &[("grpc-encoding", "identity")]] {
        let (mut server, _) = called(more);
        server.frames();
        server.feed(&data(1, &compressed(b"x"), true));
        let seen = server.frames();
        let fields = fields_of(&seen[0]);
        assert!(fields.contains(&"grpc-status: 13".to_owned()), "{fields:?}");
    }
}

#[test]
fn an_encoding_that_is_not_understood_is_unimplemented_with_the_list() {
    let mut server = server_with(Config::default(), limits());
    assert_eq!(server.feed(&request(&[("grpc-encoding", "zstd")])), []);
    let seen = server.frames();
    let fields = fields_of(seen.iter().find(|seen| matches!(seen, Seen::Headers { .. })).unwrap());
    assert!(fields.contains(&"grpc-status: 12".to_owned()), "{fields:?}");
    assert!(
        fields.contains(&"grpc-accept-encoding: identity,gzip,deflate".to_owned()),
        "{fields:?}"
    );
}

#[test]
fn an_answer_says_its_encoding_and_flags_what_is_compressed() {
    let (mut server, stream) = called(&[("grpc-accept-encoding", "gzip")]);
    server.feed(&data(1, &message(b""), true));
    server.frames();
    server.core.set_encoding(stream, Encoding::Gzip);
    server.core.send_compressed(stream, b"abc").unwrap();
    server.core.send_message(stream, 2, |out| out.extend_from_slice(b"de")).unwrap();
    server.core.finish(stream, &Status::ok());
    let seen = server.frames();
    assert!(fields_of(&seen[0]).contains(&"grpc-encoding: gzip".to_owned()), "{seen:?}");
    let Seen::Data { data: bytes, .. } = &seen[1] else { panic!("{seen:?}") };
    assert_eq!(bytes, &compressed(b"abc"));
    let Seen::Data { data: bytes, .. } = &seen[2] else { panic!("{seen:?}") };
    assert_eq!(bytes, &message(b"de"));
    // The next answer says nothing of it.
    let (mut server, stream) = called(&[("grpc-accept-encoding", "gzip")]);
    server.feed(&data(1, &message(b""), true));
    server.frames();
    server.core.respond(stream, 0, |_| Ok(())).unwrap();
    let fields = fields_of(&server.frames()[0]).join(" ");
    assert!(!fields.contains("encoding"), "{fields}");
}

#[test]
fn a_request_says_its_encoding_and_what_its_client_understands() {
    let (mut client, stream) =
        called_client(CallOptions { encoding: Some(Encoding::Gzip), ..CallOptions::default() });
    client.core.send_compressed(stream, b"abc", true).unwrap();
    let seen = client.frames();
    let fields = fields_of(&seen[0]);
    assert!(fields.contains(&"grpc-encoding: gzip".to_owned()), "{fields:?}");
    assert!(fields.contains(&"grpc-accept-encoding: identity,gzip,deflate".to_owned()));
    let Seen::Data { data: bytes, end, .. } = &seen[1] else { panic!("{seen:?}") };
    assert_eq!((bytes, *end), (&compressed(b"abc"), true));

    let mut plain = client_with(Config::default(), MessageLimits::default());
    plain.call(b"x");
    let seen = plain.frames();
    assert!(!fields_of(&seen[0]).join(" ").contains("encoding"), "{seen:?}");
}

#[test]
fn a_client_hands_up_what_its_server_compresses() {
    let (mut client, stream) = called_client(CallOptions::default());
    client.core.send_end(stream).unwrap();
    client.frames();
    let head = [
        (":status", "200"),
        ("content-type", "application/grpc"),
        ("grpc-encoding", "deflate"),
        ("grpc-accept-encoding", "gzip"),
    ];
    let answer =
        [headers(1, &head, false), data(1, &compressed(b"abc"), false), trailers(1, "0")].concat();
    client.input.extend(&answer);
    let mut by = None;
    while let Some(event) = client.core.next_event(&client.input, client.now).unwrap() {
        match event {
            client::Event::Message { message: Payload::Compressed(encoding, bytes), .. } => {
                by = Some((encoding, bytes.to_vec()));
            }
            client::Event::Head { metadata, .. } => assert!(metadata.is_empty(), "{metadata:?}"),
            client::Event::Status { status, .. } => assert_eq!(status.code(), Code::Ok),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(by, Some((Encoding::Deflate, b"abc".to_vec())));
}

#[test]
fn the_limit_of_a_call_is_its_own() {
    for (limit, max_message) in [(100, None), (3, Some(3)), (200, Some(200))] {
        for extra in [0, 1] {
            let (mut client, stream) =
                called_client(CallOptions { max_message, ..CallOptions::default() });
            client.core.send_end(stream).unwrap();
            let body = message(&vec![7; limit + extra]);
            let got =
                client.feed(&[response_head(1), data(1, &body, false), trailers(1, "0")].concat());
            let Some(Got::Status { code, .. }) = got.last() else { panic!("{got:?}") };
            let expected = if extra == 0 { Code::Ok } else { Code::ResourceExhausted };
            assert_eq!(*code, expected, "{limit} + {extra}");
        }
    }
}

#[test]
fn a_status_that_a_client_would_not_take_goes_without_its_details() {
    let answer = |limit: u32, details: usize, message: &str| {
        let (mut server, stream) = called(&[]);
        server.feed(&settings(&[(setting::MAX_HEADER_LIST_SIZE, limit)]));
        server.frames();
        let status = Status::not_found(message.to_owned()).with_details(vec![1; details]);
        server.core.finish(stream, &status);
        let seen = server.frames();
        let fields = fields_of(&seen[0]).to_vec();
        let size: usize = fields.iter().map(|field| field.len() - 2 + 32).sum();
        assert!(size <= limit as usize, "{size} bytes, the limit is {limit}");
        assert!(fields.contains(&"grpc-status: 5".to_owned()), "{fields:?}");
        fields
    };
    let has = |fields: &[String], name: &str| fields.iter().any(|field| field.starts_with(name));
    assert!(has(&answer(1000, 450, "short"), "grpc-status-details-bin: "));
    let fields = answer(1000, 600, "short");
    assert!(!has(&fields, "grpc-status-details-bin"), "{fields:?}");
    assert!(fields.contains(&"grpc-message: short".to_owned()), "{fields:?}");
    let fields = answer(1000, 0, &"山".repeat(1000));
    assert!(has(&fields, "grpc-message: %E5%B1%B1"), "{fields:?}");
}
