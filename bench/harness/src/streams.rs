//! Streams and large messages: each client against each server, and for large ones the same bytes
//! over bare TCP.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use anyhow::{Context, ensure};
use bench_load::streams::{Outcome, READY, Workload};
use serde::Serialize;
use serde_json::{Value, json};

use crate::machine::{self, Cores};
use crate::options::Options;
use crate::process::{Program, Programs, Server};
use crate::report::ratio;
use crate::{CLIENTS, PEER, median};

/// Server and client: each with its own kind, and with the other.
const PAIRS: [(&str, &str); 4] = [(OURS, OURS), (PEER, PEER), (OURS, PEER), (PEER, OURS)];
/// The part of the time of a load that these take: they vary less than calls, and are many.
const SHARE: f64 = 0.5;
const OURS: &str = CLIENTS[0];
/// The same bytes without any protocol.
const BARE: &str = "tcp";

/// One server with one client under one workload: the medians of its rounds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    workload: Workload,
    unit: &'static str,
    server: &'static str,
    client: &'static str,
    #[serde(flatten)]
    median: Sample,
    rounds: Vec<Sample>,
}

/// What one load showed. A unit is a message, a round trip, a call or a MiB.
#[derive(Clone, Copy, Debug, Serialize)]
struct Sample {
    units_per_second: f64,
    server_cpu_us_per_unit: f64,
    client_cpu_us_per_unit: f64,
}

impl Sample {
    fn cpu_us_per_unit(&self) -> f64 {
        self.server_cpu_us_per_unit + self.client_cpu_us_per_unit
    }
}

/// Measures all workloads; within a round the pairs take turns.
pub(crate) fn measure(
    options: &Options,
    programs: &Programs,
    cores: Cores,
) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for workload in Workload::ALL {
        let bare = workload.is_large().then_some((BARE, BARE));
        let mut pairs: Vec<_> = PAIRS.into_iter().chain(bare).map(|pair| (pair, vec![])).collect();
        for round in 0..options.rounds {
            // Each round begins with another pair.
            pairs.rotate_left(1);
            for ((server, client), samples) in &mut pairs {
                let started = programs.serve_streams(server, Some(cores.server))?;
                let sample = sample(&started, client, workload, options, programs, cores)?;
                eprintln!(
                    "round {}/{} {:>10} {server:>9} ← {client:<9} {:>9.0}/s {:>8.3} + {:>8.3} µs CPU",
                    round + 1,
                    options.rounds,
                    workload.name(),
                    sample.units_per_second,
                    sample.server_cpu_us_per_unit,
                    sample.client_cpu_us_per_unit,
                );
                samples.push(sample);
            }
        }
        let place = |pair| PAIRS.iter().position(|known| *known == pair).unwrap_or(PAIRS.len());
        pairs.sort_by_key(|(pair, _)| place(*pair));
        rows.extend(pairs.into_iter().map(|(pair, samples)| row(workload, pair, samples)));
    }
    Ok(rows)
}

/// One load: the client says when it is warm, and the counters are read at both ends.
fn sample(
    server: &Server,
    client: &str,
    workload: Workload,
    options: &Options,
    programs: &Programs,
    cores: Cores,
) -> anyhow::Result<Sample> {
    let time = options.load().mul_f64(SHARE);
    let mut process = programs
        .command(Program::StreamsClient, client, Some(cores.load))?
        .args([&server.address(), workload.name(), &time.as_secs_f64().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting streams-client-{client}"))?;
    let mut lines = BufReader::new(process.stdout.take().context("stdout is piped")?).lines();
    let mut line = || lines.next().unwrap_or(Ok(String::new())).context("reading its output");
    let failed = || format!("streams-client-{client} failed at {}", workload.name());
    ensure!(line()? == READY, failed());
    let before = machine::cpu_time(server.id())?;
    process.stdin.take().context("stdin is piped")?.write_all(b"go\n")?;
    let outcome: Outcome = serde_json::from_str(&line()?).with_context(failed)?;
    let cpu = machine::cpu_time(server.id())? - before;
    ensure!(process.wait()?.success(), failed());
    let per_unit = |seconds: f64| seconds * 1e6 / outcome.units as f64;
    Ok(Sample {
        units_per_second: outcome.units as f64 / outcome.seconds,
        server_cpu_us_per_unit: per_unit(cpu.as_secs_f64()),
        client_cpu_us_per_unit: per_unit(outcome.cpu_seconds),
    })
}

fn row(
    workload: Workload,
    (server, client): (&'static str, &'static str),
    rounds: Vec<Sample>,
) -> Row {
    let of = |value: fn(&Sample) -> f64| median(rounds.iter().map(value));
    let median = Sample {
        units_per_second: of(|sample| sample.units_per_second),
        server_cpu_us_per_unit: of(|sample| sample.server_cpu_us_per_unit),
        client_cpu_us_per_unit: of(|sample| sample.client_cpu_us_per_unit),
    };
    Row { workload, unit: workload.unit(), server, client, median, rounds }
}

/// The peer with itself, or the bare copy, under the same workload.
fn other<'a>(rows: &'a [Row], row: &Row, name: &str) -> Option<&'a Sample> {
    let mut same = rows.iter().filter(|other| other.workload == row.workload);
    let found = same.find(|other| (other.server, other.client) == (name, name));
    found.map(|other| &other.median)
}

/// Writes the ratios into the rows.
pub(crate) fn add_ratios<'a>(rows: &[Row], report: impl Iterator<Item = &'a mut Value>) {
    for (row, json) in rows.iter().zip(report) {
        for name in [PEER, BARE] {
            let Some(other) = other(rows, row, name) else { continue };
            let own = &row.median;
            json[format!("ratio_to_{name}")] = json!({
                "units_per_second": own.units_per_second / other.units_per_second,
                "server_cpu_us_per_unit": own.server_cpu_us_per_unit / other.server_cpu_us_per_unit,
                "client_cpu_us_per_unit": own.client_cpu_us_per_unit / other.client_cpu_us_per_unit,
                "cpu_us_per_unit": own.cpu_us_per_unit() / other.cpu_us_per_unit(),
            });
        }
    }
}

/// The table.
pub(crate) fn table(rows: &[Row], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(
        f,
        "\nStreams and large messages: server ← client. ×TCP: CPU and time of a bare copy"
    )?;
    writeln!(
        f,
        "{:>10} {:<21} {:>17} {:>20} {:>20} {:>6} {:>6}",
        "", "", "units/s", "server CPU µs/unit", "client CPU µs/unit", "×TCP", "×TCP"
    )?;
    for row in rows {
        let own = &row.median;
        let peer = other(rows, row, PEER).unwrap_or(own);
        write!(
            f,
            "{:>10} {:<21} {:>10.0} {} {:>13.3} {} {:>13.3} {}",
            row.workload.name(),
            format!("{} ← {}", row.server, row.client),
            own.units_per_second,
            ratio(own.units_per_second, peer.units_per_second),
            own.server_cpu_us_per_unit,
            ratio(own.server_cpu_us_per_unit, peer.server_cpu_us_per_unit),
            own.client_cpu_us_per_unit,
            ratio(own.client_cpu_us_per_unit, peer.client_cpu_us_per_unit),
        )?;
        if let Some(bare) = other(rows, row, BARE) {
            let cpu = own.cpu_us_per_unit() / bare.cpu_us_per_unit();
            let time = bare.units_per_second / own.units_per_second;
            write!(f, " {cpu:>6.2} {time:>6.2}")?;
        }
        writeln!(f)?;
    }
    writeln!(f, "A unit is a message, a round trip, a call of 1 MiB each way, or a MiB.")
}
