//! The same on plain threads: connections whose peer is gone, that nobody
//! uses, or that are old.

mod clocks_cases;
mod support;

use std::time::{Duration, Instant};

use clocks_cases::server_clocks;
use support::raw::{self, call, frames, head, hello, read_to_end, read_until};
use support::served::{self, Served};
use support::silent::Silent;
use support::{Echo, PATIENCE, answer, assert_status, connect, eventually, failure, in_time, say};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use yamabiko::blocking::{Channel, Connectivity, Running, Server};
use yamabiko::{Code, Origin, Status};
use yamabiko_core::frame::{ErrorCode, kind, write_ping};

/// A time that a test waits for.
const SHORT: Duration = Duration::from_millis(100);

async fn serve_with(server: Server, echo: Echo) -> (Running, String) {
    support::blocking::serve_with(server, echo)
}

server_clocks!(Server::new(), serve_with);

// A client.

/// A server on a runtime that goes on while the test waits.
fn silent(new: impl Future<Output = Silent>) -> (Runtime, Silent) {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(new);
    (runtime, server)
}

fn failed(channel: &Channel) -> Status {
    served::say(channel, "anybody?").send().expect_err("nobody answers")
}

#[test]
fn a_call_of_a_server_that_has_gone_silent_ends() {
    let (_runtime, server) = silent(Silent::new());
    let channel = Channel::builder(&server.address).keepalive_time(SHORT).keepalive_timeout(SHORT);
    let channel = channel.connect().expect("it listens");
    let status = failed(&channel);
    assert_status(&status, Code::Unavailable, &[&server.address, "keepalive PING", "100ms"]);
    assert_eq!(status.origin(), Origin::Concluded);
    assert_eq!(server.pings().len(), 1);
}

#[test]
fn nobody_asks_a_silent_server_without_being_told_to() {
    let (_runtime, server) = silent(Silent::new());
    let channel = Channel::connect(&server.address).expect("it listens");
    let status = served::say(&channel, "anybody?").timeout(5 * SHORT).send().expect_err("silence");
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let asking = Channel::builder(&server.address).keepalive_time(SHORT).connect();
    std::thread::sleep(8 * SHORT);
    assert_eq!(server.pings().len(), 0, "there is no call");
    drop(asking);
}

#[test]
fn a_server_is_asked_without_calls_if_so_told() {
    let (_runtime, server) = silent(Silent::new());
    let channel = Channel::builder(&server.address).keepalive_timeout(SHORT);
    let channel = channel.keepalive_time(SHORT).keepalive_without_calls(true).connect();
    let channel = channel.expect("it listens");
    served::eventually("it is asked", || server.pings().len() == 1);
    served::eventually("and left", || channel.connectivity(false) == Connectivity::Idle);
}

#[test]
fn who_asks_too_often_asks_half_as_often_from_then_on() {
    let (_runtime, server) = silent(Silent::sends_away());
    let channel = Channel::builder(&server.address);
    let channel = channel.keepalive_time(SHORT).keepalive_timeout(PATIENCE).lazy();
    let channel = channel.expect("an address");
    for _ in 0..3 {
        assert_status(&failed(&channel), Code::Unavailable, &["too_many_pings"]);
    }
    let waited = server.pings();
    let [first, second, third] = waited[..] else { panic!("{waited:?}") };
    assert!(first >= SHORT && second >= 2 * SHORT && third >= 4 * SHORT, "{waited:?}");
}

#[test]
fn a_channel_leaves_a_connection_that_it_does_not_use() {
    let server = Served::new(Echo::plain());
    let channel = Channel::builder(&server.address).idle_timeout(3 * SHORT).connect();
    let channel = channel.expect("it listens");
    for _ in 0..3 {
        assert_eq!(served::answer(&channel, "a call"), "a call");
        assert_eq!(channel.connectivity(false), Connectivity::Ready);
        served::eventually("it is left", || server.connections() == 0);
        assert_eq!(channel.connectivity(false), Connectivity::Idle);
    }
}
