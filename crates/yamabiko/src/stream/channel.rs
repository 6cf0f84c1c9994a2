//! Messages to send, from whoever makes them: a sender that is awaited, and
//! what is behind it, a stream or a call.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use futures_core::Stream;
use yamabiko_core::grpc::Status;

use super::forward::frame;
use super::wire::Sink;
use crate::Codec;
use crate::compression::Sending;

/// Messages that a sender may be ahead of a stream that is not read.
const AHEAD: usize = 32;

/// Nobody takes the messages any more: the call has ended.
///
/// It becomes a [`Status`] by `?`: CANCELLED in a handler whose caller has left, and on a client
/// what the call has ended with.
#[derive(Clone, Debug)]
pub struct SendError {
    status: Status,
}

impl SendError {
    /// How the call has ended.
    pub fn status(&self) -> &Status {
        &self.status
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nobody takes the messages any more: {}", self.status)
    }
}

impl std::error::Error for SendError {}

impl From<SendError> for Status {
    fn from(error: SendError) -> Self {
        error.status
    }
}

/// Takes messages and waits while their reader is behind.
///
/// Made by [`stream`] for the responses of a handler and by [`channel`] for the requests of a call.
/// Dropping it ends the stream: on a client the call is half-closed.
pub struct Sender<T> {
    shared: Arc<Mutex<Shared<T>>>,
}

/// What a [`Sender`] sends, to be given to the method of a generated client.
pub struct Requests<T> {
    shared: Arc<Mutex<Shared<T>>>,
}

struct Shared<T> {
    stage: Stage<T>,
    /// Who waits: the sender for room, or the stream for a message.
    sender: Option<Waker>,
    reader: Option<Waker>,
}

enum Stage<T> {
    /// Messages wait here until they are read. Behind the end no more come.
    Queue { messages: VecDeque<Queued<T>>, end: Option<Result<(), Status>> },
    /// They go straight to the wire.
    Bound(Bound<T>),
    /// Nobody reads any more, and why.
    Over(Status),
}

/// A message, and whether it is not to be compressed.
pub(crate) struct Queued<T> {
    pub(crate) message: T,
    pub(crate) uncompressed: bool,
}

thread_local! {
    /// Whether the message that a stream has just given is not to be compressed: a stream has no
    /// other way to say more of a message than the message.
    static UNCOMPRESSED: Cell<bool> = const { Cell::new(false) };
}

/// How the message is framed that a stream has just given on this thread.
#[inline]
pub(crate) fn marked(sending: Sending) -> Sending {
    if UNCOMPRESSED.take() { sending.encoded(None) } else { sending }
}

/// The wire, and how messages become bytes.
struct Bound<T> {
    sink: Box<dyn Sink>,
    frame: fn(&T, Sending, &mut Vec<u8>) -> Result<(), Status>,
    packed: Vec<u8>,
}

/// Requests that can be sent at any time, and their sender.
///
/// Messages that are sent before the call has been made wait for it, 32 at most. After that they
/// go to the connection without another task between.
///
/// ```no_run
/// # struct Note; struct Chat;
/// # impl Chat {
/// #     fn route_chat(&self, _: yamabiko::Requests<Note>) -> yamabiko::Call<yamabiko::Streaming<Note>> { unimplemented!() }
/// # }
/// # async fn example(client: Chat, note: Note) -> Result<(), yamabiko::Status> {
/// let (mut notes, requests) = yamabiko::channel();
/// let mut replies = client.route_chat(requests).await?;
/// notes.send(note).await?;
/// let reply = replies.message().await?;
/// drop(notes); // no more requests
/// # Ok(())
/// # }
/// ```
pub fn channel<T>() -> (Sender<T>, Requests<T>) {
    let shared = Shared::queue(VecDeque::new(), None);
    (Sender { shared: Arc::clone(&shared) }, Requests { shared })
}

/// The stream of what a future sends: the way to write a streaming handler without a state machine.
///
/// The future runs while the stream is polled, and is dropped with it. An error of the future ends
/// the stream with that status.
///
/// ```
/// # use yamabiko::Status;
/// # use futures_core::Stream;
/// fn count_to(last: u32) -> impl Stream<Item = Result<u32, Status>> {
///     yamabiko::stream(move |mut numbers| async move {
///         for number in 1..=last {
///             numbers.send(number).await?;
///         }
///         Ok(())
///     })
/// }
/// ```
pub fn stream<T, F, Fut>(make: F) -> Made<T, Fut>
where
    F: FnOnce(Sender<T>) -> Fut,
    Fut: Future<Output = Result<(), Status>>,
{
    let shared = Shared::queue(VecDeque::new(), None);
    let future = make(Sender { shared: Arc::clone(&shared) });
    Made { future: Some(Box::pin(future)), end: None, reading: Reading { shared } }
}

