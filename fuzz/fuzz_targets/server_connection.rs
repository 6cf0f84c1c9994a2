//! A server takes any bytes: no panic, the same at every cut, and silence after a failure.
#![no_main]

use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use yamabiko_core::ReceiveBuffer;
use yamabiko_core::grpc::message::write_prefix;
use yamabiko_core::grpc::server::{Event, ServerConnection};
use yamabiko_core::grpc::{MessageLimits, Status};
use yamabiko_core::h2::{Config, PREFACE, StreamKey};

fuzz_target!(|bytes: &[u8]| {
    let Some((&piece, bytes)) = bytes.split_first() else { return };
    // Most inputs are greeted, so that the fuzzer need not find the preface.
    let greeting: &[u8] = if piece & 0x80 == 0 { PREFACE } else { b"" };
    let all = [greeting, bytes].concat();
    let piece = usize::from(piece & 0x7f).max(1);
    let now = Instant::now();
    let whole = run(&all, all.len().max(1), now, true);
    assert_eq!(whole, run(&all, piece, now, true));
    assert_eq!(whole, run(&all, piece, now, false));
});

/// Everything that the application is told, and the output. Answers leave in one go or in parts,
/// which is to be the same.
fn run(bytes: &[u8], piece: usize, now: Instant, in_one_go: bool) -> (Vec<String>, Vec<u8>) {
    let limits = MessageLimits {
        max_message: 1_000,
        max_assembling: 4_000,
        max_unread: 2_000,
        ..MessageLimits::default()
    };
    let mut server = ServerConnection::new(Config::default(), limits, now);
    let mut input = ReceiveBuffer::new();
    let (mut told, mut output) = (Vec::new(), Vec::new());
    for bytes in bytes.chunks(piece) {
        input.extend(bytes);
        loop {
            match server.next_event(&input, now) {
                Ok(None) => break,
                Ok(Some(event)) => {
                    told.push(tell(&event));
                    react(&mut server, event, in_one_go);
                }
                Err(error) => {
                    told.push(error.to_string());
                    assert!(matches!(server.next_event(&input, now), Ok(None)));
                }
            }
        }
        while !server.output().is_empty() {
            output.extend_from_slice(server.output());
            server.sent(server.output().len());
        }
    }
    (told, output)
}

/// A message counts by its bytes: whether it is lent or put together depends on the cut.
fn tell(event: &Event<'_>) -> String {
    match event {
        Event::Message { stream, message, last } => format!("{stream:?} {:?} {last}", &message[..]),
        other => format!("{other:?}"),
    }
}

fn react(server: &mut ServerConnection, event: Event<'_>, in_one_go: bool) {
    match event {
        Event::Message { stream, message, last: true } if in_one_go && !is_streaming(stream) => {
            let write = |out: &mut Vec<u8>| {
                out.extend_from_slice(&message);
                Ok(())
            };
            let _ = server.respond(stream, message.len(), write);
        }
        Event::Message { stream, message, last } if is_streaming(stream) => {
            let mut framed = Vec::new();
            write_prefix(&mut framed, message.len());
            framed.extend_from_slice(&message);
            // Whether there is room depends on how fast the output leaves, what is sent does not.
            let _ = server.has_room(stream);
            let _ = server.send_framed(stream, &mut framed);
            server.consumed(stream, 1, message.len());
            while server.next_room().is_some() {}
            if last {
                server.finish(stream, &Status::ok());
            }
        }
        Event::Messages { stream, run, last } => {
            let _ = server.has_room(stream);
            let _ = server.send_framed(stream, &mut run.framed.to_vec());
            server.consumed(stream, run.count, run.message_bytes());
            while server.next_room().is_some() {}
            if last {
                server.finish(stream, &Status::ok());
            }
        }
        Event::Message { stream, message, last } => {
            let _ =
                server.send_message(stream, message.len(), |out| out.extend_from_slice(&message));
            if last {
                server.finish(stream, &Status::ok());
            }
        }
        Event::End { stream } => server.finish(stream, &Status::not_found("nothing")),
        Event::Call { stream, .. } if is_streaming(stream) => server.read_on_demand(stream),
        Event::Call { .. } | Event::Cancelled { .. } => {}
    }
}

/// Some of the calls are read as streams.
fn is_streaming(stream: StreamKey) -> bool {
    stream.id() % 4 == 1
}
