//! A server on plain threads: services in, a listening address in, and calls
//! are answered until it is told to leave.
//!
//! Its threads take turns. One leads: it waits for the sockets, reads what is
//! there and parses all of it. Then it runs the calls it has found, one at a
//! time, writes the answers in one go, and leads again. Nobody is woken for
//! that. When a handler does not return soon, the sentinel has another thread
//! lead, and stands in itself when there is none.

mod call;
mod calls;
mod connection;
mod driver;
pub mod host;
mod leader;
mod pace;
mod queue;
mod sentinel;
mod services;
mod shared;
mod timers;
mod worker;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::{Error, Service};
use driver::Driver;
use host::Settings;
use services::Services;

/// How long a server that is leaving waits for its calls, unless it is told otherwise.
const DRAIN: Duration = Duration::from_secs(30);

/// A gRPC server on plain threads.
///
/// ```no_run
/// # fn example<S: yamabiko::Service>(hello: S) -> Result<(), yamabiko::Error> {
/// yamabiko::blocking::Server::new().add(hello).serve("[::]:50051")
/// # }
/// ```
#[derive(Default)]
#[must_use = "a server does nothing until it serves"]
pub struct Server {
    services: Vec<Box<dyn Service>>,
    settings: Settings,
    drain: Option<Duration>,
}

impl Server {
    /// A server without services.
    pub fn new() -> Self {
        Server::default()
    }

    /// Adds a service.
    ///
    /// A handler has its thread for itself: one that waits for something without being `async`
    /// harms nobody as long as there are [workers](Self::workers) left.
    #[expect(clippy::should_implement_trait, reason = "nobody adds a server with +")]
    pub fn add(mut self, service: impl Service) -> Self {
        self.services.push(Box::new(service));
        self
    }

    /// How many handlers run at a time, at most: 10 by default. A thread for each is started when
    /// it is needed.
    pub fn workers(mut self, workers: usize) -> Self {
        self.settings.workers = workers.max(1);
        self
    }

    /// The largest message that is received, in bytes: 4 MiB by default. A larger one ends its
    /// call with RESOURCE_EXHAUSTED.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.settings = self.settings.max_message_size(bytes);
        self
    }

    /// How many calls a client may have open on one connection: 1,024 by default. It is told,
    /// and a client that does not keep to it has its calls refused.
    pub fn max_concurrent_calls(mut self, calls: u32) -> Self {
        self.settings.config.max_concurrent_streams = calls;
        self
    }

    /// How long a server that is leaving waits for its calls: 30 s by default. Then they are cut.
    pub fn drain(mut self, at_most: Duration) -> Self {
        self.drain = Some(at_most);
        self
    }

    /// Listens on `address`, such as `[::]:50051` (every address of this machine, IPv4 and IPv6),
    /// `localhost:50051` or `127.0.0.1:0` (any free port).
    ///
    /// # Errors
    /// [`Error::Address`], [`Error::Listen`] or [`Error::Duplicate`].
    pub fn bind(self, address: impl AsRef<str>) -> Result<Listening, Error> {
        let services = Services::new(&self.services)?;
        let driver = Driver::new(Arc::new(services), Arc::new(host::StdThreads), self.settings)?;
        let local_address = driver.listen(address.as_ref())?;
        Ok(Listening { driver, local_address, drain: self.drain.unwrap_or(DRAIN) })
    }

    /// Listens on `address` and serves for as long as the process lives.
    ///
    /// To leave in good order, use [`bind`](Self::bind), [`start`](Listening::start) and
    /// [`shut_down`](Running::shut_down).
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub fn serve(self, address: impl AsRef<str>) -> Result<(), Error> {
        let running = self.bind(address)?.start();
        running.driver.wait(None);
        Ok(())
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let services: Vec<_> = self.services.iter().map(|service| service.name()).collect();
        f.debug_struct("Server").field("services", &services).finish_non_exhaustive()
    }
}

/// A server that listens. Connections wait until it serves.
#[must_use = "a server does nothing until it serves"]
pub struct Listening {
    driver: Driver,
    local_address: SocketAddr,
    drain: Duration,
}

impl Listening {
    /// Where it listens, with the port that was chosen for port 0.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Serves in the background.
    pub fn start(self) -> Running {
        self.driver.start();
        Running { driver: self.driver, local_address: self.local_address, drain: self.drain }
    }
}

impl std::fmt::Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Listening").field(&self.local_address).finish()
    }
}

/// A server that serves in the background. Dropping it cuts all calls.
#[must_use = "dropping it ends the server"]
pub struct Running {
    driver: Driver,
    local_address: SocketAddr,
    drain: Duration,
}

impl Running {
    /// Where it listens, with the port that was chosen for port 0.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// How many calls have no answer yet.
    pub fn live_calls(&self) -> usize {
        self.driver.live_calls()
    }

    /// How many clients are connected.
    pub fn connections(&self) -> usize {
        self.driver.connections()
    }

    /// Leaves in good order: listens no more, tells every client (GOAWAY), and answers what was
    /// accepted, within the time of [`Server::drain`]. What is not answered then is cut.
    ///
    /// Returns the number of calls that were cut. A handler that still runs goes on, and its
    /// thread ends with it.
    pub fn shut_down(self) -> usize {
        self.driver.shut_down();
        if self.driver.wait(Some(self.drain)) { 0 } else { self.driver.cut() }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Running").field(&self.local_address).finish()
    }
}
