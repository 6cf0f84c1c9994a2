//! A call: its requests and its options, then a future of the response.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use yamabiko_core::grpc::client::{CallOptions, request_too_large};
use yamabiko_core::grpc::message::{PREFIX_LEN, write_compressed_prefix, write_prefix};
use yamabiko_core::grpc::{Code, Encoding, InvalidMetadata, Metadata, Origin, Status};
use yamabiko_core::h2::CannotOpen;

use super::channel::Channel;
use super::connection::{Connection, Start};
use super::requests::{Begin, IntoRequests};
use super::wire::{Deadline, Requests, Responses};
use crate::answers::{Answer, CallKey};
use crate::compression::{Sending, compress};
use crate::current::Inherited;
use crate::response::Response;
use crate::stream::calling::cancelled;
use crate::stream::faithless;
use crate::stream::{Collect, Source};
use crate::{Codec, Context, Streaming, memory};

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
    request: Request,
    answer: AnswerKind<Res>,
    metadata: Metadata,
    deadline: Option<Instant>,
    patient: bool,
    /// What most calls do not have. They are moved about, so they had better be small.
    special: Option<Box<Special>>,
}

/// What a call does otherwise than its channel says.
#[derive(Default)]
struct Special {
    /// From the call that this one is made for.
    inherited: Inherited,
    sending: Option<Sending>,
    max_message: Option<usize>,
}

/// What is asked.
enum Request {
    /// An encoded message with its prefix, or why there is none, and how it is compressed.
    Message(Result<Bytes, Status>, Option<Encoding>),
    /// A stream, until it is being sent.
    Stream(Option<Begin>),
}

/// What is to come of it.
enum AnswerKind<Res> {
    /// One message.
    Message(fn(&[u8]) -> Result<Res, Status>),
    /// A stream of messages, as this one makes it.
    Stream(fn(Box<dyn Source>) -> Res),
}

