//! The server's side of the calls of one connection: request events in
//! order (head, messages, end). The commands that answer them are in
//! `answer.rs`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::deadlines::Deadlines;
use super::head::{Refusal, RequestHead, RequestReader};
use super::inbound::{Brought, Inbound, MessageLimits, Receiving};
use super::message::{Payload, Run};
use super::pace::{Pace, Release};
use super::reading::reading;
use super::recent_head::RecentHead;
use super::writing::writing;
use super::{Encoding, Status};
use crate::ReceiveBuffer;
use crate::frame::ErrorCode;
use crate::h2::{
    self, By, Config, Connection, Error, KnownBlocks, Next, Section, Side, StreamKey, Unusable,
};

/// What happens to the calls of a server's connection.
#[derive(Debug)]
pub enum Event<'a> {
    /// A call has begun.
    Call {
        /// the call
        stream: StreamKey,
        /// what the client asks for, shared by calls that ask for the same
        head: Arc<RequestHead>,
        /// when its time is up
        deadline: Option<Instant>,
    },
    /// A message of the request.
    Message {
        /// the call
        stream: StreamKey,
        /// the message's bytes
        message: Payload<'a>,
        /// the request is complete with it
        last: bool,
    },
    /// Several messages of a request that is [read on demand](ServerConnection::read_on_demand).
    Messages {
        /// the call
        stream: StreamKey,
        /// the messages
        run: Run<'a>,
        /// the request is complete with them
        last: bool,
    },
    /// The request is complete.
    End {
        /// the call
        stream: StreamKey,
    },
    /// The call is over before it was answered: its handler's work is of no use any more.
    Cancelled {
        /// the call, a key of nothing now
        stream: StreamKey,
        /// why
        cause: Cancelled,
    },
}

/// Why a call ended before its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// The client has reset the stream.
    ByClient,
    /// Its deadline has passed. The client was told DEADLINE_EXCEEDED.
    Deadline,
    /// The request broke a rule. The client was told which.
    BadRequest,
}

/// Where the two halves of a call are.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) receiving: Receiving,
    pub(super) response: Response,
    /// How the messages of the answer may be compressed.
    pub(super) encoding: Option<Encoding>,
}

/// How much of the response we have been told to send. It may still wait for windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Response {
    #[default]
    NotBegun,
    Begun,
    Ended,
}

/// An event that was found before its turn.
#[derive(Debug)]
enum Later {
    End,
    Cancelled(Cancelled),
}

/// A server's connection.
#[derive(Debug)]
pub struct ServerConnection {
    pub(super) h2: Connection<Call>,
    pub(super) inbound: Inbound,
    deadlines: Deadlines,
    recent: RecentHead,
    /// How the head and the trailers of a call that went well are said, once they were said.
    pub(super) known: Option<KnownBlocks>,
    /// What is to be told before the next frame is read.
    later: VecDeque<(StreamKey, Later)>,
}

reading!(ServerConnection);
writing!(ServerConnection);

impl ServerConnection {
    /// A connection that has just been accepted.
    pub fn new(config: Config, limits: MessageLimits, now: Instant) -> Self {
        ServerConnection {
            inbound: Inbound::new(limits, &config),
            h2: Connection::new(Side::Server, config, now),
            deadlines: Deadlines::default(),
            recent: RecentHead::default(),
            known: None,
            later: VecDeque::new(),
        }
    }

