//! The clients against one and the same server: sequential calls, and a hundred in flight on one
//! channel.

use std::time::Duration;

use anyhow::{Context, ensure};
use bench_load::Outcome;
use serde::Serialize;

use crate::machine::Cores;
use crate::options::Options;
use crate::process::{Program, Programs, Server};
use crate::{SERVERS, check, median};

/// Calls of the first load, which shows how many fit into the time of a measurement.
const TRIAL_CALLS: u64 = 2_000;

/// One client at one concurrency: the medians of its rounds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) client: &'static str,
    pub(crate) server: &'static str,
    pub(crate) concurrency: u64,
    #[serde(flatten)]
    pub(crate) median: Sample,
    rounds: Vec<Sample>,
}

/// What one load showed.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Sample {
    pub(crate) calls_per_second: f64,
    pub(crate) cpu_us_per_call: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
}

/// Measures these clients at these concurrencies, against our server.
pub(crate) fn measure(
    names: &[&'static str],
    concurrencies: &[u64],
    options: &Options,
    programs: &Programs,
    cores: Cores,
) -> anyhow::Result<Vec<Row>> {
    let name = SERVERS[0];
    let server = programs.serve(name, Some(cores.server))?;
    check::answers(&server.address())?;
    let mut rows = Vec::new();
    for &concurrency in concurrencies {
        let mut clients: Vec<_> = names.iter().map(|&client| (client, 0, Vec::new())).collect();
        for (client, calls, _) in &mut clients {
            let trial = run(programs, cores, &server, client, TRIAL_CALLS, concurrency)?;
            *calls = calls_in(options.load(), trial);
        }
        for round in 0..options.rounds {
            clients.rotate_left(1);
            for (client, calls, samples) in &mut clients {
                let sample = run(programs, cores, &server, client, *calls, concurrency)?;
                eprintln!(
                    "round {}/{} client {client:>9} {concurrency:>3} {:>7.0} calls/s {:>7.2} µs CPU/call",
                    round + 1,
                    options.rounds,
                    sample.calls_per_second,
                    sample.cpu_us_per_call,
                );
                samples.push(sample);
            }
        }
        clients.sort_by_key(|(client, ..)| names.iter().position(|name| name == client));
        let rows_of = |(client, _, samples)| row(client, name, concurrency, samples);
        rows.extend(clients.into_iter().map(rows_of));
    }
    Ok(rows)
}

fn calls_in(time: Duration, trial: Sample) -> u64 {
    ((trial.calls_per_second * time.as_secs_f64()) as u64).max(TRIAL_CALLS)
}

fn run(
    programs: &Programs,
    cores: Cores,
    server: &Server,
    client: &str,
    calls: u64,
    concurrency: u64,
) -> anyhow::Result<Sample> {
    let output = programs
        .command(Program::Client, client, Some(cores.load))?
        .args([server.address(), calls.to_string(), concurrency.to_string()])
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("starting client-{client}"))?;
    ensure!(output.status.success(), "client-{client} failed");
    let outcome: Outcome = serde_json::from_slice(&output.stdout)?;
    Ok(Sample {
        calls_per_second: outcome.calls as f64 / outcome.seconds,
        cpu_us_per_call: outcome.cpu_us_per_call,
        p50_us: outcome.p50_us,
        p99_us: outcome.p99_us,
    })
}

fn row(client: &'static str, server: &'static str, concurrency: u64, rounds: Vec<Sample>) -> Row {
    let of = |value: fn(&Sample) -> f64| median(rounds.iter().map(value));
    let median = Sample {
        calls_per_second: of(|sample| sample.calls_per_second),
        cpu_us_per_call: of(|sample| sample.cpu_us_per_call),
        p50_us: of(|sample| sample.p50_us),
        p99_us: of(|sample| sample.p99_us),
    };
    Row { client, server, concurrency, median, rounds }
}
