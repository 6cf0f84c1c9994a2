//! What the command line asks for.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bench_runtime::{CURRENT_THREAD, MULTI_THREAD};
use serde::Serialize;

/// The answer to `--help`.
pub(crate) const USAGE: &str = "\
usage: harness [options]
  --quick          two short rounds: to see that all works, not for figures
  --rounds <n>     rounds, of which the table shows medians (default 5)
  --seconds <s>    length of one load (default 2)
  --idle <n>       idle connections to open (default 10000)
  --runtime <r>    multi-thread (as #[tokio::main]) or current-thread, for all
                   programs on tokio but in the fairness probe (default multi-thread)
  --only <parts>   of servers,clients,streams,fairness,idle,python,compiler:
                   measure only these
The figures are written to results.json, those of --quick to results-quick.json.";

/// One of the measurements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Part {
    Servers,
    Clients,
    Streams,
    Fairness,
    Idle,
    Python,
    Compiler,
}

impl Part {
    const ALL: [Part; 7] = [
        Part::Servers,
        Part::Clients,
        Part::Streams,
        Part::Fairness,
        Part::Idle,
        Part::Python,
        Part::Compiler,
    ];
}

/// How much to measure.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Options {
    /// Whether the figures are only to see that all works.
    pub(crate) quick: bool,
    pub(crate) rounds: usize,
    #[serde(rename = "seconds")]
    seconds_per_load: f64,
    #[serde(rename = "idle_connections")]
    pub(crate) idle: usize,
    pub(crate) runtime: String,
    parts: Vec<Part>,
}

impl Options {
    /// The options in the program's arguments; `None` when they ask for help.
    pub(crate) fn from_arguments() -> anyhow::Result<Option<Options>> {
        let mut options = Options {
            quick: false,
            rounds: 5,
            seconds_per_load: 2.0,
            idle: 10_000,
            runtime: MULTI_THREAD.to_owned(),
            parts: Part::ALL.to_vec(),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument}: no value"));
            match argument.as_str() {
                "--help" => return Ok(None),
                "--quick" => {
                    options.quick = true;
                    options.rounds = 2;
                    options.seconds_per_load = 0.4;
                    options.idle = 1_000;
                }
                "--rounds" => options.rounds = value()?.parse().context("--rounds")?,
                "--seconds" => options.seconds_per_load = value()?.parse().context("--seconds")?,
                "--idle" => options.idle = value()?.parse().context("--idle")?,
                "--runtime" => {
                    options.runtime = value()?;
                    let known = [MULTI_THREAD, CURRENT_THREAD];
                    ensure!(known.contains(&&*options.runtime), "--runtime: {known:?}");
                }
                "--only" => {
                    options.parts = value()?.split(',').map(part).collect::<anyhow::Result<_>>()?;
                }
                _ => bail!("unknown option: {argument}\n{USAGE}"),
            }
        }
        Ok(Some(options))
    }

    /// Whether this measurement is asked for.
    pub(crate) fn wants(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    /// Whether anything is asked for that runs the programs of this workspace.
    pub(crate) fn wants_programs(&self) -> bool {
        self.parts.iter().any(|&part| part != Part::Compiler)
    }

    /// How long one load lasts.
    pub(crate) fn load(&self) -> Duration {
        Duration::from_secs_f64(self.seconds_per_load)
    }
}

fn part(name: &str) -> anyhow::Result<Part> {
    Ok(match name {
        "servers" => Part::Servers,
        "clients" => Part::Clients,
        "streams" => Part::Streams,
        "fairness" => Part::Fairness,
        "idle" => Part::Idle,
        "python" => Part::Python,
        "compiler" => Part::Compiler,
        _ => bail!("--only: no such part: {name}"),
    })
}
