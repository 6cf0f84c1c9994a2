//! Messages that come, one after the other.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use yamabiko_core::grpc::{Metadata, Status};

use super::messages::Messages;
use super::wire::{Came, Source};

/// The messages of a call as they come: requests for a handler, responses for a caller.
///
/// The peer sends no more than a window (64 KiB, and 512 KiB once that was not enough) and a
/// message ahead of the reader.
/// A message that cannot be decoded, and a call that fails, end the stream with a [`Status`];
/// nothing comes after it. On a client, dropping it before its end cancels the call
/// (RST_STREAM).
///
/// ```
/// # #[derive(Debug, PartialEq)]
/// # struct Point(i32);
/// # async fn example() -> Result<(), yamabiko::Status> {
/// use yamabiko::Streaming;
///
/// // For a test: without a connection.
/// let mut points = Streaming::from_messages([Point(1), Point(2)]);
/// while let Some(point) = points.message().await? {
///     println!("{point:?}");
/// }
/// # Ok(())
/// # }
/// ```
pub struct Streaming<T> {
    inner: Inner<T>,
}

enum Inner<T> {
    Wire(Wire<T>),
    Made(Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>),
    /// Given up, and not told yet.
    Cancelled(Option<Status>),
}

struct Wire<T> {
    /// Kept after the end, so that whoever still sends hears how the call has ended. None after
    /// a message that made no sense.
    source: Option<Box<dyn Source>>,
    has_ended: bool,
    messages: Messages,
    came_compressed: bool,
    max_message: usize,
    decode: fn(&[u8]) -> Result<T, Status>,
    headers: Option<Metadata>,
    trailers: Metadata,
}

static NO_METADATA: Metadata = Metadata::new();

impl<T> Streaming<T> {
    pub(crate) fn new(source: Box<dyn Source>, decode: fn(&[u8]) -> Result<T, Status>) -> Self {
        Streaming {
            inner: Inner::Wire(Wire {
                max_message: source.max_message(),
                source: Some(source),
                has_ended: false,
                messages: Messages::default(),
                came_compressed: false,
                decode,
                headers: None,
                trailers: Metadata::new(),
            }),
        }
    }

    /// A stream of these messages, for calling a handler directly or for a mock of a server.
    pub fn from_messages<I>(messages: I) -> Self
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: Send + 'static,
    {
        struct Iter<I>(I);
        impl<I> Unpin for Iter<I> {}
        impl<I: Iterator> Stream for Iter<I> {
            type Item = Result<I::Item, Status>;

            fn poll_next(
                mut self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                Poll::Ready(self.0.next().map(Ok))
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.0.size_hint()
            }
        }
        Streaming::from_stream(Iter(messages.into_iter()))
    }

    /// A stream of messages that are made elsewhere; an error ends it.
    pub fn from_stream(stream: impl Stream<Item = Result<T, Status>> + Send + 'static) -> Self {
        Streaming { inner: Inner::Made(Box::pin(stream)) }
    }

    /// The next message, or None when there is none left.
    ///
    /// # Errors
    /// How the call has ended, or why the message could not be decoded.
    pub async fn message(&mut self) -> Result<Option<T>, Status> {
        poll_fn(|cx| self.poll_message(cx)).await.transpose()
    }

    /// Whether the message that came last was compressed.
    pub fn came_compressed(&self) -> bool {
        matches!(&self.inner, Inner::Wire(wire) if wire.came_compressed)
    }

    /// What the server says before its messages, on a client. Empty on a server, and for a stream
    /// that was made.
    ///
    /// # Errors
    /// How the call has ended, if it has without a word.
    pub async fn headers(&mut self) -> Result<&Metadata, Status> {
        poll_fn(|cx| self.poll_headers(cx)).await?;
        Ok(self.known_headers())
    }

    /// What the server says behind its messages, on a client, once [`message`](Self::message) has
    /// given None. Empty before that; those of a call that fails are in its [`Status`].
    pub fn trailers(&self) -> &Metadata {
        match &self.inner {
            Inner::Wire(wire) => &wire.trailers,
            Inner::Made(_) | Inner::Cancelled(_) => &NO_METADATA,
        }
    }

    /// Gives the stream up, with what has come and has not been read: the next
    /// [`message`](Self::message) is CANCELLED. On a client this cancels the call (RST_STREAM), as
    /// dropping the stream does.
    pub fn cancel(&mut self) {
        let status = Status::cancelled("cancelled by the caller");
        self.inner = Inner::Cancelled(Some(status));
    }

    pub(crate) fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        if let Inner::Wire(wire) = &mut self.inner
            && wire.headers.is_none()
            && let Some(source) = &mut wire.source
        {
            wire.headers = Some(ready!(source.poll_headers(cx))?);
        }
        Poll::Ready(Ok(()))
    }

    pub(crate) fn known_headers(&self) -> &Metadata {
        match &self.inner {
            Inner::Wire(Wire { headers: Some(headers), .. }) => headers,
            _ => &NO_METADATA,
        }
    }

    /// Waits on this thread until a poll that was pending may come to something.
    #[cfg(feature = "blocking")]
    pub(crate) fn wait(&self) {
        match &self.inner {
            Inner::Wire(Wire { source: Some(source), .. }) => source.wait(),
            _ => std::thread::park(),
        }
    }

    pub(crate) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        match &mut self.inner {
            Inner::Wire(wire) => wire.poll_message(cx),
            Inner::Made(stream) => stream.as_mut().poll_next(cx),
            Inner::Cancelled(status) => Poll::Ready(status.take().map(Err)),
        }
    }
}

impl<T> Wire<T> {
    /// A message that was decoded, or why there is no sense in any more of them.
    #[inline]
    fn told(&mut self, decoded: Result<T, Status>) -> Result<T, Status> {
        decoded.map_err(|status| {
            self.messages = Messages::default();
            match self.source.take() {
                Some(source) => source.named(status),
                None => status,
            }
        })
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        loop {
            if let Some(message) = self.messages.next_of_run() {
                self.came_compressed = false;
                let decoded = (self.decode)(message);
                return Poll::Ready(Some(self.told(decoded)));
            }
            if let Some(message) = self.messages.pop() {
                self.came_compressed = message.is_compressed();
                let bytes = message.plain(self.max_message);
                let decoded = bytes.and_then(|bytes| (self.decode)(&bytes));
                return Poll::Ready(Some(self.told(decoded)));
            }
            let Some(source) = self.source.as_mut().filter(|_| !self.has_ended) else {
                return Poll::Ready(None);
            };
            match ready!(source.poll_messages(cx, &mut self.messages)) {
                Ok(Came::Messages) => {}
                Ok(Came::End(trailers)) => {
                    self.trailers = trailers;
                    self.has_ended = true;
                }
                Err(status) => {
                    self.has_ended = true;
                    return Poll::Ready(Some(Err(status)));
                }
            }
        }
    }
}

impl<T> Stream for Streaming<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_message(cx)
    }
}

// Nothing in it is pinned where it lies.
impl<T> Unpin for Streaming<T> {}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").finish_non_exhaustive()
    }
}
