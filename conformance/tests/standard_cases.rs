//! The standard interop cases of gRPC, between our programs and grpcio's: each
//! test is one client with one server, and runs every case.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use conformance::grpcio::{self, GrpcioServer};
use conformance::standard::service::Standard;
use conformance::standard::{blocking_cases, cases, on_threads, on_tokio};
use conformance::testing::TestServiceServer;
use yamabiko::{Server, blocking};

/// Our server as a process, which ends when this is dropped.
struct OurServer {
    process: Child,
    port: String,
}

impl OurServer {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_interop-server"))
            .args(["--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut port = String::new();
        let output = process.stdout.as_mut().expect("it is a pipe");
        BufReader::new(output).read_line(&mut port).expect("a pipe can be read");
        assert!(!port.is_empty(), "our server did not start, see above");
        OurServer { process, port: port.trim().to_owned() }
    }
}

impl Drop for OurServer {
    fn drop(&mut self) {
        // Fails only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Our client runs all cases.
fn our_client(port: &str, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_interop-client"))
        .args(["--port", port, "--test-case", "all"])
        .args(arguments)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let passed: Vec<_> = said.lines().map(|line| line.trim_end_matches(": ok")).collect();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "after {passed:?} our client says:\n{wrong}");
    assert_eq!(passed, cases::NAMES);
}

const TLS: &str = "--tls";
/// Both of ours run on tokio without it.
const THREADS: &str = "--driver=blocking";

/// One of our clients with one of our servers.
macro_rules! ours {
    ($($name:ident: $client:expr, $server:expr;)*) => { $(
        #[test]
        fn $name() {
            our_client(&OurServer::start(&$server).port, &$client);
        }
    )* };
}

ours! {
    tokio_calls_tokio: [], [];
    tokio_calls_threads: [], [THREADS];
    threads_call_tokio: [THREADS], [];
    threads_call_threads: [THREADS], [THREADS];
    tokio_calls_tokio_over_tls: [TLS], [TLS];
    tokio_calls_threads_over_tls: [TLS], [TLS, THREADS];
    threads_call_tokio_over_tls: [TLS, THREADS], [TLS];
    threads_call_threads_over_tls: [TLS, THREADS], [TLS, THREADS];
}

/// One of our clients with grpcio's server.
macro_rules! to_grpcio {
    ($($name:ident: $client:expr, $server:expr;)*) => { $(
        #[tokio::test]
        async fn $name() {
            let server = GrpcioServer::start_standard(&$server).await;
            our_client(server.port(), &$client);
            server.shut_down().await;
        }
    )* };
}

to_grpcio! {
    tokio_calls_grpcio: [], [];
    threads_call_grpcio: [THREADS], [];
    tokio_calls_grpcio_over_tls: [TLS], [TLS];
    threads_call_grpcio_over_tls: [TLS, THREADS], [TLS];
}

/// grpcio's client with one of our servers.
macro_rules! from_grpcio {
    ($($name:ident: $client:expr, $server:expr;)*) => { $(
        #[tokio::test]
        async fn $name() {
            let server = OurServer::start(&$server);
            grpcio::run_standard_cases(&server.port, "all", &$client).await;
        }
    )* };
}

from_grpcio! {
    grpcio_calls_tokio: [], [];
    grpcio_calls_threads: [], [THREADS];
    grpcio_calls_tokio_over_tls: [TLS], [TLS];
    grpcio_calls_threads_over_tls: [TLS], [TLS, THREADS];
}

/// So that the cases are gRPC's and not only ours.
async fn grpcio_with_itself(arguments: &[&str]) {
    let server = GrpcioServer::start_standard(arguments).await;
    grpcio::run_standard_cases(server.port(), "all", arguments).await;
    server.shut_down().await;
}

#[tokio::test]
async fn grpcio_calls_itself() {
    grpcio_with_itself(&[]).await;
}

#[tokio::test]
async fn grpcio_calls_itself_over_tls() {
    grpcio_with_itself(&[TLS]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokio_calls_tokio_in_the_same_process() {
    let server = Server::new().add(TestServiceServer::new(Standard::default()));
    let server = server.start_in_process().expect("one service cannot be two");
    let target = on_tokio::Target::InProcess(Arc::new(server));
    for name in cases::NAMES {
        cases::run(name, &target.connect().await.expect("it is here")).await;
    }
}

#[test]
fn threads_call_threads_in_the_same_process() {
    let server = blocking::Server::new().add(TestServiceServer::new(Standard::default()));
    let server = server.start_in_process().expect("one service cannot be two");
    let target = on_threads::Target::InProcess(Arc::new(server));
    for name in cases::NAMES {
        blocking_cases::run(name, &target.connect().expect("it is here"));
    }
}
