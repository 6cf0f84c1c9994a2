//! The client's side of the calls of one connection: request commands in
//! order (head, messages), response events in order (head, messages, status).
//! Every call ends with exactly one status.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::head::{self, Compressions, ResponseReader, Target};
use super::head_size;
use super::inbound::{Brought, Inbound, MessageLimits, Receiving};
use super::message::{self, PREFIX_LEN, Payload, Run};
use super::pace::{Pace, Release};
use super::reading::reading;
use super::writing::writing;
use super::{Code, Encoding, Metadata, Origin, Status, code_for_reset};
use crate::ReceiveBuffer;
use crate::field::Field;
use crate::frame::ErrorCode;
use crate::h2::{
    self, By, CannotOpen, Config, Connection, Error, Gone, Section, Side, StreamKey, Unusable,
};

/// What happens to the calls of a client's connection.
#[derive(Debug)]
pub enum Event<'a> {
    /// The server has begun its response.
    Head {
        /// the call
        stream: StreamKey,
        /// what the server says before its messages
        metadata: Metadata,
    },
    /// A message of the response.
    Message {
        /// the call
        stream: StreamKey,
        /// the message's bytes
        message: Payload<'a>,
    },
    /// Several messages of a response that is [read on demand](ClientConnection::read_on_demand).
    Messages {
        /// the call
        stream: StreamKey,
        /// the messages
        run: Run<'a>,
    },
    /// The call is over.
    Status {
        /// the call, a key of nothing now
        stream: StreamKey,
        /// how it ended, with the trailing metadata
        status: Status,
        /// whether the server has certainly not looked at the call, so that it can be made again
        unprocessed: bool,
    },
    /// A call that found the connection full may find room now, or must go to another.
    LimitsChanged,
}

/// What is special about a call.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallOptions {
    /// How messages of the request may be compressed.
    pub encoding: Option<Encoding>,
    /// The largest message that is received, in bytes, where it is not the connection's limit.
    pub max_message: Option<usize>,
}

/// Where the response of a call is.
#[derive(Debug, Default)]
struct Call {
    receiving: Receiving,
    has_head: bool,
}

/// A client's connection.
#[derive(Debug)]
pub struct ClientConnection {
    h2: Connection<Call>,
    inbound: Inbound,
    target: Target,
    /// `grpc-accept-encoding`, if there is anything to say.
    accepted: Option<Field>,
    /// Statuses that are to be told before the next frame is read.
    later: VecDeque<(StreamKey, Status)>,
}

/// What a call ends with that [`CannotOpen::TooLarge`] keeps from being sent.
pub fn request_too_large(size: usize, limit: u32) -> Status {
    head_size::request_too_large(size, limit)
}

reading!(ClientConnection);
writing!(ClientConnection);

impl ClientConnection {
    /// A connection that has just been opened.
    pub fn new(config: Config, limits: MessageLimits, target: Target, now: Instant) -> Self {
        ClientConnection {
            accepted: head::accept_encoding(limits.accepts),
            inbound: Inbound::new(limits, &config),
            h2: Connection::new(Side::Client, config, now),
            target,
            later: VecDeque::new(),
        }
    }

    /// Begins a call.
    ///
    /// # Errors
    /// [`CannotOpen`]: wait, or use another connection.
    pub fn open(
        &mut self,
        path: &str,
        timeout: Option<Duration>,
        metadata: &Metadata,
    ) -> Result<StreamKey, CannotOpen> {
        self.open_with(path, timeout, metadata, CallOptions::default())
    }

    /// Begins a call that is special.
    ///
    /// # Errors
    /// [`CannotOpen`]: wait, or use another connection.
    pub fn open_with(
        &mut self,
        path: &str,
        timeout: Option<Duration>,
        metadata: &Metadata,
        options: CallOptions,
    ) -> Result<StreamKey, CannotOpen> {
        let target = &self.target;
        let mut call = Call::default();
        call.receiving.max_message = options.max_message;
        let compressions =
            Compressions { request: options.encoding, accepted: self.accepted.as_ref() };
        let limit = self.h2.peer_max_header_list();
        let size = head_size::of_request(path, target, timeout, &compressions, metadata);
        if size > limit as usize {
            return Err(CannotOpen::TooLarge { size, limit });
        }
        self.h2.open_stream(call, |encoder, out| {
            head::write_request(encoder, out, path, target, timeout, &compressions, metadata);
        })
    }

