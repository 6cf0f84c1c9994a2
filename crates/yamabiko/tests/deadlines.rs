//! A deadline covers waiting and the call, ends the call on both sides, and is
//! passed on.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use support::raw::{CoreClient, body, call, head, hello};
use support::{Count, Echo, Reserved, assert_status, connect, eventually, failure, in_time};
use support::{say, serve, serve_with};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use yamabiko::{Channel, Code, Context, Origin, Server};

const SHORT: Duration = Duration::from_millis(80);

/// A service that never answers, what it was called with, and how many handlers were dropped.
fn never() -> (Echo, mpsc::UnboundedReceiver<Context>, Count) {
    let (called, calls) = mpsc::unbounded_channel();
    let dropped = Count::default();
    let count = dropped.clone();
    let echo = Echo::new(move |_, context| {
        let at_drop = count.at_drop();
        called.send(context).expect("the test listens");
        async move {
            let _at_drop = at_drop;
            std::future::pending().await
        }
    });
    (echo, calls, dropped)
}

#[tokio::test]
async fn a_deadline_ends_the_call_on_both_sides() {
    let (echo, mut calls, dropped) = never();
    let (_server, address) = serve(echo).await;
    let channel = connect(&address).await;
    let status = failure(say(&channel, "").timeout(SHORT)).await;
    assert_status(&status, Code::DeadlineExceeded, &[support::SAY, &address]);
    let context = calls.recv().await.expect("it was called");
    eventually("the handler is dropped", || dropped.get() == 1).await;
    eventually("the context is cancelled", || context.is_cancelled()).await;
}

#[tokio::test]
async fn a_deadline_covers_waiting_for_a_server_that_says_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = silent.local_addr().expect("an address").to_string();
    let channel = Channel::lazy(&address).expect("an address");
    let began = Instant::now();
    let status = failure(say(&channel, "").timeout(SHORT)).await;
    assert_status(&status, Code::DeadlineExceeded, &["before the call could be sent"]);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_deadline_covers_waiting_for_a_server_to_be_there() {
    let nobody = Reserved::new();
    let channel = Channel::lazy(nobody.address()).expect("an address");
    let status = failure(say(&channel, "").wait_for_ready().timeout(SHORT)).await;
    assert_status(&status, Code::DeadlineExceeded, &["before the call could be sent"]);
}

#[tokio::test]
async fn a_deadline_covers_waiting_for_a_place_on_the_connection() {
    let (echo, mut calls, _) = never();
    let (_server, address) = serve_with(Server::new().max_concurrent_calls(1), echo).await;
    let channel = connect(&address).await;
    let first = tokio::spawn(say(&channel, "").into_future());
    in_time(calls.recv()).await.expect("it was called");
    let status = failure(say(&channel, "").timeout(SHORT)).await;
    assert_status(&status, Code::DeadlineExceeded, &["before the call could be sent"]);
    assert!(calls.try_recv().is_err(), "it was not sent");
    first.abort();
}

#[tokio::test]
async fn an_expired_deadline_sends_nothing() {
    let (echo, mut calls, _) = never();
    let (server, address) = serve(echo).await;
    let channel = connect(&address).await;
    let status = failure(say(&channel, "").deadline(Instant::now())).await;
    assert_status(&status, Code::DeadlineExceeded, &["before the call could be sent"]);
    let status = failure(say(&channel, "").timeout(Duration::ZERO)).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(calls.try_recv().is_err());
    assert_eq!(server.live_calls(), 0);
}

#[tokio::test]
async fn the_earlier_of_two_deadlines_holds() {
    let (echo, _calls, _) = never();
    let (_server, address) = serve(echo).await;
    let channel = connect(&address).await;
    let began = Instant::now();
    let call = say(&channel, "").timeout(SHORT).timeout(Duration::from_secs(60));
    assert_eq!(failure(call).await.code(), Code::DeadlineExceeded);
    assert!((SHORT..Duration::from_secs(10)).contains(&began.elapsed()));
}

#[tokio::test]
async fn a_deadline_is_passed_on_through_two_servers() {
    let (echo, mut calls, dropped) = never();
    let (_behind, behind) = serve(echo).await;
    let behind = Arc::new(Channel::lazy(behind).expect("an address"));
    let (_front, front) = serve(Echo::new(move |text, context| {
        let behind = Arc::clone(&behind);
        async move { Ok(say(&behind, text).within(&context).await?.value) }
    }))
    .await;
    let channel = connect(&front).await;
    let deadline = Instant::now() + 3 * SHORT;
    let status = failure(say(&channel, "").deadline(deadline)).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let passed_on = calls.recv().await.expect("it was called").deadline().expect("a deadline");
    // On the wire it is a time from now on, so it moves by what the way takes, and rounding.
    assert!(passed_on < deadline + Duration::from_millis(50), "{:?}", passed_on - deadline);
    eventually("the handler behind is dropped", || dropped.get() == 1).await;
}

#[tokio::test]
async fn a_server_holds_to_the_deadline_of_a_client_that_does_not() {
    let (echo, mut calls, dropped) = never();
    let (server, address) = serve(echo).await;
    let mut client = CoreClient::connect(&address).await;
    let stream = client.call(Some(SHORT)).await;
    let (ended, status) = in_time(client.next_status()).await;
    assert_eq!(ended, stream);
    assert_eq!((status.code(), status.origin()), (Code::DeadlineExceeded, Origin::Server));
    eventually("the handler is dropped", || dropped.get() == 1).await;
    assert!(calls.recv().await.expect("it was called").is_cancelled());
    assert_eq!(server.live_calls(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_ends_a_call_whose_handler_does_not_let_go_of_its_thread() {
    let (_server, address) = serve(Echo::new(|text, _| async move {
        std::thread::sleep(Duration::from_millis(600));
        Ok(text)
    }))
    .await;
    let mut client = CoreClient::connect(&address).await;
    let began = Instant::now();
    client.call(Some(SHORT)).await;
    let (_, status) = in_time(client.next_status()).await;
    assert_eq!((status.code(), status.origin()), (Code::DeadlineExceeded, Origin::Server));
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_deadline_holds_for_a_client_that_does_not_read() {
    let dropped = Count::default();
    let count = dropped.clone();
    let (_server, address) = serve(Echo::new(move |text, _| {
        let count = count.clone();
        async move {
            if text == "much" {
                return Ok("x".repeat(15_000));
            }
            let _at_drop = count.at_drop();
            std::future::pending().await
        }
    }))
    .await;
    let mut bytes = hello(true);
    bytes.extend(head(1, &[("grpc-timeout", b"300m")]));
    bytes.extend(body(1, 0, b""));
    // More than the system holds for a socket.
    for number in 1..1_000 {
        bytes.extend(call(2 * number + 1, "much"));
    }
    let mut socket = TcpStream::connect(&address).await.expect("it listens");
    socket2::SockRef::from(&socket).set_recv_buffer_size(4096).expect("an option");
    socket.write_all(&bytes).await.expect("it reads");
    eventually("it is cancelled", || dropped.get() == 1).await;
}
