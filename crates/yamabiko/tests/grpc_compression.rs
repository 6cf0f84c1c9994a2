//! Messages are compressed where a side asks for it and the other understands
//! it, each by itself (grpc `doc/compression.md`); what comes is inflated no
//! further than the limits allow.

mod support;

use std::sync::Arc;

use support::raw::CoreClient;
use support::streams::{Streams, both, down, texts, up};
use support::tap::Tap;
use support::{Echo, answer, assert_status, failure, in_time, say, serve_with, text};
use yamabiko::{Channel, Code, Context, Encoding, Server};
use yamabiko_core::grpc::client::CallOptions;

/// What is worth to be compressed.
fn verse(length: usize) -> String {
    "yamabiko, the mountain echo; ".chars().cycle().take(length).collect()
}

const LARGE: usize = 200_000;
/// Less than this a compressed `LARGE` takes, with all that is around it.
const SMALL: usize = 20_000;

async fn tapped(server: Server, echo: Echo) -> (yamabiko::Running, Tap) {
    let (running, address) = serve_with(server, echo).await;
    (running, Tap::new(&address))
}

async fn channel(tap: &Tap, encoding: Option<Encoding>) -> Channel {
    let builder = Channel::builder(&tap.address).compression(encoding);
    builder.connect().await.expect("it listens")
}

fn encodings() -> Vec<Encoding> {
    let zstd = cfg!(feature = "zstd").then_some(Encoding::Zstd);
    [Encoding::Gzip, Encoding::Deflate].into_iter().chain(zstd).collect()
}

#[tokio::test]
async fn nothing_is_compressed_that_nobody_asks_for() {
    let (_server, tap) = tapped(Server::new(), Echo::plain()).await;
    let channel = channel(&tap, None).await;
    assert_eq!(answer(&channel, &verse(LARGE)).await, verse(LARGE));
    let (up, down) = tap.take();
    assert!(up > LARGE && down > LARGE, "{up} {down}");
}

#[tokio::test]
async fn a_channel_compresses_requests_and_a_server_answers() {
    for encoding in encodings() {
        let (_server, tap) = tapped(Server::new(), Echo::plain()).await;
        let asking = channel(&tap, Some(encoding)).await;
        assert_eq!(answer(&asking, &verse(LARGE)).await, verse(LARGE), "{encoding}");
        let (up, down) = tap.take();
        assert!(up < SMALL && down > LARGE, "{encoding}: {up} {down}");

        let (_server, tap) = tapped(Server::new().compression(encoding), Echo::plain()).await;
        let plain = channel(&tap, None).await;
        // Twice: the second call has its context from the first.
        for _ in 0..2 {
            assert_eq!(answer(&plain, &verse(LARGE)).await, verse(LARGE), "{encoding}");
            let (up, down) = tap.take();
            assert!(up > LARGE && down < SMALL, "{encoding}: {up} {down}");
        }
    }
}

#[tokio::test]
async fn a_call_says_otherwise_and_so_does_a_handler() {
    let handler = |value: String, context: Context| async move {
        match &value[..5] {
            "plain" => context.set_compression(None),
            "small" => context.set_compression(Encoding::Deflate),
            _ => {}
        }
        context.add_trailer("way", "down").expect("it may be sent");
        Ok(value)
    };
    for (server, word, compressed) in [
        (Server::new(), "small", true),
        (Server::new(), "plain", false),
        (Server::new().compression(Encoding::Gzip), "plain", false),
        (Server::new().compression(Encoding::Gzip), "other", true),
    ] {
        let (_server, tap) = tapped(server, Echo::new(handler)).await;
        let channel = channel(&tap, Some(Encoding::Gzip)).await;
        let value = format!("{word} {}", verse(LARGE));
        let call = say(&channel, &value).compression(None).response();
        let response = in_time(call).await.expect("an answer");
        assert_eq!(response.message.value, value);
        assert_eq!(response.trailers.get("way"), Some("down"));
        let (up, down) = tap.take();
        assert!(up > LARGE, "{word}: {up}");
        assert_eq!(down < SMALL, compressed, "{word}: {down}");
    }
}

