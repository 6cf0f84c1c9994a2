//! Whatever a peer sends, or does not: the server stays up, its memory stays
//! bounded, and a good client beside it gets its answers in time.

mod floods;

use std::time::{Duration, Instant};

use crate::support::child::{self, Process};
use crate::support::raw::{self, PREFACE, body, call, frame, frames, head, hello, read_to_end};
use crate::support::{self, Ticks, connect, in_time, random, say};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use yamabiko::Channel;
use yamabiko_core::frame::{ErrorCode, flag, kind, write_reset};

/// What a good client may be kept waiting on a machine that is busy with other tests.
const IN_TIME: usize = 2 * Ticks::A_SECOND;
/// Within which what is closed has been closed for what it sent: the server has no time-out that is
/// shorter.
const AT_ONCE: Duration = Duration::from_secs(8);
/// What bad peers may cost, in MiB: twice the answers that may wait on a connection, and as much
/// for everything else.
const MEMORY: usize = 72;

/// A server, and a good client that calls it all the time.
struct Scene {
    server: Process,
    memory: usize,
    address: String,
    good: JoinHandle<(usize, usize)>,
    done: tokio::sync::watch::Sender<bool>,
}

impl Scene {
    async fn new() -> Self {
        let server = child::start();
        let address = server.address.clone();
        let channel = connect(&address).await;
        support::answer(&channel, "warm").await;
        let (done, is_done) = tokio::sync::watch::channel(false);
        let good = tokio::spawn(be_good(channel, is_done));
        let memory = server.memory();
        Scene { server, memory, address, good, done }
    }

    async fn ends_well(mut self) {
        // Another good one, who comes after.
        let channel = connect(&self.address).await;
        assert_eq!(support::answer(&channel, "after").await, "after");
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.done.send(true).expect("the good client lives");
        let (calls, longest) = in_time(self.good).await.expect("every call is answered");
        assert!(calls > 1 && longest < IN_TIME, "{calls} calls, the longest took {longest} ticks");
        assert!(self.server.is_up());
        let (before, after) = (self.memory, self.server.memory());
        assert!(after < before + MEMORY, "from {before} to {after} MiB");
    }
}

