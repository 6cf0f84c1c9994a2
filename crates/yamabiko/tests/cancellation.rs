//! A call that nobody waits for any more ends at the server too.

mod support;

use std::time::Duration;

use support::raw::CoreClient;
use support::{Count, Echo, answer, connect, eventually, in_time, say, serve};
use tokio::sync::mpsc;
use yamabiko::Channel;

/// Never answers a text but "quick"; counts handlers that began and that were dropped.
fn slow_echo() -> (Echo, Count, Count) {
    let (begun, dropped) = (Count::default(), Count::default());
    let (begin, at_drop) = (begun.clone(), dropped.clone());
    let echo = Echo::new(move |text, _| {
        let (begin, at_drop) = (begin.clone(), at_drop.clone());
        async move {
            if text != "quick" {
                begin.add();
                let _at_drop = at_drop.at_drop();
                std::future::pending::<()>().await;
            }
            Ok(text)
        }
    });
    (echo, begun, dropped)
}

#[tokio::test]
async fn dropping_a_call_drops_its_handler() {
    let (echo, begun, dropped) = slow_echo();
    let (server, address) = serve(echo).await;
    let channel = connect(&address).await;
    let call = tokio::spawn(say(&channel, "slow").into_future());
    eventually("the handler runs", || begun.get() == 1).await;
    assert_eq!(dropped.get(), 0);
    call.abort();
    eventually("the handler is dropped", || dropped.get() == 1).await;
    eventually("the server knows of no call", || server.live_calls() == 0).await;
    assert_eq!(answer(&channel, "quick").await, "quick");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn work_that_a_handler_has_spawned_hears_of_the_cancellation() {
    let (told, mut tells) = mpsc::unbounded_channel();
    let (_server, address) = serve(Echo::new(move |text, context| {
        let told = told.clone();
        async move {
            let spawned = context.clone();
            tokio::spawn(async move {
                told.send("spawned").expect("the test listens");
                spawned.cancelled().await;
                told.send("cancelled").expect("the test listens");
            });
            std::future::pending::<()>().await;
            Ok(text)
        }
    }))
    .await;
    let channel = connect(&address).await;
    let call = tokio::spawn(say(&channel, "").into_future());
    assert_eq!(in_time(tells.recv()).await, Some("spawned"));
    assert!(tells.try_recv().is_err());
    call.abort();
    assert_eq!(in_time(tells.recv()).await, Some("cancelled"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_cancelled_in_its_first_step_does_not_go_on() {
    let dropped = Count::default();
    let at_drop = dropped.clone();
    let (_server, address) = serve(Echo::new(move |text, _| {
        let at_drop = at_drop.at_drop();
        async move {
            let _at_drop = at_drop;
            std::thread::sleep(Duration::from_millis(100));
            std::future::pending::<()>().await;
            Ok(text)
        }
    }))
    .await;
    let mut client = CoreClient::connect(&address).await;
    let stream = client.call(None).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    client.core.cancel(stream);
    client.flush().await;
    eventually("the handler is dropped", || dropped.get() == 1).await;
}

#[tokio::test]
async fn a_client_that_disconnects_cancels_all_its_calls() {
    for abruptly in [false, true] {
        let (echo, begun, dropped) = slow_echo();
        let (server, address) = serve(echo).await;
        let mut client = CoreClient::connect(&address).await;
        for _ in 0..50 {
            client.call(None).await;
        }
        eventually("the handlers run", || begun.get() == 50).await;
        assert_eq!(server.live_calls(), 50);
        if abruptly {
            // RST instead of FIN.
            socket2::SockRef::from(&client.socket).set_linger(Some(Duration::ZERO)).expect("set");
        }
        drop(client);
        eventually("the handlers are dropped", || dropped.get() == 50).await;
        eventually("the connection is gone", || server.connections() == 0).await;
    }
}

#[tokio::test]
async fn dropping_the_last_channel_closes_the_connection_behind_its_calls() {
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
    let call = tokio::spawn(say(&channel, "last").into_future());
    eventually("the call is there", || server.live_calls() == 1).await;
    drop(channel);
    tokio::task::yield_now().await;
    finish.send(true).expect("the handler waits");
    assert_eq!(in_time(call).await.expect("no panic").expect("an answer").value, "last");
    eventually("the connection is gone", || server.connections() == 0).await;
}

#[tokio::test]
async fn a_call_that_is_given_up_before_there_is_a_connection_is_never_made() {
    let nobody = support::Reserved::new();
    let channel = Channel::lazy(nobody.address()).expect("an address");
    let call = tokio::spawn(say(&channel, "slow").wait_for_ready().into_future());
    tokio::time::sleep(Duration::from_millis(20)).await;
    call.abort();
    let (echo, begun, _) = slow_echo();
    let server = yamabiko::Server::new().add(echo).bind(nobody.address()).await.expect("free");
    let _server = server.start();
    let quick = in_time(async { say(&channel, "quick").wait_for_ready().await });
    assert_eq!(quick.await.expect("an answer").value, "quick");
    assert_eq!(begun.get(), 0);
}
