//! Where the connection of a channel stands, and the thread that makes
//! attempts while one is wanted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

use yamabiko_core::grpc::{MessageLimits, Origin, Status, Target};
use yamabiko_core::h2::Config;

use super::attendant::Attendant;
use super::changes::Changes;
use super::connect::{Unreachable, Way};
use super::connection::{Connection, Terms};
use super::started::closed;
use crate::back_off::BackOff;
use crate::compression::Sending;
use crate::options::Calmed;
use crate::tls::Destination;

/// How long an attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(20);

/// What all clones of a channel share.
pub(super) struct Inner {
    pub(super) way: Way,
    pub(super) tls: Option<Destination>,
    /// The server, as it stands in messages.
    pub(super) name: String,
    pub(super) target: Target,
    pub(super) config: Config,
    pub(super) calmed: Calmed,
    pub(super) limits: MessageLimits,
    pub(super) sending: Sending,
    pub(super) attendant: Arc<Attendant>,
    pub(super) changes: Arc<Changes>,
    pub(super) link: Mutex<Link>,
}

/// Where the connection stands, and who waits for it.
#[derive(Default)]
pub(super) struct Link {
    pub(super) stage: Stage,
    pub(super) waiting: Vec<Waker>,
    /// A thread makes attempts.
    connecting: bool,
    /// It goes on until there is a connection, though no call waits for it.
    pub(super) wanted: bool,
    back_off: BackOff,
}

#[derive(Default)]
pub(super) enum Stage {
    #[default]
    Idle,
    /// An attempt is being made.
    Connecting,
    Ready(Arc<Connection>),
    /// The last attempt has failed, and the next one is not due before then.
    Failed(Status, Instant),
    Closed,
}

impl Link {
    pub(super) fn is_ready(&self) -> bool {
        matches!(&self.stage, Stage::Ready(connection) if connection.takes_calls())
    }
}

impl Inner {
    pub(super) fn lock(&self) -> MutexGuard<'_, Link> {
        // Nothing in here panics halfway, so a poisoned lock still guards whole data.
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that a thread makes attempts.
    pub(super) fn begin_to_connect(self: &Arc<Self>, link: &mut Link) {
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
            self.changes.tell();
        }
        let inner = Arc::downgrade(self);
        let changes = Arc::clone(&self.changes);
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

    /// Connects, and waits until the server has shown that it speaks HTTP/2. A program that
    /// accepts and says nothing, or something else, is no server to send calls to.
    fn attempt(
        &self,
        until: Instant,
        given_up: impl FnMut() -> bool + Copy,
    ) -> Result<Arc<Connection>, Unreachable> {
        let (socket, address, poller) = self.way.connect(until, given_up)?;
        let unreachable = |reason: String| match address {
            Some(address) => Unreachable { tried: vec![(address, reason)], reason: None },
            None => Unreachable::because(reason),
        };
        let tls = self.tls.as_ref().map(Destination::session).transpose();
        let terms = Terms {
            name: self.name.clone(),
            tls: tls.map_err(unreachable)?.map(Box::new),
            config: self.calmed.config(&self.config),
            calmed: self.calmed.clone(),
            limits: self.limits,
            target: self.target.clone(),
            attendant: Arc::clone(&self.attendant),
            changes: Arc::clone(&self.changes),
        };
        let connection = Connection::new(socket, poller, terms);
        connection.wait_until_open(until, given_up).map_err(unreachable)?;
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

    pub(super) fn close(&self) {
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
                let address = &inner.name;
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
