//! One process, measured by a process of which it is the only child: the kernel keeps the peak
//! memory of children as one figure for all of them.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

use super::middle;
use crate::machine;

/// The first argument of a harness that is to run something else, and to say what that took.
pub(crate) const MARK: &str = "--run-alone";

/// What a process took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Sample {
    pub(super) wall_ms: f64,
    /// User and system.
    pub(super) cpu_ms: f64,
    pub(super) peak_mib: f64,
}

/// A command that runs a program by way of this one.
pub(super) fn command(program: &Path) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg(MARK).arg(program);
    command
}

/// Runs such a command.
pub(super) fn measure(mut command: Command) -> anyhow::Result<Sample> {
    let output = command.stderr(Stdio::inherit()).output().context("starting the harness")?;
    ensure!(output.status.success(), "{:?} failed", command.get_args());
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What the harness does between the two: runs the program in its arguments.
pub(crate) fn run(mut arguments: impl Iterator<Item = OsString>) -> anyhow::Result<()> {
    let program = arguments.next().context("no program")?;
    let start = Instant::now();
    let output = Command::new(&program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .with_context(|| format!("starting {}", program.display()))?;
    let wall_ms = start.elapsed().as_secs_f64() * 1e3;
    // Warnings are of no interest here: all three have them.
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cpu_ms = machine::ended_children_cpu_time()?.as_secs_f64() * 1e3;
    // getrusage(2): in kilobytes.
    let peak_mib = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() as f64 / 1024.0;
    serde_json::to_writer(std::io::stdout(), &Sample { wall_ms, cpu_ms, peak_mib })?;
    Ok(())
}

/// The middle of each figure.
pub(super) fn median_of(samples: &[Sample]) -> Sample {
    Sample {
        wall_ms: middle(samples, |sample| sample.wall_ms),
        cpu_ms: middle(samples, |sample| sample.cpu_ms),
        peak_mib: middle(samples, |sample| sample.peak_mib),
    }
}
