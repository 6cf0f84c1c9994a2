//! The servers under `h2load`: each alone on one core, the load on another, in turn within a
//! round, fresh processes in every round.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::h2load::{H2load, Shape};
use crate::machine::{self, Cores};
use crate::options::Options;
use crate::process::{Programs, Server};
use crate::{check, median};

/// One call at a time, many on one connection, many on some connections, and on many.
pub(crate) const SHAPES: [Shape; 4] = [
    Shape { connections: 1, in_flight: 1 },
    Shape { connections: 1, in_flight: 100 },
    Shape { connections: 10, in_flight: 10 },
    Shape { connections: 50, in_flight: 10 },
];
/// The load before each measurement that is not counted.
const WARM_UP: Duration = Duration::from_millis(100);

/// One server under one shape of load: the medians of its rounds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) server: &'static str,
    #[serde(flatten)]
    pub(crate) shape: Shape,
    #[serde(flatten)]
    pub(crate) median: Sample,
    rounds: Vec<Sample>,
}

/// What one load showed.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Sample {
    pub(crate) requests_per_second: f64,
    pub(crate) cpu_us_per_request: f64,
    pub(crate) p99_us: f64,
    pub(crate) peak_resident_bytes: f64,
    /// How busy h2load was, in percent of its core: near 100 it is what limits requests/s.
    pub(crate) load_busy_percent: f64,
    /// What everything else on the machine used, in percent of one core: it should be near 0.
    pub(crate) other_busy_percent: f64,
}

/// Measures these servers under these shapes.
pub(crate) fn measure(
    names: &[&'static str],
    shapes: &[Shape],
    options: &Options,
    programs: &Programs,
    cores: Cores,
) -> anyhow::Result<Vec<Row>> {
    let h2load = H2load::new(cores.load)?;
    let mut samples = vec![Vec::new(); shapes.len() * names.len()];
    for round in 0..options.rounds {
        let servers = start(names, programs, cores)?;
        for (shape_index, &shape) in shapes.iter().enumerate() {
            for turn in 0..names.len() {
                // Each round begins with another server.
                let index = (turn + round) % names.len();
                let sample = sample(&h2load, &servers[index], shape, options.load())?;
                eprintln!(
                    "round {}/{} {:>9} {:>2}×{:<3} {:>7.0} requests/s {:>7.2} µs CPU/request",
                    round + 1,
                    options.rounds,
                    names[index],
                    shape.connections,
                    shape.in_flight,
                    sample.requests_per_second,
                    sample.cpu_us_per_request,
                );
                samples[shape_index * names.len() + index].push(sample);
            }
        }
    }
    let of_shape = |&shape| names.iter().map(move |&server| (server, shape));
    let pairs = shapes.iter().flat_map(of_shape);
    Ok(pairs.zip(samples).map(|((server, shape), rounds)| row(server, shape, rounds)).collect())
}

/// Starts all servers and sees that they answer. Those whose turn it is not sleep.
fn start(names: &[&'static str], programs: &Programs, cores: Cores) -> anyhow::Result<Vec<Server>> {
    let start = |&name| {
        let server = programs.serve(name, Some(cores.server))?;
        check::answers(&server.address())?;
        Ok(server)
    };
    names.iter().map(start).collect()
}

fn sample(
    h2load: &H2load,
    server: &Server,
    shape: Shape,
    time: Duration,
) -> anyhow::Result<Sample> {
    h2load.run(&server.address(), shape, WARM_UP)?;
    machine::reset_peak(server.id())?;
    let before = Counters::read(server)?;
    let load = h2load.run(&server.address(), shape, time)?;
    let spent = Counters::read(server)?.since(&before);
    let peak = machine::peak_resident(server.id())?;
    let p99_us = h2load.p99_us(&server.address(), shape, time / 4)?;
    Ok(Sample {
        requests_per_second: load.requests_per_second,
        cpu_us_per_request: spent.server.as_secs_f64() * 1e6 / load.requests as f64,
        p99_us,
        peak_resident_bytes: peak as f64,
        load_busy_percent: spent.percent(spent.load),
        other_busy_percent: spent.percent(spent.other),
    })
}

/// CPU time so far, by who spent it.
struct Counters {
    at: Instant,
    server: Duration,
    load: Duration,
    all: Duration,
}

/// CPU time between two readings.
struct Spent {
    elapsed: Duration,
    server: Duration,
    load: Duration,
    other: Duration,
}

impl Counters {
    fn read(server: &Server) -> anyhow::Result<Counters> {
        Ok(Counters {
            at: Instant::now(),
            server: machine::cpu_time(server.id())?,
            load: machine::ended_children_cpu_time()?,
            all: machine::busy_time()?,
        })
    }

    fn since(&self, before: &Counters) -> Spent {
        let (server, load) = (self.server - before.server, self.load - before.load);
        Spent {
            elapsed: self.at - before.at,
            server,
            load,
            other: (self.all - before.all).saturating_sub(server + load),
        }
    }
}

impl Spent {
    fn percent(&self, part: Duration) -> f64 {
        100.0 * part.as_secs_f64() / self.elapsed.as_secs_f64()
    }
}

fn row(server: &'static str, shape: Shape, rounds: Vec<Sample>) -> Row {
    let of = |value: fn(&Sample) -> f64| median(rounds.iter().map(value));
    let median = Sample {
        requests_per_second: of(|sample| sample.requests_per_second),
        cpu_us_per_request: of(|sample| sample.cpu_us_per_request),
        p99_us: of(|sample| sample.p99_us),
        peak_resident_bytes: of(|sample| sample.peak_resident_bytes),
        load_busy_percent: of(|sample| sample.load_busy_percent),
        other_busy_percent: of(|sample| sample.other_busy_percent),
    };
    Row { server, shape, median, rounds }
}