#[tokio::test]
async fn a_server_compresses_for_nobody_who_does_not_understand_it() {
    let server = Server::new().compression(Encoding::Gzip);
    let (_server, tap) = tapped(server, Echo::plain()).await;
    for accepted in [vec![], vec![Encoding::Deflate]] {
        let builder = Channel::builder(&tap.address).accept_compression(accepted);
        let channel = builder.connect().await.expect("it listens");
        assert_eq!(answer(&channel, &verse(LARGE)).await, verse(LARGE));
        assert!(tap.take().1 > LARGE);
    }
}

#[tokio::test]
async fn a_server_that_does_not_understand_it_says_what_it_does() {
    let server = Server::new().accept_compression([Encoding::Deflate]);
    let (_server, tap) = tapped(server, Echo::plain()).await;
    let channel = channel(&tap, Some(Encoding::Gzip)).await;
    let status = failure(say(&channel, verse(LARGE))).await;
    assert_status(&status, Code::Unimplemented, &["gzip", "identity,deflate"]);
    assert_eq!(status.metadata().get("grpc-accept-encoding"), None, "it is not the application's");
    // What is not worth it is not compressed, so it is understood.
    assert_eq!(answer(&channel, "short").await, "short");
}

#[tokio::test]
async fn what_is_inflated_keeps_to_the_limit() {
    let server = Server::new().compression(Encoding::Gzip).max_message_size(LARGE);
    let (_server, tap) = tapped(server, Echo::new(|_, _| async { Ok(verse(LARGE)) })).await;
    let asking = channel(&tap, Some(Encoding::Gzip)).await;
    let status = failure(say(&asking, verse(LARGE))).await;
    assert_status(&status, Code::ResourceExhausted, &["the limit for received messages"]);
    assert!(in_time(say(&asking, verse(LARGE - 10)).into_future()).await.is_ok());
    // A call's limit for its answer.
    let status = failure(say(&asking, "").max_message_size(LARGE)).await;
    assert_status(&status, Code::ResourceExhausted, &["the limit for received messages"]);
    let enough = say(&asking, "").max_message_size(LARGE + 10);
    assert!(in_time(enough.into_future()).await.is_ok());
}

#[tokio::test]
async fn what_is_sent_keeps_to_its_limits() {
    for encoding in [None, Some(Encoding::Gzip)] {
        let server = Server::new().compression(encoding).max_sent_message_size(1000);
        let (_server, tap) = tapped(server, Echo::plain()).await;
        let builder = Channel::builder(&tap.address).compression(encoding);
        let builder = builder.max_sent_message_size(2000);
        let channel = builder.connect().await.expect("it listens");
        let words = &["the limit for sent messages is 1000"];
        let status = failure(say(&channel, verse(1500))).await;
        assert_status(&status, Code::ResourceExhausted, words);
        let status = failure(say(&channel, verse(2500))).await;
        let words = &["the limit for sent messages is 2000", support::SAY];
        assert_status(&status, Code::ResourceExhausted, words);
        let status = failure(say(&channel, verse(700)).max_sent_message_size(600)).await;
        assert_status(&status, Code::ResourceExhausted, &["is 600"]);
        assert_eq!(answer(&channel, &verse(900)).await, verse(900));
    }
}

async fn tapped_streams(server: Server, streams: Streams) -> (yamabiko::Running, Tap) {
    let listening = server.add(streams).bind("127.0.0.1:0").await.expect("a free port");
    let tap = Tap::new(&listening.local_address().to_string());
    (listening.start(), tap)
}

