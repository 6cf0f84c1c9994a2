//! `nghttp` and `h2load`, which know HTTP/2 and not gRPC, call our server.
//! Where they are not installed (Debian: `nghttp2-client`), it says so and
//! passes.

use std::path::PathBuf;
use std::process::Stdio;

use conformance::service::Ours;
use tokio::process::Command;

const HEADERS: [&str; 4] = ["-H", "content-type: application/grpc", "-H", "te: trailers"];
/// `HelloRequest { name: "nghttp" }` behind its prefix.
const REQUEST: &[u8] = b"\0\0\0\0\x08\x0a\x06nghttp";

/// What a tool prints, or none if it is not installed.
async fn run(tool: &str, arguments: &[&str], url: &str) -> Option<String> {
    let request = request_file(tool);
    let output = Command::new(tool)
        .args(HEADERS)
        .args(arguments)
        .arg("-d")
        .arg(&request)
        .arg(url)
        .stdin(Stdio::null())
        .output()
        .await;
    std::fs::remove_file(&request).expect("it was written");
    match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: {tool} is not installed (Debian, Ubuntu: nghttp2-client)");
            None
        }
        output => Some(String::from_utf8_lossy(&output.expect("it runs").stdout).into_owned()),
    }
}

fn request_file(tool: &str) -> PathBuf {
    let name = format!("hello-for-{tool}-{}", std::process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, REQUEST).expect("cargo's directory for us can be written");
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_of_h2load_is_answered() {
    let service = Ours::default();
    let (_running, address) = service.start().await;
    let url = format!("http://{address}/interop.Interop/Hello");
    let arguments = ["-n", "5000", "-c", "10", "-m", "25"];
    let Some(report) = run("h2load", &arguments, &url).await else { return };
    for line in [
        "requests: 5000 total, 5000 started, 5000 done, 5000 succeeded, 0 failed, 0 errored",
        "status codes: 5000 2xx, 0 3xx, 0 4xx, 0 5xx",
    ] {
        assert!(report.contains(line), "{report}");
    }
    assert_eq!(service.begun(), 5000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nghttp_sees_a_head_a_message_and_trailers() {
    let (_running, address) = Ours::default().start().await;
    let url = format!("http://{address}/interop.Interop/Hello");
    let Some(report) = run("nghttp", &["-v"], &url).await else { return };
    let mut rest = &report[..];
    for next in [
        ":status: 200",
        "content-type: application/grpc",
        "recv HEADERS frame <length=",
        "flags=0x04",
        "recv DATA frame <length=30, flags=0x00",
        "grpc-status: 0",
        "recv HEADERS frame <length=",
        "flags=0x05",
    ] {
        let Some(at) = rest.find(next) else { panic!("no {next:?} where it should be:\n{report}") };
        rest = &rest[at + next.len()..];
    }
    assert!(!report.contains("grpc-message"), "a call that went well needs no message:\n{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nghttp_sees_an_unknown_method_as_one_block_of_trailers() {
    let (_running, address) = Ours::default().start().await;
    let url = format!("http://{address}/interop.Interop/Yodel");
    let Some(report) = run("nghttp", &["-v"], &url).await else { return };
    assert!(report.contains(":status: 200"), "{report}");
    assert!(report.contains("grpc-status: 12"), "{report}");
    assert_eq!(report.matches("recv HEADERS").count(), 1, "{report}");
    assert!(!report.contains("recv DATA"), "{report}");
}
