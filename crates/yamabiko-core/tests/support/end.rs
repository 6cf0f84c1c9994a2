//! One endpoint and its driver. The peer is whoever calls [`End::feed`] and [`End::frames`].

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use yamabiko_core::ReceiveBuffer;
use yamabiko_core::grpc::client::{self, ClientConnection};
use yamabiko_core::grpc::message::{Run, split_first};
use yamabiko_core::grpc::server::{self, Cancelled, ServerConnection};
use yamabiko_core::grpc::{Code, MessageLimits, Metadata, Status, Target};
use yamabiko_core::h2::{Config, Error, PREFACE, StreamKey};

use super::wire::{self, Reader, Seen};

/// An event that owns what it tells; streams by their identifiers.
#[derive(Clone, Debug, PartialEq)]
pub enum Got {
    Call {
        id: u32,
        path: String,
        timeout: Option<Duration>,
        metadata: Vec<String>,
    },
    Message {
        id: u32,
        bytes: Vec<u8>,
        last: bool,
    },
    End(u32),
    /// Several that came together: [`End::next`] tells one after the other.
    Messages {
        id: u32,
        all: Vec<Vec<u8>>,
        last: bool,
    },
    Cancelled(u32, Cancelled),
    Head {
        id: u32,
        metadata: Vec<String>,
    },
    Status {
        id: u32,
        code: Code,
        message: String,
        unprocessed: bool,
        metadata: Vec<String>,
    },
    LimitsChanged,
    Failed(Error),
}

impl Got {
    pub fn id(&self) -> Option<u32> {
        match self {
            Got::Call { id, .. }
            | Got::Message { id, .. }
            | Got::Messages { id, .. }
            | Got::End(id)
            | Got::Cancelled(id, _)
            | Got::Head { id, .. }
            | Got::Status { id, .. } => Some(*id),
            Got::LimitsChanged | Got::Failed(_) => None,
        }
    }
}

fn messages_of(run: &Run<'_>) -> Vec<Vec<u8>> {
    let mut left = &run.framed[..];
    let mut all = Vec::new();
    while let Some((message, rest)) = split_first(left) {
        all.push(message.to_vec());
        left = rest;
    }
    assert!(left.is_empty() && all.len() == run.count);
    assert_eq!(all.iter().map(Vec::len).sum::<usize>(), run.message_bytes());
    all
}

/// What both sides have in common.
pub trait Core {
    fn next(
        &mut self,
        input: &ReceiveBuffer,
        now: Instant,
    ) -> Result<Option<(Option<StreamKey>, Got)>, Error>;
    fn output(&self) -> &[u8];
    fn sent(&mut self, count: usize);
    fn poll_timeout(&self) -> Option<Instant>;
    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error>;
    fn is_backed_up(&self) -> bool;
}

impl Core for ServerConnection {
    fn next(
        &mut self,
        input: &ReceiveBuffer,
        now: Instant,
    ) -> Result<Option<(Option<StreamKey>, Got)>, Error> {
        use server::Event;
        Ok(self.next_event(input, now)?.map(|event| match event {
            Event::Call { stream, head, .. } => {
                let path = String::from_utf8_lossy(head.path.value()).into_owned();
                let metadata = text(&head.metadata);
                let id = stream.id();
                (Some(stream), Got::Call { id, path, timeout: head.timeout, metadata })
            }
            Event::Message { stream, message, last } => {
                (Some(stream), Got::Message { id: stream.id(), bytes: message.to_vec(), last })
            }
            Event::Messages { stream, run, last } => {
                (Some(stream), Got::Messages { id: stream.id(), all: messages_of(&run), last })
            }
            Event::End { stream } => (Some(stream), Got::End(stream.id())),
            Event::Cancelled { stream, cause } => {
                (Some(stream), Got::Cancelled(stream.id(), cause))
            }
        }))
    }

    fn output(&self) -> &[u8] {
        self.output()
    }

    fn sent(&mut self, count: usize) {
        self.sent(count);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.poll_timeout()
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.handle_timeout(now)
    }

    fn is_backed_up(&self) -> bool {
        self.is_backed_up()
    }
}

