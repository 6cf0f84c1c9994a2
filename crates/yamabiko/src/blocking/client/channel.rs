//! A channel: the way to a server, which connects when it is needed and
//! again when the connection is lost.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use yamabiko_core::grpc::{MessageLimits, Origin, Status, Target};
use yamabiko_core::h2::Config;

use super::attendant::Attendant;
use super::changes::Changes;
use super::connect::{Unreachable, connect};
use super::connection::{Connection, Terms};
use super::driving::Seat;
use super::exchange::{Attempt, Exchange, Outcome};
use super::started::{Started, closed};
use super::waiting::{self, Interrupt};
use crate::Error;
use crate::address::Address;
use crate::back_off::BackOff;

/// How long an attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(20);

/// The way to a server. Cheap to clone: all clones share one connection.
///
/// It connects when the first call is made, and again when the connection is lost. A call that is
/// made while no server can be reached fails at once with UNAVAILABLE, which names the address
/// and the cause, unless it [waits](super::Call::wait_for_ready). Between attempts the channel
/// waits 1 s at first and up to 2 min, as gRPC's connection back-off says.
///
/// A call is driven by the thread that makes it: it writes the request and reads the answer
/// itself. Of several threads that call at once, one reads for all.
///
/// Dropping the last clone closes the connection, once the calls on it have ended.
#[derive(Clone)]
pub struct Channel {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    address: Address,
    target: Target,
    config: Config,
    limits: MessageLimits,
    attendant: Arc<Attendant>,
    changes: Arc<Changes>,
    link: Mutex<Link>,
}

/// Where the connection stands, and who waits for it.
struct Link {
    stage: Stage,
    waiting: Vec<Waker>,
    /// A thread makes attempts.
    connecting: bool,
    /// It goes on until there is a connection, though no call waits for it.
    wanted: bool,
    back_off: BackOff,
}

enum Stage {
    Idle,
    /// An attempt is being made.
    Connecting,
    Ready(Arc<Connection>),
    /// The last attempt has failed, and the next one is not due before then.
    Failed(Status, Instant),
    Closed,
}

/// Where a channel stands (grpc doc/connectivity-semantics-and-api.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Connectivity {
    /// It has no connection and needs none.
    Idle,
    /// It is connecting.
    Connecting,
    /// It has a connection.
    Ready,
    /// The last attempt to connect has failed, and there will be another.
    TransientFailure,
    /// It was closed.
    Shutdown,
}

/// What a channel can be told before it is made.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it connects"]
pub struct ChannelBuilder {
    address: String,
    authority: Option<String>,
    user_agent: Option<String>,
    exact_user_agent: Option<String>,
    attendant: Option<Arc<Attendant>>,
    config: Config,
    limits: MessageLimits,
}

impl ChannelBuilder {
    /// The largest message that is received, in bytes: 4 MiB by default. A larger one ends its
    /// call with RESOURCE_EXHAUSTED.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_message = bytes;
        self.limits.max_assembling = self.limits.max_assembling.max(bytes);
        self
    }

    /// The largest list of metadata that is received, in bytes: 16 KiB by default.
    pub fn max_metadata_size(mut self, bytes: u32) -> Self {
        self.config.max_header_list = bytes;
        self
    }

    /// What stands before ours in `user-agent`.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// All of `user-agent`, for a library around this one.
    pub fn exact_user_agent(mut self, text: impl Into<String>) -> Self {
        self.exact_user_agent = Some(text.into());
        self
    }

    /// The name that the server is called by, in place of the address.
    pub fn authority(mut self, name: impl Into<String>) -> Self {
        self.authority = Some(name.into());
        self
    }

    /// Who looks after the connection when no caller does.
    pub fn attendant(mut self, attendant: Arc<Attendant>) -> Self {
        self.attendant = Some(attendant);
        self
    }

    /// A channel that connects when the first call is made.
    ///
    /// # Errors
    /// [`Error::Address`].
    pub fn lazy(self) -> Result<Channel, Error> {
        let address = Address::parse(&self.address)?;
        let own = concat!("grpc-rust-yamabiko/", env!("CARGO_PKG_VERSION"));
        let user_agent = match (self.exact_user_agent, self.user_agent) {
            (Some(text), _) => text,
            (None, Some(name)) => format!("{name} {own}"),
            (None, None) => own.to_owned(),
        };
        let authority = self.authority.unwrap_or_else(|| address.authority());
        let target = Target { scheme: "http", authority, user_agent };
        let attendant = self.attendant.unwrap_or_else(Attendant::shared);
        let link = Link {
            stage: Stage::Idle,
            waiting: Vec::new(),
            connecting: false,
            wanted: false,
            back_off: BackOff::default(),
        };
        let (changes, link) = (Arc::default(), Mutex::new(link));
        let ChannelBuilder { config, limits, .. } = self;
        let inner = Inner { address, target, config, limits, attendant, changes, link };
        Ok(Channel { inner: Arc::new(inner) })
    }

    /// A channel that is connected.
    ///
    /// # Errors
    /// [`Error::Address`] or [`Error::Connect`].
    pub fn connect(self) -> Result<Channel, Error> {
        let channel = self.lazy()?;
        waiting::block_on(|cx| channel.poll_connection(cx, false))
            .map_err(|status| Error::Connect { status })?;
        Ok(channel)
    }
}

