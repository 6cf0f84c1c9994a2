//! The messages of a streaming call between its caller and its connection,
//! the same for every driver.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
#[cfg(feature = "blocking")]
use std::time::Duration;
use std::time::Instant;

use yamabiko_core::grpc::client::ClientConnection;
use yamabiko_core::grpc::{Code, Metadata, Origin, Status};

use super::{Batch, Came, Messages, Sink, Source};
use crate::answers::{Answers, CallKey, Stream, Wanted};
use crate::compression::Sending;

/// How soon a thread that waits for a call notices that the one which it is made for is cancelled.
#[cfg(feature = "blocking")]
pub(crate) const CANCELLED_WITHIN: Duration = Duration::from_millis(20);

/// A client's connection, as its streaming calls know it.
pub(crate) trait Carrier: Send + Sync + 'static {
    /// Tells whoever waits that a time has come.
    type Alarm: Alarm;

    /// Runs `action` under the connection's lock, and sees to it that what it has put out leaves.
    fn with<T>(&self, action: impl FnOnce(&mut ClientConnection, &mut Answers) -> T) -> T;

    /// Where it is connected to.
    fn address(&self) -> &str;

    /// Gives a call up, on the wire too, unless that has been done already.
    fn give_up(&self, key: CallKey);

    /// Ends a call whose requests break off, on the wire too.
    fn fail(&self, key: CallKey, status: Status);

    /// Waits on this thread until what has been polled for may have come, or until a time.
    #[cfg(feature = "blocking")]
    fn wait(&self, _key: CallKey, _wanted: Wanted, _until: Option<Instant>) {
        std::thread::park();
    }
}

/// Tells whoever waits that a time has come.
pub(crate) trait Alarm: Default + Send {
    /// Ready when it has.
    fn poll(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()>;
}

/// When a call must have ended: at a time, or with the call that it is made for.
pub(crate) struct Deadline<A> {
    at: Option<Instant>,
    context: Option<crate::Context>,
    alarm: A,
}

impl<A: Alarm> Deadline<A> {
    pub(crate) fn new(at: Option<Instant>, context: Option<crate::Context>) -> Self {
        Deadline { at, context, alarm: A::default() }
    }

    /// The same, for another who waits.
    pub(crate) fn again(&self) -> Self {
        Deadline::new(self.at, self.context.clone())
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(context) = &self.context
            && context.poll_cancelled(cx).is_ready()
        {
            return Poll::Ready(());
        }
        self.at.map_or(Poll::Pending, |at| self.alarm.poll(at, cx))
    }

    /// When a thread that waits has to look again whether it still may.
    #[cfg(feature = "blocking")]
    pub(crate) fn next_look(&self) -> Option<Instant> {
        let look = self.context.as_ref().map(|_| Instant::now() + CANCELLED_WITHIN);
        [self.at, look].into_iter().flatten().min()
    }

    pub(crate) fn has_passed(&self) -> bool {
        self.at.is_some_and(|at| at <= Instant::now())
    }

    /// Whether the call that it is made for has been cancelled, and not by its deadline.
    pub(crate) fn is_cancelled(&self) -> bool {
        !self.has_passed() && self.context.as_ref().is_some_and(crate::Context::is_cancelled)
    }
}

/// The status of a call that was cancelled with the one that it was made for.
pub(crate) fn cancelled(path: &str, address: &str) -> Status {
    let message = format!("{path} at {address}: the call that it was made for was cancelled");
    Status::cancelled(message).with_origin(Origin::Concluded)
}

/// The responses of a call, for its caller. Dropping it gives the call up.
pub(crate) struct Responses<C: Carrier> {
    connection: Arc<C>,
    key: CallKey,
    path: &'static str,
    deadline: Deadline<C::Alarm>,
    max_message: usize,
    /// What was taken last. The caller has done with it when it asks again.
    taken: Batch,
    /// What was asked for last.
    wanted: Wanted,
}

/// The requests of a call, from its caller. Dropping it before its end gives the call up.
pub(crate) struct Requests<C: Carrier> {
    connection: Arc<C>,
    key: CallKey,
    path: &'static str,
    deadline: Deadline<C::Alarm>,
    sending: Sending,
    has_ended: bool,
}

impl<C: Carrier> Responses<C> {
    pub(crate) fn new(
        connection: Arc<C>,
        key: CallKey,
        path: &'static str,
        deadline: Deadline<C::Alarm>,
        max_message: usize,
    ) -> Self {
        let (taken, wanted) = (Batch::default(), Wanted::Messages);
        Responses { connection, key, path, deadline, max_message, taken, wanted }
    }

