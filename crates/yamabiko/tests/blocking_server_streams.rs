//! Streams of messages of a server on plain threads, for a client on tokio.

mod streams_cases;
mod support;

use support::connect;
use support::streams::Streams;
use yamabiko::Channel;
use yamabiko::blocking::Running;

async fn serve(streams: Streams) -> (Running, Channel) {
    let (server, address) = support::blocking::serve(streams);
    (server, connect(&address).await)
}

async fn shut_down(server: Running) {
    let leaving = tokio::task::spawn_blocking(|| server.shut_down());
    leaving.await.expect("no panic");
}
