//! What a call with a stream of requests takes: a stream, polled in a task of
//! its own, or the receiving end of a sender, which needs none.

use futures_core::Stream;
use yamabiko_core::grpc::Status;

use crate::Codec;
use crate::stream::{Requests, Sink, Streaming, forward};

/// Begins to send the requests of a call.
pub(super) type Begin = Box<dyn FnOnce(Box<dyn Sink>) + Send>;

/// The requests of a streaming call: a [`Stream`] of messages, or what
/// [`channel`](crate::channel) gives.
///
/// A stream is polled in a task of its own on tokio, so that its messages leave while nobody reads
/// the responses; the task ends with the call.
pub trait IntoRequests<T>: Send + 'static {
    /// What sends them, once the call has begun.
    #[doc(hidden)]
    fn into_begin<C: Codec<T>>(self) -> BeginRequests;
}

/// What [`IntoRequests`] gives; nothing that users look into.
pub struct BeginRequests(pub(super) Begin);

impl std::fmt::Debug for BeginRequests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BeginRequests").finish_non_exhaustive()
    }
}

impl<T, S> IntoRequests<T> for S
where
    T: Send + 'static,
    S: Stream<Item = T> + Send + 'static,
{
    fn into_begin<C: Codec<T>>(self) -> BeginRequests {
        BeginRequests(Box::new(move |sink| spawn::<C, T, _>(Infallible(Box::pin(self)), sink)))
    }
}

impl<T: Send + 'static> IntoRequests<T> for Requests<T> {
    fn into_begin<C: Codec<T>>(self) -> BeginRequests {
        BeginRequests(Box::new(move |sink| self.bind::<C>(sink)))
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
        BeginRequests(Box::new(move |sink| spawn::<C, T, _>(self.0, sink)))
    }
}

fn spawn<C, T, S>(requests: S, mut sink: Box<dyn Sink>)
where
    C: Codec<T>,
    T: Send + 'static,
    S: Stream<Item = Result<T, Status>> + Send + 'static,
{
    tokio::spawn(async move {
        match forward::<C, T, S>(requests, &mut *sink).await {
            Ok(()) => sink.end(),
            // Nothing to anybody if the call has ended already.
            Err(status) => sink.fail(status),
        }
    });
}

/// A stream of messages that cannot fail.
struct Infallible<S>(std::pin::Pin<Box<S>>);

impl<S: Stream> Stream for Infallible<S> {
    type Item = Result<S::Item, Status>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx).map(|message| message.map(Ok))
    }
}
