//! A channel: the way to a server, which connects when it is needed and
//! again when the connection is lost.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use yamabiko_core::grpc::Status;

use super::attendant::Attendant;
use super::builder::ChannelBuilder;
use super::connection::Connection;
use super::exchange::{Attempt, Exchange, Outcome};
use super::link::{Inner, Stage};
use super::started::{Started, closed};
use super::waiting::{self, Interrupt};
use crate::Error;
use crate::blocking::wire::Wire;
use crate::compression::Sending;

/// The way to a server. Cheap to clone: all clones share one connection.
///
/// It connects when the first call is made, and again when the connection is lost. A call that is
/// made while no server can be reached fails at once with UNAVAILABLE, which names the address
/// and the cause, unless it [waits](super::Call::wait_for_ready). Between attempts the channel
/// waits 1 s at first and up to 2 min, as gRPC's connection back-off says.
///
/// A call is driven by the thread that makes it: it writes the request and reads the answer
/// itself. Of several threads that call at once, one reads for all.
///
/// Dropping the last clone closes the connection, once the calls on it have ended.
#[derive(Clone)]
pub struct Channel {
    inner: Arc<Inner>,
}

/// Where a channel stands (grpc doc/connectivity-semantics-and-api.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Connectivity {
    /// It has no connection and needs none.
    Idle,
    /// It is connecting.
    Connecting,
    /// It has a connection.
    Ready,
    /// The last attempt to connect has failed, and there will be another.
    TransientFailure,
    /// It was closed.
    Shutdown,
}

impl Channel {
    pub(super) fn new(inner: Inner) -> Self {
        Channel { inner: Arc::new(inner) }
    }

    /// A channel to a server that is there, such as `http://localhost:50051`.
    ///
    /// # Errors
    /// [`Error::Address`] or [`Error::Connect`].
    pub fn connect(address: impl AsRef<str>) -> Result<Self, Error> {
        Channel::builder(address).connect()
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
        ChannelBuilder::new(address.as_ref())
    }

    /// A channel to a server in this process.
    pub(in crate::blocking) fn in_process(
        connect: impl Fn() -> std::io::Result<Wire> + Send + Sync + 'static,
    ) -> Self {
        ChannelBuilder::new("in-process").in_process(connect)
    }

    /// Makes a call in bytes and waits for its end. None if `interrupt` ends the wait: the call
    /// is cancelled then.
    pub fn exchange(&self, call: &Exchange<'_>, interrupt: Interrupt<'_>) -> Option<Outcome> {
        waiting::wait_for(self, call, interrupt, Attempt::default())
    }

    /// Begins a call in bytes, which goes on by itself.
    pub fn start(&self, call: &Exchange<'_>) -> Started {
        Started::new(self, call, Bytes::copy_from_slice(call.message))
    }

    /// Where the channel stands. With `connect` it begins to connect if it has no connection, and
    /// goes on until it has one.
    pub fn connectivity(&self, connect: bool) -> Connectivity {
        let mut link = self.inner.lock();
        if connect && !matches!(link.stage, Stage::Closed) && !link.is_ready() {
            link.wanted = true;
            self.inner.begin_to_connect(&mut link);
        }
        match &link.stage {
            Stage::Idle => Connectivity::Idle,
            Stage::Connecting => Connectivity::Connecting,
            Stage::Ready(connection) if connection.takes_calls() => Connectivity::Ready,
            Stage::Ready(_) => Connectivity::Idle,
            Stage::Failed(..) => Connectivity::TransientFailure,
            Stage::Closed => Connectivity::Shutdown,
        }
    }

    /// Waits until the channel stands elsewhere than `before`, or until a time. Where it stands.
    pub fn wait_for_change(&self, before: Connectivity, until: Instant) -> Connectivity {
        loop {
            let seen = self.inner.changes.so_far();
            let state = self.connectivity(false);
            if state != before || !self.inner.changes.wait(seen, Some(until)) {
                return state;
            }
        }
    }

    /// Closes the channel for all its clones. Calls end with CANCELLED, later ones too.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        matches!(self.inner.lock().stage, Stage::Closed)
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
    pub fn address(&self) -> &str {
        &self.inner.name
    }

    pub(super) fn attendant(&self) -> Arc<Attendant> {
        Arc::clone(&self.inner.attendant)
    }

    /// The connection, as soon as there is one. A patient caller waits for attempts to come.
    pub(super) fn poll_connection(
        &self,
        cx: &Context<'_>,
        patient: bool,
    ) -> Poll<Result<Arc<Connection>, Status>> {
        let mut link = self.inner.lock();
        match &link.stage {
            Stage::Ready(connection) if connection.takes_calls() => {
                return Poll::Ready(Ok(Arc::clone(connection)));
            }
            Stage::Closed => return Poll::Ready(Err(closed())),
            Stage::Failed(status, until) if !patient && Instant::now() < *until => {
                return Poll::Ready(Err(status.clone()));
            }
            _ => {}
        }
        if !link.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            link.waiting.push(cx.waker().clone());
        }
        self.inner.begin_to_connect(&mut link);
        Poll::Pending
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Channel").field(&self.inner.name).finish()
    }
}
