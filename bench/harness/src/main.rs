//! The bench harness: builds the servers and the clients, drives them in turn on two cores,
//! prints one table of medians and writes the same to `results.json`.
//!
//! `options` says what is asked, `machine` reads the kernel's counters, `process` starts and ends
//! what is measured, `check` calls it once before; `servers`, `clients`, `streams`, `fairness`
//! and `idle` are the measurements of Rust, `python` holds the Python package against grpcio,
//! `compiler` the compiler against protoc and buf, `report` is the table and the file.

mod check;
mod clients;
mod compiler;
mod fairness;
mod h2load;
mod idle;
mod machine;
mod options;
mod process;
mod python;
mod report;
mod servers;
mod streams;

use std::path::Path;

use anyhow::{Context, ensure};

use crate::options::{Options, Part};
use crate::report::Report;

/// The servers by the names of their crates, `server-…`; ours first.
const SERVERS: [&str; 3] = ["yamabiko", "tonic", "pajamax"];
/// The clients by the names of their crates, `client-…`; ours first.
const CLIENTS: [&str; 2] = ["yamabiko", "tonic"];
/// The peer to which the ratios are.
const PEER: &str = "tonic";
/// Calls in flight in the measurements of clients.
const CONCURRENCIES: [u64; 2] = [1, 100];

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == compiler::MARK) {
        return compiler::run_alone(arguments);
    }
    let Some(options) = Options::from_arguments()? else {
        println!("{}", options::USAGE);
        return Ok(());
    };
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the harness lives in the bench workspace")?;
    let mut report = Report::new(options.clone())?;
    if options.wants(Part::Compiler) {
        report.compiler = Some(compiler::measure(&options, workspace)?);
    }
    if options.wants_programs() {
        run_programs(&options, workspace, &mut report)?;
    }
    print!("{report}");
    ensure!(!report.is_empty(), "nothing was measured");
    // Figures that mean something are not replaced by others.
    let results = if options.quick { "results-quick.json" } else { "results.json" };
    let path = workspace.join(results);
    std::fs::write(path, report.to_json()?).with_context(|| format!("writing bench/{results}"))?;
    eprintln!("written: bench/{results}");
    Ok(())
}

/// Measures what runs the programs of this workspace.
fn run_programs(options: &Options, workspace: &Path, report: &mut Report) -> anyhow::Result<()> {
    let mut programs = process::build(workspace, &options.runtime)?;
    let cores = machine::two_cores()?;
    machine::raise_file_limit()?;

    if options.wants(Part::Servers) {
        report.servers = servers::measure(&SERVERS, &servers::SHAPES, options, &programs, cores)?;
    }
    if options.wants(Part::Clients) {
        report.clients = clients::measure(&CLIENTS, &CONCURRENCIES, options, &programs, cores)?;
    }
    if options.wants(Part::Streams) {
        report.streams = streams::measure(options, &programs, cores)?;
    }
    if options.wants(Part::Fairness) {
        report.fairness = fairness::measure(options, &programs, cores)?;
    }
    if options.wants(Part::Idle) {
        report.idle = idle::measure(options, &programs, cores)?;
    }
    if options.wants(Part::Python) {
        programs.set_up_python()?;
        report.python = Some(python::measure(options, &programs, cores)?);
    }
    Ok(())
}

/// The middle of the values; of an even number of them the mean of the middle two.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[half],
        _ => (values[half - 1] + values[half]) / 2.0,
    }
}

/// The value that `share` of the sorted values stay below.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    sorted.get((sorted.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN)
}
