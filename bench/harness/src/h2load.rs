//! Driving `h2load` (of nghttp2) and reading what it prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bench_load::{ANSWER, NAME};
use serde::Serialize;

use crate::{percentile, process};

/// What is not logged at the start of a load: connections that are still being made.
const WARM_UP: Duration = Duration::from_millis(100);
const MISSING: &str = "h2load is missing; on Debian and Ubuntu: apt-get install nghttp2-client";

/// One shape of load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Shape {
    pub(crate) connections: u32,
    /// Calls in flight on each connection.
    pub(crate) in_flight: u32,
}

/// What one load came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) requests: u64,
    pub(crate) requests_per_second: f64,
}

/// The load generator, with its files in a directory that goes when it is dropped.
#[derive(Debug)]
pub(crate) struct H2load {
    directory: PathBuf,
    core: usize,
}

impl H2load {
    /// Prepares loads from one core.
    pub(crate) fn new(core: usize) -> anyhow::Result<H2load> {
        ensure!(std::process::Command::new("h2load").arg("--version").output().is_ok(), MISSING);
        let directory = std::env::temp_dir().join(format!("yamabiko-bench-{}", std::process::id()));
        fs::create_dir_all(&directory).context("a temporary directory")?;
        let h2load = H2load { directory, core };
        fs::write(h2load.body(), message(1, NAME))?;
        Ok(h2load)
    }

    /// Loads a server for some time. Every call must succeed with a whole answer.
    pub(crate) fn run(&self, address: &str, shape: Shape, time: Duration) -> anyhow::Result<Load> {
        self.start(address, shape, time, None)
    }

    /// The latency in µs that one call in a hundred exceeds, from a load of its own: writing a log
    /// line for each call costs h2load time.
    pub(crate) fn p99_us(
        &self,
        address: &str,
        shape: Shape,
        time: Duration,
    ) -> anyhow::Result<f64> {
        let log = self.directory.join("log");
        self.start(address, shape, time, Some(&log))?;
        let lines = fs::read_to_string(&log)?;
        fs::remove_file(&log)?;
        // Each line: start, status, µs until the end of the response.
        let mut latencies: Vec<f64> =
            lines.lines().filter_map(|line| line.split('\t').nth(2)?.parse().ok()).collect();
        latencies.sort_by(f64::total_cmp);
        Ok(percentile(&latencies, 0.99))
    }

    fn start(
        &self,
        address: &str,
        shape: Shape,
        time: Duration,
        log: Option<&Path>,
    ) -> anyhow::Result<Load> {
        let mut command = process::pinned(Path::new("h2load"), Some(self.core));
        command
            .arg(format!("--clients={}", shape.connections))
            .arg(format!("--max-concurrent-streams={}", shape.in_flight))
            .arg(format!("--duration={}ms", time.as_millis()))
            .args(["--threads=1", "--header=te: trailers"])
            .arg("--header=content-type: application/grpc")
            .arg("--data")
            .arg(self.body());
        if let Some(log) = log {
            command.arg(format!("--warm-up-time={}ms", WARM_UP.as_millis()));
            command.arg("--log-file").arg(log);
        }
        command.arg(format!("http://{address}/hello.HelloService/SayHello"));
        let output = command.output().context(MISSING)?;
        let text = String::from_utf8_lossy(&output.stdout);
        read(&text).with_context(|| format!("h2load printed:\n{text}"))
    }

    fn body(&self) -> PathBuf {
        self.directory.join("request")
    }
}

impl Drop for H2load {
    fn drop(&mut self) {
        // What stays behind is a few bytes in the directory for temporary files.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A gRPC message, with its prefix of five bytes, of one short string field.
pub(crate) fn message(field: u8, text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("the texts of the bench are short");
    let mut message = vec![0, 0, 0, 0, length + 2, field << 3 | 2, length];
    message.extend_from_slice(text.as_bytes());
    message
}

fn read(text: &str) -> anyhow::Result<Load> {
    let done = number_before(text, "requests:", " done")?;
    ensure!(done > 0, "no request was answered");
    let succeeded = number_before(text, "requests:", " succeeded")?;
    ensure!(succeeded == done, "of {done} requests {succeeded} succeeded");
    for failure in [" failed", " errored", " timeout"] {
        let number = number_before(text, "requests:", failure)?;
        ensure!(number == 0, "{number} requests:{failure}");
    }
    for status in [" 3xx", " 4xx", " 5xx"] {
        let number = number_before(text, "status codes:", status)?;
        ensure!(number == 0, "{number} requests got{status}");
    }
    // At the end of the time some requests have their status, but not yet their answer.
    let good = number_before(text, "status codes:", " 2xx")?;
    ensure!(good >= done, "of {done} requests {good} got a 2xx status");
    // h2load does not see trailers, but an error has no message: count the bytes of the answers.
    let bytes = number_before(text, "traffic:", ") data")?;
    let wanted = done * message(1, ANSWER).len() as u64;
    ensure!(bytes >= wanted, "of {wanted} bytes of answers only {bytes} came");
    let rate = word_before(text, "finished in", " req/s")?.parse()?;
    Ok(Load { requests: done, requests_per_second: rate })
}

fn number_before(text: &str, line: &str, unit: &str) -> anyhow::Result<u64> {
    let word = word_before(text, line, unit)?;
    word.parse().with_context(|| format!("{line} …{unit}: {word}"))
}

/// The word in front of `unit` on the line that starts with `line`.
fn word_before<'a>(text: &'a str, line: &str, unit: &str) -> anyhow::Result<&'a str> {
    let Some(rest) = text.lines().find_map(|found| found.strip_prefix(line)) else {
        bail!("no line: {line}");
    };
    let (before, _) = rest.split_once(unit).with_context(|| format!("{line} without{unit}"))?;
    Ok(before.rsplit([' ', '(']).next().unwrap_or(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "
finished in 1.00s, 78457.00 req/s, 5.01MB/s
requests: 78457 total, 78557 started, 78457 done, 78457 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 78457 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 5.01MB (5257799) total, 230.42KB (235951) headers (space savings 95.76%), 2.69MB (2824452) data
";

    #[test]
    fn reads_what_h2load_prints() {
        let load = read(PRINTED).expect("all of them succeeded");
        assert_eq!((load.requests, load.requests_per_second), (78457, 78457.0));
    }

    #[test]
    fn refuses_a_load_with_failures_or_without_answers() {
        for (right, wrong) in [
            ("0 failed", "1 failed"),
            ("78457 2xx", "78456 2xx"),
            ("0 5xx", "1 5xx"),
            ("2824452", "0"),
        ] {
            assert!(read(&PRINTED.replace(right, wrong)).is_err(), "{wrong}");
        }
    }
}
