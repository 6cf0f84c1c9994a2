//! What the threads of a server share, and the handle by which it is started
//! and ended.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mio::net::TcpListener;
use mio::{Interest, Registry, Token, Waker};

use super::connection::Connection;
use super::host::{Handler, Settings, Threads};
use super::leader::{FIRST_CONNECTION, FIRST_LISTENER, Leader, WAKER};
use super::pace::Paces;
use super::queue::{Queue, Relief};
use super::sentinel::Sentinel;
use super::timers::Timers;
use super::worker::{self, Worker};
use crate::Error;
use crate::address::Address;
use crate::listening;

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
    life: Life,
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
struct Life {
    stage: AtomicU8,
    listeners: Mutex<Vec<TcpListener>>,
    connections: Mutex<HashMap<usize, Arc<Connection>>>,
    next_token: AtomicUsize,
    changed: Condvar,
}

impl Shared {
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
        action: impl FnOnce(&TcpListener) -> T,
    ) -> Option<T> {
        lock(&self.life.listeners).get(index).map(action)
    }

    /// Enters a connection that has been accepted.
    pub(super) fn add(self: &Arc<Self>, mut socket: mio::net::TcpStream, peer: SocketAddr) {
        // An answer is written whole: nothing is gained by waiting for more.
        let _ = socket.set_nodelay(true);
        let token = self.life.next_token.fetch_add(1, Ordering::Relaxed);
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.registry.register(&mut socket, Token(token), interest) {
            tracing::warn!(%error, "cannot watch a connection");
            return;
        }
        let connection = Connection::new(socket, peer, token, Arc::clone(self));
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

    fn over(&self) {
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

    fn all(&self) -> Vec<Arc<Connection>> {
        lock(&self.life.connections).values().cloned().collect()
    }
}

/// A server with whatever answers its calls. Dropping it cuts all calls.
pub struct Driver {
    shared: Arc<Shared>,
}

impl Driver {
    /// A server whose calls `handler` answers, on threads that `threads` starts.
    ///
    /// # Errors
    /// [`Error::Listen`] if the system cannot give what every server needs.
    pub fn new(
        handler: Arc<dyn Handler>,
        threads: Arc<dyn Threads>,
        settings: Settings,
    ) -> Result<Self, Error> {
        let system = |source| Error::Listen { address: "any address".to_owned(), source };
        let poll = mio::Poll::new().map_err(system)?;
        let registry = poll.registry().try_clone().map_err(system)?;
        let waker = Waker::new(&registry, WAKER).map_err(system)?;
        let shared = Shared {
            handler,
            threads,
            settings,
            registry,
            wakeups: Wakeups {
                waker,
                polling: AtomicBool::new(false),
                stand_in: AtomicBool::new(false),
                relief: AtomicUsize::new(0),
            },
            leader: Mutex::new(Leader::new(poll)),
            queue: Queue::default(),
            paces: Paces::new(),
            timers: Timers::default(),
            dirty: Mutex::default(),
            again: Mutex::default(),
            sentinel: Sentinel::default(),
            progress: AtomicU64::new(0),
            calls: AtomicUsize::new(0),
            life: Life {
                stage: AtomicU8::new(Stage::Listening as u8),
                listeners: Mutex::default(),
                connections: Mutex::default(),
                next_token: AtomicUsize::new(FIRST_CONNECTION),
                changed: Condvar::new(),
            },
        };
        Ok(Driver { shared: Arc::new(shared) })
    }

    /// Listens on `address`, such as `[::]:50051`, `localhost:50051` or `127.0.0.1:0`.
    ///
    /// # Errors
    /// [`Error::Address`] or [`Error::Listen`].
    pub fn listen(&self, address: &str) -> Result<SocketAddr, Error> {
        let parsed = Address::parse(address)?;
        let found = parsed.resolve_blocking().map_err(|error| Error::Address {
            address: address.to_owned(),
            reason: error.to_string(),
        })?;
        let bound = listening::bind(found, parsed.port, self.shared.settings.share_port)?;
        let local = bound.first().and_then(|listener| listener.local_addr().ok());
        let mut listeners = lock(&self.shared.life.listeners);
        let first = listeners.len();
        listeners.extend(bound.into_iter().map(TcpListener::from_std));
        if self.shared.stage() == Stage::Serving {
            register(&self.shared, &mut listeners, first);
        }
        local.ok_or_else(|| Error::Address {
            address: address.to_owned(),
            reason: "it stands for no address".to_owned(),
        })
    }

    /// Begins to serve. Nothing if it has begun.
    pub fn start(&self) {
        let life = &self.shared.life;
        let (from, to) = (Stage::Listening as u8, Stage::Serving as u8);
        if life.stage.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            register(&self.shared, &mut lock(&life.listeners), 0);
            self.shared.relieve();
        }
    }

    /// Begins to leave: listens no more, tells every client (GOAWAY), and answers what was
    /// accepted. Nothing if it has begun.
    pub fn shut_down(&self) {
        let shared = &self.shared;
        for mut listener in lock(&shared.life.listeners).drain(..) {
            let _ = shared.registry.deregister(&mut listener);
        }
        if shared.stage() >= Stage::Leaving {
            return;
        }
        shared.life.stage.store(Stage::Leaving as u8, Ordering::SeqCst);
        for connection in shared.all() {
            connection.shut_down();
        }
        shared.wake_leader();
        if lock(&shared.life.connections).is_empty() {
            shared.over();
        }
    }

    /// Ends every connection and its calls at once. Says how many calls had no answer.
    pub fn cut(&self) -> usize {
        self.shut_down();
        let connections = self.shared.all();
        let calls = connections.iter().map(|connection| connection.live_calls()).sum();
        for connection in connections {
            connection.cut();
        }
        calls
    }

    /// Waits until every connection has ended after [`shut_down`](Self::shut_down). Whether it
    /// has come to that within the time.
    pub fn wait(&self, at_most: Option<Duration>) -> bool {
        self.wait_until(at_most, |shared| shared.is_over())
    }

    /// Waits until the workers have ended too, whose handlers may go on after their calls. Whether
    /// it has come to that within the time.
    pub fn join(&self, at_most: Option<Duration>) -> bool {
        self.wait_until(at_most, |shared| shared.is_over() && shared.queue.workers() == 0)
    }

    fn wait_until(&self, at_most: Option<Duration>, holds: impl Fn(&Shared) -> bool) -> bool {
        let deadline = at_most.and_then(|time| Instant::now().checked_add(time));
        let life = &self.shared.life;
        let mut guard = lock(&life.connections);
        while !holds(&self.shared) {
            guard = match deadline {
                None => life.changed.wait(guard).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    let waited = life.changed.wait_timeout(guard, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }

    /// How many calls have no answer yet.
    pub fn live_calls(&self) -> usize {
        self.shared.all().iter().map(|connection| connection.live_calls()).sum()
    }

    /// How many clients are connected.
    pub fn connections(&self) -> usize {
        lock(&self.shared.life.connections).len()
    }

    /// Lets go of the sockets without a word to anybody: for the child of a fork, in which the
    /// threads are gone and the connections are its parent's. Whatever lock a vanished thread holds
    /// stays held, so the caller forgets the driver and does not drop it.
    pub fn abandon(&self) {
        let life = &self.shared.life;
        if let Ok(mut listeners) = life.listeners.try_lock() {
            listeners.clear();
        }
        if let Ok(connections) = life.connections.try_lock() {
            for connection in connections.values() {
                connection.abandon();
            }
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.cut();
    }
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("stage", &self.shared.stage()).finish_non_exhaustive()
    }
}

/// Has the leader told of clients that come to the listeners from `first` on.
fn register(shared: &Shared, listeners: &mut [TcpListener], first: usize) {
    for (index, listener) in listeners.iter_mut().enumerate().skip(first) {
        let token = Token(FIRST_LISTENER + index);
        if let Err(error) = shared.registry.register(listener, token, Interest::READABLE) {
            tracing::error!(%error, "cannot watch a listening socket");
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic inside would be a bug of ours; the other calls need not suffer for it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