    /// What a wait has come to, unless the time is up.
    fn in_time<T>(
        &mut self,
        polled: Poll<Result<T, Status>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, Status>> {
        match polled {
            Poll::Pending => {
                ready!(self.deadline.poll(cx));
                self.connection.give_up(self.key);
                Poll::Ready(Err(self.too_late()))
            }
            Poll::Ready(Err(status)) => {
                // The server's clock may be a little quicker than our timer: RST_STREAM is how it
                // ends a call in the middle of its answer.
                let reset =
                    status.code() == Code::Cancelled && status.origin() == Origin::Concluded;
                let late = reset && self.deadline.has_passed();
                let status = if late { self.too_late() } else { status };
                Poll::Ready(Err(self.named(status)))
            }
            came => came,
        }
    }

    fn too_late(&self) -> Status {
        let (path, address) = (self.path, self.connection.address());
        if self.deadline.is_cancelled() {
            return cancelled(path, address);
        }
        let message = format!("{path} at {address}: the deadline passed before the end");
        Status::deadline_exceeded(message).with_origin(Origin::Concluded)
    }
}

impl<C: Carrier> Source for Responses<C> {
    fn poll_messages(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Messages,
    ) -> Poll<Result<Came, Status>> {
        let Responses { connection, key, taken, .. } = self;
        let polled = connection.with(|core, answers| {
            let Batch { messages, bytes } = std::mem::take(taken);
            if messages > 0 {
                core.consumed(key.stream, messages, bytes);
            }
            let Some(stream) = answers.stream(*key) else { return Poll::Ready(Err(given_up())) };
            match ready!(stream.inbox.poll(cx, into))? {
                Some(batch) => {
                    *taken = batch;
                    Poll::Ready(Ok(Came::Messages))
                }
                None => Poll::Ready(Ok(Came::End(stream.trailers()))),
            }
        });
        self.wanted = Wanted::Messages;
        self.in_time(polled, cx)
    }

    fn max_message(&self) -> usize {
        self.max_message
    }

    fn named(&self, status: Status) -> Status {
        status.of_call(self.path, self.connection.address())
    }

    fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<Result<Metadata, Status>> {
        let polled = self.connection.with(|_, answers| match answers.stream(self.key) {
            Some(stream) => stream.poll_head(cx),
            None => Poll::Ready(Err(given_up())),
        });
        self.wanted = Wanted::Head;
        self.in_time(polled, cx)
    }

    #[cfg(feature = "blocking")]
    fn wait(&self) {
        self.connection.wait(self.key, self.wanted, self.deadline.next_look());
    }
}

impl<C: Carrier> Drop for Responses<C> {
    fn drop(&mut self) {
        self.connection.give_up(self.key);
    }
}

impl<C: Carrier> Requests<C> {
    pub(crate) fn new(
        connection: Arc<C>,
        key: CallKey,
        path: &'static str,
        deadline: Deadline<C::Alarm>,
        sending: Sending,
    ) -> Self {
        Requests { connection, key, path, deadline, sending, has_ended: false }
    }

    /// What has happened to the call, by its name.
    fn named(&self, status: Status) -> Status {
        status.of_call(self.path, self.connection.address())
    }

    /// The call, as long as it lives.
    fn live(stream: Option<&mut Stream>) -> Result<&mut Stream, Status> {
        let Some(stream) = stream else { return Err(given_up()) };
        match &stream.end {
            None => Ok(stream),
            Some(end) if end.status.code() == Code::Ok => Err(concluded("the server has ended it")),
            Some(end) => Err(end.status.clone()),
        }
    }
}

impl<C: Carrier> Sink for Requests<C> {
    fn sending(&mut self) -> Sending {
        self.sending
    }

    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        framed: &mut Vec<u8>,
    ) -> Poll<Result<(), Status>> {
        let key = self.key;
        let polled = self.connection.with(|core, answers| {
            let stream = Self::live(answers.stream(key))?;
            if !core.has_room(key.stream) {
                stream.room = Some(cx.waker().clone());
                return Poll::Pending;
            }
            let sent = core.send_framed(key.stream, framed, false);
            Poll::Ready(sent.map_err(|_| concluded("the server has ended it")))
        });
        if polled.is_pending() {
            ready!(self.deadline.poll(cx));
            let (path, address) = (self.path, self.connection.address());
            if self.deadline.is_cancelled() {
                return Poll::Ready(Err(cancelled(path, address)));
            }
            let message =
                format!("{path} at {address}: the deadline passed before the request was sent");
            let status = Status::deadline_exceeded(message).with_origin(Origin::Concluded);
            return Poll::Ready(Err(status));
        }
        polled.map_err(|status| self.named(status))
    }

    fn send(&mut self, framed: &mut Vec<u8>) -> Result<(), Status> {
        self.connection.with(|core, answers| {
            Self::live(answers.stream(self.key))?;
            let sent = core.send_framed(self.key.stream, framed, false);
            sent.map_err(|_| concluded("the server has ended it"))
        })
    }

    fn begin(&mut self) {
        // The head of a request leaves with the call.
    }

    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        self.connection.with(|_, answers| match Self::live(answers.stream(self.key)) {
            Ok(stream) => {
                stream.room = Some(cx.waker().clone());
                Poll::Pending
            }
            Err(status) => Poll::Ready(status),
        })
    }

    fn end(&mut self) {
        self.has_ended = true;
        self.connection.with(|core, _| {
            // It is not when the call is over.
            let _ = core.send_end(self.key.stream);
        });
    }

    fn fail(&mut self, status: Status) {
        self.has_ended = true;
        self.connection.fail(self.key, status);
    }

    #[cfg(feature = "blocking")]
    fn wait(&self) {
        self.connection.wait(self.key, Wanted::Room, self.deadline.next_look());
    }
}

impl<C: Carrier> Drop for Requests<C> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.fail(concluded("the requests were dropped before their end"));
        }
    }
}

fn given_up() -> Status {
    concluded("the call has been given up")
}

fn concluded(what: &'static str) -> Status {
    Status::cancelled(what).with_origin(Origin::Concluded)
}
