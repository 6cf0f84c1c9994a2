//! One real call before anything is measured: a server that answers wrongly must not win.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bench_load::{ANSWER, NAME};
use tonic::transport::{Channel, Endpoint};
use tonic_hello::HelloRequest;
use tonic_hello::hello_service_client::HelloServiceClient;

/// A server that says it listens has this long to prove it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Calls the server with tonic's client: status 0 and the right message, or an error.
pub(crate) fn answers(address: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut client = connect(address).await?;
        let reply = client.say_hello(HelloRequest { name: NAME.into() }).await?.into_inner();
        ensure!(reply.message == ANSWER, "wrong answer: {}", reply.message);
        Ok(())
    })
}

/// A client of the server, connected.
pub(crate) async fn connect(address: &str) -> anyhow::Result<HelloServiceClient<Channel>> {
    let endpoint = Endpoint::new(format!("http://{address}"))?;
    let start = Instant::now();
    loop {
        match endpoint.connect().await {
            Ok(channel) => return Ok(HelloServiceClient::new(channel)),
            Err(_) if start.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error).context("connecting"),
        }
    }
}