#[tokio::test]
async fn streams_are_compressed_message_by_message() {
    let server = Server::new().compression(Encoding::Gzip);
    let streams = Streams::plain().down(|_, _| async {
        Ok(texts(|mut replies| async move {
            replies.send(text(verse(LARGE))).await?;
            replies.send_uncompressed(text(verse(LARGE))).await?;
            replies.send(text(verse(LARGE))).await?;
            Ok(())
        }))
    });
    let (_server, tap) = tapped_streams(server, streams).await;
    let channel = channel(&tap, Some(Encoding::Gzip)).await;
    let mut replies = down(&channel, "").await.expect("it was sent");
    for _ in 0..3 {
        let reply = in_time(replies.message()).await.expect("a stream").expect("a message");
        assert_eq!(reply.value, verse(LARGE));
    }
    assert_eq!(in_time(replies.message()).await.expect("an end"), None);
    let (_, count) = tap.take();
    assert!((LARGE..LARGE + 2 * SMALL).contains(&count), "one of three is as it is: {count}");

    let (mut requests, receiver) = yamabiko::channel();
    let joined = tokio::spawn(up(&channel, receiver).into_future());
    requests.send(text(verse(LARGE))).await.expect("it goes on");
    requests.send_uncompressed(text(verse(LARGE))).await.expect("it goes on");
    drop(requests);
    let all = in_time(joined).await.expect("no panic").expect("an answer");
    assert_eq!(all.value.len(), 2 * LARGE);
    let (count, back) = tap.take();
    assert!((LARGE..LARGE + 2 * SMALL).contains(&count), "one of two is as it is: {count}");
    assert!(back < SMALL, "{back}");

    let echoed = both(&channel, yamabiko::Requests::from_iter([text(verse(LARGE))]));
    let mut replies = echoed.await.expect("it was sent");
    let reply = in_time(replies.message()).await.expect("a stream").expect("a message");
    assert_eq!(reply.value, verse(LARGE));
    let (up, down) = tap.take();
    assert!(up < SMALL && down < SMALL, "{up} {down}");
}

#[tokio::test]
async fn a_stream_that_inflates_too_far_ends() {
    let server = Server::new().max_message_size(LARGE);
    let (_server, tap) = tapped_streams(server, Streams::plain()).await;
    let channel = channel(&tap, Some(Encoding::Gzip)).await;
    let requests = yamabiko::Requests::from_iter([text(verse(10)), text(verse(LARGE))]);
    let status = in_time(up(&channel, requests).into_future()).await.expect_err("too large");
    assert_status(&status, Code::ResourceExhausted, &["the limit for received messages"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_compressed_calls_pass_at_once() {
    let server = Server::new().compression(Encoding::Gzip);
    let (_server, tap) = tapped(server, Echo::plain()).await;
    let channel = Arc::new(channel(&tap, Some(Encoding::Deflate)).await);
    let calls: Vec<_> = (0..200)
        .map(|number: usize| {
            let channel = Arc::clone(&channel);
            tokio::spawn(async move {
                let value = verse(100 + number * 97);
                assert_eq!(answer(&channel, &value).await, value);
            })
        })
        .collect();
    for call in calls {
        call.await.expect("it does not panic");
    }
}

#[tokio::test]
async fn a_message_that_is_not_what_it_says_ends_its_own_call_only() {
    let (_server, address) = serve_with(Server::new(), Echo::plain()).await;
    let mut client = CoreClient::connect(&address).await;
    for (message, last) in [(&b"plain"[..], true), (b"", true), (b"\x1f\x8b\x08", false)] {
        let options = CallOptions { encoding: Some(Encoding::Gzip), ..CallOptions::default() };
        let metadata = yamabiko::Metadata::new();
        let stream = client.core.open_with(support::SAY, None, &metadata, options).expect("room");
        client.core.send_compressed(stream, message, last).expect("it lives");
        if !last {
            client.core.send_end(stream).expect("it lives");
        }
        client.flush().await;
        let (ended, status) = in_time(client.next_status()).await;
        assert_eq!(ended, stream);
        assert_status(&status, Code::Internal, &["cannot be decompressed, gzip"]);
    }
    client.call(None).await;
    assert_eq!(in_time(client.next_status()).await.1.code(), Code::Ok);
}
