//! Calls on a server on plain threads, by the channel on tokio.

mod support;

use std::time::{Duration, Instant};

use support::blocking::{serve, serve_with};
use support::{Echo, answer, assert_status, connect, failure, in_time, say};
use yamabiko::codegen::{Buffa, unary};
use yamabiko::{Code, Status};

#[tokio::test]
async fn a_call_is_answered() {
    let (_server, address) = serve(Echo::plain());
    let channel = connect(&address).await;
    assert_eq!(answer(&channel, "なんしー").await, "なんしー");
    assert_eq!(answer(&channel, "").await, "");
}

#[tokio::test]
async fn a_large_message_goes_both_ways() {
    let (_server, address) = serve(Echo::plain());
    let channel = connect(&address).await;
    let text = "echo ".repeat(700_000);
    assert_eq!(answer(&channel, &text).await, text);
}

#[tokio::test]
async fn a_status_and_metadata_reach_the_client() {
    let (_server, address) = serve(Echo::new(|_, context| async move {
        let asked = context.metadata().get("asked").unwrap_or("nothing").to_owned();
        context.add_trailer("told", &asked)?;
        Err(Status::not_found("no such echo"))
    }));
    let channel = connect(&address).await;
    let status = failure(say(&channel, "x").metadata("asked", "42").expect("valid")).await;
    assert_status(&status, Code::NotFound, &["no such echo"]);
    assert_eq!(status.metadata().get("told"), Some("42"));
}

#[tokio::test]
async fn an_unknown_method_is_unimplemented() {
    let (_server, address) = serve(Echo::plain());
    let channel = connect(&address).await;
    let call = unary::<Buffa, _, _>(&channel, "/test.Echo/Shout", support::text("x"));
    assert_status(&failure(call).await, Code::Unimplemented, &["/test.Echo/Shout"]);
}

#[tokio::test]
async fn a_pending_handler_is_woken() {
    let (_server, address) = serve(Echo::new(|text, _| async move {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(5));
            sender.send(text)
        });
        receiver.await.map_err(|_| Status::internal("gone"))
    }));
    let channel = connect(&address).await;
    assert_eq!(answer(&channel, "later").await, "later");
}

#[tokio::test]
async fn many_calls_at_once_are_all_answered() {
    let (_server, address) = serve(Echo::plain());
    let channel = connect(&address).await;
    let calls = (0..2_000).map(|number| {
        let call = say(&channel, number.to_string());
        async move { (number, call.await) }
    });
    let tasks: Vec<_> = calls.map(tokio::spawn).collect();
    for task in tasks {
        let (number, answer) = in_time(task).await.expect("no panic");
        assert_eq!(answer.expect("an answer").value, number.to_string());
    }
}

#[tokio::test]
async fn as_many_handlers_run_at_once_as_there_are_workers() {
    let running = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let most = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (now, peak) = (running.clone(), most.clone());
    let echo = Echo::new(move |text, _| {
        let (now, peak) = (now.clone(), peak.clone());
        async move {
            use std::sync::atomic::Ordering::SeqCst;
            peak.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            // None returns before as many run.
            let began = Instant::now();
            while peak.load(SeqCst) < 10 && began.elapsed() < support::PATIENCE / 2 {
                std::thread::sleep(Duration::from_millis(1));
            }
            now.fetch_sub(1, SeqCst);
            Ok(text)
        }
    });
    let (_server, address) = serve_with(yamabiko::blocking::Server::new().workers(10), echo);
    let channel = connect(&address).await;
    let tasks: Vec<_> = (0..100).map(|_| tokio::spawn(say(&channel, "x").into_future())).collect();
    for task in tasks {
        in_time(task).await.expect("no panic").expect("an answer");
    }
    assert_eq!(most.load(std::sync::atomic::Ordering::SeqCst), 10);
}
