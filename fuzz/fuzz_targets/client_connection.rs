//! A client takes any bytes: no panic, and each of its calls ends at most once.
#![no_main]

use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use yamabiko_core::ReceiveBuffer;
use yamabiko_core::grpc::client::{ClientConnection, Event};
use yamabiko_core::grpc::{MessageLimits, Metadata, Target};
use yamabiko_core::h2::Config;

/// An empty SETTINGS frame.
const GREETING: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

fuzz_target!(|bytes: &[u8]| {
    let Some((&piece, bytes)) = bytes.split_first() else { return };
    let greeting: &[u8] = if piece & 0x80 == 0 { GREETING } else { b"" };
    let all = [greeting, bytes].concat();
    let now = Instant::now();
    let limits = MessageLimits {
        max_message: 1_000,
        max_assembling: 4_000,
        max_unread: 2_000,
        ..MessageLimits::default()
    };
    let target = Target { scheme: "http", authority: "fuzz".into(), user_agent: "fuzz/1".into() };
    let mut client = ClientConnection::new(Config::default(), limits, target, now);
    let mut open = Vec::new();
    for last in [true, false, true] {
        let stream = client.open("/s/m", None, &Metadata::new()).expect("there is room");
        client.send_message(stream, 3, last, |out| out.extend_from_slice(b"abc")).expect("open");
        if !last {
            client.read_on_demand(stream);
        }
        open.push(stream);
    }
    let mut input = ReceiveBuffer::new();
    for bytes in all.chunks(usize::from(piece & 0x7f).max(1)) {
        input.extend(bytes);
        loop {
            match client.next_event(&input, now) {
                Ok(None) => break,
                Ok(Some(Event::Status { stream, .. })) => {
                    let index = open.iter().position(|live| *live == stream);
                    open.swap_remove(index.expect("a call ends once"));
                }
                Ok(Some(Event::Head { stream, .. })) => {
                    assert!(open.contains(&stream), "told behind its end");
                }
                Ok(Some(Event::Message { stream, message })) => {
                    assert!(open.contains(&stream), "told behind its end");
                    client.consumed(stream, 1, message.len());
                }
                Ok(Some(Event::Messages { stream, run })) => {
                    assert!(open.contains(&stream), "told behind its end");
                    client.consumed(stream, run.count, run.message_bytes());
                }
                Ok(Some(Event::LimitsChanged)) => {}
                Err(_) => assert!(matches!(client.next_event(&input, now), Ok(None))),
            }
        }
        client.sent(client.output().len());
    }
    let mut live = client.calls();
    live.sort_by_key(|stream| stream.id());
    open.sort_by_key(|stream| stream.id());
    assert_eq!(live, open, "each call has ended or is live");
});
