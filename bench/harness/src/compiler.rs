//! The compiler beside protoc and buf, as whole processes: the largest corpus there is, one small
//! file, and an edit in a language server. They have all cores, and start with a warm page cache
//! but with none of their own.

mod alone;
mod editor;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Serialize;
use serde_json::json;

pub(crate) use alone::{MARK, run as run_alone};

use crate::median;
use crate::options::Options;
use crate::report::ratio;

/// The peers, to which the ratios are; ours comes last.
const TOOLS: [&str; 3] = ["protoc", "buf", "yamabiko"];
/// Ours.
const OURS: &str = "yamabiko";
/// A small file is compiled so often in a round.
const STARTS: usize = 10;

/// What was measured of the compiler.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    /// The files that all three were asked for.
    files: usize,
    /// The descriptor set of protoc, of which ours was the same in every round.
    set_bytes: usize,
    rows: Vec<Row>,
    edits: Vec<editor::Row>,
}

/// What a tool is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Job {
    /// All files as a descriptor set with imports, places and comments.
    Set,
    /// What is wrong with all files, and no output.
    Check,
    /// One small file as a descriptor set.
    Start,
}

impl Job {
    const ALL: [Job; 3] = [Job::Set, Job::Check, Job::Start];

    fn name(self) -> &'static str {
        match self {
            Job::Set => "set",
            Job::Check => "check",
            Job::Start => "start",
        }
    }
}

/// One tool at one job: the medians of its rounds.
#[derive(Clone, Debug, Serialize)]
struct Row {
    job: Job,
    tool: &'static str,
    #[serde(flatten)]
    median: alone::Sample,
    rounds: Vec<alone::Sample>,
}

/// Measures the three tools, and the edits.
pub(crate) fn measure(options: &Options, workspace: &Path) -> anyhow::Result<Figures> {
    let place = Place::set_up(workspace)?;
    let all: usize = fs::read_to_string(place.directory.join("files"))?.lines().count();
    let mut rows: Vec<(Job, &'static str, Vec<alone::Sample>)> = Vec::new();
    for job in Job::ALL {
        rows.extend(TOOLS.map(|tool| (job, tool, Vec::new())));
    }
    let mut edits = editor::Measured::default();
    let mut set_bytes = 0;
    for round in 0..options.rounds {
        // Each round begins with another tool.
        let first = round % TOOLS.len();
        for (job, tool, samples) in rows.iter_mut().cycle_from(first) {
            let sample = place.sample(*job, tool)?;
            eprintln!(
                "round {}/{} compiler {:>5} {tool:>9} {:>8.0} ms {:>8.0} ms CPU {:>6.0} MiB",
                round + 1,
                options.rounds,
                job.name(),
                sample.wall_ms,
                sample.cpu_ms,
                sample.peak_mib,
            );
            samples.push(sample);
        }
        set_bytes = place.compare_sets()?;
        edits.measure(&place, options.quick)?;
    }
    let rows: Vec<Row> = rows
        .into_iter()
        .map(|(job, tool, rounds)| Row { job, tool, median: alone::median_of(&rounds), rounds })
        .collect();
    let whole = rows.iter().find(|row| row.job == Job::Check && row.tool == OURS);
    let whole = whole.context("ours was measured")?.median;
    Ok(Figures { files: all, set_bytes, edits: edits.rows(whole), rows })
}

/// Slices that are gone through from somewhere in the middle of each group of tools.
trait CycleFrom<'a, T: 'a> {
    fn cycle_from(self, first: usize) -> Vec<&'a mut T>;
}

impl<'a, T: 'a, I: Iterator<Item = &'a mut T>> CycleFrom<'a, T> for I {
    fn cycle_from(self, first: usize) -> Vec<&'a mut T> {
        let mut all: Vec<&mut T> = self.collect();
        for group in all.chunks_mut(TOOLS.len()) {
            group.rotate_left(first);
        }
        all
    }
}

/// Where the programs and the files are.
struct Place {
    directory: PathBuf,
    ours: PathBuf,
}

impl Place {
    /// Builds ours and brings the others together.
    fn set_up(workspace: &Path) -> anyhow::Result<Place> {
        let own = std::env::current_exe().context("the path of the harness")?;
        let release = own.parent().context("the harness has a directory")?;
        let target = release.parent().context("the directory has a parent")?;
        eprintln!("building yamabiko");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(["build", "--release", "--quiet", "--package", "yamabiko-cli", "--target-dir"])
            .arg(target)
            .current_dir(workspace.parent().context("the bench lies in the repository")?)
            .status()
            .context("starting cargo")?;
        ensure!(status.success(), "the build of yamabiko failed");
        let output = Command::new(workspace.join("compiler/set-up"))
            .stderr(std::process::Stdio::inherit())
            .output()
            .context("starting bench/compiler/set-up")?;
        ensure!(output.status.success(), "bench/compiler/set-up failed");
        let directory = PathBuf::from(String::from_utf8(output.stdout)?.trim());
        Ok(Place { directory, ours: release.join("yamabiko") })
    }

