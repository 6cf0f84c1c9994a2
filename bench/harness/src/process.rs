//! Starting, pinning and ending the programs that are measured. Only these are ever ended, each by
//! its own handle.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use bench_runtime::MULTI_THREAD;

/// The built programs.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    directory: PathBuf,
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
    Ok(Programs { directory, runtime: runtime.to_owned() })
}

impl Programs {
    /// The command that runs a program, on one core only where that is given.
    pub(crate) fn command(&self, name: &str, core: Option<usize>) -> Command {
        let mut command = pinned(&self.directory.join(name), core);
        command.env(bench_runtime::FLAVOUR, &self.runtime);
        command
    }

    /// The same programs on as many threads as there are cores.
    pub(crate) fn multi_threaded(&self) -> Programs {
        Programs { runtime: MULTI_THREAD.to_owned(), ..self.clone() }
    }

    /// Starts a server on a free port of the loopback interface and waits until it listens.
    pub(crate) fn serve(&self, name: &'static str, core: Option<usize>) -> anyhow::Result<Server> {
        let port = free_port()?;
        let child = self
            .command(&format!("server-{name}"), core)
            .arg(port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting server-{name}"))?;
        let mut server = Server { child, port };
        let stdout = server.child.stdout.as_mut().context("stdout is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        ensure!(line.trim() == "listening", "server-{name} did not start: {line}");
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