impl Channel {
    /// A channel to a server that is there, such as `http://localhost:50051`.
    ///
    /// # Errors
    /// [`Error::Address`] or [`Error::Connect`].
    pub fn connect(address: impl AsRef<str>) -> Result<Self, Error> {
        Channel::builder(address).connect()
    }

    /// A channel that connects when the first call is made.
    ///
    /// # Errors
    /// [`Error::Address`].
    pub fn lazy(address: impl AsRef<str>) -> Result<Self, Error> {
        Channel::builder(address).lazy()
    }

    /// A channel with more to be said about it.
    pub fn builder(address: impl AsRef<str>) -> ChannelBuilder {
        ChannelBuilder {
            address: address.as_ref().to_owned(),
            authority: None,
            user_agent: None,
            exact_user_agent: None,
            attendant: None,
            config: Config::default(),
            limits: MessageLimits::default(),
        }
    }

    /// Makes a call in bytes and waits for its end. None if `interrupt` ends the wait: the call
    /// is cancelled then.
    pub fn exchange(&self, call: &Exchange<'_>, interrupt: Interrupt<'_>) -> Option<Outcome> {
        waiting::wait_for(self, call, interrupt, Attempt::default())
    }

    /// Begins a call in bytes, which goes on by itself.
    pub fn start(&self, call: &Exchange<'_>) -> Started {
        Started::new(self, call, bytes::Bytes::copy_from_slice(call.message))
    }

    /// Where the channel stands. With `connect` it begins to connect if it has no connection, and
    /// goes on until it has one.
    pub fn connectivity(&self, connect: bool) -> Connectivity {
        let mut link = self.inner.lock();
        if connect && !matches!(link.stage, Stage::Closed) && !link.is_ready() {
            link.wanted = true;
            self.begin_to_connect(&mut link);
        }
        match &link.stage {
            Stage::Idle => Connectivity::Idle,
            Stage::Connecting => Connectivity::Connecting,
            Stage::Ready(connection) if connection.takes_calls() => Connectivity::Ready,
            Stage::Ready(_) => Connectivity::Idle,
            Stage::Failed(..) => Connectivity::TransientFailure,
            Stage::Closed => Connectivity::Shutdown,
        }
    }

    /// Waits until the channel stands elsewhere than `before`, or until a time. Where it stands.
    pub fn wait_for_change(&self, before: Connectivity, until: Instant) -> Connectivity {
        loop {
            let seen = self.inner.changes.so_far();
            let state = self.connectivity(false);
            if state != before || !self.inner.changes.wait(seen, Some(until)) {
                return state;
            }
        }
    }

    /// Closes the channel for all its clones. Calls end with CANCELLED, later ones too.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        matches!(self.inner.lock().stage, Stage::Closed)
    }

    /// The server's address, as it stands in messages.
    pub fn address(&self) -> &str {
        &self.inner.target.authority
    }

    pub(super) fn attendant(&self) -> Arc<Attendant> {
        Arc::clone(&self.inner.attendant)
    }

    /// The connection, as soon as there is one. A patient caller waits for attempts to come.
    pub(super) fn poll_connection(
        &self,
        cx: &Context<'_>,
        patient: bool,
    ) -> Poll<Result<Arc<Connection>, Status>> {
        let mut link = self.inner.lock();
        match &link.stage {
            Stage::Ready(connection) if connection.takes_calls() => {
                return Poll::Ready(Ok(Arc::clone(connection)));
            }
            Stage::Closed => return Poll::Ready(Err(closed())),
            Stage::Failed(status, until) if !patient && Instant::now() < *until => {
                return Poll::Ready(Err(status.clone()));
            }
            _ => {}
        }
        if !link.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            link.waiting.push(cx.waker().clone());
        }
        self.begin_to_connect(&mut link);
        Poll::Pending
    }

    /// Sees to it that a thread makes attempts.
    fn begin_to_connect(&self, link: &mut Link) {
        if let Stage::Ready(_) = link.stage {
            link.stage = Stage::Idle;
        }
        if link.connecting {
            return;
        }
        let due = match &link.stage {
            Stage::Failed(_, until) => *until <= Instant::now(),
            _ => true,
        };
        if due {
            link.stage = Stage::Connecting;
            self.inner.changes.tell();
        }
        let inner = Arc::downgrade(&self.inner);
        let changes = Arc::clone(&self.inner.changes);
        let builder = thread::Builder::new().name("yamabiko-connect".to_owned());
        match builder.spawn(move || keep_connecting(&inner, &changes)) {
            Ok(_) => link.connecting = true,
            Err(error) => {
                let message = format!("no thread to connect with: {error}");
                let status = Status::unavailable(message).with_origin(Origin::Concluded);
                let at = Instant::now() + link.back_off.next();
                link.stage = Stage::Failed(status, at);
                link.waiting.drain(..).for_each(Waker::wake);
            }
        }
    }
}

