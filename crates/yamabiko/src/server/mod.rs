//! A server: services in, a listening address in, and calls are answered
//! until it is told to leave.

mod calls;
mod connection;
mod connections;
mod leading;
mod listen;
mod sentinel;
mod task;
mod wire;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use yamabiko_core::grpc::MessageLimits;
use yamabiko_core::h2::Config;

use crate::compression::{Sending, message_options, receiving};
use crate::options::server_options;
use crate::service::Methods;
use crate::tls::ServerTls;
use crate::transport::{Accept, Wire, memory};
use crate::{Channel, CutCall, Error, Peer, PeerAddress, Service, ShutDown};
use connections::Connections;
use listen::Listener;

/// How long a server that is leaving waits for its calls, unless it is told otherwise.
pub const DRAIN: Duration = Duration::from_secs(30);

/// Where a server listens that listens on no port.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// What all connections of a server share.
struct Shared {
    methods: Methods,
    config: Config,
    limits: MessageLimits,
    sending: Sending,
    runtime: Handle,
    /// Whether another thread can go on when a handler does not return.
    has_relief: bool,
    tls: Option<ServerTls>,
    connections: Connections,
}

/// A gRPC server.
///
/// ```no_run
/// # async fn example<S: yamabiko::Service>(hello: S) -> Result<(), yamabiko::Error> {
/// yamabiko::Server::new().add(hello).serve("[::]:50051").await
/// # }
/// ```
#[must_use = "a server does nothing until it serves"]
pub struct Server {
    services: Vec<Box<dyn Service>>,
    config: Config,
    limits: MessageLimits,
    sending: Sending,
    drain: Option<Duration>,
    tls: Option<ServerTls>,
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

    message_options!(limits, sending in self);

    /// How many calls a client may have open on one connection: 1,024 by default. It is told,
    /// and a client that does not keep to it has its calls refused.
    pub fn max_concurrent_calls(mut self, calls: u32) -> Self {
        self.config.max_concurrent_streams = calls;
        self
    }

    server_options!(config);

    /// How long a server that is leaving waits for its calls: 30 s by default. Then they are cut.
    pub fn drain(mut self, at_most: Duration) -> Self {
        self.drain = Some(at_most);
        self
    }

    /// Speaks TLS, and nothing else.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
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
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn bind(self, address: impl AsRef<str>) -> Result<Listening, Error> {
        let listeners = listen::bind(address.as_ref(), self.tls.is_some()).await?;
        let drain = self.drain.unwrap_or(DRAIN);
        Ok(Listening { listeners, shared: self.shared()?, drain })
    }

    /// Serves the connections that `listener` gives, until Ctrl-C or SIGTERM, as
    /// [`serve`](Self::serve).
    ///
    /// # Errors
    /// [`Error::Tls`] or [`Error::Duplicate`].
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn serve_on(self, listener: impl Accept) -> Result<(), Error> {
        let mut running = self.start_on(listener)?;
        running.until_interrupted().await;
        Ok(())
    }

    /// Serves the connections that `listener` gives, in the background.
    ///
    /// ```no_run
    /// # async fn example(server: yamabiko::Server) -> Result<(), Box<dyn std::error::Error>> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let running = server.start_on(listener)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Tls`] or [`Error::Duplicate`].
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start_on(self, listener: impl Accept) -> Result<Running, Error> {
        let drain = self.drain.unwrap_or(DRAIN);
        let shared = self.shared()?;
        let accepting = listen::accept_from(listener, Arc::clone(&shared));
        let accepting = vec![shared.runtime.spawn(accepting)];
        Ok(Running { accepting, shared, drain, local_address: NOWHERE })
    }

