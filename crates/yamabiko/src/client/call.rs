//! A call: a request and its options, then a future of the response.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::{Duration, Instant};

use tokio::time::Sleep;
use yamabiko_core::grpc::{Code, InvalidMetadata, Metadata, Origin, Status};
use yamabiko_core::h2::CannotOpen;

use super::channel::Channel;
use super::connection::Connection;
use crate::answers::{Answer, CallKey, End};
use crate::response::Response;
use crate::{Codec, Context};

/// How often a call that the server has certainly not looked at is made again.
const RETRIES: u32 = 1;

/// A call that has not been made. Await it, after setting what it needs.
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn example(call: yamabiko::Call<()>) -> Result<(), yamabiko::Status> {
/// let reply = call.timeout(Duration::from_secs(1)).await?;
/// # Ok(reply)
/// # }
/// ```
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<Res> {
    channel: Channel,
    path: &'static str,
    /// The encoded request, or why it could not be encoded.
    request: Result<Vec<u8>, Status>,
    decode: fn(&[u8]) -> Result<Res, Status>,
    metadata: Metadata,
    deadline: Option<Instant>,
    patient: bool,
}

/// Prepares a call of a method with one request and one response.
pub fn unary<C, Req, Res>(channel: &Channel, path: &'static str, request: Req) -> Call<Res>
where
    C: Codec<Req> + Codec<Res>,
{
    let (length, sizes) = <C as Codec<Req>>::size(&request);
    let request = if u32::try_from(length).is_ok() {
        let mut bytes = Vec::with_capacity(length);
        <C as Codec<Req>>::encode(&request, sizes, &mut bytes);
        Ok(bytes)
    } else {
        Err(Status::resource_exhausted(format!(
            "request too large: {length} bytes, a message has at most {}",
            u32::MAX
        )))
    };
    Call {
        channel: channel.clone(),
        path,
        request,
        decode: <C as Codec<Res>>::decode,
        metadata: Metadata::new(),
        deadline: None,
        patient: false,
    }
}

impl<Res> Call<Res> {
    /// How long the call may take from now on, waiting for a connection included. Then it is
    /// cancelled on both sides and ends with DEADLINE_EXCEEDED.
    pub fn timeout(self, timeout: Duration) -> Self {
        match Instant::now().checked_add(timeout) {
            Some(deadline) => self.deadline(deadline),
            None => self,
        }
    }

    /// When the call must have ended; an earlier one that is set stays.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(self.deadline.map_or(deadline, |before| before.min(deadline)));
        self
    }

    /// Makes the call on behalf of another: its deadline holds for this one too.
    pub fn within(self, context: &Context) -> Self {
        match context.deadline() {
            Some(deadline) => self.deadline(deadline),
            None => self,
        }
    }

    /// Waits for a server to be there, instead of failing at once with UNAVAILABLE.
    pub fn wait_for_ready(mut self) -> Self {
        self.patient = true;
        self
    }

    /// Sends metadata with the call.
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        for field in metadata.fields() {
            self.metadata.push_field(field.clone());
        }
        self
    }

    /// Sends one entry of metadata with the call.
    ///
    /// # Errors
    /// [`InvalidMetadata`], which names the key and the rule.
    pub fn metadata(mut self, key: &str, value: &str) -> Result<Self, InvalidMetadata> {
        self.metadata.append(key, value)?;
        Ok(self)
    }

    /// Makes the call and gives the metadata of the response as well.
    pub fn response(self) -> PendingResponse<Res> {
        PendingResponse {
            call: self,
            stage: Stage::Start { retries: 0, outside: None },
            sleep: None,
        }
    }
}

impl<Res> IntoFuture for Call<Res> {
    type Output = Result<Res, Status>;
    type IntoFuture = Pending<Res>;

    fn into_future(self) -> Pending<Res> {
        Pending(self.response())
    }
}

impl<Res> fmt::Debug for Call<Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call").field(&self.path).finish()
    }
}

/// A call that is being made, for its message. Dropping it cancels the call (RST_STREAM).
#[must_use = "a call does nothing until it is awaited"]
pub struct Pending<Res>(PendingResponse<Res>);

impl<Res> Future for Pending<Res> {
    type Output = Result<Res, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map_ok(|response| response.message)
    }
}

impl<Res> fmt::Debug for Pending<Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pending").field(&self.0.call.path).finish()
    }
}

/// A call that is being made, for its message and metadata. Dropping it cancels the call
/// (RST_STREAM).
#[must_use = "a call does nothing until it is awaited"]
pub struct PendingResponse<Res> {
    call: Call<Res>,
    stage: Stage,
    sleep: Option<Pin<Box<Sleep>>>,
}

enum Stage {
    /// There is no connection yet, or no place on it.
    Start {
        retries: u32,
        outside: Option<Outside>,
    },
    Sent {
        connection: Arc<Connection>,
        key: CallKey,
        retries: u32,
    },
    Ended,
}

/// A place in the line before a full connection.
struct Outside {
    connection: Arc<Connection>,
    ticket: u64,
}

