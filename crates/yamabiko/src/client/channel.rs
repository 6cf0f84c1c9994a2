//! A channel: the way to a server, which connects when it is needed and
//! again when the connection is lost.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Handle;
use yamabiko_core::grpc::{MessageLimits, Origin, Status, Target};
use yamabiko_core::h2::Config;

use super::connect::connect;
use super::connection::Connection;
use crate::Error;
use crate::address::Address;
use crate::back_off::BackOff;

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
    address: Address,
    target: Target,
    config: Config,
    limits: MessageLimits,
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
}

impl ChannelBuilder {
    /// The largest message that is received, in bytes: 4 MiB by default. A larger one ends its
    /// call with RESOURCE_EXHAUSTED.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_message = bytes;
        self.limits.max_assembling = self.limits.max_assembling.max(bytes);
        self
    }

    /// What stands before ours in `user-agent`.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// A channel that connects when the first call is made.
    ///
    /// # Errors
    /// [`Error::Address`].
    pub fn lazy(self) -> Result<Channel, Error> {
        let address = Address::parse(&self.address)?;
        let own = concat!("grpc-rust-yamabiko/", env!("CARGO_PKG_VERSION"));
        let user_agent = match self.user_agent {
            Some(name) => format!("{name} {own}"),
            None => own.to_owned(),
        };
        let target = Target { scheme: "http", authority: address.authority(), user_agent };
        let link = Mutex::new(Link::Idle);
        let ChannelBuilder { config, limits, .. } = self;
        let back_off = Mutex::default();
        let inner = Inner { address, target, config, limits, link, back_off };
        Ok(Channel { inner: Arc::new(inner) })
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
            config: Config::default(),
            limits: MessageLimits::default(),
        }
    }

    /// The server's address, as it stands in messages.
    pub(super) fn address(&self) -> &str {
        &self.inner.target.authority
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
        let socket = connect(&self.address).await?;
        let (config, limits) = (self.config.clone(), self.limits);
        let connection = Connection::new(socket, config, limits, self.target.clone());
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
        f.debug_tuple("Channel").field(&self.inner.target.authority).finish()
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
        tracing::debug!(address = inner.target.authority, tried, "cannot connect");
        let message = format!("cannot connect to {}: {tried}", inner.target.authority);
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