/// Calls until told to stop. Says how many, and how many ticks the longest took.
async fn be_good(channel: Channel, is_done: tokio::sync::watch::Receiver<bool>) -> (usize, usize) {
    let ticks = Ticks::start();
    let (mut calls, mut longest) = (0, 0);
    while !*is_done.borrow() {
        let began = ticks.now();
        assert_eq!(support::answer(&channel, "good").await, "good");
        longest = longest.max(ticks.now() - began);
        calls += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    (calls, longest)
}

#[tokio::test]
async fn random_bytes() {
    let scene = Scene::new().await;
    let mut next = random(1);
    for number in 0..200 {
        let mut socket = TcpStream::connect(&scene.address).await.expect("it listens");
        let mut bytes = match number % 3 {
            0 => Vec::new(),
            1 => PREFACE.to_vec(),
            _ => hello(false),
        };
        for _ in 0..next() % 200 {
            bytes.extend_from_slice(&next().to_le_bytes());
        }
        // Frames of random kinds and contents, which get further than bytes.
        if number % 2 == 0 {
            for _ in 0..next() % 20 {
                let payload = next().to_le_bytes();
                let length = (next() % 9) as usize;
                let (kind, flags) = ((next() % 11) as u8, next() as u8);
                bytes.extend(frame(kind, flags, (next() % 8) as u32, &payload[..length]));
            }
        }
        // It may have hung up before it has read all.
        let _ = socket.write_all(&bytes).await;
        let _ = socket.shutdown().await;
        let (_, closed) = read_to_end(&mut socket, AT_ONCE).await;
        assert!(closed, "{number}: the server keeps a connection that has ended");
    }
    scene.ends_well().await;
}

#[tokio::test]
async fn a_request_of_http1_gets_a_short_plain_answer() {
    let scene = Scene::new().await;
    for request in ["GET / HTTP/1.1\r\nhost: x\r\n\r\n", "POST /test.Echo/Say HTTP/1.0\r\n\r\n"] {
        let mut socket = TcpStream::connect(&scene.address).await.expect("it listens");
        socket.write_all(request.as_bytes()).await.expect("it reads");
        let (answer, closed) = read_to_end(&mut socket, AT_ONCE).await;
        let answer = String::from_utf8(answer).expect("text");
        assert!(closed && answer.starts_with("HTTP/1.1 505 "), "{answer}");
        assert!(answer.contains("This port speaks gRPC"), "{answer}");
    }
    scene.ends_well().await;
}

#[tokio::test]
async fn a_handshake_of_tls_gets_an_alert() {
    let scene = Scene::new().await;
    let mut socket = TcpStream::connect(&scene.address).await.expect("it listens");
    let client_hello = [&[0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3][..], &[7; 194]].concat();
    socket.write_all(&client_hello).await.expect("it reads");
    let (answer, closed) = read_to_end(&mut socket, AT_ONCE).await;
    assert!(closed && answer.starts_with(&[0x15, 3]), "{answer:?}");
    scene.ends_well().await;
}

/// Sends these frames behind a good beginning, then a good call: the server's frames.
async fn says(scene: &Scene, bytes: &[u8]) -> Vec<(u8, u32, Vec<u8>)> {
    let mut socket = raw::open(&scene.address).await;
    socket.write_all(bytes).await.expect("it reads");
    let ends = [kind::HEADERS, kind::RST_STREAM];
    let ended = |(kind, stream, _): &(u8, u32, Vec<u8>)| *stream == 1 && ends.contains(kind);
    let (mut all, closed) =
        raw::read_until(&mut socket, "the call ends", |all| all.iter().any(ended)).await;
    if !closed {
        socket.write_all(&call(9, "good")).await.expect("it reads");
        // An answer and its end leave together, so all of the first call is here as well.
        let (more, closed) = raw::read_until(&mut socket, "the connection goes on", |more| {
            more.iter().any(|(kind, stream, payload)| {
                (*kind, *stream) == (kind::DATA, 9) && payload.ends_with(b"good")
            })
        })
        .await;
        assert!(!closed, "the connection goes on: {more:?}");
        all.extend(more);
    }
    all
}

/// Whether a header block of this stream holds these words. Literals of ours are plain or
/// Huffman-coded, whichever is shorter.
fn tells(frames: &[(u8, u32, Vec<u8>)], stream: u32, words: &[&str]) -> bool {
    let mut decoder = yamabiko_core::hpack::Decoder::new(4096, 1 << 16);
    let mut text = String::new();
    for (kind, on, payload) in frames {
        if *kind == kind::HEADERS {
            let decoded = decoder.decode(payload, &mut |field: yamabiko_core::field::FieldRef<
                '_,
            >| {
                if *on == stream {
                    let value = String::from_utf8_lossy(field.value);
                    text.push_str(&format!("{}: {value}\n", String::from_utf8_lossy(field.name)));
                }
            });
            decoded.expect("our own blocks are whole");
        }
    }
    let told = words.iter().all(|word| text.contains(word));
    assert!(told, "{text}: not all of {words:?}");
    told
}

#[tokio::test]
async fn messages_that_are_too_large_or_cut_short_end_their_calls() {
    let scene = Scene::new().await;
    let large = [head(1, &[]), body(1, 5_000_000, b"")].concat();
    let words = ["grpc-status: 8", "5000000", "4194304"];
    assert!(tells(&says(&scene, &large).await, 1, &words));
    let truncated = [head(1, &[]), body(1, 100, b"only this")].concat();
    let words = ["grpc-status: 13", "truncated message", "9 of 100"];
    assert!(tells(&says(&scene, &truncated).await, 1, &words));
    let prefix = [head(1, &[]), frame(kind::DATA, flag::END_STREAM, 1, &[0, 0])].concat();
    assert!(tells(&says(&scene, &prefix).await, 1, &["grpc-status: 13", "2 of 5"]));
    let flagged = [head(1, &[]), frame(kind::DATA, flag::END_STREAM, 1, &[9, 0, 0, 0, 0])].concat();
    assert!(tells(&says(&scene, &flagged).await, 1, &["grpc-status: 13", "flag"]));
    let garbage = [head(1, &[]), body(1, 3, &[0x0a, 9, 9])].concat();
    assert!(tells(&says(&scene, &garbage).await, 1, &["grpc-status: 13", "cannot decode"]));
    let none = [head(1, &[]), frame(kind::DATA, flag::END_STREAM, 1, &[])].concat();
    assert!(tells(&says(&scene, &none).await, 1, &["grpc-status: 12", "none came"]));
    let two = [body(1, 0, b""), body(1, 0, b"")];
    let twice = [&two[0][9..], &two[1][9..]].concat();
    let two = [head(1, &[]), frame(kind::DATA, flag::END_STREAM, 1, &twice)].concat();
    assert!(tells(&says(&scene, &two).await, 1, &["grpc-status: 12", "more than one"]));
    scene.ends_well().await;
}

#[tokio::test]
async fn invalid_metadata_costs_its_call_at_most() {
    let scene = Scene::new().await;
    // RFC 9113 §8.2.1: malformed, so the stream is reset.
    for (name, value) in [
        ("Upper", &b"case"[..]),
        ("space in it", b""),
        ("", b"no name"),
        ("line", b"feed\n"),
        ("zero", b"\0"),
        ("connection", b"close"),
        (":path", b"/late/Pseudo"),
    ] {
        let bytes = [head(1, &[(name, value)]), body(1, 0, b"")].concat();
        let all = says(&scene, &bytes).await;
        let reset = (kind::RST_STREAM, 1, 1_u32.to_be_bytes().to_vec());
        assert!(all.contains(&reset), "{name}: {all:?}");
    }
    // gRPC: what is no valid base64 or ASCII is no reason to refuse the call.
    for (name, value) in [("key-bin", &b"***"[..]), ("latin", b"\xe9t\xe9")] {
        let bytes = [head(1, &[(name, value)]), body(1, 0, b"")].concat();
        assert!(tells(&says(&scene, &bytes).await, 1, &["grpc-status: 0"]));
    }
    let timeout = [head(1, &[("grpc-timeout", b"soon")]), body(1, 0, b"")].concat();
    assert!(tells(&says(&scene, &timeout).await, 1, &["grpc-status: 13", "grpc-timeout"]));
    scene.ends_well().await;
}

#[tokio::test]
async fn a_peer_that_stops_reading() {
    let scene = Scene::new().await;
    let mut sockets = Vec::new();
    for _ in 0..2 {
        let mut socket = TcpStream::connect(&scene.address).await.expect("it listens");
        // Windows of 2 GiB each: what is not read has to wait in the server.
        socket.write_all(&hello(true)).await.expect("it reads");
        let mut stream = 1;
        // It asks for ten times what the server keeps for it, or until the server stops reading.
        let asking = async {
            while stream < 2 * 2_000 {
                socket.write_all(&call(stream, "much")).await.expect("it reads or waits");
                stream += 2;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), asking).await;
        sockets.push(socket);
    }
    scene.server.rests().await;
    scene.ends_well().await;
    drop(sockets);
}

#[tokio::test]
async fn a_peer_that_never_opens_its_windows() {
    let scene = Scene::new().await;
    let mut socket = TcpStream::connect(&scene.address).await.expect("it listens");
    let mut bytes = PREFACE.to_vec();
    let none = [(yamabiko_core::frame::setting::INITIAL_WINDOW_SIZE, 0)];
    yamabiko_core::frame::write_settings(&mut bytes, &none);
    for number in 0..5_000 {
        bytes.extend(call(2 * number + 1, "much"));
    }
    socket.write_all(&bytes).await.expect("it reads");
    let refused = 7_u32.to_be_bytes();
    // Those that are open wait for room, the others are more than may be open.
    let (_, closed) = raw::read_until(&mut socket, "3,900 calls are refused", |all| {
        let refusals =
            all.iter().filter(|(kind, _, code)| *kind == kind::RST_STREAM && code[..] == refused);
        refusals.count() >= 3_900
    })
    .await;
    assert!(!closed);
    scene.ends_well().await;
    drop(socket);
}

#[tokio::test]
async fn a_byte_at_a_time() {
    let scene = Scene::new().await;
    let began = Instant::now();
    let mut preface = TcpStream::connect(&scene.address).await.expect("it listens");
    let mut headers = raw::open(&scene.address).await;
    let unfinished = frame(kind::HEADERS, 0, 1, &raw::request_block(&[]));
    headers.write_all(&unfinished).await.expect("it reads");
    let drip = frame(kind::CONTINUATION, 0, 1, &[]);
    let mut message = raw::open(&scene.address).await;
    let slow = call(1, "slow");
    let (most, last) = slow.split_at(slow.len() - 7);
    message.write_all(most).await.expect("it reads");
    for second in 0..7 {
        preface.write_all(&PREFACE[second..=second]).await.expect("it waits");
        headers.write_all(&drip[second..=second]).await.expect("it waits");
        message.write_all(&last[second..=second]).await.expect("it waits");
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    // A message may take its time: the call's deadline is the client's affair.
    let (_, closed) = raw::read_until(&mut message, "an answer", |all| {
        all.iter().any(|(_, stream, data)| *stream == 1 && data.ends_with(b"slow"))
    })
    .await;
    assert!(!closed);
    // A preface or a header block may not.
    for socket in [&mut preface, &mut headers] {
        let (_, closed) = read_to_end(socket, support::PATIENCE).await;
        assert!(closed, "it is not waited for for ever");
    }
    assert!(began.elapsed() < Duration::from_secs(14), "{:?}", began.elapsed());
    scene.ends_well().await;
}

#[tokio::test]
async fn a_peer_that_resets_every_stream() {
    let scene = Scene::new().await;
    let mut socket = raw::open(&scene.address).await;
    let mut bytes = Vec::new();
    for number in 0..10_000 {
        bytes.extend(head(2 * number + 1, &[]));
        write_reset(&mut bytes, 2 * number + 1, ErrorCode::CANCEL);
    }
    let _ = socket.write_all(&bytes).await;
    let (answer, closed) = read_to_end(&mut socket, AT_ONCE).await;
    assert!(closed, "it is sent away");
    let calm = ErrorCode::ENHANCE_YOUR_CALM.0.to_be_bytes();
    let told = frames(&answer)
        .iter()
        .any(|(kind, _, payload)| *kind == kind::GOAWAY && payload[4..8] == calm);
    assert!(told, "{:?}", frames(&answer));
    scene.ends_well().await;
}

#[tokio::test]
async fn a_peer_that_never_finishes_its_headers() {
    let scene = Scene::new().await;
    let mut flood = raw::open(&scene.address).await;
    let _ = flood.write_all(&frame(kind::HEADERS, 0, 1, &raw::request_block(&[]))).await;
    for _ in 0..1_000 {
        if flood.write_all(&frame(kind::CONTINUATION, 0, 1, &[0; 16_384])).await.is_err() {
            break;
        }
    }
    let (_, closed) = read_to_end(&mut flood, AT_ONCE).await;
    assert!(closed, "a flood ends at once");
    let mut silent = Vec::new();
    for _ in 0..50 {
        let mut socket = raw::open(&scene.address).await;
        socket.write_all(&frame(kind::HEADERS, 0, 1, &[0; 1_000])).await.expect("it reads");
        silent.push(socket);
    }
    for socket in &mut silent {
        let (_, closed) = read_to_end(socket, support::PATIENCE).await;
        assert!(closed, "it is not waited for for ever");
    }
    scene.ends_well().await;
}

#[tokio::test]
async fn six_hundred_half_open_connections() {
    let scene = Scene::new().await;
    let mut half_open = Vec::new();
    for _ in 0..600 {
        half_open.push(TcpStream::connect(&scene.address).await.expect("it listens"));
    }
    let channel = connect(&scene.address).await;
    for _ in 0..20 {
        assert_eq!(say(&channel, "beside").await.expect("an answer").value, "beside");
    }
    for socket in &mut half_open {
        let (_, closed) = read_to_end(socket, support::PATIENCE).await;
        assert!(closed, "it is not waited for for ever");
    }
    scene.ends_well().await;
}
