//! A service for the tests, written by hand as generated code would be, a
//! server that serves it, and peers that speak to it byte by byte.

#![allow(dead_code, reason = "each test file uses a part of it")]

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "tls")]
pub mod certificates;
pub mod child;
pub mod faulty;
pub mod raw;
#[cfg(feature = "blocking")]
pub mod served;
pub mod silent;
pub mod streams;
pub mod tap;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use yamabiko::buffa_types::google::protobuf::StringValue;
use yamabiko::codegen::{Buffa, Methods, unary};
use yamabiko::{Call, Channel, Code, Context, Running, Server, Service, Status};

pub const SAY: &str = "/test.Echo/Say";
/// After which a test has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

type Handler = dyn Fn(String, Context) -> Answer + Send + Sync;
type Answer = std::pin::Pin<Box<dyn Future<Output = Result<String, Status>> + Send>>;

/// A service whose method `Say` is a closure.
#[derive(Clone)]
pub struct Echo(Arc<Handler>);

impl Echo {
    pub fn new<F, Fut>(handler: F) -> Self
    where
        F: Fn(String, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, Status>> + Send + 'static,
    {
        Echo(Arc::new(move |text, context| Box::pin(handler(text, context))))
    }

    /// Answers with the request.
    pub fn plain() -> Self {
        Echo::new(|text, _| async move { Ok(text) })
    }
}

impl Service for Echo {
    fn name(&self) -> &'static str {
        "test.Echo"
    }

    fn register(&self, methods: &mut Methods) {
        let Echo(handler) = self.clone();
        methods.unary::<Buffa, StringValue, StringValue, _, _>(SAY, move |request, context| {
            let answer = handler(request.value, context);
            async move { answer.await.map(text) }
        });
    }
}

pub fn text(value: impl Into<String>) -> StringValue {
    StringValue { value: value.into(), ..Default::default() }
}

/// A server on a free port of the loopback.
pub async fn serve(echo: Echo) -> (Running, String) {
    serve_with(Server::new(), echo).await
}

pub async fn serve_with(server: Server, echo: Echo) -> (Running, String) {
    let listening = server.add(echo).bind("127.0.0.1:0").await.expect("a free port");
    let address = listening.local_address().to_string();
    (listening.start(), address)
}

pub async fn connect(address: &str) -> Channel {
    Channel::connect(address).await.expect("the server listens")
}

pub fn say(channel: &Channel, value: impl Into<String>) -> Call<StringValue> {
    unary::<Buffa, StringValue, StringValue>(channel, SAY, text(value))
}

/// Makes a call that must be answered, in time.
pub async fn answer(channel: &Channel, value: &str) -> String {
    in_time(async { say(channel, value).await }).await.expect("an answer").value
}

/// Makes a call that must fail.
pub async fn failure(call: Call<StringValue>) -> Status {
    in_time(async { call.await }).await.expect_err("a failure")
}

/// Fails instead of hanging.
#[track_caller]
pub fn in_time<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(PATIENCE, future).await {
            Ok(output) => output,
            Err(_) => panic!("{caller}: nothing within {PATIENCE:?}"),
        }
    }
}

/// Waits until `holds` does.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < PATIENCE, "{caller}: {what}: not within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

#[track_caller]
pub fn assert_status(status: &Status, code: Code, words: &[&str]) {
    assert_eq!(status.code(), code, "{status}");
    for word in words {
        assert!(status.message().contains(word), "{status}: it does not say {word}");
    }
}

/// Counts something from several places.
#[derive(Clone, Debug, Default)]
pub struct Count(Arc<AtomicUsize>);

impl Count {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Counts when what is returned is dropped.
    pub fn at_drop(&self) -> AtDrop {
        AtDrop(self.clone())
    }
}

pub struct AtDrop(Count);

impl Drop for AtDrop {
    fn drop(&mut self) {
        self.0.add();
    }
}

/// Counts hundredths of a second in a thread of its own, and none while the machine pauses: what
/// somebody was kept waiting by others, not by the machine.
#[derive(Clone, Default)]
pub struct Ticks(Arc<AtomicUsize>);

impl Ticks {
    pub const A_SECOND: usize = 100;

    pub fn start() -> Self {
        let ticks = Ticks::default();
        let counted = Arc::downgrade(&ticks.0);
        std::thread::spawn(move || {
            while let Some(count) = counted.upgrade() {
                count.fetch_add(1, Ordering::Relaxed);
                drop(count);
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        ticks
    }

    pub fn now(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A port that nobody listens on, kept from others. `[::]` and `127.0.0.1` can listen on it later.
pub struct Reserved {
    _socket: socket2::Socket,
    pub port: u16,
}

impl Reserved {
    pub fn new() -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)
            .expect("a socket");
        socket.set_reuse_address(true).expect("an option");
        let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(&any.into()).expect("a free port");
        let port = socket.local_addr().ok().and_then(|address| address.as_socket());
        Reserved { _socket: socket, port: port.expect("an address").port() }
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// Keeps handlers from returning until the test says so.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<AtomicBool>);

impl Gate {
    pub fn open(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Blocks its thread. Opens by itself when the test has failed for long.
    pub fn block(&self) {
        let began = Instant::now();
        while !self.0.load(Ordering::SeqCst) && began.elapsed() < 2 * PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Blocks behind the gate when it is asked to wait, and answers with the request.
pub fn gated(gate: &Gate) -> Echo {
    let gate = gate.clone();
    Echo::new(move |text, _| {
        let gate = gate.clone();
        async move {
            if text == "wait" {
                gate.block();
            }
            Ok(text)
        }
    })
}

/// Burns CPU without letting anybody else have the thread.
pub fn burn(time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// A stream of numbers from a seed (SplitMix64).
pub fn random(seed: u64) -> impl FnMut() -> u64 + Send {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