impl<Res> Future for PendingResponse<Res> {
    type Output = Result<Response<Res>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let outcome = match this.poll_answer(cx) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => {
                ready!(this.poll_deadline(cx));
                Err(this.too_late())
            }
        };
        // It may end while it stands in line, or has just been let in.
        this.give_up();
        this.stage = Stage::Ended;
        Poll::Ready(outcome)
    }
}

impl<Res> PendingResponse<Res> {
    fn poll_answer(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<Response<Res>, Status>> {
        loop {
            match &self.stage {
                Stage::Start { retries, .. } => {
                    let retries = *retries;
                    let (connection, key) = ready!(self.poll_start(cx))?;
                    self.stage = Stage::Sent { connection, key, retries };
                    return Poll::Pending;
                }
                Stage::Sent { connection, key, retries } => {
                    let (answer, end) = ready!(connection.poll_answer(*key, cx));
                    if end.unprocessed && *retries < RETRIES {
                        self.stage = Stage::Start { retries: retries + 1, outside: None };
                        continue;
                    }
                    // The key is spent, even if decoding panics.
                    self.stage = Stage::Ended;
                    return Poll::Ready(self.conclude(answer, end));
                }
                Stage::Ended => {
                    let message = "the call was polled after its end";
                    return Poll::Ready(Err(Status::internal(message)));
                }
            }
        }
    }

    fn poll_start(
        &mut self,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Result<(Arc<Connection>, CallKey), Status>> {
        let call = &self.call;
        let request = match &call.request {
            Ok(request) => request,
            Err(status) => return Poll::Ready(Err(status.clone())),
        };
        loop {
            let connection = ready!(call.channel.poll_connection(cx, call.patient))?;
            let timeout = match call.deadline {
                None => None,
                Some(deadline) => match deadline.checked_duration_since(Instant::now()) {
                    None | Some(Duration::ZERO) => return Poll::Ready(Err(self.too_late())),
                    left => left,
                },
            };
            let Stage::Start { outside, .. } = &mut self.stage else { return Poll::Pending };
            let mut ticket = match outside.take() {
                Some(line) if Arc::ptr_eq(&line.connection, &connection) => Some(line.ticket),
                _ => None,
            };
            let started =
                connection.start(call.path, timeout, &call.metadata, request, &mut ticket, cx);
            *outside = ticket.map(|ticket| Outside { connection: Arc::clone(&connection), ticket });
            match started {
                Ok(key) => return Poll::Ready(Ok((connection, key))),
                Err(CannotOpen::Full) => return Poll::Pending,
                // It ended between our finding it and our using it: there will be another.
                Err(CannotOpen::Closed) => {}
            }
        }
    }

    fn poll_deadline(&mut self, cx: &mut TaskContext<'_>) -> Poll<()> {
        let Some(deadline) = self.call.deadline else { return Poll::Pending };
        let sleep = || Box::pin(tokio::time::sleep_until(deadline.into()));
        self.sleep.get_or_insert_with(sleep).as_mut().poll(cx)
    }

    fn conclude(&self, answer: Answer, end: End) -> Result<Response<Res>, Status> {
        let Answer { head, message, surplus } = answer;
        let mut status = end.status;
        let reset = status.code() == Code::Cancelled && status.origin() == Origin::Concluded;
        if reset && self.call.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            // The server's clock was a little quicker than our timer: RST_STREAM is how it ends a
            // call in the middle of its answer.
            return Err(self.too_late());
        }
        if status.code() != Code::Ok {
            return Err(status);
        }
        // grpc doc/statuscodes.md, "response cardinality violation".
        let concluded =
            |message: String| Err(Status::unimplemented(message).with_origin(Origin::Concluded));
        let Call { path, channel, decode, .. } = &self.call;
        match message {
            Some(_) if surplus => concluded(format!(
                "{path} at {}: more than one response message",
                channel.address()
            )),
            None => concluded(format!("{path} at {}: OK without a response", channel.address())),
            Some(message) => Ok(Response {
                message: decode(&message)?,
                headers: head,
                trailers: std::mem::take(status.metadata_mut()),
            }),
        }
    }

    fn too_late(&self) -> Status {
        let Call { path, channel, .. } = &self.call;
        let message = match self.stage {
            Stage::Start { .. } => "the deadline passed before the call could be sent",
            _ => "the deadline passed before the answer",
        };
        let message = format!("{path} at {}: {message}", channel.address());
        Status::deadline_exceeded(message).with_origin(Origin::Concluded)
    }

    /// Tells the server that nobody waits any more.
    fn give_up(&mut self) {
        match &self.stage {
            Stage::Sent { connection, key, .. } => connection.cancel(*key),
            Stage::Start { outside: Some(line), .. } => line.connection.stop_waiting(line.ticket),
            Stage::Start { .. } | Stage::Ended => {}
        }
    }
}

impl<Res> Drop for PendingResponse<Res> {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl<Res> fmt::Debug for PendingResponse<Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PendingResponse").field(&self.call.path).finish()
    }
}
