//! The messages of a streaming call between its handler and its connection,
//! the same for every driver.

use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker, ready};

use yamabiko_core::grpc::message::{Payload, Run};
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::grpc::{Encoding, Metadata, Status};
use yamabiko_core::h2::StreamKey;

use super::{Batch, Came, Inbox, Messages, Sink, Source};
use crate::Context;
use crate::compression::Sending;

/// A server's connection, as its streaming calls know it.
pub(crate) trait Carrier: Send + Sync + 'static {
    /// Runs `action` under the connection's lock, on the wires of a call unless that is over, and
    /// sees to it that what it has put out leaves.
    fn with<T>(
        &self,
        stream: StreamKey,
        action: impl FnOnce(&mut ServerConnection, Option<&mut Wires>) -> T,
    ) -> T;

    /// The largest message that the server receives, in bytes.
    fn max_message(&self) -> usize;

    /// How the server sends messages.
    fn sending(&self) -> Sending;

    /// Waits on this thread, which runs a handler, until it is woken.
    #[cfg(feature = "blocking")]
    fn wait(&self);
}

/// What a streaming call and its connection share. Whoever waits for something is woken when it is
/// dropped: there is nothing to wait for any more.
#[derive(Default)]
pub(crate) struct Wires {
    /// Requests that have not been read, if the method takes a stream of them.
    pub(crate) inbox: Option<Inbox>,
    /// Waits for room for responses.
    pub(crate) room: Option<Waker>,
}

impl Wires {
    pub(crate) fn new(takes_stream: bool) -> Self {
        Wires { inbox: takes_stream.then(Inbox::default), room: None }
    }

    /// A request has come, or with None their end.
    pub(crate) fn receive(&mut self, message: Option<Payload<'_>>, last: bool) {
        self.take_in(|inbox| message.and_then(|message| inbox.push(message)), last);
    }

    /// Several at once.
    pub(crate) fn receive_run(&mut self, run: Run<'_>, last: bool) {
        self.take_in(|inbox| inbox.push_run(run), last);
    }

    fn take_in(&mut self, push: impl FnOnce(&mut Inbox) -> Option<Waker>, last: bool) {
        let Some(inbox) = &mut self.inbox else { return };
        let reader = push(inbox);
        let end = last.then(|| inbox.end(Ok(()))).flatten();
        for waker in reader.into_iter().chain(end) {
            waker.wake();
        }
    }
}

impl Drop for Wires {
    fn drop(&mut self) {
        let over = || Err(Status::cancelled("the call is over"));
        let reader = self.inbox.as_mut().and_then(|inbox| inbox.end(over()));
        for waker in self.room.take().into_iter().chain(reader) {
            waker.wake();
        }
    }
}

/// The requests of a call, for its handler.
pub(crate) struct Requests<C: Carrier> {
    connection: Arc<C>,
    stream: StreamKey,
    /// What was taken last. The handler has done with it when it asks again.
    taken: Batch,
}

/// The responses of a call, from its handler.
pub(crate) struct Responses<C: Carrier> {
    connection: Arc<C>,
    stream: StreamKey,
    context: Context,
    has_begun: bool,
    /// How messages may be compressed, once the first has been framed: the head says it.
    announced: Option<Option<Encoding>>,
}

impl<C: Carrier> Requests<C> {
    pub(crate) fn new(connection: Arc<C>, stream: StreamKey) -> Self {
        Requests { connection, stream, taken: Batch::default() }
    }
}

impl<C: Carrier> Source for Requests<C> {
    fn poll_messages(
        &mut self,
        cx: &mut TaskContext<'_>,
        into: &mut Messages,
    ) -> Poll<Result<Came, Status>> {
        let Requests { connection, stream, taken } = self;
        connection.with(*stream, |core, wires| {
            let Batch { messages, bytes } = std::mem::take(taken);
            if messages > 0 {
                core.consumed(*stream, messages, bytes);
            }
            let Some(inbox) = wires.and_then(|wires| wires.inbox.as_mut()) else {
                return Poll::Ready(Err(Status::cancelled("the call is over")));
            };
            match ready!(inbox.poll(cx, into))? {
                Some(batch) => {
                    *taken = batch;
                    Poll::Ready(Ok(Came::Messages))
                }
                None => Poll::Ready(Ok(Came::End(Metadata::new()))),
            }
        })
    }

    fn max_message(&self) -> usize {
        self.connection.max_message()
    }

    fn poll_headers(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<Metadata, Status>> {
        Poll::Ready(Ok(Metadata::new()))
    }

    #[cfg(feature = "blocking")]
    fn wait(&self) {
        self.connection.wait();
    }
}

impl<C: Carrier> Responses<C> {
    pub(crate) fn new(connection: Arc<C>, stream: StreamKey, context: Context) -> Self {
        Responses { connection, stream, context, has_begun: false, announced: None }
    }

    /// What the handler has added before its first message.
    fn headers(&mut self) -> Option<Head> {
        let begins = !std::mem::replace(&mut self.has_begun, true);
        begins.then(|| Head { encoding: self.announce(), metadata: self.context.take_headers() })
    }

    /// How messages may be compressed.
    fn announce(&mut self) -> Option<Encoding> {
        *self.announced.get_or_insert_with(|| self.context.encoding())
    }
}

/// What a response begins with.
struct Head {
    encoding: Option<Encoding>,
    metadata: Metadata,
}

impl Head {
    fn send(self, core: &mut ServerConnection, stream: StreamKey) {
        if let Some(encoding) = self.encoding {
            core.set_encoding(stream, encoding);
        }
        // It is not when the client has left.
        let _ = core.send_head(stream, &self.metadata);
    }
}

fn gone() -> Status {
    Status::cancelled("the call is over")
}

impl<C: Carrier> Sink for Responses<C> {
    fn sending(&mut self) -> Sending {
        let announced = self.announce();
        // The handler may have changed its mind since, but not for another encoding.
        let encoding = announced.filter(|_| self.context.encoding() == announced);
        self.connection.sending().encoded(encoding)
    }

    fn poll_send(
        &mut self,
        cx: &mut TaskContext<'_>,
        framed: &mut Vec<u8>,
    ) -> Poll<Result<(), Status>> {
        let headers = self.headers();
        let stream = self.stream;
        self.connection.with(stream, |core, wires| {
            let Some(wires) = wires else { return Poll::Ready(Err(gone())) };
            if let Some(headers) = headers {
                headers.send(core, stream);
            }
            if !core.has_room(stream) {
                wires.room = Some(cx.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(core.send_framed(stream, framed).map_err(|_| gone()))
        })
    }

    fn send(&mut self, framed: &mut Vec<u8>) -> Result<(), Status> {
        self.begin();
        self.connection
            .with(self.stream, |core, _| core.send_framed(self.stream, framed).map_err(|_| gone()))
    }

    fn begin(&mut self) {
        if let Some(headers) = self.headers() {
            self.connection.with(self.stream, |core, _| headers.send(core, self.stream));
        }
    }

    fn poll_gone(&mut self, _: &mut TaskContext<'_>) -> Poll<Status> {
        // The handler is dropped with its call.
        Poll::Pending
    }

    fn fail(&mut self, _: Status) {
        // The handler says how its call ends.
    }

    fn end(&mut self) {
        // The end of a response is its status.
    }

    #[cfg(feature = "blocking")]
    fn wait(&self) {
        self.connection.wait();
    }
}
