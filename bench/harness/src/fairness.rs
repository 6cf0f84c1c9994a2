//! One slow handler and its neighbours: a call whose handler burns 50 ms of CPU, while quick calls
//! of the same method run beside it, on the same connection and on another one. Server and load
//! may use both cores.

use std::time::{Duration, Instant};

use anyhow::ensure;
use bench_handler::{BURN, BURN_NAME};
use bench_load::NAME;
use serde::Serialize;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use tonic_hello::HelloRequest;
use tonic_hello::hello_service_client::HelloServiceClient;

use crate::options::Options;
use crate::process::Programs;
use crate::{SERVERS, check, median};

/// The pause between two quick calls.
const PAUSE: Duration = Duration::from_millis(1);
/// Burning calls a round.
const BURNS_PER_ROUND: usize = 5;

type Client = HelloServiceClient<Channel>;

/// What the quick calls of one server waited.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) server: &'static str,
    /// Nothing burns: the machine's own noise.
    pub(crate) quiet: Wait,
    /// The burning call is on the same connection.
    pub(crate) same_connection: Wait,
    /// The burning call is on another connection.
    pub(crate) other_connection: Wait,
}

/// The worst quick call of each window of 50 ms.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Wait {
    pub(crate) median_of_worst_ms: f64,
    pub(crate) worst_ms: f64,
    calls: usize,
    windows: usize,
}

/// Measures all servers.
pub(crate) fn measure(options: &Options, programs: &Programs) -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let windows = options.rounds * BURNS_PER_ROUND;
    let row = |name| {
        eprintln!("fairness {name:>9}");
        let server = programs.multi_threaded().serve(name, None)?;
        runtime.block_on(probe(name, server.address(), windows))
    };
    SERVERS.into_iter().map(row).collect()
}

async fn probe(server: &'static str, address: String, windows: usize) -> anyhow::Result<Row> {
    let near = check::connect(&address).await?;
    let far = check::connect(&address).await?;
    for client in [&near, &far] {
        for _ in 0..200 {
            quick(client.clone()).await?;
        }
    }
    Ok(Row {
        server,
        quiet: waits(None, &near, windows).await?,
        same_connection: waits(Some(&near), &near, windows).await?,
        other_connection: waits(Some(&near), &far, windows).await?,
    })
}

/// Quick calls through one client while another, where there is one, burns.
async fn waits(burning: Option<&Client>, calling: &Client, windows: usize) -> anyhow::Result<Wait> {
    let (mut worst, mut calls) = (Vec::new(), 0);
    for _ in 0..windows {
        let window = tokio::spawn(window(burning.cloned()));
        let waits = quick_calls(calling.clone(), &window).await?;
        calls += waits.len();
        worst.extend(waits.into_iter().max().map(|wait| wait.as_secs_f64() * 1e3));
        window.await??;
    }
    Ok(Wait {
        median_of_worst_ms: median(worst.iter().copied()),
        worst_ms: worst.iter().copied().fold(0.0, f64::max),
        calls,
        windows,
    })
}

/// One burning call; without a client, the same time in silence.
async fn window(client: Option<Client>) -> anyhow::Result<()> {
    match client {
        None => tokio::time::sleep(BURN).await,
        Some(mut client) => {
            let start = Instant::now();
            client.say_hello(HelloRequest { name: BURN_NAME.into() }).await?;
            ensure!(start.elapsed() >= BURN, "the handler did not burn");
        }
    }
    Ok(())
}

async fn quick_calls(
    client: Client,
    window: &JoinHandle<anyhow::Result<()>>,
) -> anyhow::Result<Vec<Duration>> {
    let mut waits = Vec::new();
    while !window.is_finished() {
        tokio::time::sleep(PAUSE).await;
        waits.push(quick(client.clone()).await?);
    }
    Ok(waits)
}

async fn quick(mut client: Client) -> anyhow::Result<Duration> {
    let start = Instant::now();
    client.say_hello(HelloRequest { name: NAME.into() }).await?;
    Ok(start.elapsed())
}
