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
mod interrupt;
mod leader;
mod pace;
mod queue;
mod sentinel;
mod services;
mod shared;
mod socket;
mod streams;
mod timers;
mod worker;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::blocking::Channel;
use crate::compression::message_options;
use crate::options::server_options;
use crate::{Error, Service, ShutDown};
use driver::{Driver, NOWHERE};
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

    message_options!(limits, sending in self.settings);

    /// How many calls a client may have open on one connection: 1,024 by default. It is told,
    /// and a client that does not keep to it has its calls refused.
    pub fn max_concurrent_calls(mut self, calls: u32) -> Self {
        self.settings.config.max_concurrent_streams = calls;
        self
    }

    /// Speaks TLS, and nothing else.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::ServerTls) -> Self {
        self.settings.tls = Some(tls);
        self
    }
    server_options!(settings.config);

    /// How long a server that is leaving waits for its calls: 30 s by default. Then they are cut.
    pub fn drain(mut self, at_most: Duration) -> Self {
        self.drain = Some(at_most);
        self
    }

    /// Listens on `address`, such as `[::]:50051` (every address of this machine, IPv4 and IPv6),
    /// `localhost:50051`, `127.0.0.1:0` (any free port) or `unix:/run/echo.sock`.
    ///
    /// The file of a unix socket is removed when the server ends, and one that was left behind
    /// makes way. Who may connect is up to the directory's permissions.
    ///
    /// # Errors
    /// [`Error::Address`], [`Error::Listen`], [`Error::Tls`] or [`Error::Duplicate`].
    pub fn bind(self, address: impl AsRef<str>) -> Result<Listening, Error> {
        let drain = self.drain.unwrap_or(DRAIN);
        let driver = self.driver()?;
        let local_address = driver.listen(address.as_ref())?;
        Ok(Listening { driver, local_address, drain })
    }

    /// Serves clients in this process only, in the background. They call by
    /// [`Running::channel`].
    ///
    /// # Errors
    /// [`Error::Listen`] if the system cannot give what every server needs, or
    /// [`Error::Duplicate`].
    pub fn start_in_process(self) -> Result<Running, Error> {
        let drain = self.drain.unwrap_or(DRAIN);
        let driver = self.driver()?;
        driver.start();
        Ok(Running { driver, local_address: NOWHERE, drain })
    }

    fn driver(self) -> Result<Driver, Error> {
        let services = Services::new(&self.services)?;
        Driver::new(Arc::new(services), Arc::new(host::StdThreads), self.settings)
    }

    /// Listens on `address` and serves until Ctrl-C or SIGTERM, then leaves in good order: no new
    /// calls, and those that were accepted are answered. A second signal cuts them.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub fn serve(self, address: impl AsRef<str>) -> Result<(), Error> {
        self.bind(address)?.serve();
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
    /// Where it listens, with the port that was chosen for port 0. `0.0.0.0:0` on a unix socket.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Serves until Ctrl-C or SIGTERM, as [`Server::serve`]. Reports what came of the calls.
    pub fn serve(self) -> ShutDown {
        let Running { driver, drain, .. } = self.start();
        interrupt::serve_until_interrupted(&driver, drain)
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
    /// Where it listens, with the port that was chosen for port 0. `0.0.0.0:0` if it has no port.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// A channel to this server within the process, without addresses and without TLS: each
    /// connection is a pair of sockets, since that is what threads can wait for.
    pub fn channel(&self) -> Channel {
        Channel::in_process(self.driver.in_process())
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
    /// accepted, within the time of [`Server::drain`]. What is not answered then is cut, and
    /// reported. A handler that still runs goes on, and its thread ends with it.
    pub fn shut_down(self) -> ShutDown {
        self.driver.leave(self.drain)
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Running").field(&self.local_address).finish()
    }
}
