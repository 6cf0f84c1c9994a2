//! What a call with a stream of requests takes: an iterator, or the receiving
//! end of a sender.

use std::fmt;

use yamabiko_core::grpc::Status;

use crate::Codec;
use crate::blocking::streaming::{Requests, Streaming, send_all};
use crate::stream::Sink;

/// The requests of a streaming call: an iterator of messages, or what
/// [`channel`](crate::blocking::channel) gives.
///
/// Where there is one response, the calling thread sends the messages of an iterator, one after
/// the other, and then waits for it. Where the responses are a stream, whoever reads them has to
/// be able to do so while requests are still being made: a thread of its own draws from the
/// iterator and ends with it, or as soon as the call has ended and it has another message. A
/// program that wants no such thread uses a channel.
pub trait IntoRequests<T>: Send + 'static {
    /// What sends them, once the call has begun.
    #[doc(hidden)]
    fn into_begin<C: Codec<T>>(self) -> BeginRequests;
}

/// What [`IntoRequests`] gives; nothing that users look into.
pub struct BeginRequests(pub(super) Begin);

/// How the requests of a call are sent.
pub(super) enum Begin {
    /// Others send them.
    Bind(Box<dyn FnOnce(Box<dyn Sink>) + Send>),
    /// To the end, on the thread that calls it. It is told whether they may wait for each other.
    Run(Box<dyn FnOnce(Box<dyn Sink>, bool) + Send>),
}

impl Begin {
    /// Sends them before anybody waits for an answer.
    pub(super) fn here(self, sink: Box<dyn Sink>) {
        match self {
            Begin::Bind(bind) => bind(sink),
            Begin::Run(run) => run(sink, true),
        }
    }

    /// Sends them while the answers are read.
    pub(super) fn beside(self, sink: Box<dyn Sink>) {
        match self {
            Begin::Bind(bind) => bind(sink),
            Begin::Run(run) => {
                let thread = std::thread::Builder::new().name("yamabiko-requests".to_owned());
                // Without a thread the sink is dropped, which ends the call.
                if let Err(error) = thread.spawn(move || run(sink, false)) {
                    tracing::error!(%error, "no thread for the requests of a call");
                }
            }
        }
    }
}

impl fmt::Debug for BeginRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BeginRequests").finish_non_exhaustive()
    }
}

impl<T, I> IntoRequests<T> for I
where
    I: IntoIterator<Item = T> + Send + 'static,
{
    fn into_begin<C: Codec<T>>(self) -> BeginRequests {
        run::<C, T, _>(move || self.into_iter().map(Ok))
    }
}

impl<T: Send + 'static> IntoRequests<T> for Requests<T> {
    fn into_begin<C: Codec<T>>(self) -> BeginRequests {
        BeginRequests(Begin::Bind(Box::new(move |sink| self.0.bind::<C>(sink))))
    }
}

/// Requests that are read from another call, or that a test has made: an error among them cancels
/// the call.
pub fn relay<T: Send + 'static>(requests: Streaming<T>) -> Relay<T> {
    Relay(requests)
}

/// What [`relay`] gives.
#[derive(Debug)]
pub struct Relay<T>(Streaming<T>);

impl<T: Send + 'static> IntoRequests<T> for Relay<T> {
    fn into_begin<C: Codec<T>>(self) -> BeginRequests {
        run::<C, T, _>(move || self.0)
    }
}

fn run<C, T, I>(requests: impl FnOnce() -> I + Send + 'static) -> BeginRequests
where
    C: Codec<T>,
    I: Iterator<Item = Result<T, Status>>,
{
    BeginRequests(Begin::Run(Box::new(move |mut sink, together| {
        match send_all::<C, T>(requests(), &mut *sink, together) {
            Ok(()) => sink.end(),
            // Nothing to anybody if the call has ended already.
            Err(status) => sink.fail(status),
        }
    })))
}
