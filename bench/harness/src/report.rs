//! The table and the file.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::options::Options;
use crate::{PEER, clients, compiler, fairness, idle, python, servers, streams};

/// From here on what others use of the cores, in percent of one, makes figures doubtful.
const DISTURBED: f64 = 10.0;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: Machine,
    options: Options,
    pub(crate) servers: Vec<servers::Row>,
    pub(crate) clients: Vec<clients::Row>,
    pub(crate) streams: Vec<streams::Row>,
    pub(crate) fairness: Vec<fairness::Row>,
    pub(crate) idle: Vec<idle::Row>,
    pub(crate) python: Option<python::Figures>,
    pub(crate) compiler: Option<compiler::Figures>,
}

impl Report {
    /// A report without figures.
    pub(crate) fn new(options: Options) -> anyhow::Result<Report> {
        let machine = Machine::describe()?;
        let (servers, clients, streams, fairness, idle) = Default::default();
        let (python, compiler) = (None, None);
        Ok(Report { machine, options, servers, clients, streams, fairness, idle, python, compiler })
    }

    pub(crate) fn is_empty(&self) -> bool {
        let rust = [self.servers.len(), self.clients.len(), self.streams.len()];
        let rows = rust.into_iter().chain([self.fairness.len(), self.idle.len()]);
        rows.sum::<usize>() == 0 && self.python.is_none() && self.compiler.is_none()
    }

    /// The contents of `results.json`: the report, with the ratios to the peer in each row.
    pub(crate) fn to_json(&self) -> anyhow::Result<String> {
        let mut report = serde_json::to_value(self)?;
        add_ratios(&self.servers, &self.clients, PEER, &mut report);
        streams::add_ratios(&self.streams, rows(&mut report, "streams"));
        if let Some(figures) = &self.python {
            let json = &mut report["python"];
            add_ratios(&figures.servers, &figures.clients, python::PEER, json);
        }
        if let Some(figures) = &self.compiler {
            figures.add_ratios(&mut report["compiler"]);
        }
        for (row, json) in self.idle.iter().zip(rows(&mut report, "idle")) {
            let ratio = row.bytes_per_connection / self.peer_of_idle(row).bytes_per_connection;
            json["ratio_to_tonic"] = json!({ "bytes_per_connection": ratio });
        }
        round(&mut report);
        Ok(serde_json::to_string_pretty(&report)? + "\n")
    }

    fn peer_of_idle<'a>(&'a self, row: &'a idle::Row) -> &'a idle::Row {
        self.idle.iter().find(|peer| peer.server == PEER).unwrap_or(row)
    }
}

/// Writes the ratios to the peer into the rows of servers and clients.
fn add_ratios(servers: &[servers::Row], clients: &[clients::Row], peer: &str, report: &mut Value) {
    let key = format!("ratio_to_{peer}");
    for (row, json) in servers.iter().zip(rows(report, "servers")) {
        let peer = peer_of(servers, row, peer);
        json[&key] = json!({
            "requests_per_second": row.median.requests_per_second / peer.requests_per_second,
            "cpu_us_per_request": row.median.cpu_us_per_request / peer.cpu_us_per_request,
            "p99_us": row.median.p99_us / peer.p99_us,
            "peak_resident_bytes": row.median.peak_resident_bytes / peer.peak_resident_bytes,
        });
    }
    for (row, json) in clients.iter().zip(rows(report, "clients")) {
        let peer = peer_of_client(clients, row, peer);
        json[&key] = json!({
            "calls_per_second": row.median.calls_per_second / peer.calls_per_second,
            "cpu_us_per_call": row.median.cpu_us_per_call / peer.cpu_us_per_call,
            "p50_us": row.median.p50_us / peer.p50_us,
            "p99_us": row.median.p99_us / peer.p99_us,
        });
    }
}

fn peer_of(rows: &[servers::Row], row: &servers::Row, peer: &str) -> servers::Sample {
    let mut peers = rows.iter().filter(|other| other.shape == row.shape);
    peers.find(|other| other.server == peer).unwrap_or(row).median
}

fn peer_of_client(rows: &[clients::Row], row: &clients::Row, peer: &str) -> clients::Sample {
    let mut peers = rows.iter().filter(|other| other.concurrency == row.concurrency);
    peers.find(|other| other.client == peer).unwrap_or(row).median
}

fn rows<'a>(report: &'a mut Value, part: &str) -> impl Iterator<Item = &'a mut Value> {
    report[part].as_array_mut().into_iter().flatten()
}

