//! What Ctrl-C and SIGTERM do to a server that is a process: the test named
//! `child` is that process.

use std::time::Duration;

use tokio::net::TcpStream;
use yamabiko::Code;

use super::support::{self, assert_status, child, connect, in_time, say};

#[tokio::test]
async fn interrupt_and_terminate_drain_and_end_with_success() {
    for signal in ["INT", "TERM"] {
        let mut server = child::start();
        let channel = connect(&server.address).await;
        support::answer(&channel, "now").await;
        let soon = tokio::spawn(say(&channel, "soon").into_future());
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.signal(signal);
        assert_eq!(in_time(soon).await.expect("no panic").expect("an answer").value, "soon");
        let status = server.ended(Duration::from_secs(10)).await.expect("it ends");
        assert!(status.success(), "{signal}: {status}");
    }
}

#[tokio::test]
async fn a_second_interrupt_cuts() {
    let mut server = child::start();
    let channel = connect(&server.address).await;
    support::answer(&channel, "now").await;
    let never = tokio::spawn(say(&channel, "never").into_future());
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.signal("INT");
    in_time(async { while TcpStream::connect(&server.address).await.is_ok() {} }).await;
    assert!(server.ended(Duration::from_millis(300)).await.is_none(), "it waits for the call");
    server.signal("INT");
    let status = server.ended(Duration::from_secs(10)).await.expect("it ends");
    assert!(status.success(), "{status}");
    let status = in_time(never).await.expect("no panic").expect_err("it was cut");
    assert_status(&status, Code::Unavailable, &[&server.address]);
}
