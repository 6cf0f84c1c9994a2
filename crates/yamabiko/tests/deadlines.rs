//! A deadline covers waiting and the call, ends the call on both sides, and is
//! passed on.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use support::raw::{CoreClient, body, call, head, hello};
use support::{Count, Echo, Gate, Reserved, assert_status, connect, eventually, failure, in_time};
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
    let came = tokio::spawn(async move { (calls.recv().await, Instant::now()) });
    let began = Instant::now();
    let deadline = began + 3 * SHORT;
    let status = failure(say(&channel, "").deadline(deadline)).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let (call, at) = in_time(came).await.expect("no panic");
    let passed_on = call.expect("it was called").deadline().expect("a deadline");
    // On the wire it is a time from now on, so it moves by what the way takes, and rounding.
    let latest = deadline + (at - began) + Duration::from_millis(50);
    assert!(passed_on < latest, "{:?}", passed_on - deadline);
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
    let gate = Gate::default();
    let held = gate.clone();
    let (_server, address) = serve(Echo::new(move |text, _| {
        let held = held.clone();
        async move {
            held.block();
            Ok(text)
        }
    }))
    .await;
    let mut client = CoreClient::connect(&address).await;
    client.call(Some(SHORT)).await;
    let (_, status) = in_time(client.next_status()).await;
    assert_eq!((status.code(), status.origin()), (Code::DeadlineExceeded, Origin::Server));
    gate.open();
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

/// A server whose handler makes a call to the one behind, as `make` says.
async fn front<F, Fut>(behind: String, make: F) -> (yamabiko::Running, String)
where
    F: Fn(Channel, Context) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), yamabiko::Status>> + Send + 'static,
{
    let behind = Channel::lazy(behind).expect("an address");
    serve(Echo::new(move |text, context| {
        let (behind, make) = (behind.clone(), make.clone());
        async move { make(behind, context).await.map(|()| text) }
    }))
    .await
}

#[tokio::test]
async fn a_call_that_a_handler_makes_inherits_its_deadline_without_a_word() {
    let (echo, mut calls, dropped) = never();
    let (_behind, behind) = serve(echo).await;
    let make = |channel: Channel, _: Context| async move {
        // Not only in the first step.
        tokio::task::yield_now().await;
        say(&channel, "").await.map(|_| ())
    };
    let (_front, front) = front(behind, make).await;
    let channel = connect(&front).await;
    let deadline = Instant::now() + 3 * SHORT;
    let status = failure(say(&channel, "").deadline(deadline)).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let inherited = calls.recv().await.expect("it was called").deadline().expect("a deadline");
    assert!(inherited < deadline + Duration::from_millis(50), "{:?}", inherited - deadline);
    eventually("the handler behind is dropped", || dropped.get() == 1).await;
}

#[tokio::test]
async fn the_earlier_of_the_inherited_and_the_own_deadline_holds() {
    for (own, earlier) in [(SHORT, true), (Duration::from_secs(600), false)] {
        let (echo, mut calls, _) = never();
        let (_behind, behind) = serve(echo).await;
        let make = move |channel: Channel, _: Context| async move {
            say(&channel, "").timeout(own).await.map(|_| ())
        };
        let (_front, front) = front(behind, make).await;
        let channel = connect(&front).await;
        let began = Instant::now();
        let waiting = tokio::spawn(say(&channel, "").timeout(10 * SHORT).into_future());
        let deadline = calls.recv().await.expect("it was called").deadline().expect("a deadline");
        assert_eq!(deadline < began + 5 * SHORT, earlier, "{:?}", deadline - began);
        assert!(deadline < began + 10 * SHORT + Duration::from_millis(50));
        waiting.abort();
    }
}

#[tokio::test]
async fn a_detached_call_inherits_nothing_and_neither_does_one_beside_the_handler() {
    let (echo, mut calls, _) = never();
    let (_behind, behind) = serve(echo).await;
    let beside = Channel::lazy(&behind).expect("an address");
    let make = |channel: Channel, _: Context| async move {
        say(&channel, "").detached().await.map(|_| ())
    };
    let (_front, front) = front(behind, make).await;
    let channel = connect(&front).await;
    let waiting = tokio::spawn(say(&channel, "").timeout(Duration::from_secs(60)).into_future());
    assert_eq!(calls.recv().await.expect("it was called").deadline(), None, "detached");
    // On the thread that has just run the handler.
    let other = tokio::spawn(say(&beside, "").into_future());
    assert_eq!(calls.recv().await.expect("it was called").deadline(), None, "beside");
    waiting.abort();
    other.abort();
}

#[tokio::test]
async fn what_a_handler_spawns_in_its_scope_ends_with_its_call() {
    let (echo, mut calls, dropped) = never();
    let (_behind, behind) = serve(echo).await;
    let (told, mut ends) = mpsc::unbounded_channel();
    let make = move |channel: Channel, context: Context| {
        let told = told.clone();
        async move {
            let work = async move {
                let outcome = say(&channel, "").await;
                told.send(outcome.expect_err("nobody answers")).expect("the test listens");
            };
            tokio::spawn(context.scope(work));
            std::future::pending().await
        }
    };
    let (_front, front) = front(behind, make).await;
    let channel = connect(&front).await;
    // By a cancellation, ...
    let waiting = tokio::spawn(say(&channel, "").into_future());
    assert_eq!(calls.recv().await.expect("it was called").deadline(), None);
    waiting.abort();
    let status = in_time(ends.recv()).await.expect("it ends");
    assert_status(&status, Code::Cancelled, &["the call that it was made for", support::SAY]);
    assert_eq!(status.origin(), Origin::Concluded);
    eventually("the handler behind is dropped", || dropped.get() == 1).await;
    // ... and by a deadline.
    let deadline = failure(say(&channel, "").timeout(2 * SHORT)).await;
    assert_eq!(deadline.code(), Code::DeadlineExceeded);
    assert!(calls.recv().await.expect("it was called").deadline().is_some());
    let status = in_time(ends.recv()).await.expect("it ends");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    eventually("the handler behind is dropped", || dropped.get() == 2).await;
}
