//! Peers that speak to a server byte by byte, or frame by frame.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use yamabiko_core::ReceiveBuffer;
use yamabiko_core::frame::{FrameHead, HEAD_LEN, flag, kind, setting, write_settings};
use yamabiko_core::grpc::client::{ClientConnection, Event};
use yamabiko_core::grpc::{MessageLimits, Metadata, Status, Target};
use yamabiko_core::h2::{Config, StreamKey};
use yamabiko_core::hpack::{Encoder, Indexing};

use super::{PATIENCE, SAY};

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload");
    let mut out = FrameHead { length, kind, flags, stream }.to_bytes().to_vec();
    out.extend_from_slice(payload);
    out
}

pub fn block(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut encoder) = (Vec::new(), Encoder::new());
    for (name, value) in fields {
        encoder.encode(name.as_bytes(), value, Indexing::Plain, &mut out);
    }
    out
}

/// The header block of a good call, and more.
pub fn request_block(more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut fields: Vec<(&str, &[u8])> = vec![
        (":method", b"POST"),
        (":scheme", b"http"),
        (":path", SAY.as_bytes()),
        (":authority", b"test"),
        ("te", b"trailers"),
        ("content-type", b"application/grpc"),
    ];
    fields.extend_from_slice(more);
    block(&fields)
}

pub fn head(stream: u32, more: &[(&str, &[u8])]) -> Vec<u8> {
    frame(kind::HEADERS, flag::END_HEADERS, stream, &request_block(more))
}

/// DATA that ends the request, with the prefix of a message of `promised` bytes.
pub fn body(stream: u32, promised: u32, message: &[u8]) -> Vec<u8> {
    let prefix = promised.to_be_bytes();
    let payload = [&[0][..], &prefix, message].concat();
    frame(kind::DATA, flag::END_STREAM, stream, &payload)
}

/// A call of `Say` with a text of up to 127 bytes.
pub fn call(stream: u32, text: &str) -> Vec<u8> {
    let mut message = vec![0x0a, u8::try_from(text.len()).expect("short")];
    message.extend_from_slice(text.as_bytes());
    let length = u32::try_from(message.len()).expect("short");
    [head(stream, &[]), body(stream, length, &message)].concat()
}

/// The preface and SETTINGS, with windows as large as can be if `greedy`.
pub fn hello(greedy: bool) -> Vec<u8> {
    let mut out = PREFACE.to_vec();
    let window = u32::MAX >> 1;
    if greedy {
        write_settings(&mut out, &[(setting::INITIAL_WINDOW_SIZE, window)]);
        yamabiko_core::frame::write_window_update(&mut out, 0, window - 65_535);
    } else {
        write_settings(&mut out, &[]);
    }
    out
}

/// A connection on which the preface has been sent.
pub async fn open(address: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.expect("the server listens");
    socket.write_all(&hello(false)).await.expect("the server reads");
    socket
}

/// Reads until the server closes, or for so long.
pub async fn read_to_end(socket: &mut TcpStream, at_most: Duration) -> (Vec<u8>, bool) {
    let mut all = Vec::new();
    let deadline = tokio::time::Instant::now() + at_most;
    let mut some = [0; 4096];
    loop {
        match tokio::time::timeout_at(deadline, socket.read(&mut some)).await {
            Err(_) => return (all, false),
            Ok(Ok(0) | Err(_)) => return (all, true),
            Ok(Ok(count)) => all.extend_from_slice(&some[..count]),
        }
    }
}

/// Reads until what came holds this, or the server closes. Whether it has closed.
pub async fn read_until(
    socket: &mut TcpStream,
    what: &str,
    mut holds: impl FnMut(&[(u8, u32, Vec<u8>)]) -> bool,
) -> (Vec<(u8, u32, Vec<u8>)>, bool) {
    let (mut all, mut some) = (Vec::new(), [0; 4096]);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let so_far = frames(&all);
        if holds(&so_far) {
            return (so_far, false);
        }
        match tokio::time::timeout_at(deadline, socket.read(&mut some)).await {
            Err(_) => panic!("{what}: not within {PATIENCE:?}: {so_far:?}"),
            Ok(Ok(0) | Err(_)) => return (so_far, true),
            Ok(Ok(count)) => all.extend_from_slice(&some[..count]),
        }
    }
}

/// The frames in `bytes`: kind, stream, payload.
pub fn frames(mut bytes: &[u8]) -> Vec<(u8, u32, Vec<u8>)> {
    let mut all = Vec::new();
    while let Some((first, rest)) = bytes.split_first_chunk::<HEAD_LEN>() {
        let head = FrameHead::parse(first);
        let length = (head.length as usize).min(rest.len());
        all.push((head.kind, head.stream, rest[..length].to_vec()));
        bytes = &rest[length..];
    }
    all
}

/// A well-behaved client without a runtime's comforts: it has no timers.
pub struct CoreClient {
    pub core: ClientConnection,
    input: ReceiveBuffer,
    pub socket: TcpStream,
}

impl CoreClient {
    pub async fn connect(address: &str) -> Self {
        let socket = TcpStream::connect(address).await.expect("the server listens");
        let target =
            Target { scheme: "http", authority: address.to_owned(), user_agent: "test".to_owned() };
        let (config, limits) = (Config::default(), MessageLimits::default());
        let core = ClientConnection::new(config, limits, target, Instant::now());
        CoreClient { core, input: ReceiveBuffer::new(), socket }
    }

    pub async fn call(&mut self, timeout: Option<Duration>) -> StreamKey {
        let stream = self.core.open(SAY, timeout, &Metadata::new()).expect("room");
        self.core.send_message(stream, 0, true, |_| {}).expect("live");
        self.flush().await;
        stream
    }

    pub async fn flush(&mut self) {
        while !self.core.output().is_empty() {
            let count = self.socket.write(self.core.output()).await.expect("the server reads");
            self.core.sent(count);
        }
    }

    /// Reads until a call has ended.
    pub async fn next_status(&mut self) -> (StreamKey, Status) {
        loop {
            loop {
                match self.core.next_event(&self.input, Instant::now()).expect("good HTTP/2") {
                    Some(Event::Status { stream, status, .. }) => return (stream, status),
                    Some(_) => {}
                    None => break,
                }
            }
            self.flush().await;
            let mut some = [0; 4096];
            let count = self.socket.read(&mut some).await.expect("the server answers");
            assert_ne!(count, 0, "the server has closed");
            self.input.extend(&some[..count]);
        }
    }
}
