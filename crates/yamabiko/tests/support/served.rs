//! A server on tokio, for clients on plain threads.

use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use yamabiko::blocking::{Call, Channel, unary};
use yamabiko::buffa_types::google::protobuf::StringValue;
use yamabiko::{Buffa, Running, Server, Service};

use super::{Echo, PATIENCE, SAY, text};

/// A server on a runtime of its own.
pub struct Served {
    runtime: Runtime,
    server: Option<Running>,
    pub address: String,
}

impl Served {
    pub fn new(service: impl Service) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let binding = Server::new().add(service).bind("127.0.0.1:0");
        let listening = runtime.block_on(binding).expect("a free port");
        let address = listening.local_address().to_string();
        let server = runtime.block_on(async { listening.start() });
        Served { runtime, server: Some(server), address }
    }

    pub fn at(address: &str, echo: Echo) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let listening = runtime.block_on(Server::new().add(echo).bind(address)).expect("free");
        let server = runtime.block_on(async { listening.start() });
        Served { runtime, server: Some(server), address: address.to_owned() }
    }

    pub fn channel(&self) -> Channel {
        Channel::connect(&self.address).expect("the server listens")
    }

    pub fn connections(&self) -> usize {
        self.server.as_ref().expect("it runs").connections()
    }

    /// How long it takes to leave in good order.
    pub fn shut_down(mut self) -> Duration {
        let began = Instant::now();
        let server = self.server.take().expect("it runs");
        self.runtime.block_on(server.shut_down());
        began.elapsed()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _within = self.runtime.enter();
        self.server.take();
    }
}

pub fn say(channel: &Channel, value: impl Into<String>) -> Call<StringValue> {
    unary::<Buffa, StringValue, StringValue>(channel, SAY, text(value)).timeout(PATIENCE)
}

#[track_caller]
pub fn answer(channel: &Channel, value: &str) -> String {
    say(channel, value).send().expect("an answer").value
}

/// Waits until `holds` does.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(2));
    }
}
