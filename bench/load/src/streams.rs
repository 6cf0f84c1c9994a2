//! The load loops over streams and large messages, written once so that the clients differ in
//! nothing but the gRPC library.
//!
//! A client connects, warms up, prints `ready` and waits for a line on its standard input; then it
//! works for the time that it was given and prints what came out. So the harness can read the
//! server's counters at both ends.

use std::future::Future;
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use crate::cpu_time;

/// What a client prints before it waits.
pub const READY: &str = "ready";
/// The part of the time that is spent before.
const WARM_UP: f64 = 0.2;
/// Bytes of a small payload.
const SMALL: u32 = 16;
static SMALL_PAYLOAD: [u8; SMALL as usize] = [1; SMALL as usize];
static LARGE_PAYLOAD: [u8; LARGE] = [1; LARGE];
/// Messages of a stream of small ones.
const SMALL_MESSAGES: u32 = 10_000;
/// Round trips of one stream of ping-pong.
const ROUNDS: u32 = 500;
/// Bytes of the payload of an echo: the largest below 1 MiB with its field.
const LARGE: usize = (1 << 20) - 8;
/// Bytes of a chunk of what is copied.
pub const CHUNK: u32 = 1 << 16;
/// Chunks of what is copied: 100 MiB in all.
const CHUNKS: u32 = 1_600;
const CHUNKS_PER_MEBIBYTE: u64 = (1 << 20) / CHUNK as u64;

/// What is done with streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// Server streaming of 10,000 messages of 16 bytes. A unit is a message.
    Small,
    /// One message there and back on a bidirectional stream, then the next. A unit is a round trip.
    PingPong,
    /// The same on a hundred streams of one connection.
    PingPongs,
    /// A unary call with 1 MiB each way. A unit is a call.
    Echo,
    /// 100 MiB from the server in messages of 64 KiB. A unit is a MiB.
    Down,
    /// 100 MiB to the server in messages of 64 KiB. A unit is a MiB.
    Up,
}

impl Workload {
    /// All of them.
    pub const ALL: [Workload; 6] = [
        Workload::Small,
        Workload::PingPong,
        Workload::PingPongs,
        Workload::Echo,
        Workload::Down,
        Workload::Up,
    ];

    /// Its name on command lines and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Workload::Small => "small",
            Workload::PingPong => "ping-pong",
            Workload::PingPongs => "ping-pongs",
            Workload::Echo => "echo",
            Workload::Down => "down",
            Workload::Up => "up",
        }
    }

    /// What its figures are divided by.
    pub fn unit(self) -> &'static str {
        match self {
            Workload::Small => "message",
            Workload::PingPong | Workload::PingPongs => "round trip",
            Workload::Echo => "call",
            Workload::Down | Workload::Up => "MiB",
        }
    }

    /// Whether copying the same bytes over bare TCP says something about it.
    pub fn is_large(self) -> bool {
        matches!(self, Workload::Echo | Workload::Down | Workload::Up)
    }

    /// Calls at a time.
    fn concurrency(self) -> usize {
        if self == Workload::PingPongs { 100 } else { 1 }
    }

    /// Does it once, checks the answers, and gives the units that were done.
    async fn once(self, client: &impl Streams) -> anyhow::Result<u64> {
        let same = |bytes, messages: u32, size: u32| {
            ensure!(bytes == u64::from(messages) * u64::from(size), "{bytes} bytes came");
            anyhow::Ok(())
        };
        match self {
            Workload::Small => {
                same(client.download(SMALL_MESSAGES, SMALL).await?, SMALL_MESSAGES, SMALL)?;
                Ok(SMALL_MESSAGES.into())
            }
            Workload::PingPong | Workload::PingPongs => {
                client.ping_pong(ROUNDS, &SMALL_PAYLOAD).await?;
                Ok(ROUNDS.into())
            }
            Workload::Echo => {
                let length = client.echo(&LARGE_PAYLOAD).await?;
                ensure!(length == LARGE, "another message came back: {length} bytes");
                Ok(1)
            }
            Workload::Down => {
                same(client.download(CHUNKS, CHUNK).await?, CHUNKS, CHUNK)?;
                Ok(u64::from(CHUNKS) / CHUNKS_PER_MEBIBYTE)
            }
            Workload::Up => {
                same(client.upload(CHUNKS, CHUNK).await?, CHUNKS, CHUNK)?;
                Ok(u64::from(CHUNKS) / CHUNKS_PER_MEBIBYTE)
            }
        }
    }
}