impl Core for ClientConnection {
    fn next(
        &mut self,
        input: &ReceiveBuffer,
        now: Instant,
    ) -> Result<Option<(Option<StreamKey>, Got)>, Error> {
        use client::Event;
        Ok(self.next_event(input, now)?.map(|event| match event {
            Event::Head { stream, metadata } => {
                (Some(stream), Got::Head { id: stream.id(), metadata: text(&metadata) })
            }
            Event::Message { stream, message } => {
                let bytes = message.to_vec();
                (Some(stream), Got::Message { id: stream.id(), bytes, last: false })
            }
            Event::Messages { stream, run } => {
                let all = messages_of(&run);
                (Some(stream), Got::Messages { id: stream.id(), all, last: false })
            }
            Event::Status { stream, status, unprocessed } => {
                let message = status.message().to_owned();
                let (id, code) = (stream.id(), status.code());
                let metadata = text(status.metadata());
                (Some(stream), Got::Status { id, code, message, unprocessed, metadata })
            }
            Event::LimitsChanged => (None, Got::LimitsChanged),
        }))
    }

    fn output(&self) -> &[u8] {
        self.output()
    }

    fn sent(&mut self, count: usize) {
        self.sent(count);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.poll_timeout()
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.handle_timeout(now)
    }

    fn is_backed_up(&self) -> bool {
        self.is_backed_up()
    }
}

fn text(metadata: &Metadata) -> Vec<String> {
    let line = |field: &yamabiko_core::field::Field| {
        format!("{}: {}", field.name().escape_ascii(), field.value().escape_ascii())
    };
    metadata.fields().iter().map(line).collect()
}

/// Where the virtual clock of every test begins.
#[expect(clippy::disallowed_methods, reason = "a virtual clock needs some instant to count from")]
pub fn base() -> Instant {
    static BASE: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *BASE.get_or_init(Instant::now)
}

pub fn target() -> Target {
    Target { scheme: "http", authority: "test".into(), user_agent: "test/1".into() }
}

/// An endpoint, what it has been given, and the clock.
pub struct End<T> {
    pub core: T,
    pub input: ReceiveBuffer,
    pub now: Instant,
    pub reader: Reader,
    keys: BTreeMap<u32, StreamKey>,
    /// What was told together with the last event.
    more: VecDeque<Got>,
}

impl<T: Core> End<T> {
    pub fn new(core: T) -> Self {
        End {
            core,
            input: ReceiveBuffer::new(),
            now: base(),
            reader: Reader::default(),
            keys: BTreeMap::new(),
            more: VecDeque::new(),
        }
    }

    /// Gives the endpoint these bytes and returns what happened, to the last event.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Got> {
        self.input.extend(bytes);
        self.drain()
    }

    /// All events there are.
    pub fn drain(&mut self) -> Vec<Got> {
        let mut events = Vec::new();
        while let Some((_, event)) = self.next() {
            events.push(event);
        }
        events
    }

    /// One event.
    pub fn next(&mut self) -> Option<(Option<StreamKey>, Got)> {
        if let Some(event) = self.more.pop_front() {
            return Some((event.id().map(|id| self.keys[&id]), event));
        }
        match self.core.next(&self.input, self.now) {
            Ok(Some((key, event))) => {
                if let Some(key) = key {
                    self.keys.insert(key.id(), key);
                }
                if let Got::Messages { id, all, last } = event {
                    let count = all.len();
                    self.more.extend(all.into_iter().enumerate().map(|(index, bytes)| {
                        Got::Message { id, bytes, last: last && index + 1 == count }
                    }));
                    return self.next();
                }
                Some((key, event))
            }
            Ok(None) => None,
            Err(error) => Some((None, Got::Failed(error))),
        }
    }

    /// Takes what the endpoint has written.
    pub fn output(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        while !self.core.output().is_empty() {
            let bytes = self.core.output().to_vec();
            self.core.sent(bytes.len());
            all.extend(bytes);
        }
        all
    }

    /// Takes what the endpoint has written, as frames.
    pub fn frames(&mut self) -> Vec<Seen> {
        let bytes = self.output();
        self.reader.read(&bytes)
    }

    /// The key of a stream that an event has named.
    pub fn key(&self, id: u32) -> StreamKey {
        self.keys[&id]
    }

    pub fn remember(&mut self, key: StreamKey) {
        self.keys.insert(key.id(), key);
    }

    /// Moves the clock, and lets the endpoint act on it.
    pub fn pass(&mut self, time: Duration) -> Vec<Got> {
        self.now += time;
        match self.core.handle_timeout(self.now) {
            Ok(()) => self.drain(),
            Err(error) => vec![Got::Failed(error)],
        }
    }

    /// Lets so much time go by, and the endpoint act on each of its timers.
    pub fn wait(&mut self, time: Duration) -> Vec<Got> {
        let end = self.now + time;
        let mut events = Vec::new();
        for _ in 0..10_000 {
            match self.core.poll_timeout() {
                Some(at) if at <= end => {
                    self.now = self.now.max(at);
                    events.extend(self.pass(Duration::ZERO));
                }
                _ => {
                    self.now = end;
                    return events;
                }
            }
        }
        panic!("a timer that does not move: {:?}", self.core.poll_timeout());
    }

    /// Asserts that the endpoint has nothing more to say, whatever comes.
    pub fn assert_dead(&mut self) {
        self.output();
        self.input.extend(&wire::ping(false, [1; 8]));
        self.input.extend(&wire::request(99, true));
        assert_eq!(self.core.next(&self.input, self.now), Ok(None));
        assert_eq!(self.core.handle_timeout(self.now + Duration::from_secs(3600)), Ok(()));
        assert_eq!(self.core.next(&self.input, self.now), Ok(None));
        assert_eq!(self.core.output(), b"");
    }
}

