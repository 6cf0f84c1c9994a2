//! A server: services in, a listening address in, and calls are answered
//! until it is told to leave.

mod calls;
mod connection;
mod connections;
mod listen;
mod sentinel;
mod task;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use yamabiko_core::grpc::MessageLimits;
use yamabiko_core::h2::Config;

use crate::service::Methods;
use crate::{Error, Service};
use connections::Connections;

/// How long a server that is leaving waits for its calls, unless it is told otherwise.
pub const DRAIN: Duration = Duration::from_secs(30);

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    address: SocketAddr,
}

/// What all connections of a server share.
struct Shared {
    methods: Methods,
    config: Config,
    limits: MessageLimits,
    runtime: Handle,
    /// Whether another thread can go on when a handler does not return.
    has_relief: bool,
    connections: Connections,
}

/// A gRPC server.
///
/// ```no_run
/// # async fn example<S: yamabiko::Service>(hello: S) -> Result<(), yamabiko::Error> {
/// yamabiko::Server::new().add(hello).serve("[::]:50051").await
/// # }
/// ```
#[derive(Default)]
#[must_use = "a server does nothing until it serves"]
pub struct Server {
    services: Vec<Box<dyn Service>>,
    config: Config,
    limits: MessageLimits,
    drain: Option<Duration>,
}

impl Server {
    /// A server without services.
    pub fn new() -> Self {
        Server::default()
    }

    /// Adds a service.
    #[expect(clippy::should_implement_trait, reason = "nobody adds a server with +")]
    pub fn add(mut self, service: impl Service) -> Self {
        self.services.push(Box::new(service));
        self
    }

    /// The largest message that is received, in bytes: 4 MiB by default. A larger one ends its
    /// call with RESOURCE_EXHAUSTED.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_message = bytes;
        self.limits.max_assembling = self.limits.max_assembling.max(bytes);
        self
    }

    /// How many calls a client may have open on one connection: 1,024 by default. It is told,
    /// and a client that does not keep to it has its calls refused.
    pub fn max_concurrent_calls(mut self, calls: u32) -> Self {
        self.config.max_concurrent_streams = calls;
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
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn bind(self, address: impl AsRef<str>) -> Result<Listening, Error> {
        let mut methods = Methods::default();
        for (index, service) in self.services.iter().enumerate() {
            if self.services[..index].iter().any(|other| other.name() == service.name()) {
                return Err(Error::Duplicate { service: service.name() });
            }
            service.register(&mut methods);
        }
        let listeners = listen::bind(address.as_ref()).await?;
        let runtime = Handle::current();
        let has_relief = runtime.metrics().num_workers() > 1;
        let shared = Shared {
            methods,
            config: self.config,
            limits: self.limits,
            runtime,
            has_relief,
            connections: Connections::default(),
        };
        let drain = self.drain.unwrap_or(DRAIN);
        Ok(Listening { listeners, shared: Arc::new(shared), drain })
    }

    /// Listens on `address` and serves until Ctrl-C or SIGTERM, then leaves in good order: no new
    /// calls, and those that were accepted are answered. A second signal cuts them.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn serve(self, address: impl AsRef<str>) -> Result<(), Error> {
        self.bind(address).await?.serve().await;
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
    listeners: Vec<TcpListener>,
    shared: Arc<Shared>,
    drain: Duration,
}

impl Listening {
    /// Where it listens, with the port that was chosen for port 0.
    pub fn local_address(&self) -> SocketAddr {
        self.listeners
            .first()
            .and_then(|listener| listener.local_addr().ok())
            .unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 0)))
    }

    /// Serves until Ctrl-C or SIGTERM, as [`Server::serve`].
    pub async fn serve(self) {
        let mut running = self.start();
        interrupted().await;
        tracing::info!("leaving: waiting for the calls in progress; again to cut them");
        tokio::select! {
            _ = running.leave() => {}
            () = interrupted() => running.cut(),
        }
    }

    /// Serves in the background.
    pub fn start(self) -> Running {
        let local_address = self.local_address();
        let runtime = self.shared.runtime.clone();
        let accepting = self
            .listeners
            .into_iter()
            .map(|listener| runtime.spawn(listen::accept(listener, Arc::clone(&self.shared))))
            .collect();
        Running { accepting, shared: self.shared, drain: self.drain, local_address }
    }
}

impl std::fmt::Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Listening").field(&self.local_address()).finish()
    }
}

/// A server that serves in the background. Dropping it cuts all calls.
#[must_use = "dropping it ends the server"]
pub struct Running {
    accepting: Vec<JoinHandle<()>>,
    shared: Arc<Shared>,
    drain: Duration,
    local_address: SocketAddr,
}

impl Running {
    /// Where it listens, with the port that was chosen for port 0.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// How many calls have no answer yet.
    pub fn live_calls(&self) -> usize {
        self.shared.connections.live_calls()
    }

    /// How many clients are connected.
    pub fn connections(&self) -> usize {
        self.shared.connections.count()
    }

    /// Leaves in good order: listens no more, tells every client (GOAWAY), and answers what was
    /// accepted, within the time of [`Server::drain`]. What is not answered then is cut.
    ///
    /// Returns the number of calls that were cut.
    pub async fn shut_down(mut self) -> usize {
        self.leave().await
    }

    async fn leave(&mut self) -> usize {
        self.stop_listening();
        for accepting in self.accepting.drain(..) {
            // The port is free only when it has ended.
            let _ = accepting.await;
        }
        self.shared.connections.shut_down();
        let empty = self.shared.connections.wait_until_empty();
        match tokio::time::timeout(self.drain, empty).await {
            Ok(()) => 0,
            Err(_) => self.shared.connections.kill(),
        }
    }

    fn cut(&self) {
        self.stop_listening();
        self.shared.connections.kill();
    }

    fn stop_listening(&self) {
        for accepting in &self.accepting {
            accepting.abort();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cut();
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Running").field(&self.local_address).finish()
    }
}

/// Ctrl-C, and SIGTERM where there is such a thing.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without signals there is nothing to wait for but the end of the process.
        std::future::pending::<()>().await;
    }
}
