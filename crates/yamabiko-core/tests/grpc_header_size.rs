//! RFC 9113 §6.5.2, SETTINGS_MAX_HEADER_LIST_SIZE: no peer is sent more than it takes, and whoever
//! asked for it is told.
mod support;

use support::{End, Got, Seen, client, data, message, request, server, settings};
use yamabiko_core::frame::setting;
use yamabiko_core::grpc::client::{ClientConnection, request_too_large};
use yamabiko_core::grpc::{Code, Metadata, Origin, Status};
use yamabiko_core::h2::{CannotOpen, Gone};

const LIMIT: u32 = 1_000;
/// RFC 9113 §6.5.2: the length of names and values, and 32 for each field.
fn size(fields: &[String]) -> usize {
    fields.iter().map(|field| field.len() - ": ".len() + 32).sum()
}

fn metadata_of(length: usize) -> Metadata {
    let mut metadata = Metadata::new();
    metadata.append("first", "1").expect("valid");
    metadata.append("rest", &"x".repeat(length)).expect("valid");
    metadata
}

fn open(client: &mut End<ClientConnection>, length: usize) -> Result<usize, CannotOpen> {
    client.core.open("/s/m", None, &metadata_of(length))?;
    match &client.frames()[..] {
        [Seen::Headers { fields, .. }] => Ok(size(fields)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_that_the_server_would_not_take_is_not_sent() {
    let mut client = client();
    let before = open(&mut client, 5_000).unwrap();
    assert!(before > 5_000, "no limit was told: {before}");
    client.feed(&settings(&[(setting::MAX_HEADER_LIST_SIZE, LIMIT)]));
    client.frames();
    let room = LIMIT as usize - open(&mut client, 0).unwrap();
    assert_eq!(open(&mut client, room), Ok(LIMIT as usize), "to the byte");
    let refused = open(&mut client, room + 1);
    assert_eq!(refused, Err(CannotOpen::TooLarge { size: LIMIT as usize + 1, limit: LIMIT }));
    assert_eq!(client.frames(), []);
    let status = request_too_large(LIMIT as usize + 1, LIMIT);
    assert_eq!((status.code(), status.origin()), (Code::ResourceExhausted, Origin::Concluded));
    assert_eq!(status.message(), "request headers too large: 1001 bytes, the server takes 1000");
    // What is not sent has changed nothing.
    assert_eq!(open(&mut client, room), Ok(LIMIT as usize));
}

fn told(seen: &[Seen]) -> &[String] {
    match seen {
        [Seen::Headers { fields, end: true, .. }] => fields,
        [Seen::Headers { .. }, Seen::Data { .. }, Seen::Headers { fields, end: true, .. }] => {
            fields
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_response_that_the_client_would_not_take_ends_its_call_with_words() {
    let mut server = server();
    server.feed(&settings(&[(setting::MAX_HEADER_LIST_SIZE, LIMIT)]));
    server.feed(&[request(1, false), data(1, &message(b"x"), true)].concat());
    server.frames();
    let key = server.key(1);
    assert_eq!(server.core.send_head(key, &metadata_of(1_000)), Err(Gone));
    let seen = server.frames();
    let fields = told(&seen);
    assert!(fields.contains(&"grpc-status: 8".to_owned()), "{fields:?}");
    assert!(fields.iter().any(|field| field.contains("response headers too large: 1074 bytes")));
    assert!(size(fields) <= LIMIT as usize);
    server.assert_serves(3);
}

#[test]
fn trailers_that_the_client_would_not_take_are_said_without_their_metadata() {
    for (status, code) in [(Status::ok(), "8"), (Status::not_found("no such thing"), "5")] {
        let mut server = server();
        server.feed(&settings(&[(setting::MAX_HEADER_LIST_SIZE, LIMIT)]));
        server.feed(&request(1, true));
        server.frames();
        let key = server.key(1);
        server.core.send_message(key, 1, |out| out.push(1)).unwrap();
        let mut status = status.clone();
        *status.metadata_mut() = metadata_of(1_000);
        server.core.finish(key, &status);
        let seen = server.frames();
        let fields = told(&seen);
        assert!(fields.contains(&format!("grpc-status: {code}")), "{fields:?}");
        let words = if code == "5" { "no such thing" } else { "too large: 1074 bytes" };
        assert!(fields.iter().any(|field| field.contains(words)), "{fields:?}");
        assert!(size(fields) <= LIMIT as usize);
        assert!(!matches!(server.drain()[..], [Got::Failed(_)]));
    }
}