/// Prepares a call of a method with one request and one response.
pub fn unary<C, Req, Res>(channel: &Channel, path: &'static str, request: Req) -> Call<Res>
where
    C: Codec<Req> + Codec<Res>,
{
    let request = Request::Message(encode::<C, Req>(&request), None);
    Call::new(channel, path, request, AnswerKind::Message(<C as Codec<Res>>::decode))
}

/// Prepares a call of a method with one request and a stream of responses.
pub fn server_streaming<C, Req, Res>(
    channel: &Channel,
    path: &'static str,
    request: Req,
) -> Call<Streaming<Res>>
where
    C: Codec<Req> + Codec<Res>,
{
    let request = Request::Message(encode::<C, Req>(&request), None);
    Call::new(channel, path, request, AnswerKind::Stream(responses::<C, Res>))
}

/// Prepares a call of a method with a stream of requests and one response.
pub fn client_streaming<C, Req, Res>(
    channel: &Channel,
    path: &'static str,
    requests: impl IntoRequests<Req>,
) -> Call<Res>
where
    C: Codec<Req> + Codec<Res>,
{
    let request = Request::Stream(Some(requests.into_begin::<C>().0));
    Call::new(channel, path, request, AnswerKind::Message(<C as Codec<Res>>::decode))
}

/// Prepares a call of a method with a stream of requests and a stream of responses.
pub fn bidi_streaming<C, Req, Res>(
    channel: &Channel,
    path: &'static str,
    requests: impl IntoRequests<Req>,
) -> Call<Streaming<Res>>
where
    C: Codec<Req> + Codec<Res>,
{
    let request = Request::Stream(Some(requests.into_begin::<C>().0));
    Call::new(channel, path, request, AnswerKind::Stream(responses::<C, Res>))
}

fn encode<C: Codec<Req>, Req>(request: &Req) -> Result<Bytes, Status> {
    let (length, sizes) = C::size(request);
    Sending::default().check(length)?;
    let framed = PREFIX_LEN + length;
    let mut bytes = memory::lend(framed, framed);
    write_prefix(&mut bytes, length);
    C::encode(request, sizes, &mut bytes);
    if bytes.len() != framed {
        return Err(faithless());
    }
    Ok(memory::seal(bytes))
}

impl Request {
    /// Compresses a message, if it is to be and gets smaller by it.
    fn prepare(&mut self, sending: Sending) {
        let Request::Message(message, compressed) = self else { return };
        let Ok(bytes) = message else { return };
        let plain = &bytes[PREFIX_LEN..];
        if let Err(status) = sending.check(plain.len()) {
            *message = Err(status);
        } else if let Some(encoding) = sending.encoding
            && let Some(smaller) = compress(encoding, plain)
        {
            let mut framed = Vec::with_capacity(PREFIX_LEN + smaller.len());
            write_compressed_prefix(&mut framed, smaller.len());
            framed.extend_from_slice(&smaller);
            (*bytes, *compressed) = (framed.into(), Some(encoding));
        }
    }
}

fn responses<C: Codec<Res>, Res>(source: Box<dyn Source>) -> Streaming<Res> {
    Streaming::new(source, C::decode)
}

impl<Res> Call<Res> {
    fn new(
        channel: &Channel,
        path: &'static str,
        request: Request,
        answer: AnswerKind<Res>,
    ) -> Self {
        Call {
            channel: channel.clone(),
            path,
            request,
            answer,
            metadata: Metadata::new(),
            deadline: None,
            patient: false,
            special: Inherited::here()
                .map(|inherited| Special { inherited, ..Special::default() }.into()),
        }
    }

    fn special(&mut self) -> &mut Special {
        self.special.get_or_insert_default()
    }

    /// How its messages are sent.
    fn sending(&self) -> Sending {
        let own = self.special.as_ref().and_then(|special| special.sending);
        own.unwrap_or(self.channel.sending())
    }

    /// The largest message that it receives, in bytes.
    fn max_message(&self) -> usize {
        let own = self.special.as_ref().and_then(|special| special.max_message);
        own.unwrap_or(self.channel.max_message())
    }

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

    /// Makes the call for nobody but itself. Otherwise a call that is made in a handler ends when
    /// the handler's does: at the same deadline, and when that one is cancelled.
    pub fn detached(mut self) -> Self {
        if let Some(special) = &mut self.special {
            special.inherited = Inherited::default();
        }
        self
    }

    /// Waits for a server to be there, instead of failing at once with UNAVAILABLE.
    pub fn wait_for_ready(mut self) -> Self {
        self.patient = true;
        self
    }

    /// Sends the messages of the request compressed so, whatever the channel does otherwise, where
    /// that makes them smaller; not at all with None.
    pub fn compression(mut self, encoding: impl Into<Option<Encoding>>) -> Self {
        self.special().sending = Some(self.sending().encoded(encoding.into()));
        self
    }

    /// The largest message that this call receives, in bytes, whatever the channel says.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.special().max_message = Some(bytes);
        self
    }

    /// The largest message that this call sends, in bytes before it is compressed, whatever the
    /// channel says.
    pub fn max_sent_message_size(mut self, bytes: usize) -> Self {
        self.special().sending = Some(self.sending().at_most(bytes));
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

    /// Makes the call and gives the metadata of the response as well. Where the response is a
    /// stream, this waits for the server's headers; the trailers come [behind the
    /// messages](Streaming::trailers).
    pub fn response(self) -> PendingResponse<Res> {
        self.pending(true)
    }

    fn pending(mut self, wants_head: bool) -> PendingResponse<Res> {
        let mut context = None;
        if let Some(Special { inherited, .. }) = self.special.as_deref() {
            self.deadline = inherited.and(self.deadline);
            context = inherited.context.clone();
        }
        let deadline = Deadline::new(self.deadline, context);
        let sending = self.sending();
        self.request.prepare(sending);
        let stage = Stage::Start { retries: 0, outside: None };
        PendingResponse { call: self, stage, wants_head, deadline }
    }
}

impl<Res> IntoFuture for Call<Res> {
    type Output = Result<Res, Status>;
    type IntoFuture = Pending<Res>;

    fn into_future(self) -> Pending<Res> {
        Pending(self.pending(false))
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
    /// Whether a stream of responses is given with its headers.
    wants_head: bool,
    deadline: Deadline,
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
    /// Its responses are a stream, whose headers are to come.
    Head(Responses),
    /// Its responses are a stream, but the method's is one message.
    Collect(Collect<Responses>),
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
                ready!(this.deadline.poll(cx));
                Err(this.too_late())
            }
        };
        // It may end while it stands in line, or has just been let in.
        this.give_up();
        this.stage = Stage::Ended;
        let Call { path, channel, .. } = &this.call;
        Poll::Ready(outcome.map_err(|status| status.of_call(path, channel.address())))
    }
}

