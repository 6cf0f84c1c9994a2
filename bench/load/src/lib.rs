//! The load loop that every client of the bench runs, written once so that they differ in nothing
//! but the gRPC library: a number of calls, spread over concurrent tasks on one channel. For what
//! is not small and unary there is [`streams`].

pub mod streams;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// The name that every call sends.
pub const NAME: &str = "なんしー";
/// What every call must answer.
pub const ANSWER: &str = "こんにちは, なんしー";

/// What a load program is asked for: `<host:port> <calls> <concurrency>`.
#[derive(Debug)]
pub struct Order {
    /// The server, as `host:port`.
    pub address: String,
    /// How many calls to measure.
    pub calls: u64,
    /// How many of them are in flight at a time.
    pub concurrency: u64,
}

/// What a load program prints as one line of JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// How many calls were measured.
    pub calls: u64,
    /// The time that they took.
    pub seconds: f64,
    /// CPU time of the whole client process, divided by the calls.
    pub cpu_us_per_call: f64,
    /// The median latency.
    pub p50_us: f64,
    /// The latency that one call in a hundred exceeds.
    pub p99_us: f64,
}

impl Order {
    /// The order in the program's arguments.
    pub fn from_arguments() -> anyhow::Result<Order> {
        let usage = "usage: client-… <host:port> <calls> <concurrency>";
        let mut arguments = std::env::args().skip(1);
        let mut next = || arguments.next().context(usage);
        let order = Order {
            address: next()?,
            calls: next()?.parse().context(usage)?,
            concurrency: next()?.parse().context(usage)?,
        };
        ensure!(order.calls > 0 && order.concurrency > 0, usage);
        Ok(order)
    }

    /// Makes the calls, a tenth of them first to warm up, and prints the outcome.
    ///
    /// `call` makes one call and gives its answer; each task has a clone of it.
    pub async fn run<C, F>(&self, call: C) -> anyhow::Result<()>
    where
        C: Fn() -> F + Clone + Send + 'static,
        F: Future<Output = anyhow::Result<String>> + Send + 'static,
    {
        ensure!(call().await? == ANSWER, "the server does not answer {ANSWER}");
        self.measure(self.calls / 10, &call).await?;
        let outcome = self.measure(self.calls, &call).await?;
        println!("{}", serde_json::to_string(&outcome)?);
        Ok(())
    }

    async fn measure<C, F>(&self, calls: u64, call: &C) -> anyhow::Result<Outcome>
    where
        C: Fn() -> F + Clone + Send + 'static,
        F: Future<Output = anyhow::Result<String>> + Send + 'static,
    {
        let started = Arc::new(AtomicU64::new(0));
        let (cpu, start) = (cpu_time()?, Instant::now());
        let tasks: Vec<_> = (0..self.concurrency)
            .map(|_| tokio::spawn(repeat(calls, Arc::clone(&started), call.clone())))
            .collect();
        let mut latencies = Vec::with_capacity(calls as usize);
        for task in tasks {
            latencies.extend(task.await??);
        }
        let (elapsed, cpu) = (start.elapsed(), cpu_time()? - cpu);
        latencies.sort_unstable();
        Ok(Outcome {
            calls,
            seconds: elapsed.as_secs_f64(),
            cpu_us_per_call: cpu.as_secs_f64() * 1e6 / calls.max(1) as f64,
            p50_us: percentile(&latencies, 0.50),
            p99_us: percentile(&latencies, 0.99),
        })
    }
}

/// One task's part: call after call, until all tasks together have started `calls` of them.
async fn repeat<C, F>(calls: u64, started: Arc<AtomicU64>, call: C) -> anyhow::Result<Vec<Duration>>
where
    C: Fn() -> F,
    F: Future<Output = anyhow::Result<String>>,
{
    let mut latencies = Vec::new();
    while started.fetch_add(1, Ordering::Relaxed) < calls {
        let start = Instant::now();
        let answer = call().await?;
        latencies.push(start.elapsed());
        ensure!(answer.len() == ANSWER.len(), "unexpected answer: {answer}");
    }
    Ok(latencies)
}

/// CPU time of this process so far, all threads.
fn cpu_time() -> nix::Result<Duration> {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from)
}

fn percentile(sorted: &[Duration], share: f64) -> f64 {
    let index = (sorted.len() as f64 * share) as usize;
    sorted.get(index).map_or(0.0, |latency| latency.as_secs_f64() * 1e6)
}