    /// The next thing that has happened. Call until it gives `None`.
    ///
    /// # Errors
    /// The connection has failed, and every call on it. Its last words are in the output. Later
    /// calls give `None`.
    pub fn next_event<'a>(
        &mut self,
        input: &'a ReceiveBuffer,
        now: Instant,
    ) -> Result<Option<Event<'a>>, Error> {
        loop {
            if self.h2.has_failed() {
                return Ok(None);
            }
            if let Some((stream, later)) = self.later.pop_front() {
                match later {
                    // It may have been answered or have timed out in between.
                    Later::End if !self.is_live(stream) => continue,
                    Later::End => return Ok(Some(Event::End { stream })),
                    Later::Cancelled(cause) => {
                        return Ok(Some(Event::Cancelled { stream, cause }));
                    }
                }
            }
            if let Some(stream) = self.inbound.unfinished() {
                if let Some(event) = self.carry_on(stream) {
                    return Ok(Some(event));
                }
                continue;
            }
            let event = match self.h2.next(input, now) {
                Next::Nothing => return Ok(None),
                Next::Opened { stream, block, end_stream } => {
                    match self.recent.recall(block, self.h2.compression()) {
                        Some(head) => match self.begin(stream, &head, end_stream, now) {
                            Some(deadline) => {
                                return Ok(Some(Event::Call { stream, head, deadline }));
                            }
                            None => continue,
                        },
                        None => self.head(stream, block, end_stream, now)?,
                    }
                }
                Next::Data { stream, data, end_stream } => match self.whole_message(stream, data) {
                    Some(message) => {
                        let message = Payload::Borrowed(message);
                        return Ok(Some(Event::Message { stream, message, last: end_stream }));
                    }
                    None => self.data(stream, data, end_stream),
                },
                Next::Rare(received) => self.rare(*received, now)?,
            };
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    /// What is no part of an ordinary call.
    fn rare<'a>(
        &mut self,
        received: Result<Option<h2::Event<'a, Call>>, Error>,
        now: Instant,
    ) -> Result<Option<Event<'a>>, Error> {
        match received? {
            None | Some(h2::Event::LimitsChanged) => Ok(None),
            Some(h2::Event::Data { stream, data, end_stream }) => {
                Ok(self.data(stream, data, end_stream))
            }
            Some(h2::Event::Headers { stream, block, end_stream, opened: true }) => {
                self.head(stream, &block, end_stream, now)
            }
            Some(h2::Event::Headers { stream, block, end_stream, .. }) => {
                self.trailers(stream, &block, end_stream)
            }
            Some(h2::Event::Reset { stream, by, call, .. }) => {
                self.forget(stream, &call.receiving);
                let cause = if by == By::Us { Cancelled::BadRequest } else { Cancelled::ByClient };
                let waited_for = call.response != Response::Ended;
                Ok(waited_for.then_some(Event::Cancelled { stream, cause }))
            }
        }
    }

    /// What has happened by itself: calls whose time is up. For a driver that takes no events of the
    /// peer's while [`is_backed_up`](Self::is_backed_up).
    pub fn next_cancelled(&mut self) -> Option<(StreamKey, Cancelled)> {
        let at = self.later.iter().position(|(_, later)| matches!(later, Later::Cancelled(_)))?;
        match self.later.remove(at)? {
            (stream, Later::Cancelled(cause)) => Some((stream, cause)),
            (_, Later::End) => None,
        }
    }

    /// A head that is not the one of the last call.
    #[inline(never)]
    fn head<'a>(
        &mut self,
        stream: StreamKey,
        block: &[u8],
        end_stream: bool,
        now: Instant,
    ) -> Result<Option<Event<'a>>, Error> {
        let state = self.h2.compression();
        let mut reader = RequestReader::new(self.inbound.accepts());
        match self.h2.decode(block, Section::Request, |field| reader.take(field)) {
            Ok(()) => {}
            Err(Err(error)) => return Err(error),
            Err(Ok(Unusable::Malformed(_))) => {
                self.h2.reset_broken(stream, ErrorCode::PROTOCOL_ERROR);
                return Ok(None);
            }
            Err(Ok(Unusable::TooLarge { size })) => {
                let limit = self.h2.config().max_header_list;
                let status = Status::resource_exhausted(format!(
                    "request headers too large: {size} bytes, the limit is {limit}"
                ));
                self.finish(stream, &status);
                return Ok(None);
            }
        }
        match reader.finish() {
            Ok(head) => {
                let head = Arc::new(head);
                if self.h2.compression() == state {
                    self.recent.remember(block, state, &head);
                }
                let begun = self.begin(stream, &head, end_stream, now);
                Ok(begun.map(|deadline| Event::Call { stream, head, deadline }))
            }
            Err(Refusal::Grpc(status)) => {
                self.finish(stream, &status);
                Ok(None)
            }
            Err(Refusal::Http(http_status)) => {
                self.refuse(stream, http_status);
                Ok(None)
            }
        }
    }

    /// Begins a call, unless its head promises what it does not keep. Gives its deadline.
    #[inline]
    fn begin(
        &mut self,
        stream: StreamKey,
        head: &RequestHead,
        end_stream: bool,
        now: Instant,
    ) -> Option<Option<Instant>> {
        if let Some(length) = head.content_length
            && self.h2.expect_body(stream, length).is_err()
        {
            self.h2.reset_broken(stream, ErrorCode::PROTOCOL_ERROR);
            return None;
        }
        if head.encoding.is_some()
            && let Some(call) = self.h2.call(stream)
        {
            call.receiving.encoding = head.encoding;
        }
        let deadline = head.timeout.and_then(|timeout| now.checked_add(timeout));
        if let Some(at) = deadline {
            let h2 = &mut self.h2;
            self.deadlines.add(at, stream, |key| h2.call(key).is_some());
        }
        if end_stream {
            self.later.push_back((stream, Later::End));
        }
        Some(deadline)
    }

    fn trailers<'a>(
        &mut self,
        stream: StreamKey,
        block: &[u8],
        end_stream: bool,
    ) -> Result<Option<Event<'a>>, Error> {
        match self.h2.decode(block, Section::Trailers, |_| {}) {
            Err(Err(error)) => return Err(error),
            // RFC 9113 §8.1: a second header section ends the stream, or the request is malformed.
            Ok(()) if end_stream => {}
            _ => {
                let call = self.h2.reset_broken(stream, ErrorCode::PROTOCOL_ERROR);
                let Some(call) = call else { return Ok(None) };
                self.forget(stream, &call.receiving);
                let cause = Cancelled::BadRequest;
                return Ok((call.response != Response::Ended)
                    .then_some(Event::Cancelled { stream, cause }));
            }
        }
        Ok(self.data(stream, &[], true))
    }

    /// The message that `data` is, if it is just that and its call wants it. If not, nothing is taken.
    #[inline]
    fn whole_message<'a>(&mut self, stream: StreamKey, data: &'a [u8]) -> Option<&'a [u8]> {
        let call = self.h2.call(stream).filter(|call| call.response != Response::Ended)?;
        let message = self.inbound.whole(&call.receiving, data)?;
        self.h2.release(stream, u32::try_from(data.len()).unwrap_or(u32::MAX));
        Some(message)
    }

    /// Any other piece of a request.
    #[inline(never)]
    fn data<'a>(
        &mut self,
        stream: StreamKey,
        data: &'a [u8],
        end_stream: bool,
    ) -> Option<Event<'a>> {
        // What is being assembled is bounded by the message limits, not by the windows, so these
        // are opened again at once; those of a stream that is read slowly, as it is read.
        let count = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let pace = self.h2.call(stream).and_then(|call| call.receiving.pace.as_mut());
        let release = self.inbound.unread.arrived(pace, count);
        self.release(stream, release);
        let call = self.h2.call(stream).filter(|call| call.response != Response::Ended)?;
        let brought = self.inbound.receive(stream, &mut call.receiving, data, end_stream);
        self.release_kept();
        self.tell(stream, brought)
    }

    fn carry_on<'a>(&mut self, stream: StreamKey) -> Option<Event<'a>> {
        let live = self.h2.call(stream).filter(|call| call.response != Response::Ended);
        let Some(call) = live else {
            self.inbound.drop_rest();
            return None;
        };
        let brought = self.inbound.carry_on(&mut call.receiving);
        self.release_kept();
        self.tell(stream, brought)
    }

    #[inline]
    fn tell<'a>(
        &mut self,
        stream: StreamKey,
        brought: Result<Brought<'a>, Status>,
    ) -> Option<Event<'a>> {
        match brought {
            Ok(Brought::Message { message, last }) => {
                Some(Event::Message { stream, message, last })
            }
            Ok(Brought::Messages { run, last }) => Some(Event::Messages { stream, run, last }),
            Ok(Brought::End) => Some(Event::End { stream }),
            Ok(Brought::Nothing) => None,
            Err(status) => {
                self.h2.blame();
                self.finish(stream, &status);
                Some(Event::Cancelled { stream, cause: Cancelled::BadRequest })
            }
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.h2.has_failed() {
            return None;
        }
        match (self.h2.poll_timeout(), self.deadlines.next()) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// Ends what has run out of time: calls, or the connection. Events may follow.
    ///
    /// # Errors
    /// The connection has failed.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        if self.h2.has_failed() {
            return Ok(());
        }
        while let Some(stream) = self.deadlines.pop(now) {
            match self.h2.call(stream).map(|call| call.response) {
                None => {}
                // Answered, and the client does not open its window.
                Some(Response::Ended) => {
                    self.h2.reset(stream, ErrorCode::CANCEL);
                }
                Some(_) => {
                    let status = Status::deadline_exceeded("the deadline passed before the answer");
                    self.finish(stream, &status);
                    // What still waits for a window then is of no use to anybody.
                    self.h2.reset(stream, ErrorCode::CANCEL);
                    self.later.push_back((stream, Later::Cancelled(Cancelled::Deadline)));
                }
            }
        }
        self.h2.handle_timeout(now)
    }

    /// The driver does not read from the client at present, though the connection is not
    /// [backed up](Self::is_backed_up): the client's silence is no sign of anything.
    pub fn stopped_reading(&mut self, now: Instant) {
        self.h2.stopped_reading(now);
    }

    /// Whether so many answers wait for the client's windows that no handler should begin: a call
    /// waits then, with its request, until there is room again.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.h2.is_full()
    }

    /// Whether the call can still be answered.
    pub fn is_live(&mut self, stream: StreamKey) -> bool {
        self.h2.call(stream).is_some_and(|call| call.response != Response::Ended)
    }

    /// Begins to leave: what the client has sent until it hears of it is still answered.
    pub fn shut_down(&mut self) {
        self.h2.shut_down();
    }
}
