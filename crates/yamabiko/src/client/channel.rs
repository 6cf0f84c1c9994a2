//! A channel: the way to a server, which connects when it is needed and
//! again when the connection is lost.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use yamabiko_core::grpc::{MessageLimits, Origin, Status, Target};
use yamabiko_core::h2::Config;

use super::connect::{Route, Way};
use super::connection::Connection;
use crate::Error;
use crate::address::Address;
use crate::back_off::BackOff;
use crate::compression::{Sending, message_options, receiving};
use crate::options::{Calmed, channel_options};
use crate::tls::ClientTls;
use crate::transport::{Connector, memory};

/// How long an attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(20);

/// The way to a server. Cheap to clone: all clones share one connection.
///
/// It connects when the first call is made, and again when the connection is lost. A call that is
/// made while no server can be reached fails at once with UNAVAILABLE, which names the address
/// and the cause, unless it [waits](crate::Call::wait_for_ready). Between attempts the channel
/// waits 1 s at first and up to 2 min, as gRPC's connection back-off says.
///
/// Dropping the last clone closes the connection once the calls on it have ended.
#[derive(Clone)]
pub struct Channel {
    inner: Arc<Inner>,
}

struct Inner {
    route: Route,
    /// The server, as it stands in messages.
    address: String,
    target: Target,
    config: Config,
    calmed: Calmed,
    limits: MessageLimits,
    sending: Sending,
    link: Mutex<Link>,
    back_off: Mutex<BackOff>,
}

/// Where the connection stands.
enum Link {
    Idle,
    /// An attempt is being made, and these calls wait for it.
    Connecting(Vec<Waker>),
    Ready(Arc<Connection>),
    /// The last attempt has failed and the next one is not due. These calls wait all the same.
    Failed(Status, Vec<Waker>),
}

/// What a channel can be told before it is made.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it connects"]
pub struct ChannelBuilder {
    address: String,
    user_agent: Option<String>,
    config: Config,
    limits: MessageLimits,
    sending: Sending,
    connector: Option<Connector>,
    tls: Option<ClientTls>,
}

impl ChannelBuilder {
    message_options!(limits, sending in self);

    channel_options!(config);

    /// What stands before ours in `user-agent`.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// Connects by `connect` instead of by the address, whose name goes into the calls (and must
    /// be in the server's certificate, with TLS): over a tunnel, a proxy, another kind of socket.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), yamabiko::Error> {
    /// let channel = yamabiko::Channel::builder("http://backend:50051")
    ///     .connector(|| tokio::net::TcpStream::connect("127.0.0.1:8080"))
    ///     .connect()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn connector<F, Fut, S>(mut self, connect: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        self.connector = Some(Connector::new(connect));
        self
    }

    /// Speaks TLS, with more to be said about it than an `https://` address says.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// A channel that connects when the first call is made.
    ///
    /// # Errors
    /// [`Error::Address`] or [`Error::Tls`].
    pub fn lazy(self) -> Result<Channel, Error> {
        let address = Address::parse(&self.address)?;
        let tls = address.tls_destination(self.tls.as_ref(), &self.address)?;
        let own = concat!("grpc-rust-yamabiko/", env!("CARGO_PKG_VERSION"));
        let user_agent = match self.user_agent {
            Some(name) => format!("{name} {own}"),
            None => own.to_owned(),
        };
        let scheme = if tls.is_some() { "https" } else { "http" };
        let target = Target { scheme, authority: address.authority(), user_agent };
        let name = address.to_string();
        let way = match self.connector {
            Some(connector) => Way::Custom(connector),
            None => Way::Address(address),
        };
        let ChannelBuilder { config, limits, sending, .. } = self;
        Ok(Channel::new(Route { way, tls }, name, target, config, limits, sending))
    }

    /// A channel that is connected.
    ///
    /// # Errors
    /// [`Error::Address`] or [`Error::Connect`].
    pub async fn connect(self) -> Result<Channel, Error> {
        let channel = self.lazy()?;
        let connected = std::future::poll_fn(|cx| channel.poll_connection(cx, false)).await;
        connected.map_err(|status| Error::Connect { status })?;
        Ok(channel)
    }
}

