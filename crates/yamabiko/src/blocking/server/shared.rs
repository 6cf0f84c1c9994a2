//! What the threads of a server share: whom to wake, what to write, who is
//! connected, and how far its life has got.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use mio::{Interest, Registry, Token, Waker};

use super::connection::Connection;
use super::host::{Handler, Settings, Threads};
use super::leader::{FIRST_CONNECTION, Leader, WAKER};
use super::pace::Paces;
use super::queue::{Queue, Relief};
use super::sentinel::Sentinel;
use super::socket::Socket;
use super::timers::Timers;
use super::worker::{self, Worker};
use crate::blocking::wire::{Listener, Wire};
use crate::{Peer, PeerAddress};

/// How far the life of a server has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Stage {
    Listening,
    Serving,
    /// No new connections; those that there are end with their last call.
    Leaving,
    /// No connections. Workers end when their handlers return.
    Over,
}

const STAGES: [Stage; 4] = [Stage::Listening, Stage::Serving, Stage::Leaving, Stage::Over];

/// What all threads of a server share.
pub(super) struct Shared {
    pub(super) handler: Arc<dyn Handler>,
    threads: Arc<dyn Threads>,
    pub(super) settings: Settings,
    pub(super) registry: Registry,
    pub(super) wakeups: Wakeups,
    /// Whoever holds it leads.
    pub(super) leader: Mutex<Leader>,
    pub(super) queue: Queue,
    pub(super) paces: Paces,
    pub(super) timers: Timers,
    /// Connections with something to send.
    pub(super) dirty: Mutex<Vec<Arc<Connection>>>,
    /// Connections with more to read, of which no event will tell.
    again: Mutex<Vec<Arc<Connection>>>,
    pub(super) sentinel: Sentinel,
    /// Handlers that have returned.
    pub(super) progress: AtomicU64,
    /// Calls that wait or run.
    calls: AtomicUsize,
    pub(super) life: Life,
}

/// Whom to wake, and whether it is worth it.
pub(super) struct Wakeups {
    waker: Waker,
    /// The leader may be waiting for the sockets.
    pub(super) polling: AtomicBool,
    /// The sentinel leads, for want of a worker.
    pub(super) stand_in: AtomicBool,
    /// A worker wants to lead in the sentinel's place.
    pub(super) relief: AtomicUsize,
}

/// From listening to over.
pub(super) struct Life {
    pub(super) stage: AtomicU8,
    pub(super) listeners: Mutex<Vec<Listener>>,
    pub(super) connections: Mutex<HashMap<usize, Arc<Connection>>>,
    next_token: AtomicUsize,
    pub(super) changed: Condvar,
}

impl Shared {
    pub(super) fn new(
        handler: Arc<dyn Handler>,
        threads: Arc<dyn Threads>,
        settings: Settings,
    ) -> std::io::Result<Self> {
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let wakeups = Wakeups {
            waker: Waker::new(&registry, WAKER)?,
            polling: AtomicBool::new(false),
            stand_in: AtomicBool::new(false),
            relief: AtomicUsize::new(0),
        };
        let life = Life {
            stage: AtomicU8::new(Stage::Listening as u8),
            listeners: Mutex::default(),
            connections: Mutex::default(),
            next_token: AtomicUsize::new(FIRST_CONNECTION),
            changed: Condvar::new(),
        };
        Ok(Shared {
            handler,
            threads,
            settings,
            registry,
            wakeups,
            leader: Mutex::new(Leader::new(poll)),
            queue: Queue::default(),
            paces: Paces::new(),
            timers: Timers::default(),
            dirty: Mutex::default(),
            again: Mutex::default(),
            sentinel: Sentinel::default(),
            progress: AtomicU64::new(0),
            calls: AtomicUsize::new(0),
            life,
        })
    }

    pub(super) fn stage(&self) -> Stage {
        STAGES[usize::from(self.life.stage.load(Ordering::SeqCst))]
    }

    pub(super) fn is_over(&self) -> bool {
        self.stage() == Stage::Over
    }

    /// Whether there is room for another call, which is counted until [`leave`](Self::leave).
    pub(super) fn admit(&self) -> bool {
        let before = self.calls.fetch_add(1, Ordering::Relaxed);
        let room = self.settings.max_calls.is_none_or(|most| before < most);
        if !room {
            self.leave();
        }
        room
    }

