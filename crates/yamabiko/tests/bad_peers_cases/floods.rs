//! Much of one thing: what it costs at its height stays within a bound, and
//! comes back when its sender is gone.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use yamabiko_core::frame::{flag, kind, setting, write_settings};

use super::Scene;
use crate::support::raw::{self, block, call, frame, hello};
use crate::support::{eventually, in_time};

/// What a flood may cost at its height, in MiB.
const AT_MOST: usize = 48;
/// What large answers may cost that wait: `MAX_QUEUED`, and the 32 that may be made at that time,
/// each as a message, as its bytes and as output. Without a bound it would be 300 of them.
const ANSWERS: usize = 144;
/// What may be left of it, in MiB: pages that the allocator keeps below what lives, 2 to 30 as a rule.
/// They are used again: never more than waited, and were made, at once.
const AFTER: usize = 48;
/// How many of a thing.
const MANY: u32 = 100_000;

/// The head of a call that ends with it.
fn head_only(stream: u32, path: &str) -> Vec<u8> {
    let fields: [(&str, &[u8]); 6] = [
        (":method", b"POST"),
        (":scheme", b"http"),
        (":path", path.as_bytes()),
        (":authority", b"test"),
        ("te", b"trailers"),
        ("content-type", b"application/grpc"),
    ];
    frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, stream, &block(&fields))
}

/// Sends all of this on a connection of its own, while what comes back is read, or is not.
async fn pour(scene: &Scene, bytes: Vec<u8>, reads: bool) -> TcpStream {
    let mut socket = raw::open(&scene.address).await;
    {
        let (mut from, mut to) = socket.split();
        let send = async {
            // It may be sent away before its end.
            let _ = to.write_all(&bytes).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let read = async {
            let mut some = vec![0; 65_536];
            while reads && from.read(&mut some).await.is_ok_and(|count| count > 0) {}
            std::future::pending::<()>().await;
        };
        tokio::select! {
            _ = tokio::time::timeout(Duration::from_secs(20), send) => {}
            () = read => {}
        }
    }
    socket
}

/// Pours, and holds the server to its bounds.
async fn is_borne(bytes: Vec<u8>) {
    for reads in [true, false] {
        let scene = Scene::new().await;
        let before = scene.memory;
        let socket = pour(&scene, bytes.clone(), reads).await;
        let most = scene.server.most_memory();
        assert!(most < before + AT_MOST, "reads: {reads}: from {before} to {most} MiB");
        drop(socket);
        eventually("it gives it back", || scene.server.memory() < before + AFTER).await;
        println!("reads: {reads}: {before} MiB, then {most}, then {}", scene.server.memory());
        scene.ends_well().await;
    }
}

#[tokio::test]
async fn settings() {
    let mut bytes = Vec::new();
    for number in 0..MANY {
        write_settings(&mut bytes, &[(setting::INITIAL_WINDOW_SIZE, 65_535 + number)]);
    }
    is_borne(bytes).await;
}

#[tokio::test]
async fn pings() {
    is_borne(frame(kind::PING, 0, 0, b"anybody?").repeat(MANY as usize)).await;
}

#[tokio::test]
async fn priorities() {
    let mut bytes = Vec::new();
    for number in 0..MANY {
        bytes.extend(frame(kind::PRIORITY, 0, 2 * number + 1, &[0, 0, 0, 0, 9]));
    }
    is_borne(bytes).await;
}

#[tokio::test]
async fn calls_without_a_message() {
    let mut bytes = Vec::new();
    for number in 0..MANY {
        bytes.extend(head_only(2 * number + 1, crate::support::SAY));
    }
    is_borne(bytes).await;
}

#[tokio::test]
async fn calls_of_methods_that_there_are_not() {
    let mut bytes = Vec::new();
    for number in 0..MANY {
        bytes.extend(head_only(2 * number + 1, &format!("/no.Such{number}/Method")));
    }
    is_borne(bytes).await;
}

#[tokio::test]
async fn large_answers_that_nobody_reads() {
    // In windows of 2 GiB, and in those that everybody has.
    for greedy in [true, false] {
        let scene = Scene::new().await;
        let before = scene.memory;
        let mut socket = TcpStream::connect(&scene.address).await.expect("it listens");
        socket.write_all(&hello(greedy)).await.expect("it reads");
        for number in 0..300 {
            socket.write_all(&call(2 * number + 1, "huge")).await.expect("it reads");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let most = scene.server.most_memory();
        assert!(most < before + ANSWERS, "from {before} to {most} MiB");
        drop(socket);
        eventually("it gives it back", || scene.server.memory() < before + AFTER).await;
        println!("greedy: {greedy}: {before} MiB, then {most}, then {}", scene.server.memory());
        scene.ends_well().await;
    }
}

#[tokio::test]
async fn large_answers_that_are_read_late() {
    let scene = Scene::new().await;
    let mut client = raw::CoreClient::connect(&scene.address).await;
    let mut calls = Vec::new();
    for _ in 0..90 {
        let text = b"\x0a\x04huge";
        let stream = client.core.open(crate::support::SAY, None, &Default::default());
        let stream = stream.expect("there is room");
        let sent = client.core.send_message(stream, text.len(), true, |out| out.extend(text));
        sent.expect("it is live");
        calls.push(stream);
        client.flush().await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    // None is lost, and none refused.
    while !calls.is_empty() {
        let (stream, status) = in_time(client.next_status()).await;
        assert_eq!(status.code(), yamabiko::Code::Ok, "{status}");
        calls.retain(|call| *call != stream);
    }
    scene.ends_well().await;
}