/// Leaves the digits that mean something.
fn round(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(round),
        Value::Object(fields) => fields.values_mut().for_each(round),
        Value::Number(number) if number.is_f64() => {
            let digits = number.as_f64().map(|float| (float * 1e3).round() / 1e3);
            *value = json!(digits);
        }
        _ => {}
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Medians of {} rounds, tokio {}. (…): the ratio to tonic.",
            self.options.rounds, self.options.runtime
        )?;
        servers_table(&self.servers, PEER, f)?;
        clients_table(&self.clients, PEER, f)?;
        streams::table(&self.streams, f)?;
        self.fairness_table(f)?;
        self.idle_table(f)?;
        if let Some(figures) = &self.compiler {
            figures.table(f)?;
        }
        let Some(figures) = &self.python else { return Ok(()) };
        writeln!(f, "\nPython, the same scripts on each. (…): the ratio to {}.", python::PEER)?;
        servers_table(&figures.servers, python::PEER, f)?;
        clients_table(&figures.clients, python::PEER, f)?;
        python_table(figures, f)
    }
}
fn servers_table(rows: &[servers::Row], peer: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nServers under h2load: connections × calls in flight on each")?;
    writeln!(
        f,
        "{:>6} {:<9} {:>16} {:>17} {:>16} {:>14} {:>7} {:>7}",
        "", "", "requests/s", "CPU µs/request", "p99 µs", "memory MiB", "load %", "other %"
    )?;
    for row in rows {
        let (own, peer) = (row.median, peer_of(rows, row, peer));
        writeln!(
            f,
            "{:>6} {:<9} {:>9.0} {} {:>10.2} {} {:>9.0} {} {:>7.1} {} {:>7.0} {:>7.0}",
            format!("{}×{}", row.shape.connections, row.shape.in_flight),
            row.server,
            own.requests_per_second,
            ratio(own.requests_per_second, peer.requests_per_second),
            own.cpu_us_per_request,
            ratio(own.cpu_us_per_request, peer.cpu_us_per_request),
            own.p99_us,
            ratio(own.p99_us, peer.p99_us),
            own.peak_resident_bytes / f64::from(1 << 20),
            ratio(own.peak_resident_bytes, peer.peak_resident_bytes),
            own.load_busy_percent,
            own.other_busy_percent,
        )?;
    }
    if rows.iter().any(|row| row.median.other_busy_percent > DISTURBED) {
        writeln!(f, "other programs kept the cores busy: repeat the run before you quote it")?;
    }
    Ok(())
}

fn clients_table(rows: &[clients::Row], peer: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(first) = rows.first() else { return Ok(()) };
    writeln!(f, "\nClients against the {} server: calls in flight on one channel", first.server)?;
    writeln!(
        f,
        "{:>6} {:<9} {:>16} {:>17} {:>16} {:>16}",
        "", "", "calls/s", "CPU µs/call", "p50 µs", "p99 µs"
    )?;
    for row in rows {
        let (own, peer) = (row.median, peer_of_client(rows, row, peer));
        writeln!(
            f,
            "{:>6} {:<9} {:>9.0} {} {:>10.2} {} {:>9.0} {} {:>9.0} {}",
            row.concurrency,
            row.client,
            own.calls_per_second,
            ratio(own.calls_per_second, peer.calls_per_second),
            own.cpu_us_per_call,
            ratio(own.cpu_us_per_call, peer.cpu_us_per_call),
            own.p50_us,
            ratio(own.p50_us, peer.p50_us),
            own.p99_us,
            ratio(own.p99_us, peer.p99_us),
        )?;
    }
    Ok(())
}

fn python_table(figures: &python::Figures, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "\nPython, before and beside the calls")?;
    writeln!(
        f,
        "{:>6} {:<9} {:>17} {:>17} {:>18} {:>18}",
        "", "", "import grpc, ms", "protoc, ms", "idle server, MiB", "wheels, MB"
    )?;
    let peer = figures.start.iter().find(|row| row.name == python::PEER);
    for row in &figures.start {
        let peer = peer.unwrap_or(row);
        let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        writeln!(
            f,
            "{:>6} {:<9} {:>10.1} {} {:>10.1} {} {:>11.1} {} {:>11.2} {}",
            "",
            row.name,
            row.import_ms,
            ratio(row.import_ms, peer.import_ms),
            row.protoc_ms,
            ratio(row.protoc_ms, peer.protoc_ms),
            mebibytes(row.idle_server_bytes),
            ratio(row.idle_server_bytes as f64, peer.idle_server_bytes as f64),
            row.wheel_bytes as f64 / 1e6,
            ratio(row.wheel_bytes as f64, peer.wheel_bytes as f64),
        )?;
    }
    Ok(())
}

impl Report {
    fn fairness_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.fairness.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "\nFairness: the slowest quick call, in ms, median of the windows and worst of all: alone, \
             beside a handler that burns 50 ms, beside 1×100"
        )?;
        writeln!(
            f,
            "{:>6} {:<9} {:>18} {:>18} {:>18} {:>18}",
            "", "", "alone", "same connection", "other connection", "beside 1×100"
        )?;
        for row in &self.fairness {
            write!(f, "{:>6} {:<9}", "", row.server)?;
            for wait in [row.quiet, row.same_connection, row.other_connection, row.beside_a_flood] {
                write!(f, " {:>8.2}, {:>8.2}", wait.median_of_worst_ms, wait.worst_ms)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn idle_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.idle.first() else { return Ok(()) };
        writeln!(f, "\nMemory of {} idle connections, one call behind each", first.connections)?;
        writeln!(f, "{:>6} {:<9} {:>14} {:>22}", "", "", "memory MiB", "bytes/connection")?;
        for row in &self.idle {
            let peer = self.peer_of_idle(row);
            writeln!(
                f,
                "{:>6} {:<9} {:>14.1} {:>15.0} {}",
                "",
                row.server,
                row.resident_after_bytes as f64 / f64::from(1 << 20),
                row.bytes_per_connection,
                ratio(row.bytes_per_connection, peer.bytes_per_connection),
            )?;
        }
        Ok(())
    }
}

/// In brackets, behind the figure of its own.
pub(crate) fn ratio(own: f64, peer: f64) -> String {
    format!("({:.2})", own / peer)
}
