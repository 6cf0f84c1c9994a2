//! Calls of the channel on plain threads, against the server on tokio.
#![cfg(feature = "blocking")]

mod support;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use support::served::{Served, answer, eventually, say};
use support::{Count, Echo, PATIENCE, assert_status};
use yamabiko::blocking::Channel;
use yamabiko::{Code, Origin, Status};

#[test]
fn a_call_is_answered() {
    let served = Served::new(Echo::plain());
    let channel = served.channel();
    for number in 0..200 {
        assert_eq!(answer(&channel, &number.to_string()), number.to_string());
    }
}

#[test]
fn metadata_goes_both_ways() {
    let served = Served::new(Echo::new(|text, context| async move {
        let id = context.metadata().get("request-id").unwrap_or_default().to_owned();
        context.add_header("before", &id).expect("valid");
        context.add_trailer("after", "2").expect("valid");
        Ok(text)
    }));
    let channel = served.channel();
    let call = say(&channel, "x").metadata("request-id", "42").expect("valid");
    let response = call.response().expect("an answer");
    assert_eq!(response.headers.get("before"), Some("42"));
    assert_eq!(response.trailers.get("after"), Some("2"));
}

#[test]
fn the_servers_status_comes_as_it_was() {
    let served =
        Served::new(Echo::new(|_, _| async { Err::<String, _>(Status::not_found("no such")) }));
    let status = say(&served.channel(), "").send().expect_err("a failure");
    assert_status(&status, Code::NotFound, &["no such"]);
    assert_eq!(status.origin(), Origin::Server);
}

#[test]
fn many_threads_share_a_connection() {
    let served = Served::new(Echo::plain());
    let channel = served.channel();
    let began = Instant::now();
    thread::scope(|scope| {
        for thread in 0..16 {
            let channel = &channel;
            scope.spawn(move || {
                for number in 0..500 {
                    let value = format!("{thread} {number}");
                    assert_eq!(answer(channel, &value), value);
                }
            });
        }
    });
    assert!(began.elapsed() < PATIENCE);
    assert_eq!(served.connections(), 1);
}

#[test]
fn a_slow_call_does_not_hold_up_a_quick_one() {
    let (answers, may_answer) = tokio::sync::watch::channel(false);
    let served = Served::new(Echo::new(move |text, _| {
        let mut may_answer = may_answer.clone();
        async move {
            if text == "slow" {
                may_answer.wait_for(|may| *may).await.expect("the test says so");
            }
            Ok(text)
        }
    }));
    let channel = served.channel();
    thread::scope(|scope| {
        let slow = scope.spawn(|| answer(&channel, "slow"));
        thread::sleep(Duration::from_millis(50));
        // The one that waits for the slow answer reads the others'.
        for _ in 0..20 {
            assert_eq!(answer(&channel, "quick"), "quick");
        }
        answers.send(true).expect("the handler waits");
        assert_eq!(slow.join().expect("no panic"), "slow");
    });
}

#[test]
fn the_deadline_ends_a_call_on_both_sides() {
    let dropped = Count::default();
    let gone = dropped.clone();
    let served = Served::new(Echo::new(move |text, _| {
        let at_drop = gone.at_drop();
        async move {
            let _at_drop = at_drop;
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(text)
        }
    }));
    let channel = served.channel();
    let began = Instant::now();
    let call = say(&channel, "").timeout(Duration::from_millis(50));
    let status = call.send().expect_err("too late");
    assert_status(&status, Code::DeadlineExceeded, &[]);
    assert!(began.elapsed() < Duration::from_secs(5));
    eventually("the handler is dropped", || dropped.get() == 1);
}

#[test]
fn large_messages_both_ways_at_once_do_not_dead_lock() {
    let served = Served::new(Echo::plain());
    let channel = Channel::builder(&served.address)
        .max_message_size(8 << 20)
        .connect()
        .expect("the server listens");
    let large = Arc::new("x".repeat(3 << 20));
    thread::scope(|scope| {
        for _ in 0..6 {
            let (channel, large) = (&channel, Arc::clone(&large));
            scope.spawn(move || {
                for _ in 0..4 {
                    assert_eq!(answer(channel, &large).len(), large.len());
                }
            });
        }
    });
}
