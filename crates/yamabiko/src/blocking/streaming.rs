//! Messages that come and messages that go, for threads that wait.

use std::fmt;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_core::Stream;
use yamabiko_core::grpc::{Metadata, Status};

use super::waiting::with_waker;
use crate::Codec;
use crate::stream::{self, PACK, Queued, SendError, Sink, Source, frame, marked};

/// How long a message may wait for those behind it, to leave with them.
const TOGETHER: Duration = Duration::from_micros(500);

/// The messages of a call as they come: requests for a handler, responses for a caller. It is an
/// iterator, whose thread waits.
///
/// The peer sends no more than a window (64 KiB, and 512 KiB once that was not enough) and a
/// message ahead of the reader. A message that cannot be decoded, and a call that fails, end the
/// stream with a [`Status`]; nothing comes after it. On a client, dropping it before its end
/// cancels the call (RST_STREAM).
///
/// ```
/// # #[derive(Debug, PartialEq)]
/// # struct Point(i32);
/// # fn example() -> Result<(), yamabiko::Status> {
/// use yamabiko::blocking::Streaming;
///
/// // For a test: without a connection.
/// let points = Streaming::from_messages([Point(1), Point(2)]);
/// for point in points {
///     println!("{:?}", point?);
/// }
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
pub struct Streaming<T> {
    inner: crate::Streaming<T>,
}

impl<T> Streaming<T> {
    pub(crate) fn new(source: Box<dyn Source>, decode: fn(&[u8]) -> Result<T, Status>) -> Self {
        Streaming { inner: crate::Streaming::new(source, decode) }
    }

    /// A stream of these messages, for calling a handler directly or for a mock of a server.
    pub fn from_messages<I>(messages: I) -> Self
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: Send + 'static,
    {
        Streaming { inner: crate::Streaming::from_messages(messages) }
    }

    /// A stream of messages that are made elsewhere; an error ends it.
    pub fn from_results<I>(messages: I) -> Self
    where
        I: IntoIterator<Item = Result<T, Status>>,
        I::IntoIter: Send + 'static,
    {
        Streaming { inner: crate::Streaming::from_stream(Made(messages.into_iter())) }
    }

    /// Waits for the next message, or None when there is none left.
    ///
    /// # Errors
    /// How the call has ended, or why the message could not be decoded.
    pub fn message(&mut self) -> Result<Option<T>, Status> {
        with_waker(|cx| {
            loop {
                if let Poll::Ready(message) = self.inner.poll_message(cx) {
                    return message.transpose();
                }
                self.inner.wait();
            }
        })
    }

    /// Waits for what the server says before its messages, on a client. Empty on a server, and for
    /// a stream that was made.
    ///
    /// # Errors
    /// How the call has ended, if it has without a word.
    pub fn headers(&mut self) -> Result<&Metadata, Status> {
        with_waker(|cx| {
            loop {
                if let Poll::Ready(polled) = self.inner.poll_headers(cx) {
                    return polled;
                }
                self.inner.wait();
            }
        })?;
        Ok(self.inner.known_headers())
    }

    /// What the server says behind its messages, on a client, once [`message`](Self::message) has
    /// given None. Empty before that; those of a call that fails are in its [`Status`].
    pub fn trailers(&self) -> &Metadata {
        self.inner.trailers()
    }

    /// Whether the message that came last was compressed.
    pub fn came_compressed(&self) -> bool {
        self.inner.came_compressed()
    }

    /// Gives the stream up, with what has come and has not been read: the next
    /// [`message`](Self::message) is CANCELLED. On a client this cancels the call (RST_STREAM), as
    /// dropping the stream does.
    pub fn cancel(&mut self) {
        self.inner.cancel();
    }
}

/// The same messages for a thread that waits.
impl<T> From<crate::Streaming<T>> for Streaming<T> {
    fn from(inner: crate::Streaming<T>) -> Self {
        Streaming { inner }
    }
}

impl<T> Iterator for Streaming<T> {
    type Item = Result<T, Status>;

    fn next(&mut self) -> Option<Self::Item> {
        self.message().transpose()
    }
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").finish_non_exhaustive()
    }
}

/// An iterator as a stream that is always ready.
struct Made<I>(I);

impl<I> Unpin for Made<I> {}

