//! Streams of messages on tokio.

mod streams_cases;
mod support;

use support::connect;
use support::streams::Streams;
use yamabiko::{Channel, Running, Server};

async fn serve(streams: Streams) -> (Running, Channel) {
    let listening = Server::new().add(streams).bind("127.0.0.1:0").await.expect("a free port");
    let address = listening.local_address().to_string();
    let server = listening.start();
    (server, connect(&address).await)
}

async fn shut_down(server: Running) {
    server.shut_down().await;
}
