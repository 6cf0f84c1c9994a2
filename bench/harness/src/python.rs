//! The Python package beside grpcio: the same scripts on both, in a virtual environment each.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use serde::Serialize;

use crate::h2load::Shape;
use crate::machine::{self, Cores};
use crate::options::Options;
use crate::process::Programs;
use crate::{check, clients, median, servers};

/// Ours, the peer to which the ratios are, and tonic, a server that nobody has to interpret.
const SERVERS: [&str; 3] = ["python", PEER, "tonic"];
/// Ours first.
const CLIENTS: [&str; 2] = ["python", PEER];
/// The peer to which the ratios are.
pub(crate) const PEER: &str = "grpcio";
/// Threads of a client, on one channel.
const THREADS: [u64; 2] = [1, 10];
/// An interpreter is started so often in a round.
const STARTS: usize = 5;

/// What was measured of Python.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) servers: Vec<servers::Row>,
    pub(crate) clients: Vec<clients::Row>,
    pub(crate) start: Vec<Start>,
}

/// What a package costs before the first call.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Start {
    pub(crate) name: &'static str,
    /// The time of `import grpc`, in a fresh interpreter: with it less without it.
    pub(crate) import_ms: f64,
    /// The time of the tutorial's `python -m grpc_tools.protoc …`, the whole process.
    pub(crate) protoc_ms: f64,
    /// Resident memory of a server with one call behind it.
    pub(crate) idle_server_bytes: u64,
    /// The wheels that make up `grpc` and `grpc_tools`.
    pub(crate) wheel_bytes: u64,
}

/// Measures servers, clients and what comes before.
pub(crate) fn measure(
    options: &Options,
    programs: &Programs,
    cores: Cores,
) -> anyhow::Result<Figures> {
    let shapes: Vec<Shape> =
        servers::SHAPES.into_iter().filter(|shape| shape.connections <= 10).collect();
    Ok(Figures {
        start: start(options, programs, cores)?,
        servers: servers::measure(&SERVERS, &shapes, options, programs, cores)?,
        clients: clients::measure(&CLIENTS, &THREADS, options, programs, cores)?,
    })
}

fn start(options: &Options, programs: &Programs, cores: Cores) -> anyhow::Result<Vec<Start>> {
    let environments = [("python", "yamabiko"), (PEER, "grpcio")];
    let mut times = environments.map(|_| [Vec::new(), Vec::new(), Vec::new()]);
    for _ in 0..options.rounds * STARTS {
        for ((_, environment), times) in environments.into_iter().zip(&mut times) {
            let interpreter = || programs.interpreter(environment, Some(cores.server));
            let output = programs.python()?.join(environment).join("hello");
            times[0].push(milliseconds(interpreter()?.args(["-c", "pass"]))?);
            times[1].push(milliseconds(interpreter()?.args(["-c", "import grpc"]))?);
            let protoc = &mut interpreter()?;
            protoc.args(["-m", "grpc_tools.protoc", "-I."]);
            protoc.arg(format!("--python_out={}", output.display()));
            protoc.arg(format!("--grpc_python_out={}", output.display()));
            protoc.arg("./hello.proto").current_dir(programs.workspace());
            times[2].push(milliseconds(protoc)?);
        }
    }
    let rows = environments.into_iter().zip(times);
    rows.map(|((name, environment), [bare, with, protoc])| {
        let server = programs.serve(name, Some(cores.server))?;
        check::answers(&server.address())?;
        let row = Start {
            name,
            import_ms: median(with.into_iter()) - median(bare.into_iter()),
            protoc_ms: median(protoc.into_iter()),
            idle_server_bytes: machine::resident(server.id())?,
            wheel_bytes: size_of_wheels(&programs.python()?.join("wheels"), environment)?,
        };
        eprintln!(
            "start {name:>9} import grpc {:.1} ms, protoc {:.1} ms",
            row.import_ms, row.protoc_ms
        );
        Ok(row)
    })
    .collect()
}

/// How long a program takes from start to end.
fn milliseconds(command: &mut Command) -> anyhow::Result<f64> {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).status().context("starting the interpreter")?;
    let elapsed = start.elapsed();
    ensure!(status.success(), "{command:?} failed");
    Ok(elapsed.as_secs_f64() * 1e3)
}

fn size_of_wheels(directory: &Path, prefix: &str) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory).context("reading the directory of the wheels")? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}