impl<I: Iterator> Stream for Made<I> {
    type Item = I::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> Poll<Option<I::Item>> {
        Poll::Ready(self.0.next())
    }
}

/// Requests that can be sent at any time, and their sender.
///
/// Messages that are sent before the call has been made wait for it, 32 at most: another one
/// waits until some other thread makes the call. After that each goes to the connection by the
/// thread that sends it.
///
/// ```no_run
/// # struct Note; struct Chat;
/// # impl Chat {
/// #     fn route_chat(&self, _: yamabiko::blocking::Requests<Note>) -> yamabiko::blocking::Call<yamabiko::blocking::Streaming<Note>> { unimplemented!() }
/// # }
/// # fn example(client: Chat, note: Note) -> Result<(), yamabiko::Status> {
/// let (mut notes, requests) = yamabiko::blocking::channel();
/// let mut replies = client.route_chat(requests).send()?;
/// notes.send(note)?;
/// let reply = replies.message()?;
/// drop(notes); // no more requests
/// # Ok(())
/// # }
/// ```
pub fn channel<T>() -> (Sender<T>, Requests<T>) {
    let (sender, requests) = stream::channel();
    (Sender(sender), Requests(requests))
}

/// Takes requests and waits while the server is behind. Made by [`channel`].
///
/// Dropping it half-closes the call.
pub struct Sender<T>(stream::Sender<T>);

impl<T> Sender<T> {
    /// Sends a message, once there is room for it.
    ///
    /// # Errors
    /// [`SendError`]: the call has ended.
    pub fn send(&mut self, message: T) -> Result<(), SendError> {
        self.send_queued(Queued { message, uncompressed: false })
    }

    /// Sends a message as it is where the others are compressed: it is a secret beside what somebody
    /// else can choose, or it would not get smaller.
    ///
    /// # Errors
    /// [`SendError`]: the call has ended.
    pub fn send_uncompressed(&mut self, message: T) -> Result<(), SendError> {
        self.send_queued(Queued { message, uncompressed: true })
    }

    fn send_queued(&mut self, message: Queued<T>) -> Result<(), SendError> {
        let mut message = Some(message);
        with_waker(|cx| {
            loop {
                if let Poll::Ready(sent) = self.0.poll_send(cx, &mut message) {
                    return sent;
                }
                self.0.wait();
            }
        })
    }

    /// Ends the call with an error instead: it is reset (RST_STREAM), and CANCELLED on the server.
    pub fn fail(self, status: Status) {
        self.0.fail(status);
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// What a [`Sender`] sends, to be given to the method of a generated client.
#[derive(Debug)]
pub struct Requests<T>(pub(super) stream::Requests<T>);

/// Sends messages to their end, which is not said on the wire, on this thread.
///
/// With `together`, messages that are known to be there leave with those before them. That is for
/// messages that do not wait for an answer to those before them.
///
/// # Errors
/// The status that came instead of a message, or how the call has ended meanwhile.
pub(crate) fn send_all<C, T>(
    mut messages: impl Iterator<Item = Result<T, Status>>,
    sink: &mut dyn Sink,
    together: bool,
) -> Result<(), Status>
where
    C: Codec<T>,
{
    let mut packed = Vec::new();
    let mut since = None;
    loop {
        let end = match messages.next() {
            Some(Ok(message)) => {
                frame::<C, T>(&message, marked(sink.sending()), &mut packed).err().map(Err)
            }
            Some(Err(status)) => Some(Err(status)),
            None => Some(Ok(())),
        };
        let waits = together
            && end.is_none()
            && packed.len() < PACK
            && messages.size_hint().0 > 0
            && since.get_or_insert_with(Instant::now).elapsed() < TOGETHER;
        if !waits {
            send(sink, &mut packed)?;
            since = None;
        }
        if let Some(end) = end {
            return end;
        }
    }
}

/// Sends what is packed, once there is room for it.
fn send(sink: &mut dyn Sink, packed: &mut Vec<u8>) -> Result<(), Status> {
    if packed.is_empty() {
        return Ok(());
    }
    with_waker(|cx| {
        loop {
            if let Poll::Ready(sent) = sink.poll_send(cx, packed) {
                return sent;
            }
            sink.wait();
        }
    })
}
