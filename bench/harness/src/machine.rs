//! The kernel's side: cores, limits, and the counters of processes.
//!
//! CPU time of a process is read from its POSIX CPU clock. That is the counter behind `utime` and
//! `stime` of `/proc/<pid>/stat`, in nanoseconds in place of ticks of 10 ms; like them, and unlike
//! `/proc/<pid>/task/*/schedstat`, it keeps the time of threads that have ended.

use std::fs;
use std::time::Duration;

use anyhow::{Context, bail};
use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};
use nix::unistd::Pid;
use serde::Serialize;

/// The two cores of a measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    pub(crate) server: usize,
    pub(crate) load: usize,
}

/// What the figures were measured on.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    kernel: String,
    rustc: String,
    h2load: String,
}

impl Machine {
    pub(crate) fn describe() -> anyhow::Result<Machine> {
        let processors = fs::read_to_string("/proc/cpuinfo")?;
        let model = processors.lines().find_map(|line| line.strip_prefix("model name"));
        Ok(Machine {
            processor: model.unwrap_or("unknown").trim_start_matches(['\t', ' ', ':']).to_owned(),
            cores: allowed_cores()?.len(),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            rustc: version("rustc"),
            h2load: version("h2load"),
        })
    }
}

/// The first two cores that this process may use.
pub(crate) fn two_cores() -> anyhow::Result<Cores> {
    match allowed_cores()?[..] {
        [server, load, ..] => Ok(Cores { server, load }),
        _ => bail!("the bench needs two cores: one for the server, one for the load"),
    }
}

fn allowed_cores() -> anyhow::Result<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(0))?;
    Ok((0..CpuSet::count()).filter(|&core| set.is_set(core).unwrap_or(false)).collect())
}

/// Raises the number of open files to the hard limit, for this process and what it starts.
pub(crate) fn raise_file_limit() -> anyhow::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).context("raising the limit of open files")
}

/// How many files this process may have open.
pub(crate) fn file_limit() -> anyhow::Result<usize> {
    Ok(usize::try_from(getrlimit(Resource::RLIMIT_NOFILE)?.0).unwrap_or(usize::MAX))
}

/// CPU time of a process so far: user and system, all threads, those that ended too.
pub(crate) fn cpu_time(process: u32) -> anyhow::Result<Duration> {
    let clock = nix::time::clock_getcpuclockid(Pid::from_raw(process.try_into()?))?;
    Ok(nix::time::clock_gettime(clock)?.into())
}

/// CPU time of the child processes that have ended so far.
pub(crate) fn ended_children_cpu_time() -> anyhow::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros =
        |time: nix::sys::time::TimeVal| time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64;
    Ok(Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time())))
}

/// CPU time that all cores together have spent so far, also for other guests (steal).
pub(crate) fn busy_time() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let cpu = stat.lines().next().context("/proc/stat is empty")?;
    let ticks: Vec<u64> = cpu.split_whitespace().skip(1).flat_map(str::parse).collect();
    // proc(5): user nice system idle iowait irq softirq steal; a tick is 10 ms.
    let busy = [0, 1, 2, 5, 6, 7].iter().filter_map(|&index| ticks.get(index)).sum::<u64>();
    Ok(Duration::from_millis(busy * 10))
}

/// Resident memory of a process now, in bytes.
pub(crate) fn resident(process: u32) -> anyhow::Result<u64> {
    status_bytes(process, "VmRSS:")
}

/// The most resident memory of a process since [`reset_peak`], in bytes.
pub(crate) fn peak_resident(process: u32) -> anyhow::Result<u64> {
    status_bytes(process, "VmHWM:")
}

/// Starts a new measurement of [`peak_resident`].
pub(crate) fn reset_peak(process: u32) -> anyhow::Result<()> {
    // proc(5), clear_refs: "5" resets the peak resident set size.
    fs::write(format!("/proc/{process}/clear_refs"), "5").context("resetting the peak memory")
}

fn status_bytes(process: u32, name: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|rest| rest.trim().strip_suffix("kB")).context("no such line")?;
    Ok(kilobytes.trim().parse::<u64>()? * 1024)
}

fn version(program: &str) -> String {
    let output = std::process::Command::new(program).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| "missing".to_owned())
}