impl<Res> PendingResponse<Res> {
    fn poll_answer(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<Response<Res>, Status>> {
        loop {
            match &self.stage {
                Stage::Start { retries, .. } => {
                    let retries = *retries;
                    let (connection, key) = ready!(self.poll_start(cx))?;
                    if !self.is_stream() {
                        self.stage = Stage::Sent { connection, key, retries };
                        return Poll::Pending;
                    }
                    if let Some(response) = self.begin_stream(connection, key) {
                        return Poll::Ready(Ok(response));
                    }
                }
                Stage::Head(_) => {
                    let Stage::Head(source) = &mut self.stage else { return Poll::Pending };
                    let headers = ready!(source.poll_headers(cx))?;
                    let Stage::Head(source) = std::mem::replace(&mut self.stage, Stage::Ended)
                    else {
                        return Poll::Pending;
                    };
                    let AnswerKind::Stream(make) = self.call.answer else { return Poll::Pending };
                    let message = make(Box::new(source));
                    let trailers = Metadata::new();
                    let response = Response { message, headers, trailers, compressed: false };
                    return Poll::Ready(Ok(response));
                }
                Stage::Collect(_) => {
                    let Stage::Collect(collect) = &mut self.stage else { return Poll::Pending };
                    let (answer, status) = ready!(collect.poll(cx));
                    self.stage = Stage::Ended;
                    return Poll::Ready(self.conclude(answer, status));
                }
                Stage::Sent { connection, key, retries } => {
                    let (answer, end) = ready!(connection.poll_answer(*key, cx));
                    if end.unprocessed && *retries < RETRIES {
                        self.stage = Stage::Start { retries: retries + 1, outside: None };
                        continue;
                    }
                    // The key is spent, even if decoding panics.
                    self.stage = Stage::Ended;
                    return Poll::Ready(self.conclude(answer, end.status));
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
        let is_stream = self.is_stream();
        let call = &self.call;
        let message = match &call.request {
            Request::Message(Ok(message), _) => Some(message),
            Request::Message(Err(status), _) => return Poll::Ready(Err(status.clone())),
            Request::Stream(_) => None,
        };
        let encoding = match &call.request {
            Request::Message(_, encoding) => *encoding,
            Request::Stream(_) => call.sending().encoding,
        };
        let options = CallOptions {
            encoding,
            max_message: call.special.as_ref().and_then(|special| special.max_message),
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
            let metadata = &call.metadata;
            let start = Start { path: call.path, timeout, metadata, message, is_stream, options };
            let started = connection.start(&start, &mut ticket, cx);
            *outside = ticket.map(|ticket| Outside { connection: Arc::clone(&connection), ticket });
            match started {
                Ok(key) => return Poll::Ready(Ok((connection, key))),
                Err(CannotOpen::Full) => return Poll::Pending,
                Err(CannotOpen::TooLarge { size, limit }) => {
                    return Poll::Ready(Err(request_too_large(size, limit)));
                }
                // It ended between our finding it and our using it: there will be another.
                Err(CannotOpen::Closed) => {}
            }
        }
    }

    /// Whether the call goes on as a stream, in one direction at least.
    fn is_stream(&self) -> bool {
        let Call { request, answer, .. } = &self.call;
        !matches!((request, answer), (Request::Message(..), AnswerKind::Message(_)))
    }

    /// The call has been sent. Gives its response, if that is a stream which needs no head.
    fn begin_stream(&mut self, connection: Arc<Connection>, key: CallKey) -> Option<Response<Res>> {
        let (limit, sending) = (self.call.max_message(), self.call.sending());
        let Call { request, answer, path, .. } = &mut self.call;
        let deadline = || self.deadline.again();
        let source = Responses::new(Arc::clone(&connection), key, path, deadline(), limit);
        if let Request::Stream(begin) = request
            && let Some(begin) = begin.take()
        {
            begin(Box::new(Requests::new(connection, key, path, deadline(), sending)));
        }
        match answer {
            AnswerKind::Stream(_) if self.wants_head => {
                self.stage = Stage::Head(source);
                None
            }
            AnswerKind::Stream(make) => {
                self.stage = Stage::Ended;
                let (headers, trailers) = (Metadata::new(), Metadata::new());
                let message = make(Box::new(source));
                Some(Response { message, headers, trailers, compressed: false })
            }
            AnswerKind::Message(_) => {
                self.stage = Stage::Collect(Collect::new(source));
                None
            }
        }
    }

    fn conclude(&self, answer: Answer, mut status: Status) -> Result<Response<Res>, Status> {
        let Answer { head, message, surplus } = answer;
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
        let Call { path, channel, answer, .. } = &self.call;
        let AnswerKind::Message(decode) = answer else {
            return concluded(format!("{path} at {}: not a stream", channel.address()));
        };
        match message {
            Some(_) if surplus => concluded(format!(
                "{path} at {}: more than one response message",
                channel.address()
            )),
            None => concluded(format!("{path} at {}: OK without a response", channel.address())),
            Some(message) => Ok(Response {
                compressed: message.is_compressed(),
                message: decode(&message.plain(self.call.max_message())?)?,
                headers: head,
                trailers: std::mem::take(status.metadata_mut()),
            }),
        }
    }

    fn too_late(&self) -> Status {
        let Call { path, channel, .. } = &self.call;
        if self.deadline.is_cancelled() {
            return cancelled(path, channel.address());
        }
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
            // Dropping a source gives its call up.
            Stage::Start { .. } | Stage::Head(_) | Stage::Collect(_) | Stage::Ended => {}
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