/// The stream that [`stream`] makes.
pub struct Made<T, Fut> {
    future: Option<Pin<Box<Fut>>>,
    /// How the future has ended, once what it has sent is read.
    end: Option<Status>,
    reading: Reading<T>,
}

/// The reading end. When it is dropped, the sender hears of it.
struct Reading<T> {
    shared: Arc<Mutex<Shared<T>>>,
}

impl<T> Shared<T> {
    fn queue(messages: VecDeque<Queued<T>>, end: Option<Result<(), Status>>) -> Arc<Mutex<Self>> {
        let stage = Stage::Queue { messages, end };
        Arc::new(Mutex::new(Shared { stage, sender: None, reader: None }))
    }
}

impl<T> Sender<T> {
    /// Sends a message, once there is room for it.
    ///
    /// # Errors
    /// [`SendError`]: the call has ended.
    pub async fn send(&mut self, message: T) -> Result<(), SendError> {
        let mut message = Some(Queued { message, uncompressed: false });
        poll_fn(|cx| self.poll_send(cx, &mut message)).await
    }

    /// Sends a message as it is where the others are compressed: it is a secret beside what somebody
    /// else can choose, or it would not get smaller.
    ///
    /// # Errors
    /// [`SendError`]: the call has ended.
    pub async fn send_uncompressed(&mut self, message: T) -> Result<(), SendError> {
        let mut message = Some(Queued { message, uncompressed: true });
        poll_fn(|cx| self.poll_send(cx, &mut message)).await
    }

    /// Ends the stream with an error instead: the responses of a handler with this status, and the
    /// call of a client too, which is reset (RST_STREAM) and CANCELLED on the server.
    pub fn fail(self, status: Status) {
        let mut shared = lock(&self.shared);
        match &mut shared.stage {
            Stage::Queue { end, .. } => *end = Some(Err(status)),
            Stage::Bound(bound) => {
                bound.sink.fail(status.clone());
                shared.stage = Stage::Over(status);
            }
            Stage::Over(_) => {}
        }
    }

    /// Waits on this thread until a poll that was pending may come to something.
    #[cfg(feature = "blocking")]
    pub(crate) fn wait(&self) {
        // Nobody else has to do with the wire, so that the lock may be held.
        if let Stage::Bound(bound) = &lock(&self.shared).stage {
            return bound.sink.wait();
        }
        std::thread::park();
    }

    pub(crate) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        message: &mut Option<Queued<T>>,
    ) -> Poll<Result<(), SendError>> {
        let mut guard = lock(&self.shared);
        let shared = &mut *guard;
        let outcome = match &mut shared.stage {
            Stage::Queue { messages, .. } => {
                if messages.len() >= AHEAD {
                    keep(&mut shared.sender, cx);
                    return Poll::Pending;
                }
                messages.extend(message.take());
                let reader = shared.reader.take();
                drop(guard);
                if let Some(reader) = reader {
                    reader.wake();
                }
                return Poll::Ready(Ok(()));
            }
            Stage::Bound(bound) => ready!(bound.poll_send(cx, message)),
            Stage::Over(status) => Err(status.clone()),
        };
        if let Err(status) = &outcome {
            shared.stage = Stage::Over(status.clone());
        }
        Poll::Ready(outcome.map_err(|status| SendError { status }))
    }
}

impl<T> Queued<T> {
    fn sending(&self, sink: &mut dyn Sink) -> Sending {
        let sending = sink.sending();
        if self.uncompressed { sending.encoded(None) } else { sending }
    }
}

