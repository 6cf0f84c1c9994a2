//! A server in a process of its own: this test program, run again.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use yamabiko::Server;

use super::{Echo, PATIENCE};

/// Says to the test of this name that it is the child.
const AM_CHILD: &str = "YAMABIKO_TEST_CHILD";

/// The process, which is killed when this is dropped.
pub struct Process {
    child: Child,
    /// Kept open for what the child still says.
    _output: BufReader<ChildStdout>,
    pub address: String,
}

/// What a test named `child` does, which each file that starts one has.
pub fn run(server: Server, echo: Echo) {
    if !am_child() {
        return;
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let listening = server.add(echo).bind("127.0.0.1:0").await.expect("a free port");
        println!("\nlistening on {}", listening.local_address());
        listening.serve().await;
    });
}

/// Whether this process is the child.
pub fn am_child() -> bool {
    std::env::var_os(AM_CHILD).is_some()
}

pub fn start() -> Process {
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program)
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(AM_CHILD, "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let address = output
        .by_ref()
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
        .expect("the child listens");
    Process { child, _output: output, address }
}

impl Process {
    /// Sends a signal such as `INT`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().expect("a kill command");
        assert!(sent.success(), "{sent}");
    }

    /// Waits for it to end by itself.
    pub async fn ended(&mut self, at_most: Duration) -> Option<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < at_most {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return Some(status);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        None
    }

    pub fn is_up(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }

    /// What it has used so far, where the system tells.
    pub fn cpu_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.unwrap_or_default();
        // User and system time are the 14th and 15th field, in hundredths of a second.
        let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ');
        let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
        Duration::from_millis(10 * ticks.sum::<u64>())
    }

    /// Waits until it rests: what it is about may be work, and an idle process takes none.
    pub async fn rests(&self) {
        const WINDOW: Duration = Duration::from_millis(500);
        let began = Instant::now();
        loop {
            let before = self.cpu_time();
            tokio::time::sleep(WINDOW).await;
            let spent = self.cpu_time() - before;
            if spent < WINDOW / 2 {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "it spins: {spent:?} in {WINDOW:?}");
        }
    }

    /// Resident memory in MiB, where the system tells.
    pub fn memory(&self) -> usize {
        self.memory_as("VmRSS:")
    }

    /// The most that it ever was.
    pub fn most_memory(&self) -> usize {
        self.memory_as("VmHWM:")
    }

    fn memory_as(&self, name: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).map(str::trim);
        kib.and_then(|kib| kib.parse::<usize>().ok()).unwrap_or(0) / 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
