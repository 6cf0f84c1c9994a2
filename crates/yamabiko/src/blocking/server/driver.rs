//! The handle by which a server is started and ended.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use mio::{Interest, Token};

use super::host::{Handler, Settings, Threads};
use super::leader::FIRST_LISTENER;
use super::shared::{Shared, Stage, lock};
use crate::address::{Address, Place};
use crate::blocking::wire::{Listener, Wire};
use crate::{CutCall, Error, PeerAddress, ShutDown, listening};

/// Where a server listens that listens on no port.
pub(super) const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

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
        let shared = Shared::new(handler, threads, settings)
            .map_err(|source| Error::Listen { address: "any address".to_owned(), source })?;
        Ok(Driver { shared: Arc::new(shared) })
    }

    /// Listens on `address`, such as `[::]:50051`, `localhost:50051`, `127.0.0.1:0` or
    /// `unix:/run/echo.sock`. Gives where that is, `0.0.0.0:0` for a unix socket.
    ///
    /// # Errors
    /// [`Error::Address`], [`Error::Listen`] or [`Error::Tls`].
    pub fn listen(&self, address: &str) -> Result<SocketAddr, Error> {
        let settings = &self.shared.settings;
        let parsed = Address::parse(address)?;
        parsed.must_have_tls(settings.tls.is_some(), address)?;
        if let Some(tls) = &settings.tls {
            tls.check()?;
        }
        let bound = match &parsed.place {
            Place::Host(host) => {
                let found = host.resolve_blocking().map_err(|error| Error::Address {
                    address: address.to_owned(),
                    reason: error.to_string(),
                })?;
                listening::bind(found, host.port, settings.share_port)?
            }
            Place::Unix(path) => vec![listening::bind_unix(path, &parsed)?],
        };
        let bound: Vec<Listener> = bound.into_iter().map(Listener::new).collect();
        let local = bound.first().map(|listener| listener.local_address().unwrap_or(NOWHERE));
        let mut listeners = lock(&self.shared.life.listeners);
        let first = listeners.len();
        listeners.extend(bound);
        if self.shared.stage() == Stage::Serving {
            register(&self.shared, &mut listeners, first);
        }
        local.ok_or_else(|| Error::Address {
            address: address.to_owned(),
            reason: "it stands for no address".to_owned(),
        })
    }

    /// What makes connections to this server within the process.
    pub(super) fn in_process(
        &self,
    ) -> impl Fn() -> std::io::Result<Wire> + Send + Sync + 'static + use<> {
        let server = Arc::downgrade(&self.shared);
        move || {
            let gone = || std::io::Error::other("the server in this process has shut down");
            let server = server.upgrade().filter(|server| server.stage() == Stage::Serving);
            let server = server.ok_or_else(gone)?;
            let (near, far) = Wire::pair()?;
            server.add(far, PeerAddress::InProcess);
            server.wake_leader();
            Ok(near)
        }
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

    /// Leaves in good order within the time, as [`shut_down`](Self::shut_down) and
    /// [`wait`](Self::wait); what is not answered then is [cut](Self::cut), and reported.
    pub fn leave(&self, at_most: Duration) -> ShutDown {
        let in_progress = self.live_calls();
        self.shut_down();
        if self.wait(Some(at_most)) {
            return ShutDown::new(in_progress, 0, Vec::new());
        }
        let (live, cut) = self.cut_calls();
        ShutDown::new(in_progress, live, cut)
    }

    /// The same as [`cut`](Self::cut), with the calls that had no answer.
    pub(super) fn cut_calls(&self) -> (usize, Vec<CutCall>) {
        let unanswered = self.shared.all().into_iter().flat_map(|one| one.unanswered()).collect();
        (self.cut(), unanswered)
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
fn register(shared: &Shared, listeners: &mut [Listener], first: usize) {
    for (index, listener) in listeners.iter_mut().enumerate().skip(first) {
        let token = Token(FIRST_LISTENER + index);
        if let Err(error) = shared.registry.register(listener, token, Interest::READABLE) {
            tracing::error!(%error, "cannot watch a listening socket");
        }
    }
}