    /// Sends a message of `length` bytes that `write` appends; with `last` nothing follows.
    ///
    /// # Errors
    /// [`Gone`]: the call is over, or will be with the next events.
    ///
    /// # Panics
    /// If `write` appends another number of bytes.
    pub fn send_message(
        &mut self,
        stream: StreamKey,
        length: usize,
        last: bool,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Gone> {
        self.h2.send_data(stream, PREFIX_LEN + length, last, |out| {
            message::write_prefix(out, length);
            write(out);
        })
    }

    /// Sends a message that is compressed as [`CallOptions::encoding`] has said; with `last`
    /// nothing follows.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send_compressed(
        &mut self,
        stream: StreamKey,
        message: &[u8],
        last: bool,
    ) -> Result<(), Gone> {
        self.h2.send_data(stream, PREFIX_LEN + message.len(), last, |out| {
            message::write_compressed_prefix(out, message.len());
            out.extend_from_slice(message);
        })
    }

    /// Sends messages that have their prefixes already, packed into as few DATA frames as may be,
    /// and leaves `messages` empty; with `last` nothing follows.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send_framed(
        &mut self,
        stream: StreamKey,
        messages: &mut Vec<u8>,
        last: bool,
    ) -> Result<(), Gone> {
        self.h2.send_bytes(stream, messages, last)
    }

    /// Sends one message that has its prefix already, without copying what has to wait; with `last`
    /// nothing follows.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send_shared(
        &mut self,
        stream: StreamKey,
        framed: &Bytes,
        last: bool,
    ) -> Result<(), Gone> {
        self.h2.send_shared(stream, framed, last)
    }

    /// Ends the request without another message.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send_end(&mut self, stream: StreamKey) -> Result<(), Gone> {
        self.h2.send_data(stream, 0, true, |_| {})
    }

    /// Gives up a call: RST_STREAM with CANCEL. No event follows.
    pub fn cancel(&mut self, stream: StreamKey) {
        if let Some(call) = self.h2.reset(stream, ErrorCode::CANCEL) {
            self.forget(stream, &call.receiving);
        }
        self.later.retain(|(ended, _)| *ended != stream);
    }

    /// The next thing that has happened. Call until it gives `None`.
    ///
    /// # Errors
    /// The connection has failed. The calls of [`calls`](Self::calls) have ended with it. Later
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
            if let Some(stream) = self.inbound.unfinished() {
                if let Some(event) = self.carry_on(stream) {
                    return Ok(Some(event));
                }
                continue;
            }
            // Behind the messages of the same frame: a status is the last thing of its call.
            if let Some((stream, status)) = self.later.pop_front() {
                return Ok(Some(Event::Status { stream, status, unprocessed: false }));
            }
            let event = match self.h2.next_event(input, now)? {
                None => return Ok(None),
                Some(h2::Event::Data { stream, data, end_stream }) => {
                    self.data(stream, data, end_stream)
                }
                Some(h2::Event::Headers { stream, block, end_stream, .. }) => {
                    self.headers(stream, &block, end_stream)?
                }
                Some(h2::Event::Reset { stream, code, by, call }) => {
                    self.forget(stream, &call.receiving);
                    // REFUSED_STREAM, and what a GOAWAY leaves out, was not looked at
                    // (RFC 9113 §8.7).
                    let unprocessed = code == ErrorCode::REFUSED_STREAM && by != By::Us;
                    let status = status_of_reset(code, by);
                    Some(Event::Status { stream, status, unprocessed })
                }
                Some(h2::Event::LimitsChanged) => Some(Event::LimitsChanged),
            };
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    fn headers<'a>(
        &mut self,
        stream: StreamKey,
        block: &[u8],
        end_stream: bool,
    ) -> Result<Option<Event<'a>>, Error> {
        let after_head = self.h2.call(stream).is_some_and(|call| call.has_head);
        let section = if after_head { Section::Trailers } else { Section::Response };
        let mut reader = ResponseReader::new(self.inbound.accepts());
        let status = match self.h2.decode(block, section, |field| reader.take(field)) {
            Err(Err(error)) => return Err(error),
            Err(Ok(Unusable::Malformed(reason))) => {
                return Ok(Some(self.malformed(stream, reason)));
            }
            Err(Ok(Unusable::TooLarge { size })) => {
                let limit = self.h2.config().max_header_list;
                let message =
                    format!("response headers too large: {size} bytes, the limit is {limit}");
                concluded(Code::ResourceExhausted, message)
            }
            Ok(()) if end_stream => {
                let truncated =
                    self.h2.call(stream).map_or(Ok(()), |call| call.receiving.assembler.finish());
                match truncated {
                    Ok(()) => reader.into_status(after_head),
                    Err(status) => status.with_origin(Origin::Concluded),
                }
            }
            Ok(()) if after_head => {
                return Ok(Some(self.malformed(stream, "trailers without an end")));
            }
            Ok(()) if reader.is_informational() => return Ok(None),
            Ok(()) => match reader.check_head() {
                Ok(()) => {
                    if let Some(length) = reader.content_length {
                        // The server has not ended its side, so it may still keep its word.
                        let _ = self.h2.expect_body(stream, length);
                    }
                    if let Some(call) = self.h2.call(stream) {
                        call.has_head = true;
                        call.receiving.encoding = reader.encoding;
                    }
                    return Ok(Some(Event::Head { stream, metadata: reader.metadata }));
                }
                Err(status) => status.with_origin(Origin::Concluded),
            },
        };
        Ok(Some(self.end(stream, status)))
    }

    /// The call is over: lets its stream go, or resets what is left of it.
    fn end<'a>(&mut self, stream: StreamKey, status: Status) -> Event<'a> {
        if let Some(call) = self.h2.close(stream) {
            self.forget(stream, &call.receiving);
        }
        Event::Status { stream, status, unprocessed: false }
    }

    /// RFC 9113 §8.1.1: a malformed response is a stream error PROTOCOL_ERROR.
    fn malformed<'a>(&mut self, stream: StreamKey, reason: &str) -> Event<'a> {
        if let Some(call) = self.h2.reset(stream, ErrorCode::PROTOCOL_ERROR) {
            self.forget(stream, &call.receiving);
        }
        let status = concluded(Code::Internal, format!("malformed response: {reason}"));
        Event::Status { stream, status, unprocessed: false }
    }

    #[inline]
    fn data<'a>(
        &mut self,
        stream: StreamKey,
        data: &'a [u8],
        end_stream: bool,
    ) -> Option<Event<'a>> {
        let count = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let pace = self.h2.call(stream).and_then(|call| call.receiving.pace.as_mut());
        let release = self.inbound.unread.arrived(pace, count);
        self.release(stream, release);
        let call = self.h2.call(stream)?;
        if !call.has_head {
            return Some(self.malformed(stream, "DATA before HEADERS"));
        }
        let brought = self.inbound.receive(stream, &mut call.receiving, data, end_stream);
        self.release_kept();
        self.tell(stream, brought)
    }

    fn carry_on<'a>(&mut self, stream: StreamKey) -> Option<Event<'a>> {
        let Some(call) = self.h2.call(stream) else {
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
                self.end_behind(stream, last);
                Some(Event::Message { stream, message })
            }
            Ok(Brought::Messages { run, last }) => {
                self.end_behind(stream, last);
                Some(Event::Messages { stream, run })
            }
            Ok(Brought::End) => Some(self.end(stream, ended_without_status())),
            Ok(Brought::Nothing) => None,
            Err(status) => Some(self.end(stream, status.with_origin(Origin::Concluded))),
        }
    }

    /// With its `last` message the server has ended the call, and no status has come.
    #[inline]
    fn end_behind(&mut self, stream: StreamKey, last: bool) {
        if last && let Event::Status { status, .. } = self.end(stream, ended_without_status()) {
            self.later.push_back((stream, status));
        }
    }

    /// The keys of all calls that have not ended.
    pub fn calls(&self) -> Vec<StreamKey> {
        self.h2.keys().collect()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.h2.poll_timeout()
    }

    /// Ends a connection whose server does not finish what it has begun.
    ///
    /// # Errors
    /// The connection has failed.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.h2.handle_timeout(now)
    }

    /// Begins to leave: no new calls, the live ones go on to their end.
    pub fn shut_down(&mut self) {
        self.h2.shut_down();
    }

    /// Whether the connection takes no new calls.
    pub fn is_leaving(&self) -> bool {
        self.h2.is_leaving()
    }
}

fn concluded(code: Code, message: String) -> Status {
    Status::new(code, message).with_origin(Origin::Concluded)
}

fn ended_without_status() -> Status {
    concluded(Code::Internal, "the server ended the call without trailers".into())
}

fn status_of_reset(code: ErrorCode, by: By) -> Status {
    match by {
        By::Peer => concluded(code_for_reset(code), format!("the server reset the call: {code}")),
        By::Farewell => concluded(
            Code::Unavailable,
            "the server is leaving and did not look at the call".into(),
        ),
        By::Us => concluded(Code::Internal, format!("the server broke HTTP/2: {code}")),
    }
}
