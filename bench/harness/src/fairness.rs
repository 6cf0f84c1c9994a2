//! Quick calls and their neighbours: how long they wait beside a call of the same method whose
//! handler burns 50 ms of CPU, on the same connection and on another one, and beside a connection
//! that keeps the server busy. Server and load may use both cores.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use bench_handler::{BURN, BURN_NAME};
use bench_load::NAME;
use serde::Serialize;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use tonic_hello::HelloRequest;
use tonic_hello::hello_service_client::HelloServiceClient;

use crate::h2load::{H2load, Shape};
use crate::machine::Cores;
use crate::options::Options;
use crate::process::Programs;
use crate::{SERVERS, check, median};

/// The pause between two quick calls.
const PAUSE: Duration = Duration::from_millis(1);
/// Burning calls a round.
const BURNS_PER_ROUND: usize = 5;

/// The load of the connection that keeps the server busy.
const FLOOD: Shape = Shape { connections: 1, in_flight: 100 };
/// How long it does in each window.
const FLOOD_TIME: Duration = Duration::from_millis(100);

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
    /// Another connection always has a hundred quick calls in flight.
    pub(crate) beside_a_flood: Wait,
}

/// The worst quick call of each window: of the 50 ms that a call burns.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Wait {
    pub(crate) median_of_worst_ms: f64,
    pub(crate) worst_ms: f64,
    calls: usize,
    windows: usize,
}

/// Measures all servers.
pub(crate) fn measure(
    options: &Options,
    programs: &Programs,
    cores: Cores,
) -> anyhow::Result<Vec<Row>> {
    let h2load = Arc::new(H2load::new(cores.load)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let windows = options.rounds * BURNS_PER_ROUND;
    let row = |name| {
        eprintln!("fairness {name:>9}");
        let server = programs.multi_threaded().serve(name, None)?;
        runtime.block_on(probe(name, server.address(), &h2load, windows))
    };
    SERVERS.into_iter().map(row).collect()
}

async fn probe(
    server: &'static str,
    address: String,
    h2load: &Arc<H2load>,
    windows: usize,
) -> anyhow::Result<Row> {
    let near = check::connect(&address).await?;
    let far = check::connect(&address).await?;
    for client in [&near, &far] {
        for _ in 0..200 {
            quick(client.clone()).await?;
        }
    }
    Ok(Row {
        server,
        quiet: waits(silence, &near, windows).await?,
        same_connection: waits(|| burn(near.clone()), &near, windows).await?,
        other_connection: waits(|| burn(near.clone()), &far, windows).await?,
        beside_a_flood: waits(|| flood(Arc::clone(h2load), address.clone()), &far, windows).await?,
    })
}

/// Quick calls through a client during windows in which something else happens.
async fn waits<F>(
    neighbour: impl Fn() -> F,
    calling: &Client,
    windows: usize,
) -> anyhow::Result<Wait>
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let (mut worst, mut calls) = (Vec::new(), 0);
    for _ in 0..windows {
        let window = tokio::spawn(neighbour());
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

async fn silence() -> anyhow::Result<()> {
    tokio::time::sleep(BURN).await;
    Ok(())
}

async fn burn(mut client: Client) -> anyhow::Result<()> {
    let start = Instant::now();
    client.say_hello(HelloRequest { name: BURN_NAME.into() }).await?;
    ensure!(start.elapsed() >= BURN, "the handler did not burn");
    Ok(())
}

async fn flood(h2load: Arc<H2load>, address: String) -> anyhow::Result<()> {
    let load = move || h2load.run(&address, FLOOD, FLOOD_TIME);
    tokio::task::spawn_blocking(load).await??;
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