/// A client of `streams.proto`, whatever it is made of.
pub trait Streams: Clone + Send + Sync + 'static {
    /// Bytes of the payloads of as many messages as were asked for.
    fn download(
        &self,
        messages: u32,
        size: u32,
    ) -> impl Future<Output = anyhow::Result<u64>> + Send;

    /// Bytes that the server has got.
    fn upload(&self, messages: u32, size: u32) -> impl Future<Output = anyhow::Result<u64>> + Send;

    /// Round trips on one stream, each begun when the one before has ended.
    fn ping_pong(
        &self,
        rounds: u32,
        payload: &'static [u8],
    ) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// A unary call that brings its payload back: how many bytes came.
    fn echo(&self, payload: &'static [u8]) -> impl Future<Output = anyhow::Result<usize>> + Send;
}

/// What a program is asked for: `<host:port> <workload> <seconds>`.
#[derive(Debug)]
pub struct Order {
    /// The server, as `host:port`.
    pub address: String,
    workload: Workload,
    time: Duration,
}

/// What a program prints as one line of JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// Messages, round trips, calls or MiB: see [`Workload`].
    pub units: u64,
    /// The time that they took.
    pub seconds: f64,
    /// CPU time of the client process.
    pub cpu_seconds: f64,
}

impl Order {
    /// The order in the program's arguments.
    pub fn from_arguments() -> anyhow::Result<Order> {
        let usage = "usage: streams-client-… <host:port> <workload> <seconds>";
        let mut arguments = std::env::args().skip(1);
        let mut next = || arguments.next().context(usage);
        let (address, workload, seconds) = (next()?, next()?, next()?);
        let known = Workload::ALL.into_iter().find(|known| known.name() == workload);
        let workload = known.with_context(|| format!("no such workload: {workload}"))?;
        let time = Duration::try_from_secs_f64(seconds.parse().context(usage)?).context(usage)?;
        Ok(Order { address, workload, time })
    }

    /// Warms up, waits for the sign, works, and prints the outcome.
    pub async fn run(&self, client: impl Streams) -> anyhow::Result<()> {
        self.work(&client, self.time.mul_f64(WARM_UP)).await?;
        println!("{READY}");
        std::io::stdout().flush()?;
        std::io::stdin().lock().read_line(&mut String::new())?;
        let (cpu, start) = (cpu_time()?, Instant::now());
        let units = self.work(&client, self.time).await?;
        let (elapsed, cpu) = (start.elapsed(), cpu_time()? - cpu);
        let outcome =
            Outcome { units, seconds: elapsed.as_secs_f64(), cpu_seconds: cpu.as_secs_f64() };
        println!("{}", serde_json::to_string(&outcome)?);
        Ok(())
    }

    /// Repeats the workload until the time is over, at least once.
    async fn work(&self, client: &impl Streams, time: Duration) -> anyhow::Result<u64> {
        let (end, workload) = (Instant::now() + time, self.workload);
        if workload.concurrency() == 1 {
            return repeat(workload, client, end).await;
        }
        let tasks: Vec<_> = (0..workload.concurrency())
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { repeat(workload, &client, end).await })
            })
            .collect();
        let mut units = 0;
        for task in tasks {
            units += task.await??;
        }
        Ok(units)
    }
}

async fn repeat(workload: Workload, client: &impl Streams, end: Instant) -> anyhow::Result<u64> {
    let mut units = 0;
    loop {
        units += workload.once(client).await?;
        if Instant::now() >= end {
            return Ok(units);
        }
    }
}