impl Channel {
    /// A channel to a server that is there, such as `http://localhost:50051`.
    ///
    /// # Errors
    /// [`Error::Address`] or [`Error::Connect`].
    pub async fn connect(address: impl AsRef<str>) -> Result<Self, Error> {
        Channel::builder(address).connect().await
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
            user_agent: None,
            config: Config::client(),
            limits: receiving(),
            sending: Sending::default(),
            connector: None,
            tls: None,
        }
    }

    /// A channel to a server in this process.
    pub(crate) fn in_process(
        connect: impl Fn() -> Result<memory::End, &'static str> + Send + Sync + 'static,
    ) -> Self {
        let own = concat!("grpc-rust-yamabiko/", env!("CARGO_PKG_VERSION"));
        let (authority, user_agent) = ("in-process".to_owned(), own.to_owned());
        let target = Target { scheme: "http", authority: authority.clone(), user_agent };
        let route = Route { way: Way::InProcess(Arc::new(connect)), tls: None };
        Channel::new(route, authority, target, Config::client(), receiving(), Sending::default())
    }

    fn new(
        route: Route,
        address: String,
        target: Target,
        config: Config,
        limits: MessageLimits,
        sending: Sending,
    ) -> Self {
        let (link, back_off) = (Mutex::new(Link::Idle), Mutex::default());
        let calmed = Calmed::default();
        let inner =
            Inner { route, address, target, config, calmed, limits, sending, link, back_off };
        Channel { inner: Arc::new(inner) }
    }

    /// How messages are sent over it.
    pub(super) fn sending(&self) -> Sending {
        self.inner.sending
    }

    /// The largest message that is received over it, in bytes.
    pub(super) fn max_message(&self) -> usize {
        self.inner.limits.max_message
    }

    /// The server's address, as it stands in messages.
    pub(super) fn address(&self) -> &str {
        &self.inner.address
    }

    /// The connection, as soon as there is one. A patient caller waits for attempts to come.
    pub(super) fn poll_connection(
        &self,
        cx: &mut Context<'_>,
        patient: bool,
    ) -> Poll<Result<Arc<Connection>, Status>> {
        let mut link = self.inner.lock();
        if let Link::Ready(connection) = &*link {
            if connection.takes_calls() {
                return Poll::Ready(Ok(Arc::clone(connection)));
            }
            *link = Link::Idle;
        }
        match &mut *link {
            Link::Failed(status, _) if !patient => Poll::Ready(Err(status.clone())),
            Link::Connecting(waiting) | Link::Failed(_, waiting) => {
                if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                    waiting.push(cx.waker().clone());
                }
                Poll::Pending
            }
            Link::Idle | Link::Ready(_) => {
                let Ok(runtime) = Handle::try_current() else {
                    let message = "a call needs a tokio runtime: make it inside one";
                    let status = Status::internal(message).with_origin(Origin::Concluded);
                    return Poll::Ready(Err(status));
                };
                *link = Link::Connecting(vec![cx.waker().clone()]);
                // Not under the lock: a runtime that shuts down drops the attempts at once.
                drop(link);
                let channel = Arc::downgrade(&self.inner);
                runtime.spawn(keep_connecting(Connecting { channel, unfinished: true }));
                Poll::Pending
            }
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Link> {
        // Nothing in here panics halfway, so a poisoned lock still guards whole data.
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn back_off(&self) -> MutexGuard<'_, BackOff> {
        self.back_off.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects, and waits until the server has shown that it speaks HTTP/2. A program that
    /// accepts and says nothing, or something else, is no server to send calls to.
    async fn attempt(&self) -> Result<Arc<Connection>, String> {
        let socket = self.route.connect().await?;
        let (address, target) = (self.address.clone(), self.target.clone());
        let (config, limits) = (self.calmed.config(&self.config), self.limits);
        let connection = Connection::new(socket, address, config, limits, target, &self.calmed);
        tokio::spawn(Arc::clone(&connection).drive());
        connection.opened().await?;
        Ok(connection)
    }

    fn set(&self, next: Link) {
        let waiting = match std::mem::replace(&mut *self.lock(), next) {
            Link::Connecting(waiting) | Link::Failed(_, waiting) => waiting,
            Link::Idle | Link::Ready(_) => Vec::new(),
        };
        for waker in waiting {
            waker.wake();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Link::Ready(connection) = &*self.lock() {
            connection.leave();
        }
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Channel").field(&self.inner.address).finish()
    }
}

/// Attempts to connect are being made. If that stops halfway, since their runtime shuts down, the
/// next call begins anew.
struct Connecting {
    channel: Weak<Inner>,
    unfinished: bool,
}

impl Drop for Connecting {
    fn drop(&mut self) {
        if self.unfinished
            && let Some(inner) = self.channel.upgrade()
        {
            inner.set(Link::Idle);
        }
    }
}

/// Tries until there is a connection, or until nobody waits for one.
async fn keep_connecting(mut attempts: Connecting) {
    loop {
        let Some(inner) = attempts.channel.upgrade() else { return };
        let attempt = tokio::time::timeout(CONNECT, inner.attempt()).await;
        let tried = match attempt {
            Ok(Ok(connection)) => {
                *inner.back_off() = BackOff::default();
                attempts.unfinished = false;
                inner.set(Link::Ready(connection));
                return;
            }
            Ok(Err(tried)) => tried,
            Err(_) => format!("no answer within {} s", CONNECT.as_secs()),
        };
        tracing::debug!(address = inner.address, tried, "cannot connect");
        let message = format!("cannot connect to {}: {tried}", inner.address);
        let pause = inner.back_off().next();
        inner.set(Link::Failed(
            Status::unavailable(message).with_origin(Origin::Concluded),
            Vec::new(),
        ));
        drop(inner);
        tokio::time::sleep(pause).await;
        let Some(inner) = attempts.channel.upgrade() else { return };
        let mut link = inner.lock();
        *link = match std::mem::replace(&mut *link, Link::Idle) {
            // The next call makes the next attempt.
            Link::Failed(_, waiting) if waiting.is_empty() => {
                attempts.unfinished = false;
                return;
            }
            Link::Failed(_, waiting) => Link::Connecting(waiting),
            other => other,
        };
    }
}