    /// A call is of no concern any more.
    pub(super) fn leave(&self) {
        self.calls.fetch_sub(1, Ordering::Relaxed);
    }

    /// A call has been answered, on this thread.
    pub(super) fn answered(&self) {
        // A worker writes for several calls at once; whoever else answers does it alone.
        if !worker::works_for(self) {
            self.flush();
        }
    }

    /// Writes what there is to send, to everybody.
    pub(super) fn flush(&self) {
        let dirty = std::mem::take(&mut *lock(&self.dirty));
        for connection in dirty {
            connection.flush();
        }
    }

    /// Has the leader look at a connection although no event will tell.
    pub(super) fn look_again(&self, connection: &Arc<Connection>) {
        lock(&self.again).push(Arc::clone(connection));
    }

    pub(super) fn to_look_at_again(&self) -> Vec<Arc<Connection>> {
        std::mem::take(&mut *lock(&self.again))
    }

    pub(super) fn has_to_look_again(&self) -> bool {
        !lock(&self.again).is_empty()
    }

    /// Has the leader look up from the sockets.
    pub(super) fn wake_leader(&self) {
        if self.wakeups.polling.load(Ordering::SeqCst) {
            let _ = self.wakeups.waker.wake();
        }
    }

    /// Has another worker go on, if there is or may be one.
    pub(super) fn relieve(self: &Arc<Self>) -> bool {
        match self.queue.relief(self.settings.workers) {
            Relief::Woken => true,
            Relief::Start => {
                self.threads.start(Worker::new(Arc::clone(self)));
                true
            }
            Relief::None => false,
        }
    }

    pub(super) fn connection(&self, token: usize) -> Option<Arc<Connection>> {
        lock(&self.life.connections).get(&token).cloned()
    }

    /// Runs `action` on a listener, if it still listens.
    pub(super) fn with_listener<T>(
        &self,
        index: usize,
        action: impl FnOnce(&Listener) -> T,
    ) -> Option<T> {
        lock(&self.life.listeners).get(index).map(action)
    }

    /// Enters a connection that has been accepted.
    pub(super) fn add(self: &Arc<Self>, mut socket: Wire, address: PeerAddress) {
        let peer = Arc::new(Peer::new(address));
        let tls = match &self.settings.tls {
            None => None,
            // Who is in this process is known already.
            Some(_) if matches!(peer.address(), PeerAddress::InProcess) => None,
            Some(tls) => match tls.accept(&peer) {
                Ok(session) => Some(Box::new(session)),
                Err(error) => return tracing::error!(%error, "cannot accept a connection"),
            },
        };
        let token = self.life.next_token.fetch_add(1, Ordering::Relaxed);
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.registry.register(&mut socket, Token(token), interest) {
            tracing::warn!(%error, "cannot watch a connection");
            return;
        }
        let connection = Connection::new(Socket::new(socket, tls), peer, token, Arc::clone(self));
        let mut connections = lock(&self.life.connections);
        if self.stage() >= Stage::Leaving {
            // Too late: those that are told to leave have been listed.
            return;
        }
        connections.insert(token, Arc::clone(&connection));
        drop(connections);
        // The client may have spoken already.
        self.look_again(&connection);
    }

    /// A connection has ended.
    pub(super) fn remove(&self, token: usize) {
        let mut connections = lock(&self.life.connections);
        connections.remove(&token);
        let none_left = connections.is_empty();
        drop(connections);
        if none_left && self.stage() == Stage::Leaving {
            self.over();
        }
    }

    pub(super) fn over(&self) {
        self.life.stage.store(Stage::Over as u8, Ordering::SeqCst);
        drop(lock(&self.life.connections));
        self.life.changed.notify_all();
        self.queue.wake_all();
        let _ = self.wakeups.waker.wake();
        self.sentinel.wake();
    }

    /// A worker has ended.
    pub(super) fn worker_ended(&self) {
        self.queue.ended();
        drop(lock(&self.life.connections));
        self.life.changed.notify_all();
    }

    pub(super) fn all(&self) -> Vec<Arc<Connection>> {
        lock(&self.life.connections).values().cloned().collect()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic inside would be a bug of ours; the other calls need not suffer for it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
