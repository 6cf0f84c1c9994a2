//! The seam for whoever answers calls with something else than services: a
//! [`Handler`] that gets [`Call`]s, and [`Threads`] to run it on.

use yamabiko_core::grpc::{MessageLimits, RequestHead, Status};
use yamabiko_core::h2::Config;

pub use super::call::{Call, Watch};
pub use super::calls::WhenCancelled;
pub use super::driver::Driver;
pub use super::streams::{Requests, Responses};
pub use super::worker::Worker;
use crate::compression::{Sending, message_options, receiving};
use crate::tls::ServerTls;
use bytes::Bytes;

/// Answers calls.
pub trait Handler: Send + Sync + 'static {
    /// Answers a call, on one of the server's workers, or has somebody else answer it. A call
    /// that is dropped without an answer ends with INTERNAL. `request` is its one message.
    fn handle(&self, call: Call, request: Bytes);

    /// Whether the method of such a call takes a stream of requests: then its calls go to
    /// [`handle_stream`](Self::handle_stream) when they begin, not to [`handle`](Self::handle) when
    /// their one message is there. It runs on a thread that does I/O, and must not wait.
    fn takes_stream(&self, _head: &RequestHead) -> bool {
        false
    }

    /// Answers a call whose requests are a stream, as [`handle`](Self::handle) one with a single
    /// request. Responses that are a stream go over [`Responses`] in either.
    fn handle_stream(&self, call: Call, _requests: Requests) {
        let path = call.head().path.value().escape_ascii();
        call.finish(&Status::unimplemented(format!("streaming method: {path}")));
    }

    /// Runs a stretch of calls on this thread. A host that has to hold something for its
    /// handlers, such as an interpreter's lock, takes it here, once for all of them. `run` has to
    /// be called once.
    fn stretch(&self, run: &mut dyn FnMut()) {
        run();
    }

    /// Runs I/O in the midst of a stretch. `run` has to be called once.
    fn aside(&self, run: &mut (dyn FnMut() + Send)) {
        run();
    }

    /// Whether to begin a stretch takes long at present, so that a worker had better look for
    /// more calls a little while before it ends one.
    fn lingers(&self) -> bool {
        false
    }
}

/// Starts the threads of a server.
pub trait Threads: Send + Sync + 'static {
    /// Starts a thread that calls [`Worker::work`] and ends when that returns. It must not wait
    /// for the thread. A worker that is dropped instead is tried again later.
    fn start(&self, worker: Worker);
}

/// Threads of the standard library.
#[derive(Clone, Copy, Debug, Default)]
pub struct StdThreads;

impl Threads for StdThreads {
    fn start(&self, worker: Worker) {
        let builder = std::thread::Builder::new().name("yamabiko-worker".to_owned());
        if let Err(error) = builder.spawn(move || worker.work()) {
            tracing::warn!(%error, "cannot start a thread");
        }
    }
}

/// What a server allows, and how many handlers run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The limits of each connection.
    pub config: Config,
    /// How much a peer may send.
    pub limits: MessageLimits,
    /// Handlers that run at a time, at most: 10.
    pub workers: usize,
    /// Calls that wait or run at a time, in all; more are refused with RESOURCE_EXHAUSTED.
    pub max_calls: Option<usize>,
    /// Whether other processes may listen on the same port (SO_REUSEPORT).
    pub share_port: bool,
    /// How messages are sent.
    pub(super) sending: Sending,
    pub(crate) tls: Option<ServerTls>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            config: Config::server(),
            limits: receiving(),
            workers: 10,
            max_calls: None,
            share_port: false,
            sending: Sending::default(),
            tls: None,
        }
    }
}

impl Settings {
    /// With TLS, and nothing else.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    message_options!(limits, sending in self);
}
