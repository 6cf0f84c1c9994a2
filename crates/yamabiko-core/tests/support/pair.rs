//! Two endpoints, a link between them that delays, splits, joins and cuts, and a virtual clock.
//! Everything comes from a seed.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use yamabiko_core::grpc::client::ClientConnection;
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::grpc::{MessageLimits, Metadata, Status};
use yamabiko_core::h2::{CannotOpen, Config, StreamKey};

use super::end::{Core, End, Got, base, target};

/// A small generator of numbers: the same seed gives the same numbers.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// One direction of the link: a byte stream that arrives late and in other pieces.
pub struct Link {
    on_the_way: VecDeque<(Instant, Vec<u8>)>,
    /// The longest time that a piece takes.
    pub delay: Duration,
    /// The longest piece.
    pub piece: usize,
    /// Bytes that are let through before the link is cut.
    pub cut_after: Option<usize>,
    /// Nothing moves while it is set.
    pub stalled: bool,
}

impl Link {
    fn new() -> Self {
        Link {
            on_the_way: VecDeque::new(),
            delay: Duration::from_millis(10),
            piece: 4096,
            cut_after: None,
            stalled: false,
        }
    }

    fn send(&mut self, mut bytes: Vec<u8>, now: Instant, random: &mut Random) {
        if let Some(left) = &mut self.cut_after {
            bytes.truncate(*left);
            *left -= bytes.len();
        }
        while !bytes.is_empty() {
            let rest = bytes.split_off(bytes.len().min(1 + random.below(self.piece)));
            let mut arrival =
                now + self.delay.mul_f64(f64::from(random.below(1000) as u32) / 1000.0);
            if let Some((before, _)) = self.on_the_way.back() {
                arrival = arrival.max(*before);
            }
            self.on_the_way.push_back((arrival, std::mem::replace(&mut bytes, rest)));
        }
    }

    fn receive(&mut self, now: Instant) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some((arrival, _)) = self.on_the_way.front() {
            if *arrival > now {
                break;
            }
            all.extend(self.on_the_way.pop_front().expect("just seen").1);
        }
        all
    }

    fn next(&self) -> Option<Instant> {
        self.on_the_way.front().map(|(arrival, _)| *arrival)
    }
}

/// What a call has brought so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub head: Option<Vec<String>>,
    pub messages: Vec<Vec<u8>>,
    pub statuses: Vec<Got>,
}

/// The application of the server: sees each event, and acts.
pub type Application = Box<dyn FnMut(&mut ServerConnection, Option<StreamKey>, &Got)>;

pub struct Pair {
    pub client: End<ClientConnection>,
    pub server: End<ServerConnection>,
    pub up: Link,
    pub down: Link,
    pub application: Application,
    pub random: Random,
    pub answers: BTreeMap<u32, Answer>,
    /// Everything that the server was told.
    pub told: Vec<Got>,
    pub failures: Vec<Got>,
}

/// Sends each message back, and ends when the request does.
pub fn echo() -> Application {
    Box::new(|server, key, event| {
        let Some(key) = key else { return };
        let end = match event {
            Got::Message { bytes, last, .. } => {
                let _ = server.send_message(key, bytes.len(), |out| out.extend_from_slice(bytes));
                *last
            }
            Got::End(_) => true,
            _ => false,
        };
        if end {
            server.finish(key, &Status::ok());
        }
    })
}

impl Pair {
    pub fn new(seed: u64) -> Self {
        Pair::with(seed, Config::default(), Config::default(), MessageLimits::default())
    }

    pub fn with(seed: u64, client: Config, server: Config, limits: MessageLimits) -> Self {
        let (now, target) = (base(), target());
        Pair {
            client: End::new(ClientConnection::new(client, limits, target, now)),
            server: End::new(ServerConnection::new(server, limits, now)),
            up: Link::new(),
            down: Link::new(),
            application: echo(),
            random: Random::new(seed),
            answers: BTreeMap::new(),
            told: Vec::new(),
            failures: Vec::new(),
        }
    }

    pub fn call(&mut self, bytes: &[u8]) -> u32 {
        self.try_call(bytes, None).expect("there is room for a call")
    }

    pub fn try_call(&mut self, bytes: &[u8], timeout: Option<Duration>) -> Result<u32, CannotOpen> {
        let client = &mut self.client;
        let key = client.core.open("/s/m", timeout, &Metadata::new())?;
        client.remember(key);
        let _ =
            client.core.send_message(key, bytes.len(), true, |out| out.extend_from_slice(bytes));
        self.answers.insert(key.id(), Answer::default());
        Ok(key.id())
    }

    /// Moves what is ready; then, if nothing was, the clock to the next arrival. False when all is
    /// quiet.
    pub fn step(&mut self) -> bool {
        let now = self.client.now;
        let mut moved = false;
        if !self.up.stalled {
            let bytes = self.client.output();
            moved |= !bytes.is_empty();
            self.up.send(bytes, now, &mut self.random);
        }
        if !self.down.stalled {
            let bytes = self.server.output();
            moved |= !bytes.is_empty();
            self.down.send(bytes, now, &mut self.random);
        }
        let bytes = self.up.receive(now);
        moved |= !bytes.is_empty();
        self.server.input.extend(&bytes);
        while let Some((key, event)) = self.server.next() {
            moved = true;
            (self.application)(&mut self.server.core, key, &event);
            if matches!(event, Got::Failed(_)) {
                self.failures.push(event.clone());
            }
            self.told.push(event);
        }
        let bytes = self.down.receive(now);
        moved |= !bytes.is_empty();
        self.client.input.extend(&bytes);
        while let Some((_, event)) = self.client.next() {
            moved = true;
            self.take(event);
        }
        if moved {
            return true;
        }
        match [self.up.next(), self.down.next()].into_iter().flatten().min() {
            Some(at) => {
                self.move_clock(at);
                true
            }
            None => false,
        }
    }

    /// Until all is quiet.
    pub fn drive(&mut self) {
        while self.step() {}
    }

    /// Until `time` from now has passed, timers included.
    pub fn drive_for(&mut self, time: Duration) {
        let end = self.client.now + time;
        loop {
            while self.step() {
                if self.client.now >= end {
                    return;
                }
            }
            let timers = [self.client.core.poll_timeout(), self.server.core.poll_timeout()];
            match timers.into_iter().flatten().min() {
                Some(at) if at <= end => {
                    self.move_clock(at);
                    let events =
                        [self.client.core.handle_timeout(at), self.server.core.handle_timeout(at)];
                    for error in events.into_iter().filter_map(Result::err) {
                        self.failures.push(Got::Failed(error));
                    }
                }
                _ => {
                    self.move_clock(end);
                    return;
                }
            }
        }
    }

    fn move_clock(&mut self, at: Instant) {
        let at = at.max(self.client.now);
        self.client.now = at;
        self.server.now = at;
    }

    fn take(&mut self, event: Got) {
        match event {
            Got::Head { id, metadata } => self.answer(id).head = Some(metadata),
            Got::Message { id, bytes, .. } => self.answer(id).messages.push(bytes),
            Got::Status { id, .. } => self.answer(id).statuses.push(event),
            Got::Failed(_) => self.failures.push(event),
            _ => {}
        }
    }

    fn answer(&mut self, id: u32) -> &mut Answer {
        self.answers.get_mut(&id).expect("events of calls that were made")
    }
}
