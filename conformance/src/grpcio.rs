//! The Python side: `grpcio/server.py` and `grpcio/client.py` as processes, and
//! `grpcio/interop_server.py` and `grpcio/interop_client.py`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// Root of the package `conformance`.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// grpcio's server, in a process of its own. Dropping it kills the process.
#[derive(Debug)]
pub struct GrpcioServer {
    process: Child,
    /// Its end is the sign to leave.
    input: ChildStdin,
    /// Where it listens.
    pub address: String,
}

impl GrpcioServer {
    /// Starts it on a free port of the loopback, with more arguments for `server.py`.
    ///
    /// # Panics
    /// When it does not start; what Python says is on our stderr.
    pub async fn start(arguments: &[&str]) -> Self {
        Self::run("server.py", arguments).await
    }

    /// Starts the server of the standard interop cases, in the same way.
    ///
    /// # Panics
    /// When it does not start; what Python says is on our stderr.
    pub async fn start_standard(arguments: &[&str]) -> Self {
        Self::run("interop_server.py", arguments).await
    }

    /// Starts the server whose calls end with all details that there are.
    ///
    /// # Panics
    /// When it does not start; what Python says is on our stderr.
    pub async fn start_details() -> Self {
        Self::run("error_details.py", &["serve"]).await
    }

    async fn run(script: &str, arguments: &[&str]) -> Self {
        let mut process = python(script).args(arguments).spawn().expect("python starts");
        let input = process.stdin.take().expect("it is a pipe");
        let output = process.stdout.as_mut().expect("it is a pipe");
        let mut port = String::new();
        BufReader::new(output).read_line(&mut port).await.expect("a pipe can be read");
        assert!(!port.is_empty(), "grpcio's server did not start, see above");
        let address = format!("127.0.0.1:{}", port.trim());
        GrpcioServer { process, input, address }
    }

    /// The port of its address.
    ///
    /// # Panics
    /// Never: it has printed one.
    pub fn port(&self) -> &str {
        self.address.rsplit(':').next().expect("the address ends with a port")
    }

    /// Lets it leave in good order, and waits until it has.
    ///
    /// # Panics
    /// When it fails.
    pub async fn shut_down(mut self) {
        drop(self.input);
        let status = self.process.wait().await.expect("it is our child");
        assert!(status.success(), "grpcio's server failed: {status}");
    }
}

/// Checks facts of `grpcio/client.py` against a server: those that are named, or all that hold
/// for grpcio's own server.
///
/// # Panics
/// When one does not hold, with what Python says.
pub async fn check(address: &str, facts: &[&str]) {
    succeeds(python("client.py").arg(address).args(facts)).await;
}

/// Runs standard interop cases against the server on a port of the loopback: some, with commas
/// between, or `all`.
///
/// # Panics
/// When one fails, with what Python says.
pub async fn run_standard_cases(port: &str, cases: &str, arguments: &[&str]) {
    let mut client = python("interop_client.py");
    succeeds(client.args(["--port", port, "--test-case", cases]).args(arguments)).await;
}

/// Calls a server whose calls end with all details that there are, and compares the bytes.
///
/// # Panics
/// When they are others, with what Python says.
pub async fn check_details(address: &str) {
    succeeds(python("error_details.py").arg(address)).await;
}

async fn succeeds(client: &mut Command) {
    let output = client.stderr(Stdio::piped()).output().await.expect("python starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "grpcio's client says:\n{said}");
}

/// grpcio's client, which calls without a pause.
#[derive(Debug)]
pub struct KeepCalling(Child);

impl KeepCalling {
    /// Begins to call.
    ///
    /// # Panics
    /// When Python does not start.
    pub fn start(address: &str) -> Self {
        let client = python("client.py").arg(address).arg("keep-calling").spawn();
        KeepCalling(client.expect("python starts"))
    }

    /// Ends it when the calls that it has begun have ended. The number of calls, none of which has
    /// failed.
    ///
    /// # Panics
    /// When one has failed.
    pub async fn stop(mut self) -> u64 {
        drop(self.0.stdin.take());
        let output = self.0.wait_with_output().await.expect("it is our child");
        assert!(output.status.success(), "calls of grpcio's client failed, see above");
        String::from_utf8_lossy(&output.stdout).trim().parse().expect("it prints a number")
    }
}

fn python(script: &str) -> Command {
    let python = environment().join("bin/python");
    assert!(
        python.exists(),
        "grpcio is not there: run conformance/grpcio/set-up, which makes {}",
        environment().display()
    );
    let mut command = Command::new(python);
    command
        .arg(Path::new(ROOT).join("grpcio").join(script))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// What `grpcio/set-up` has made: `grpcio-venv` in cargo's target directory.
fn environment() -> PathBuf {
    let root = Path::new(ROOT).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root.join(target).join("grpcio-venv")
}
