//! gRFC A8 and A9 over sockets, on tokio: connections whose peer is gone, that
//! nobody uses, or that are old.

mod clocks_cases;
mod support;

use std::time::{Duration, Instant};

use clocks_cases::server_clocks;
use support::raw::{self, call, frames, head, hello, read_to_end, read_until};
use support::silent::Silent;
use support::{
    Echo, PATIENCE, answer, assert_status, connect, eventually, failure, in_time, say, serve,
    serve_with,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use yamabiko::{Channel, Code, Origin, Server};
use yamabiko_core::frame::{ErrorCode, kind, write_ping};

/// A time that a test waits for.
const SHORT: Duration = Duration::from_millis(100);

server_clocks!(Server::new(), serve_with);

// A client.

#[tokio::test]
async fn a_call_of_a_server_that_has_gone_silent_ends() {
    let server = Silent::new().await;
    let channel = Channel::builder(&server.address);
    let channel = channel.keepalive_time(SHORT).keepalive_timeout(SHORT).connect().await;
    let channel = channel.expect("it listens");
    let status = failure(say(&channel, "anybody?")).await;
    assert_status(&status, Code::Unavailable, &[&server.address, "keepalive PING", "100ms"]);
    assert_eq!(status.origin(), Origin::Concluded);
    assert_eq!(server.pings().len(), 1);
}

#[tokio::test]
async fn nobody_asks_a_silent_server_without_being_told_to() {
    let server = Silent::new().await;
    let channel = Channel::connect(&server.address).await.expect("it listens");
    let call = tokio::time::timeout(5 * SHORT, say(&channel, "anybody?").into_future()).await;
    assert!(call.is_err(), "it waits");
    let asking = Channel::builder(&server.address).keepalive_time(SHORT).connect().await;
    tokio::time::sleep(5 * SHORT).await;
    assert_eq!(server.pings().len(), 0, "there is no call");
    drop(asking);
}

#[tokio::test]
async fn a_server_is_asked_without_calls_if_so_told() {
    let server = Silent::new().await;
    let channel = Channel::builder(&server.address);
    let channel = channel.keepalive_time(SHORT).keepalive_without_calls(true).connect().await;
    let _channel = channel.expect("it listens");
    eventually("it is asked", || server.pings().len() == 1).await;
}

#[tokio::test]
async fn who_asks_too_often_asks_half_as_often_from_then_on() {
    let server = Silent::sends_away().await;
    let channel = Channel::builder(&server.address);
    let channel = channel.keepalive_time(SHORT).keepalive_timeout(PATIENCE).lazy();
    let channel = channel.expect("an address");
    for _ in 0..3 {
        let status = failure(say(&channel, "anybody?").wait_for_ready()).await;
        assert_status(&status, Code::Unavailable, &["too_many_pings"]);
    }
    let waited = server.pings();
    let [first, second, third] = waited[..] else { panic!("{waited:?}") };
    assert!(first >= SHORT && second >= 2 * SHORT && third >= 4 * SHORT, "{waited:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_leaves_a_connection_that_it_does_not_use() {
    let (server, address) = serve(Echo::plain()).await;
    let channel = Channel::builder(&address).idle_timeout(SHORT).connect().await;
    let channel = channel.expect("it listens");
    for _ in 0..3 {
        assert_eq!(answer(&channel, "a call").await, "a call");
        assert_eq!(server.connections(), 1);
        eventually("it is left", || server.connections() == 0).await;
    }
}
