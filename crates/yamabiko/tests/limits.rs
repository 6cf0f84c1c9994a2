//! The limits of either side hold, and say so.

mod support;

use std::time::Duration;

use support::{Count, Echo, answer, assert_status, connect, eventually, failure, in_time, say};
use support::{serve, serve_with};
use tokio::sync::watch;
use yamabiko::{Channel, Code, Metadata, Origin, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_over_the_servers_limit_wait_for_a_place_and_all_finish() {
    let (at_once, most) = (Count::default(), Count::default());
    let ended = Count::default();
    let counts = (at_once.clone(), ended.clone(), most.clone());
    let echo = Echo::new(move |text, _| {
        let (begun, ended, over) = counts.clone();
        async move {
            begun.add();
            if begun.get() - ended.get() > 3 {
                over.add();
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            ended.add();
            Ok(text)
        }
    });
    let (_server, address) = serve_with(Server::new().max_concurrent_calls(3), echo).await;
    let channel = connect(&address).await;
    let calls: Vec<_> = (0..300)
        .map(|number| tokio::spawn(say(&channel, number.to_string()).into_future()))
        .collect();
    for (number, call) in calls.into_iter().enumerate() {
        let answer = in_time(call).await.expect("no panic").expect("an answer");
        assert_eq!(answer.value, number.to_string());
    }
    assert_eq!((at_once.get(), most.get()), (300, 0));
}

#[tokio::test]
async fn callers_that_stop_waiting_lose_nobodys_place() {
    let (open, opened) = watch::channel(false);
    let echo = Echo::new(move |text, _| {
        let mut opened = opened.clone();
        async move {
            opened.wait_for(|opened| *opened).await.expect("the test goes on");
            Ok(text)
        }
    });
    let (server, address) = serve_with(Server::new().max_concurrent_calls(2), echo).await;
    let channel = connect(&address).await;
    let mut calls: Vec<_> = (0..40)
        .map(|number: usize| {
            // Some give up while they wait, some are given up.
            let call = say(&channel, number.to_string());
            let call = if number % 4 == 1 { call.timeout(Duration::from_millis(50)) } else { call };
            (number, tokio::spawn(call.into_future()))
        })
        .collect();
    eventually("the connection is full", || server.live_calls() == 2).await;
    for (_, call) in calls.iter().filter(|(number, _)| number % 4 == 2) {
        call.abort();
    }
    tokio::time::sleep(Duration::from_millis(80)).await;
    open.send(true).expect("handlers wait");
    for (number, call) in calls.drain(..) {
        match (number % 4, in_time(call).await) {
            (2, outcome) => assert!(outcome.is_err() || outcome.is_ok_and(|answer| answer.is_ok())),
            (1, outcome) => {
                let status = outcome.expect("no panic").expect_err("too late");
                assert_eq!(status.code(), Code::DeadlineExceeded);
            }
            (_, outcome) => {
                let answer = outcome.expect("no panic").expect("an answer");
                assert_eq!(answer.value, number.to_string());
            }
        }
    }
    eventually("the server knows of no call", || server.live_calls() == 0).await;
}

#[tokio::test]
async fn a_request_over_the_limit_is_refused_with_both_numbers() {
    let (_server, address) =
        serve(Echo::new(|text, _| async move { Ok(text.len().to_string()) })).await;
    let channel = connect(&address).await;
    let limit = 4 * 1024 * 1024;
    // The field's tag and length take 5 bytes.
    assert_eq!(answer(&channel, &"x".repeat(limit - 5)).await, (limit - 5).to_string());
    let status = failure(say(&channel, "x".repeat(limit - 4))).await;
    assert_status(&status, Code::ResourceExhausted, &["4194305", "4194304"]);
    assert_eq!(status.origin(), Origin::Server);
    assert_eq!(answer(&channel, "next").await, "4");
}

#[tokio::test]
async fn a_response_over_the_limit_is_refused_by_the_client_with_both_numbers() {
    let (_server, address) =
        serve(Echo::new(|text, _| async move { Ok("x".repeat(text.parse().expect("a number"))) }))
            .await;
    let channel = connect(&address).await;
    let limit = 4 * 1024 * 1024;
    assert_eq!(answer(&channel, &(limit - 5).to_string()).await.len(), limit - 5);
    let status = failure(say(&channel, (limit - 4).to_string())).await;
    assert_status(&status, Code::ResourceExhausted, &["4194305", "4194304"]);
    assert_eq!(status.origin(), Origin::Concluded);
    assert_eq!(answer(&channel, "1").await, "x");
    let larger = Channel::builder(&address).max_message_size(8 * limit).connect().await;
    let larger = larger.expect("the server listens");
    assert_eq!(answer(&larger, &(6 * limit).to_string()).await.len(), 6 * limit);
}

#[tokio::test]
async fn the_servers_limit_for_messages_can_be_set() {
    let (_server, address) = serve_with(Server::new().max_message_size(10), Echo::plain()).await;
    let channel = connect(&address).await;
    assert_eq!(answer(&channel, "12345678").await, "12345678");
    let status = failure(say(&channel, "123456789")).await;
    assert_status(&status, Code::ResourceExhausted, &["11", "10"]);
}

#[tokio::test]
async fn too_much_metadata_is_refused_both_ways() {
    let (_server, address) = serve(Echo::new(|text, context| async move {
        if let Ok(length) = text.parse() {
            context.add_trailer("big", &"v".repeat(length)).expect("valid");
        }
        Ok(text)
    }))
    .await;
    let channel = connect(&address).await;
    let mut metadata = Metadata::new();
    metadata.insert("big", &"v".repeat(17 * 1024)).expect("valid");
    let status = failure(say(&channel, "").with_metadata(metadata)).await;
    assert_status(&status, Code::ResourceExhausted, &["request headers too large", "16384"]);
    let status = failure(say(&channel, (17 * 1024).to_string())).await;
    assert_status(&status, Code::ResourceExhausted, &["headers too large", "16384"]);
    assert_eq!(answer(&channel, "still there").await, "still there");
    let status = failure(say(&channel, (1024 * 1024).to_string())).await;
    assert!([Code::ResourceExhausted, Code::Unavailable].contains(&status.code()), "{status}");
    assert_eq!(answer(&channel, "and again").await, "and again");
}