/// A server that has been greeted; its own greeting has been read.
pub fn server() -> End<ServerConnection> {
    server_with(Config::default(), MessageLimits::default())
}

pub fn server_with(config: Config, limits: MessageLimits) -> End<ServerConnection> {
    let mut server = End::new(ServerConnection::new(config, limits, base()));
    assert_eq!(server.feed(PREFACE), []);
    assert_eq!(server.feed(&wire::settings(&[])), []);
    assert_eq!(server.feed(&wire::frame(4, 1, 0, b"")), []);
    server.frames();
    server
}

/// A client that has been greeted; its own greeting has been read.
pub fn client() -> End<ClientConnection> {
    client_with(Config::default(), MessageLimits::default())
}

pub fn client_with(config: Config, limits: MessageLimits) -> End<ClientConnection> {
    let mut client = End::new(ClientConnection::new(config, limits, target(), base()));
    let greeting = client.output();
    assert!(greeting.starts_with(PREFACE));
    client.reader.read(&greeting[PREFACE.len()..]);
    assert_eq!(client.feed(&wire::settings(&[])), [Got::LimitsChanged]);
    assert_eq!(client.feed(&wire::frame(4, 1, 0, b"")), []);
    client.frames();
    client
}

impl End<ServerConnection> {
    /// Answers a call with one message.
    pub fn answer(&mut self, id: u32, bytes: &[u8]) {
        let key = self.key(id);
        self.core.send_message(key, bytes.len(), |out| out.extend_from_slice(bytes)).unwrap();
        self.core.finish(key, &Status::ok());
    }

    /// Makes a call by hand and asserts that it is answered: the connection is well.
    pub fn assert_serves(&mut self, id: u32) {
        self.frames();
        let mut bytes = wire::request(id, false);
        bytes.extend(wire::data(id, &wire::message(b"ok?"), true));
        let got = self.feed(&bytes);
        let message = Got::Message { id, bytes: b"ok?".to_vec(), last: true };
        assert!(matches!(&got[..], [Got::Call { .. }, last] if *last == message), "{got:?}");
        self.answer(id, b"ok");
        let seen = self.frames();
        let body = Seen::Data { stream: id, data: wire::message(b"ok"), end: false };
        let is_body = |frame: &Seen| *frame == body;
        assert!(seen.iter().any(is_body), "{seen:?}");
        assert!(matches!(seen.last(), Some(Seen::Headers { end: true, .. })), "{seen:?}");
    }
}

impl End<ClientConnection> {
    /// Begins a call with one message.
    pub fn call(&mut self, bytes: &[u8]) -> u32 {
        let key = self.core.open("/s/m", None, &Metadata::new()).unwrap();
        self.remember(key);
        self.core.send_message(key, bytes.len(), true, |out| out.extend_from_slice(bytes)).unwrap();
        key.id()
    }
}
