//! A call of a generated client: a request and its options, then its answer.

use std::fmt;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use yamabiko_core::grpc::{Encoding, InvalidMetadata, Metadata, Origin, Status};

use super::carrier::{Carrier, Deadline, Requests, Responses};
use super::channel::Channel;
use super::connection::Connection;
use super::exchange::{Exchange, Outcome, conclude};
use super::opening::{Opening, Start, too_late};
use super::requests::{Begin, IntoRequests};
use super::waiting::Interrupt;
use crate::answers::CallKey;
use crate::blocking::Streaming;
use crate::blocking::waiting::with_waker;
use crate::compression::Sending;
use crate::current::Inherited;
use crate::response::Response;
use crate::stream::calling::{CANCELLED_WITHIN, cancelled};
use crate::stream::{Collect, Source};
use crate::{Codec, Context};

/// A call that has not been made. [Send](Call::send) it, after setting what it needs.
///
/// ```no_run
/// # use std::time::Duration;
/// # fn example(call: yamabiko::blocking::Call<()>) -> Result<(), yamabiko::Status> {
/// let reply = call.timeout(Duration::from_secs(1)).send()?;
/// # Ok(reply)
/// # }
/// ```
#[must_use = "a call does nothing until it is sent"]
pub struct Call<Res> {
    channel: Channel,
    path: &'static str,
    request: Request,
    answer: AnswerKind<Res>,
    metadata: Metadata,
    deadline: Option<Instant>,
    /// From the call that this one is made for.
    inherited: Inherited,
    sending: Sending,
    max_message: Option<usize>,
    patient: bool,
}

/// What is asked.
enum Request {
    /// An encoded message, or why it could not be encoded.
    Message(Result<Vec<u8>, Status>),
    Stream(Begin),
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
    let request = Request::Message(encode::<C, Req>(&request));
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
    let request = Request::Message(encode::<C, Req>(&request));
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
    let request = Request::Stream(requests.into_begin::<C>().0);
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
    let request = Request::Stream(requests.into_begin::<C>().0);
    Call::new(channel, path, request, AnswerKind::Stream(responses::<C, Res>))
}

