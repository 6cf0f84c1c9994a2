//! README.md tells the truth: its code is that of `examples/hello`, its limits are those of the
//! code, and a newcomer who does what it says gets what it says.

use std::error::Error;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use yamabiko_core::{grpc, h2};

/// The files that the README shows and the example has.
const FILES: [&str; 4] =
    ["build.rs", "proto/hello.proto", "src/bin/server.rs", "src/bin/client.rs"];
/// The first lines of what the README shows of calls, and what it is written for.
const CALLS: &str = "let call = hello.say_hello(request)";
const AROUND_CALLS: [&str; 2] = [
    "use std::time::Duration;
yamabiko::include_proto!(\"hello\");
pub async fn calls(hello: HelloServiceClient, request: HelloRequest)
    -> Result<yamabiko::Response<HelloReply>, Box<dyn std::error::Error>> {
",
    "Ok(response) }
fn main() {}
",
];

#[test]
fn its_code_is_the_example() {
    let readme = Readme::read();
    for file in FILES {
        // The example says in each file how to run it. The README does so around the file.
        let example = read(&root().join("examples/hello").join(file));
        let code = example.lines().skip_while(|line| line.starts_with("//!") || line.is_empty());
        let code: String = code.map(|line| format!("{line}\n")).collect();
        assert_eq!(readme.file(file), code, "{file}");
    }
}

#[test]
fn its_limits_are_those_of_the_code() {
    let limits: [(&str, u64); 23] = [
        ("MAX_MESSAGE", grpc::message::MAX_MESSAGE as u64),
        ("MAX_ASSEMBLING", grpc::message::MAX_ASSEMBLING as u64),
        ("MAX_CONCURRENT_STREAMS", h2::MAX_CONCURRENT_STREAMS.into()),
        ("UNTOLD_CONCURRENT_STREAMS", h2::UNTOLD_CONCURRENT_STREAMS.into()),
        ("MAX_HEADER_LIST", h2::MAX_HEADER_LIST.into()),
        ("MAX_CONTINUATIONS", h2::MAX_CONTINUATIONS.into()),
        ("FLOOD_BURST", h2::FLOOD_BURST.into()),
        ("FLOOD_PER_SECOND", h2::FLOOD_PER_SECOND.into()),
        ("STREAM_WINDOW", h2::STREAM_WINDOW.into()),
        ("GROWN_WINDOW", h2::GROWN_WINDOW.into()),
        ("MAX_GROWN", h2::MAX_GROWN as u64),
        ("SEND_AHEAD", h2::SEND_AHEAD as u64),
        ("MAX_UNREAD", grpc::MAX_UNREAD as u64),
        ("CONNECTION_WINDOW", h2::CONNECTION_WINDOW.into()),
        ("MAX_OUTPUT", h2::MAX_OUTPUT as u64),
        ("MAX_QUEUED", h2::MAX_QUEUED as u64),
        ("WRITE_STALL", h2::WRITE_STALL.as_secs()),
        ("SERVER_KEEPALIVE_TIME", h2::SERVER_KEEPALIVE_TIME.as_secs()),
        ("KEEPALIVE_TIMEOUT", h2::KEEPALIVE_TIMEOUT.as_secs()),
        ("PING_STRIKES", h2::PING_STRIKES.into()),
        ("RESETS_PER_ANSWER", h2::RESETS_PER_ANSWER.into()),
        ("HANDSHAKE", h2::HANDSHAKE.as_secs()),
        ("DRAIN", yamabiko::DRAIN.as_secs()),
    ];
    let text = read(&root().join("README.md"));
    for (constant, value) in limits {
        let row = text.lines().find(|line| line.contains(&format!("| `{constant}` |")));
        let row = row.unwrap_or_else(|| panic!("no row for {constant}"));
        let said = row.split('|').nth(2).expect("a second column").trim().replace(',', "");
        assert_eq!(said, value.to_string(), "{row}");
    }
}

#[test]
#[ignore = "runs cargo: `make readme`"]
fn its_first_command_prints_what_it_says() -> Result<(), Box<dyn Error>> {
    let readme = Readme::read();
    let command = readme.find(|block| block.content.starts_with("cargo run -p"));
    let arguments: Vec<_> = readme.blocks[command].content.split_whitespace().skip(1).collect();
    let output = cargo(&arguments, &root()).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(str::from_utf8(&output.stdout)?, readme.blocks[command + 1].content, "{errors}");
    Ok(())
}

#[test]
#[ignore = "runs cargo: `make readme`"]
fn its_crate_builds_and_its_client_gets_an_answer() -> Result<(), Box<dyn Error>> {
    let readme = Readme::read();
    let greeter = Path::new(env!("CARGO_TARGET_TMPDIR")).join("greeter");
    let any_port = TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0"));
    let port = any_port?.local_addr()?.port();
    for file in FILES {
        write(&greeter.join(file), &readme.file(file).replace("50051", &port.to_string()))?;
    }
    let calls = readme.find(|block| block.content.starts_with(CALLS));
    let calls = AROUND_CALLS.join(&readme.blocks[calls].content);
    write(&greeter.join("src/bin/calls.rs"), &calls)?;
    // Where the checkout is, and that the crate is not part of it though it lies below it.
    let checkout = format!("{}/", root().display());
    let manifest = readme.file("Cargo.toml").replace("../yamabiko/", &checkout);
    write(&greeter.join("Cargo.toml"), &(manifest + "\n[workspace]\n"))?;
    fs::copy(root().join("Cargo.lock"), greeter.join("Cargo.lock"))?;

    let built = cargo(&["build", "--quiet"], &greeter).output()?;
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    assert_eq!(str::from_utf8(&built.stderr)?, "", "no warnings");
    let server = Server(cargo(&["run", "--quiet", "--bin", "server"], &greeter).spawn()?);
    server.wait_until_it_listens(port)?;
    let client = cargo(&["run", "--quiet", "--bin", "client"], &greeter).output()?;
    let errors = String::from_utf8_lossy(&client.stderr);
    assert_eq!(
        str::from_utf8(&client.stdout)?,
        "client received: こんにちは, なんしー\n",
        "{errors}"
    );
    Ok(())
}

/// The server of the README, until it is dropped.
struct Server(Child);

impl Server {
    fn wait_until_it_listens(&self, port: u16) -> Result<(), Box<dyn Error>> {
        let began = Instant::now();
        while TcpStream::connect(("localhost", port)).is_err() {
            if began.elapsed() > Duration::from_secs(60) {
                return Err(format!("nobody listens on port {port}").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The blocks of code in README.md, in order.
struct Readme {
    blocks: Vec<Block>,
}

struct Block {
    /// The last line of text before it: a file's name in backticks, where it is a file.
    label: String,
    content: String,
}

impl Readme {
    fn read() -> Self {
        let (mut blocks, mut label) = (Vec::new(), String::new());
        let text = read(&root().join("README.md"));
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("```") {
                let content = lines.by_ref().take_while(|line| !line.starts_with("```"));
                let content = content.map(|line| format!("{line}\n")).collect();
                blocks.push(Block { label: std::mem::take(&mut label), content });
            } else if !line.is_empty() {
                label = line.to_owned();
            }
        }
        Readme { blocks }
    }

    fn find(&self, wanted: impl Fn(&Block) -> bool) -> usize {
        self.blocks.iter().position(wanted).expect("README.md has this block")
    }

    fn file(&self, name: &str) -> &str {
        &self.blocks[self.find(|block| block.label == format!("`{name}`"))].content
    }
}

/// A command that builds where the tests are built, so that nothing is built twice.
fn cargo(arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    command.args(arguments).current_dir(directory);
    command.envs(target.map(|target| ("CARGO_TARGET_DIR", target)));
    command
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the checkout")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}