    /// Does a job once, or as often as it takes to be longer than a moment.
    fn sample(&self, job: Job, tool: &str) -> anyhow::Result<alone::Sample> {
        let times = if job == Job::Start { STARTS } else { 1 };
        let samples: anyhow::Result<Vec<_>> =
            (0..times).map(|_| alone::measure(self.command(job, tool))).collect();
        Ok(alone::median_of(&samples?))
    }

    fn command(&self, job: Job, tool: &str) -> Command {
        let program = if tool == OURS { self.ours.clone() } else { self.directory.join(tool) };
        let mut command = alone::command(&program);
        let files = if job == Job::Start { "hello" } else { "corpus" };
        command.current_dir(self.directory.join(files));
        let output = match job {
            Job::Set => self.set(tool),
            Job::Check => PathBuf::from("/dev/null"),
            Job::Start => self.directory.join("start.binpb"),
        };
        match (tool, job) {
            // A cache of its own would not make it cold.
            ("buf", _) => {
                let cache = self.directory.join("buf-cache");
                let _ = fs::remove_dir_all(&cache);
                command.env("BUF_CACHE_DIR", cache).arg("build");
                if job != Job::Check {
                    command.arg("-o").arg(output);
                }
            }
            (OURS, Job::Check) => {
                command.args(["check", "."]);
            }
            (_, Job::Check) => {
                command.args(["-I.", "-I../include", "-o"]).arg(output).arg("@../files");
            }
            (tool, _) => {
                if tool == OURS {
                    command.arg("protoc");
                }
                command.args(["-I.", "-I../include", "--include_imports", "--include_source_info"]);
                let asked = if job == Job::Set { "@../files" } else { "hello.proto" };
                command.arg("-o").arg(output).arg(asked);
            }
        }
        command
    }

    fn set(&self, tool: &str) -> PathBuf {
        self.directory.join(format!("{tool}.binpb"))
    }

    /// Ours and protoc's must be the same; buf puts notes of its own into each file, so that only
    /// the files are counted.
    fn compare_sets(&self) -> anyhow::Result<usize> {
        let theirs = fs::read(self.set("protoc"))?;
        let ours = fs::read(self.set(OURS))?;
        ensure!(ours == theirs, "our descriptor set is not protoc's");
        let (count, bufs) = (records(&theirs), records(&fs::read(self.set("buf"))?));
        ensure!(count == bufs, "buf has {bufs} files where protoc has {count}");
        Ok(theirs.len())
    }
}

/// How many files a descriptor set has: all its fields have a length.
fn records(set: &[u8]) -> usize {
    let (mut count, mut rest) = (0, set);
    while let Some((_, after)) = rest.split_first() {
        let (mut length, mut shift, mut bytes) = (0_usize, 0, after.iter());
        for byte in bytes.by_ref() {
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        rest = bytes.as_slice().get(length..).unwrap_or_default();
        count += 1;
    }
    count
}

impl Figures {
    fn peer(&self, row: &Row, tool: &str) -> alone::Sample {
        let peer = self.rows.iter().find(|peer| peer.job == row.job && peer.tool == tool);
        peer.unwrap_or(row).median
    }

    /// Writes the ratios to the peers into the rows.
    pub(crate) fn add_ratios(&self, json: &mut serde_json::Value) {
        let rows = json["rows"].as_array_mut().into_iter().flatten();
        for (row, json) in self.rows.iter().zip(rows) {
            for tool in ["protoc", "buf"] {
                let peer = self.peer(row, tool);
                json[format!("ratio_to_{tool}")] = json!({
                    "wall_ms": row.median.wall_ms / peer.wall_ms,
                    "cpu_ms": row.median.cpu_ms / peer.cpu_ms,
                    "peak_mib": row.median.peak_mib / peer.peak_mib,
                });
            }
        }
    }

    pub(crate) fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\nThe compiler: {} files (google-proto-files); set: {} MB, ours and protoc's the \
             same byte for byte. (…): the ratios to protoc and to buf.",
            self.files,
            self.set_bytes / 1_000_000,
        )?;
        writeln!(f, "{:>6} {:<9} {:>24} {:>24} {:>22}", "", "", "wall ms", "CPU ms", "peak MiB")?;
        for row in &self.rows {
            let (protoc, buf) = (self.peer(row, "protoc"), self.peer(row, "buf"));
            let ratios = |of: fn(&alone::Sample) -> f64| {
                let own = of(&row.median);
                format!("{} {}", ratio(own, of(&protoc)), ratio(own, of(&buf)))
            };
            writeln!(
                f,
                "{:>6} {:<9} {:>10.1} {:>13} {:>10.1} {:>13} {:>8.0} {:>13}",
                row.job.name(),
                row.tool,
                row.median.wall_ms,
                ratios(|sample| sample.wall_ms),
                row.median.cpu_ms,
                ratios(|sample| sample.cpu_ms),
                row.median.peak_mib,
                ratios(|sample| sample.peak_mib),
            )?;
        }
        editor::table(&self.edits, f)
    }
}

/// The middle of something in all samples.
fn middle<T>(samples: &[T], of: fn(&T) -> f64) -> f64 {
    median(samples.iter().map(of))
}