fn encode<C: Codec<Req>, Req>(request: &Req) -> Result<Vec<u8>, Status> {
    let (length, sizes) = C::size(request);
    Sending::default().check(length)?;
    let mut bytes = Vec::with_capacity(length);
    C::encode(request, sizes, &mut bytes);
    Ok(bytes)
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
            inherited: Inherited::here().unwrap_or_default(),
            sending: channel.sending(),
            max_message: None,
            patient: false,
        }
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
        self.inherited = Inherited::default();
        self
    }

    /// Waits for a server to be there, instead of failing at once with UNAVAILABLE.
    pub fn wait_for_ready(mut self) -> Self {
        self.patient = true;
        self
    }

    /// Sends the request compressed so, whatever the channel does otherwise, if that makes it
    /// smaller; not at all with None.
    pub fn compression(mut self, encoding: impl Into<Option<Encoding>>) -> Self {
        self.sending = self.sending.encoded(encoding.into());
        self
    }

    /// The largest message that this call receives, in bytes, whatever the channel says.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.max_message = Some(bytes);
        self
    }

    /// The largest message that this call sends, in bytes before it is compressed, whatever the
    /// channel says.
    pub fn max_sent_message_size(mut self, bytes: usize) -> Self {
        self.sending = self.sending.at_most(bytes);
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

    /// Makes the call and waits for its message. Where the response is a stream, this waits only
    /// until the call has been sent.
    ///
    /// # Errors
    /// The [`Status`] that it ended with.
    pub fn send(self) -> Result<Res, Status> {
        self.make(false).map(|response| response.message)
    }

    /// Makes the call and waits for its message and metadata. Where the response is a stream, this
    /// waits for the server's headers; the trailers come [behind the
    /// messages](Streaming::trailers).
    ///
    /// # Errors
    /// The [`Status`] that it ended with.
    pub fn response(self) -> Result<Response<Res>, Status> {
        self.make(true)
    }

    fn make(mut self, wants_head: bool) -> Result<Response<Res>, Status> {
        self.deadline = self.inherited.and(self.deadline);
        let (path, channel) = (self.path, self.channel.clone());
        let request = std::mem::replace(&mut self.request, Request::Message(Ok(Vec::new())));
        let made = match (request, &self.answer) {
            (Request::Message(request), AnswerKind::Message(decode)) => {
                let outcome = request.and_then(|request| self.exchange(&request));
                outcome.and_then(|outcome| with_message(outcome, *decode))
            }
            (request, _) => {
                self.request = request;
                self.stream(wants_head)
            }
        };
        made.map_err(|status| status.of_call(path, channel.address()))
    }

    /// One message for one.
    fn exchange(&self, request: &[u8]) -> Result<Outcome, Status> {
        self.sending.check(request.len())?;
        let exchange = Exchange {
            path: self.path,
            message: request,
            metadata: &self.metadata,
            deadline: self.deadline,
            wait_for_ready: self.patient,
            compression: self.sending.encoding,
            max_message: self.max_message,
        };
        let outcome = match &self.inherited.context {
            None => self.channel.exchange(&exchange, Interrupt::never()),
            Some(context) => {
                let mut ends = || context.is_cancelled();
                self.channel.exchange(&exchange, Interrupt::when(CANCELLED_WITHIN, &mut ends))
            }
        };
        outcome.ok_or_else(|| {
            let message = "the call that it was made for was cancelled";
            Status::cancelled(message).with_origin(Origin::Concluded)
        })
    }

    /// A stream in one direction at least.
    fn stream(self, wants_head: bool) -> Result<Response<Res>, Status> {
        let (message, begin) = match self.request {
            Request::Message(message) => {
                let message = message?;
                self.sending.check(message.len())?;
                (Some(message), None)
            }
            Request::Stream(begin) => (None, Some(begin)),
        };
        let start = Start {
            path: self.path,
            metadata: &self.metadata,
            deadline: self.deadline,
            wait_for_ready: self.patient,
            message: message.as_deref(),
            compression: self.sending.encoding,
            max_message: self.max_message,
            is_stream: true,
            drives: true,
        };
        let mut deadline = Deadline::new(self.deadline, self.inherited.context);
        let (connection, key) = open(&self.channel, &start, &mut deadline)?;
        let carrier = Arc::new(Carrier { connection, _channel: self.channel.clone() });
        let requests = begin.map(|begin| {
            let carrier = Arc::clone(&carrier);
            let deadline = deadline.again();
            (begin, Box::new(Requests::new(carrier, key, self.path, deadline, self.sending)))
        });
        let limit = self.max_message.unwrap_or(self.channel.max_message());
        let mut source = Responses::new(carrier, key, self.path, deadline, limit);
        match self.answer {
            AnswerKind::Stream(responses) => {
                if let Some((begin, requests)) = requests {
                    begin.beside(requests);
                }
                let headers =
                    if wants_head { wait_for_head(&mut source)? } else { Metadata::new() };
                let message = responses(Box::new(source));
                let trailers = Metadata::new();
                Ok(Response { message, headers, trailers, compressed: false })
            }
            AnswerKind::Message(decode) => {
                if let Some((begin, requests)) = requests {
                    begin.here(requests);
                }
                let mut collect = Collect::new(source);
                let (answer, status) = with_waker(|cx| {
                    loop {
                        if let Poll::Ready(collected) = collect.poll(cx) {
                            return collected;
                        }
                        collect.wait();
                    }
                });
                with_message(
                    conclude(answer, status, self.path, self.max_message, &self.channel),
                    decode,
                )
            }
        }
    }
}

fn with_message<Res>(
    outcome: Outcome,
    decode: fn(&[u8]) -> Result<Res, Status>,
) -> Result<Response<Res>, Status> {
    let Outcome { headers, message, compressed, mut status } = outcome;
    match message {
        None => Err(status),
        Some(message) => Ok(Response {
            message: decode(&message)?,
            headers,
            trailers: std::mem::take(status.metadata_mut()),
            compressed,
        }),
    }
}

/// Waits until the call has been sent.
fn open(
    channel: &Channel,
    start: &Start<'_>,
    deadline: &mut Deadline,
) -> Result<(Arc<Connection>, CallKey), Status> {
    let mut opening = Opening::default();
    with_waker(|cx| {
        loop {
            if let Poll::Ready(opened) = opening.poll(channel, start, cx) {
                return opened;
            }
            if deadline.poll(cx).is_ready() {
                return Err(match deadline.is_cancelled() {
                    true => cancelled(start.path, channel.address()),
                    false => too_late(start.path, channel),
                });
            }
            match deadline.next_look() {
                None => std::thread::park(),
                Some(at) => {
                    std::thread::park_timeout(at.saturating_duration_since(Instant::now()));
                }
            }
        }
    })
}

fn wait_for_head(source: &mut Responses) -> Result<Metadata, Status> {
    with_waker(|cx| {
        loop {
            if let Poll::Ready(head) = source.poll_headers(cx) {
                return head;
            }
            source.wait();
        }
    })
}

impl<Res> fmt::Debug for Call<Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call").field(&self.path).finish()
    }
}
