//! Starting, pinning and ending the programs that are measured. Only these are ever ended, each by
//! its own handle.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use bench_runtime::MULTI_THREAD;

/// The programs in Python: the name of the `grpc` on which `server.py` and `client.py` run, and the
/// virtual environment that has it.
const ENVIRONMENTS: [(&str, &str); 2] = [("python", "yamabiko"), ("grpcio", "grpcio")];

/// The built programs.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// The bench workspace.
    workspace: PathBuf,
    directory: PathBuf,
    /// Where the virtual environments are, once they have been made.
    python: Option<PathBuf>,
    /// The flavour of the runtime on which they run.
    runtime: String,
}

/// Builds all programs of the bench workspace.
pub(crate) fn build(workspace: &Path, runtime: &str) -> anyhow::Result<Programs> {
    eprintln!("building the servers and the clients");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--workspace", "--quiet"])
        .current_dir(workspace)
        .status()
        .context("starting cargo")?;
    ensure!(status.success(), "the build failed");
    let own = std::env::current_exe().context("the path of the harness")?;
    let directory = own.parent().context("the harness has a directory")?.to_owned();
    let workspace = workspace.to_owned();
    Ok(Programs { workspace, directory, python: None, runtime: runtime.to_owned() })
}

/// What a program does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Program {
    Server,
    Client,
    StreamsServer,
    StreamsClient,
}

impl Program {
    fn name(self) -> &'static str {
        match self {
            Program::Server => "server",
            Program::Client => "client",
            Program::StreamsServer => "streams-server",
            Program::StreamsClient => "streams-client",
        }
    }
}

impl Programs {
    /// Builds our Python packages and makes the virtual environments.
    pub(crate) fn set_up_python(&mut self) -> anyhow::Result<()> {
        let set_up = self.workspace.join("python/set-up");
        let output = Command::new(&set_up)
            .stderr(Stdio::inherit())
            .output()
            .context("starting bench/python/set-up")?;
        ensure!(output.status.success(), "bench/python/set-up failed");
        self.python = Some(String::from_utf8(output.stdout)?.trim().into());
        Ok(())
    }

    /// The directory of the bench.
    pub(crate) fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// The directory of the virtual environments and of the wheels that are in them.
    pub(crate) fn python(&self) -> anyhow::Result<&Path> {
        self.python.as_deref().context("the virtual environments have been made")
    }

    /// The command that runs a program of a name, on one core only where that is given.
    pub(crate) fn command(
        &self,
        program: Program,
        name: &str,
        core: Option<usize>,
    ) -> anyhow::Result<Command> {
        let Some((_, environment)) = ENVIRONMENTS.iter().find(|(python, _)| *python == name) else {
            let binary = self.directory.join(format!("{}-{name}", program.name()));
            let mut command = pinned(&binary, core);
            command.env(bench_runtime::FLAVOUR, &self.runtime);
            return Ok(command);
        };
        let mut command = self.interpreter(environment, core)?;
        command.arg(self.workspace.join("python").join(program.name()).with_extension("py"));
        Ok(command)
    }

    /// The interpreter of a virtual environment, which finds the generated `hello_pb2`.
    pub(crate) fn interpreter(
        &self,
        environment: &str,
        core: Option<usize>,
    ) -> anyhow::Result<Command> {
        let environment = self.python()?.join(environment);
        let mut command = pinned(&environment.join("bin/python"), core);
        command.env("PYTHONPATH", environment.join("hello"));
        Ok(command)
    }

    /// The same programs on as many threads as there are cores.
    pub(crate) fn multi_threaded(&self) -> Programs {
        Programs { runtime: MULTI_THREAD.to_owned(), ..self.clone() }
    }

    /// Starts a server on a free port of the loopback interface and waits until it listens.
    pub(crate) fn serve(&self, name: &'static str, core: Option<usize>) -> anyhow::Result<Server> {
        self.start(Program::Server, name, core)
    }

    /// The same with a server of the streams.
    pub(crate) fn serve_streams(
        &self,
        name: &'static str,
        core: Option<usize>,
    ) -> anyhow::Result<Server> {
        self.start(Program::StreamsServer, name, core)
    }

    fn start(
        &self,
        program: Program,
        name: &'static str,
        core: Option<usize>,
    ) -> anyhow::Result<Server> {
        let port = free_port()?;
        let child = self
            .command(program, name, core)?
            .arg(port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}-{name}", program.name()))?;
        let mut server = Server { child, port };
        let stdout = server.child.stdout.as_mut().context("stdout is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        ensure!(line.trim() == "listening", "{}-{name} did not start: {line}", program.name());
        Ok(server)
    }
}

/// A command that runs on one core only: `taskset` becomes the program, so its id is the program's.
pub(crate) fn pinned(program: &Path, core: Option<usize>) -> Command {
    let Some(core) = core else { return Command::new(program) };
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    command
}

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        format!("{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only for a server that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