    /// Serves clients in this process only, in the background. They call by
    /// [`Running::channel`]: the way to test what calls a service, with a mock behind it and no
    /// network between.
    ///
    /// ```
    /// # use std::future::Future;
    /// # use std::sync::Arc;
    /// # use yamabiko::buffa_types::google::protobuf::StringValue;
    /// # use yamabiko::codegen::{Buffa, Methods, unary};
    /// # type HelloRequest = StringValue;
    /// # type HelloReply = StringValue;
    /// # trait HelloService: Send + Sync + 'static {
    /// #     fn say_hello(
    /// #         &self,
    /// #         request: HelloRequest,
    /// #         context: &Context,
    /// #     ) -> impl Future<Output = Result<HelloReply, Status>> + Send;
    /// # }
    /// # struct HelloServiceServer<T>(Arc<T>);
    /// # impl<T: HelloService> HelloServiceServer<T> {
    /// #     fn new(inner: T) -> Self { HelloServiceServer(Arc::new(inner)) }
    /// # }
    /// # impl<T: HelloService> yamabiko::Service for HelloServiceServer<T> {
    /// #     fn name(&self) -> &'static str { "hello.HelloService" }
    /// #     fn register(&self, methods: &mut Methods) {
    /// #         let service = Arc::clone(&self.0);
    /// #         methods.unary::<Buffa, HelloRequest, HelloReply, _, _>(
    /// #             "/hello.HelloService/SayHello",
    /// #             move |request, context| {
    /// #                 let service = Arc::clone(&service);
    /// #                 async move { service.say_hello(request, &context).await }
    /// #             },
    /// #         );
    /// #     }
    /// # }
    /// # struct HelloServiceClient(Channel);
    /// # impl HelloServiceClient {
    /// #     fn new(channel: Channel) -> Self { HelloServiceClient(channel) }
    /// #     fn say_hello(&self, request: HelloRequest) -> yamabiko::Call<HelloReply> {
    /// #         unary::<Buffa, HelloRequest, HelloReply>(
    /// #             &self.0, "/hello.HelloService/SayHello", request,
    /// #         )
    /// #     }
    /// # }
    /// use yamabiko::{Channel, Code, Context, Server, Status};
    ///
    /// /// What is to be tested: it greets, and copes with a server that does not.
    /// async fn greet(hello: &HelloServiceClient) -> String {
    ///     match hello.say_hello(HelloRequest::default()).await {
    ///         Ok(reply) => reply.value,
    ///         Err(status) if status.code() == Code::Unavailable => "nobody is at home".into(),
    ///         Err(status) => status.message().into(),
    ///     }
    /// }
    ///
    /// struct Mock;
    ///
    /// impl HelloService for Mock {
    ///     async fn say_hello(&self, _: HelloRequest, _: &Context) -> Result<HelloReply, Status> {
    ///         Err(Status::unavailable("closed on Mondays"))
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), yamabiko::Error> {
    /// let server = Server::new().add(HelloServiceServer::new(Mock)).start_in_process()?;
    /// let hello = HelloServiceClient::new(server.channel());
    /// assert_eq!(greet(&hello).await, "nobody is at home");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Tls`] or [`Error::Duplicate`].
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start_in_process(self) -> Result<Running, Error> {
        let drain = self.drain.unwrap_or(DRAIN);
        let shared = self.shared()?;
        Ok(Running { accepting: Vec::new(), shared, drain, local_address: NOWHERE })
    }

    /// What all connections share.
    fn shared(self) -> Result<Arc<Shared>, Error> {
        let mut methods = Methods::default();
        for (index, service) in self.services.iter().enumerate() {
            if self.services[..index].iter().any(|other| other.name() == service.name()) {
                return Err(Error::Duplicate { service: service.name() });
            }
            service.register(&mut methods);
        }
        if let Some(tls) = &self.tls {
            tls.check()?;
        }
        let runtime = Handle::current();
        let has_relief = runtime.metrics().num_workers() > 1;
        let shared = Shared {
            methods,
            config: self.config,
            limits: self.limits,
            sending: self.sending,
            runtime,
            has_relief,
            tls: self.tls,
            connections: Connections::default(),
        };
        Ok(Arc::new(shared))
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

impl Default for Server {
    fn default() -> Self {
        Server {
            services: Vec::new(),
            config: Config::server(),
            limits: receiving(),
            sending: Sending::default(),
            drain: None,
            tls: None,
        }
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
    listeners: Vec<Listener>,
    shared: Arc<Shared>,
    drain: Duration,
}

impl Listening {
    /// Where it listens, with the port that was chosen for port 0. `0.0.0.0:0` on a unix socket.
    pub fn local_address(&self) -> SocketAddr {
        match self.listeners.first() {
            Some(Listener::Tcp(listener)) => listener.local_addr().unwrap_or(NOWHERE),
            _ => NOWHERE,
        }
    }

    /// Serves until Ctrl-C or SIGTERM, as [`Server::serve`]. Reports what came of the calls.
    pub async fn serve(self) -> ShutDown {
        self.start().until_interrupted().await
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
    /// Where it listens, with the port that was chosen for port 0. `0.0.0.0:0` if it has no port.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// A channel to this server within the process, without sockets and without TLS. Metadata,
    /// deadlines, limits and cancellation are as over a socket, and messages are encoded. A server
    /// that listens has this way in too.
    pub fn channel(&self) -> Channel {
        let server = Arc::downgrade(&self.shared);
        Channel::in_process(move || {
            let server = server.upgrade().filter(|server| !server.connections.are_leaving());
            let server = server.ok_or("the server in this process has shut down")?;
            let (near, far) = memory::pair();
            listen::enter(&server, Wire::Memory(far), PeerAddress::InProcess);
            Ok(near)
        })
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
    /// accepted, within the time of [`Server::drain`]. What is not answered then is cut, and
    /// reported.
    pub async fn shut_down(mut self) -> ShutDown {
        self.leave().await
    }

    async fn until_interrupted(&mut self) -> ShutDown {
        interrupted().await;
        tracing::info!("leaving: waiting for the calls in progress; again to cut them");
        let in_progress = self.live_calls();
        let left = tokio::select! {
            left = self.leave() => left,
            () = interrupted() => {
                let (live, cut) = self.cut();
                ShutDown::new(in_progress, live, cut)
            }
        };
        if left.is_clean() {
            tracing::info!("left: {left}");
        } else {
            tracing::warn!("left: {left}");
        }
        left
    }

    async fn leave(&mut self) -> ShutDown {
        let in_progress = self.live_calls();
        self.stop_listening();
        for accepting in self.accepting.drain(..) {
            // The port is free only when it has ended.
            let _ = accepting.await;
        }
        self.shared.connections.shut_down();
        let empty = self.shared.connections.wait_until_empty();
        match tokio::time::timeout(self.drain, empty).await {
            Ok(()) => ShutDown::new(in_progress, 0, Vec::new()),
            Err(_) => {
                let (live, cut) = self.shared.connections.kill();
                ShutDown::new(in_progress, live, cut)
            }
        }
    }

    fn cut(&self) -> (usize, Vec<CutCall>) {
        self.stop_listening();
        self.shared.connections.kill()
    }

    fn stop_listening(&self) {
        for accepting in &self.accepting {
            accepting.abort();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.cut();
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
