//! A server that leaves answers what it has accepted, within a bound.

#[cfg(unix)]
mod signal_cases;
mod support;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use support::{Count, Echo, Reserved, assert_status, child, connect, eventually, in_time, say};
use support::{serve, serve_with};
use tokio::net::TcpStream;
use yamabiko::{Channel, Code, Server, Status};

/// What the client saw, and what the handlers did.
#[derive(Clone, Default)]
struct Tally {
    begun: Count,
    finished: Arc<Mutex<HashSet<String>>>,
    answered: Arc<Mutex<HashSet<String>>>,
    refused: Count,
}

impl Tally {
    fn echo(&self) -> Echo {
        let tally = self.clone();
        Echo::new(move |text, _| {
            let tally = tally.clone();
            async move {
                tally.begun.add();
                match text.len() % 3 {
                    0 => tokio::time::sleep(Duration::from_millis(20)).await,
                    1 => tokio::task::yield_now().await,
                    _ => {}
                }
                assert!(tally.finished.lock().expect("whole").insert(text.clone()), "once");
                Ok(text)
            }
        })
    }

    fn count(&self, text: String, outcome: Result<String, Status>) {
        match outcome {
            Ok(answer) => {
                assert_eq!(answer, text);
                assert!(self.answered.lock().expect("whole").insert(text), "once");
            }
            Err(status) => {
                // Whatever was not answered was not looked at, or never sent.
                assert_eq!(status.code(), Code::Unavailable, "{status}");
                self.refused.add();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_leaves_loses_no_accepted_call() {
    for round in 0..5 {
        let tally = Tally::default();
        let (server, address) = serve(tally.echo()).await;
        let mut callers = Vec::new();
        for client in 0..4 {
            let channel = connect(&address).await;
            for caller in 0..25 {
                let (channel, tally) = (channel.clone(), tally.clone());
                callers.push(tokio::spawn(async move {
                    for number in 0.. {
                        let text = format!("{client}-{caller}-{number}{}", "x".repeat(number % 3));
                        let outcome = say(&channel, &*text).await.map(|answer| answer.value);
                        let ended = outcome.is_err();
                        tally.count(text, outcome);
                        if ended {
                            return;
                        }
                    }
                }));
            }
        }
        tokio::time::sleep(Duration::from_millis(100 + 37 * round)).await;
        let cut = in_time(server.shut_down()).await;
        assert!(cut.is_clean(), "{cut}");
        for caller in callers {
            in_time(caller).await.expect("every call ends as it should");
        }
        let finished = tally.finished.lock().expect("whole").clone();
        let answered = tally.answered.lock().expect("whole").clone();
        assert!(answered.len() > 100, "{}", answered.len());
        assert_eq!(tally.begun.get(), finished.len(), "no handler was cut");
        assert_eq!(finished, answered, "each answer has arrived");
        assert_eq!(tally.refused.get(), 100, "each caller found out");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patient_calls_go_on_at_the_next_server() {
    let place = Reserved::new();
    let tally = Tally::default();
    let start = async || {
        let server = Server::new().add(tally.echo()).bind(place.address()).await;
        server.expect("the address is free").start()
    };
    let mut server = start().await;
    let mut callers = Vec::new();
    for caller in 0..20 {
        let channel = connect(&place.address()).await;
        let tally = tally.clone();
        callers.push(tokio::spawn(async move {
            for number in 0..600 {
                let text = format!("{caller}-{number}{}", "x".repeat(number % 3));
                let call = say(&channel, &*text).wait_for_ready();
                tally.count(text, call.await.map(|answer| answer.value));
            }
        }));
    }
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert!(in_time(server.shut_down()).await.is_clean());
        server = start().await;
    }
    for caller in callers {
        in_time(caller).await.expect("every call ends as it should");
    }
    assert_eq!(tally.refused.get(), 0);
    assert_eq!(tally.answered.lock().expect("whole").len(), 20 * 600);
    assert_eq!(tally.begun.get(), 20 * 600, "each was looked at once");
}

#[tokio::test]
async fn what_is_not_answered_in_time_is_cut_and_counted() {
    let dropped = Count::default();
    let at_drop = dropped.clone();
    let echo = Echo::new(move |text, _| {
        let at_drop = at_drop.at_drop();
        async move {
            let _at_drop = at_drop;
            if text != "quick" {
                std::future::pending::<()>().await;
            }
            Ok(text)
        }
    });
    let (server, address) = serve_with(Server::new().drain(Duration::from_millis(100)), echo).await;
    let mut calls = Vec::new();
    for _ in 0..3 {
        let channel = connect(&address).await;
        calls.push(tokio::spawn(say(&channel, "").into_future()));
    }
    let idle = connect(&address).await;
    support::answer(&idle, "quick").await;
    eventually("the calls are there", || server.live_calls() == 3).await;
    let began = Instant::now();
    let report = in_time(server.shut_down()).await;
    let words = report.to_string();
    assert!(
        words.starts_with("0 calls finished, 3 cut: /test.Echo/Say from 127.0.0.1:"),
        "{words}"
    );
    assert_eq!((report.cut.len(), report.unread), (3, 0), "{words}");
    let took = began.elapsed();
    assert!((Duration::from_millis(100)..Duration::from_secs(5)).contains(&took), "{took:?}");
    for call in calls {
        let status = in_time(call).await.expect("no panic").expect_err("it was cut");
        assert_status(&status, Code::Unavailable, &[&address, "lost"]);
    }
    eventually("the handlers are dropped", || dropped.get() == 4).await;
}

#[tokio::test]
async fn a_server_that_leaves_accepts_no_new_connections() {
    let (finish, finished) = tokio::sync::watch::channel(false);
    let (server, address) = serve(Echo::new(move |text, _| {
        let mut finished = finished.clone();
        async move {
            finished.wait_for(|finished| *finished).await.expect("the test goes on");
            Ok(text)
        }
    }))
    .await;
    let channel = connect(&address).await;
    let accepted = tokio::spawn(say(&channel, "accepted").into_future());
    eventually("the call is there", || server.live_calls() == 1).await;
    let leaving = tokio::spawn(server.shut_down());
    in_time(async { while TcpStream::connect(&address).await.is_ok() {} }).await;
    let late = loop {
        // Until the client has heard of it, its calls are accepted.
        let late = say(&channel, "late").timeout(Duration::from_millis(50));
        let late = support::failure(late).await;
        if late.code() != Code::DeadlineExceeded {
            break late;
        }
    };
    assert_status(&late, Code::Unavailable, &[&address, "connection refused"]);
    finish.send(true).expect("the handler waits");
    assert_eq!(in_time(accepted).await.expect("no panic").expect("an answer").value, "accepted");
    assert!(in_time(leaving).await.expect("no panic").is_clean());
}

#[tokio::test]
async fn dropping_a_running_server_ends_it() {
    let (server, address) = serve(Echo::new(|_, _| async { std::future::pending().await })).await;
    let channel = connect(&address).await;
    let call = tokio::spawn(say(&channel, "").into_future());
    eventually("the call is there", || server.live_calls() == 1).await;
    drop(server);
    let status = in_time(call).await.expect("no panic").expect_err("it was cut");
    assert_status(&status, Code::Unavailable, &[&address]);
    in_time(async { while TcpStream::connect(&address).await.is_ok() {} }).await;
}

#[test]
fn a_runtime_that_shuts_down_under_load_does_not_hang() {
    for round in 0..20_u64 {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let channel = runtime.block_on(async {
            let (server, address) = serve(Tally::default().echo()).await;
            let channel = connect(&address).await;
            for caller in 0..50 {
                let channel = channel.clone();
                tokio::spawn(async move {
                    for number in 0.. {
                        let text = format!("{caller}-{number}{}", "x".repeat(number % 3));
                        if say(&channel, text).await.is_err() {
                            return;
                        }
                    }
                });
            }
            tokio::time::sleep(Duration::from_millis(3 + round % 7)).await;
            std::mem::forget(server);
            channel
        });
        drop(runtime);
        // The channel goes on in another runtime, where the loss shows.
        let other = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let status =
            other.expect("a runtime").block_on(async { support::failure(say(&channel, "")).await });
        assert_eq!(status.code(), Code::Unavailable, "{status}");
    }
}

/// Not a test: what the tests below run in a process of its own.
#[test]
fn child() {
    child::run(
        Server::new(),
        Echo::new(|text, _| async move {
            match text.as_str() {
                "soon" => tokio::time::sleep(Duration::from_millis(300)).await,
                "never" => std::future::pending().await,
                _ => {}
            }
            Ok(text)
        }),
    );
}

#[tokio::test]
async fn a_channel_outlives_its_server() {
    let place = Reserved::new();
    let channel = Channel::lazy(place.address()).expect("an address");
    for round in 0..3 {
        let server = Server::new().add(Echo::plain()).bind(place.address()).await;
        let server = server.expect("the address is free").start();
        let round = format!("round {round}");
        let call = in_time(async { say(&channel, &*round).wait_for_ready().await });
        assert_eq!(call.await.expect("an answer").value, round);
        assert!(in_time(server.shut_down()).await.is_clean());
    }
}