impl Link {
    fn is_ready(&self) -> bool {
        matches!(&self.stage, Stage::Ready(connection) if connection.takes_calls())
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Link> {
        // Nothing in here panics halfway, so a poisoned lock still guards whole data.
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects, and waits until the server has shown that it speaks HTTP/2. A program that
    /// accepts and says nothing, or something else, is no server to send calls to.
    fn attempt(
        &self,
        until: Instant,
        given_up: impl FnMut() -> bool + Copy,
    ) -> Result<Arc<Connection>, Unreachable> {
        let (socket, address, poller) = connect(&self.address, until, given_up)?;
        let terms = Terms {
            config: self.config.clone(),
            limits: self.limits,
            target: self.target.clone(),
            attendant: Arc::clone(&self.attendant),
            changes: Arc::clone(&self.changes),
        };
        let connection = Connection::new(socket, Seat::new(poller), terms);
        connection
            .wait_until_open(until, given_up)
            .map_err(|reason| Unreachable { tried: vec![(address, reason)], reason: None })?;
        Ok(connection)
    }

    /// Goes to the next stage, unless it was closed, and tells everybody.
    fn set(&self, stage: Stage, connecting: bool) {
        let mut link = self.lock();
        link.connecting = connecting;
        if matches!(link.stage, Stage::Closed) {
            drop(link);
            if let Stage::Ready(connection) = stage {
                connection.close(&closed());
            }
            return;
        }
        link.stage = stage;
        let waiting = std::mem::take(&mut link.waiting);
        drop(link);
        self.changes.tell();
        for waker in waiting {
            waker.wake();
        }
    }

    fn close(&self) {
        let mut link = self.lock();
        let before = std::mem::replace(&mut link.stage, Stage::Closed);
        let waiting = std::mem::take(&mut link.waiting);
        drop(link);
        self.changes.tell();
        if let Stage::Ready(connection) = before {
            connection.close(&closed());
        }
        for waker in waiting {
            waker.wake();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Channel").field(&self.inner.target.authority).finish()
    }
}

/// Tries until there is a connection, or until nobody waits for one.
fn keep_connecting(channel: &Weak<Inner>, changes: &Changes) {
    loop {
        // It does not keep the channel: who drops it wants no connection.
        let Some(inner) = pause(channel, changes) else { return };
        let given_up =
            || Arc::strong_count(&inner) == 1 || matches!(inner.lock().stage, Stage::Closed);
        match inner.attempt(Instant::now() + CONNECT, given_up) {
            Ok(connection) => {
                let mut link = inner.lock();
                link.back_off = BackOff::default();
                link.wanted = false;
                drop(link);
                inner.set(Stage::Ready(connection), false);
                return;
            }
            Err(unreachable) => {
                let address = &inner.target.authority;
                tracing::debug!(address, %unreachable, "cannot connect");
                let message = format!("cannot connect to {address}: {unreachable}");
                let status = Status::unavailable(message)
                    .with_origin(Origin::Concluded)
                    .with_source(unreachable);
                let at = Instant::now() + inner.lock().back_off.next();
                inner.set(Stage::Failed(status, at), true);
            }
        }
    }
}

/// Waits until the next attempt is due. None if there is to be none.
fn pause(channel: &Weak<Inner>, changes: &Changes) -> Option<Arc<Inner>> {
    loop {
        let seen = changes.so_far();
        let inner = channel.upgrade()?;
        let mut link = inner.lock();
        let until = match &link.stage {
            Stage::Failed(_, until) => *until,
            Stage::Connecting => {
                drop(link);
                return Some(inner);
            }
            Stage::Idle | Stage::Ready(_) | Stage::Closed => {
                link.connecting = false;
                return None;
            }
        };
        if Instant::now() >= until {
            if link.waiting.is_empty() && !link.wanted {
                // The next call makes the next attempt.
                link.connecting = false;
                return None;
            }
            link.stage = Stage::Connecting;
            drop(link);
            changes.tell();
            return Some(inner);
        }
        drop(link);
        drop(inner);
        changes.wait(seen, Some(until));
    }
}