impl<T> Bound<T> {
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        message: &mut Option<Queued<T>>,
    ) -> Poll<Result<(), Status>> {
        if let Some(next) = message {
            // What a send has left behind that was given up.
            if !self.packed.is_empty() {
                ready!(self.sink.poll_send(cx, &mut self.packed))?;
            }
            let sending = next.sending(&mut *self.sink);
            (self.frame)(&next.message, sending, &mut self.packed)?;
            *message = None;
        }
        self.sink.poll_send(cx, &mut self.packed)
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        match &mut shared.stage {
            Stage::Queue { end, .. } => {
                end.get_or_insert(Ok(()));
            }
            Stage::Bound(Bound { sink, packed, .. }) => {
                let _ = sink.send(packed);
                sink.end();
            }
            Stage::Over(_) => {}
        }
        let reader = shared.reader.take();
        drop(shared);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl<T> Requests<T> {
    /// What has been sent so far goes to the wire, and so does all that follows.
    pub(crate) fn bind<C: Codec<T>>(self, mut sink: Box<dyn Sink>) {
        let mut guard = lock(&self.shared);
        let shared = &mut *guard;
        let Stage::Queue { messages, end } = &mut shared.stage else { return };
        let mut packed = Vec::new();
        let framed = messages.drain(..).try_for_each(|next| {
            frame::<C, T>(&next.message, next.sending(&mut *sink), &mut packed)
        });
        shared.stage = match framed.and_then(|()| sink.send(&mut packed)) {
            Ok(()) => match end.take() {
                None => Stage::Bound(Bound { sink, frame: frame::<C, T>, packed }),
                Some(Ok(())) => {
                    sink.end();
                    Stage::Over(Status::cancelled("all requests have been sent"))
                }
                Some(Err(status)) => {
                    sink.fail(status.clone());
                    Stage::Over(status)
                }
            },
            Err(status) => {
                sink.fail(status.clone());
                Stage::Over(status)
            }
        };
        let sender = shared.sender.take();
        drop(guard);
        if let Some(sender) = sender {
            sender.wake();
        }
    }
}

impl<T> FromIterator<T> for Requests<T> {
    fn from_iter<I: IntoIterator<Item = T>>(messages: I) -> Self {
        let queued = |message| Queued { message, uncompressed: false };
        let messages = messages.into_iter().map(queued).collect();
        Requests { shared: Shared::queue(messages, Some(Ok(()))) }
    }
}

impl<T> Reading<T> {
    fn poll_next(&mut self, cx: &Context<'_>) -> Poll<Option<Result<T, Status>>> {
        let mut guard = lock(&self.shared);
        let shared = &mut *guard;
        let Stage::Queue { messages, end } = &mut shared.stage else { return Poll::Ready(None) };
        let message = match (messages.pop_front(), &mut *end) {
            (Some(message), _) => Some(Ok(message)),
            (None, Some(outcome)) => std::mem::replace(outcome, Ok(())).err().map(Err),
            (None, None) => {
                keep(&mut shared.reader, cx);
                return Poll::Pending;
            }
        };
        let sender = shared.sender.take();
        drop(guard);
        if let Some(sender) = sender {
            sender.wake();
        }
        let unpack = |Queued { message, uncompressed }| {
            UNCOMPRESSED.set(uncompressed);
            message
        };
        Poll::Ready(message.map(|message| message.map(unpack)))
    }
}

impl<T> Drop for Reading<T> {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        shared.stage = Stage::Over(Status::cancelled("the call has ended"));
        let sender = shared.sender.take();
        drop(shared);
        if let Some(sender) = sender {
            sender.wake();
        }
    }
}

impl<T, Fut: Future<Output = Result<(), Status>>> Stream for Made<T, Fut> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            // What is there goes first: the future may be waiting for room.
            if let Poll::Ready(Some(message)) = this.reading.poll_next(cx) {
                return Poll::Ready(Some(message));
            }
            let Some(future) = &mut this.future else { break };
            match future.as_mut().poll(cx) {
                Poll::Ready(outcome) => {
                    this.future = None;
                    this.end = outcome.err();
                }
                Poll::Pending => {
                    return this.reading.poll_next(cx);
                }
            }
        }
        // The future has ended; a sender that it has given away may still send.
        match this.end.take() {
            Some(status) => Poll::Ready(Some(Err(status))),
            None => this.reading.poll_next(cx),
        }
    }
}

// The future is pinned in its box.
impl<T, Fut> Unpin for Made<T, Fut> {}

fn keep(place: &mut Option<Waker>, cx: &Context<'_>) {
    match place {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *place = Some(cx.waker().clone()),
    }
}

fn lock<T>(shared: &Mutex<Shared<T>>) -> MutexGuard<'_, Shared<T>> {
    // A panic inside is a codec's; the messages behind it are as they were.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Requests<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").finish_non_exhaustive()
    }
}

impl<T, Fut> fmt::Debug for Made<T, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Made").finish_non_exhaustive()
    }
}
