//! A received frame becomes an event, or an answer that needs nobody above.

use std::borrow::Cow;
use std::time::Instant;

use super::connection::{Connection, Side};
use super::error::Error;
use super::farewell::{FAREWELL_PING, Ours};
use super::faults::{broken, calm};
use super::field_rules::Section;
use super::floods::Flood;
use super::header_block::Whole;
use super::stream_state::{Input, Refusal, State};
use super::streams::{Stream, StreamKey};
use crate::ReceiveBuffer;
use crate::frame::{
    DEFAULT_MAX_FRAME_SIZE, ErrorCode, Frame, FrameHead, HEAD_LEN, write_ping, write_reset,
    write_window_update,
};

/// Who reset a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The peer, by RST_STREAM.
    Peer,
    /// The peer, by a GOAWAY that leaves the stream out: it has not looked at it.
    Farewell,
    /// We, since the peer broke a rule.
    Us,
}

/// What has happened on a connection.
#[derive(Debug)]
pub enum Event<'a, C> {
    /// A header section, to be given to [`Connection::decode`] at once.
    Headers {
        /// the stream, new if `opened`
        stream: StreamKey,
        /// the encoded section
        block: Cow<'a, [u8]>,
        /// the peer sends no more on this stream
        end_stream: bool,
        /// whether this is the first frame of the stream
        opened: bool,
    },
    /// A piece of the body. Its window is given back by [`Connection::release`].
    Data {
        /// the stream
        stream: StreamKey,
        /// the piece, of any length
        data: &'a [u8],
        /// the peer sends no more on this stream
        end_stream: bool,
    },
    /// A stream is gone before its end.
    Reset {
        /// the stream, a key of nothing now
        stream: StreamKey,
        /// why
        code: ErrorCode,
        /// who says so
        by: By,
        /// what the layer above kept for it
        call: C,
    },
    /// The peer is leaving, or its limits have changed: it is worth looking whether more streams
    /// can be opened here.
    LimitsChanged,
}

pub(super) type Received<'a, C> = Result<Option<Event<'a, C>>, Error>;

impl<C: Default> Connection<C> {
    /// The next thing that has happened, from what was read or from what was found before.
    ///
    /// The same bytes give the same events and output, however they are cut.
    ///
    /// # Errors
    /// The connection has failed. Its last words are in the output; later calls give `None`.
    #[inline]
    pub fn next_event<'a>(&mut self, input: &'a ReceiveBuffer, now: Instant) -> Received<'a, C> {
        match self.step(input, now) {
            Err(error) => Err(self.fail(error)),
            event => event,
        }
    }

    #[inline]
    fn step<'a>(&mut self, input: &'a ReceiveBuffer, now: Instant) -> Received<'a, C> {
        if !self.opening.is_open() && !self.open(input)? {
            return Ok(None);
        }
        loop {
            if self.farewell.has_news()
                && let Some(event) = self.tell_farewell()?
            {
                return Ok(Some(event));
            }
            if !self.floods.settle(now) {
                return Err(calm(Flood::Resets));
            }
            let Some((head, payload)) = next_frame(input)? else { return Ok(None) };
            if let Some(event) = self.receive(head, payload, now)? {
                return Ok(Some(event));
            }
        }
    }

    /// What the peer's GOAWAY has cost, a stream at a time, and then the connection.
    #[cold]
    fn tell_farewell<'a>(&mut self) -> Received<'a, C> {
        while let Some(stream) = self.farewell.doomed.pop() {
            if let Some(call) = self.forget(stream) {
                let code = ErrorCode::REFUSED_STREAM;
                return Ok(Some(Event::Reset { stream, code, by: By::Farewell, call }));
            }
        }
        self.farewell.last_words.take().map_or(Ok(None), Err)
    }

    #[inline]
    fn receive<'a>(&mut self, head: FrameHead, payload: &'a [u8], now: Instant) -> Received<'a, C> {
        self.header_block.expects(head)?;
        let frame = match Frame::parse(head, payload) {
            Ok(frame) => frame,
            Err(error) => return self.malformed_frame(error, now),
        };
        if !self.opening.is_open() && !matches!(&frame, Frame::Settings(first) if !first.ack) {
            return Err(broken("the first frame is not SETTINGS"));
        }
        match frame {
            Frame::Headers { stream, fragment, end_headers: true, end_stream } => {
                let bytes = Cow::Borrowed(fragment);
                self.receive_headers(Whole { stream, end_stream, bytes }, now)
            }
            Frame::Data { stream, data, flow_length, end_stream } => {
                self.receive_data(stream, data, flow_length, end_stream, now)
            }
            rare => self.receive_rare(rare, now),
        }
    }

    /// What is not part of an ordinary call, kept out of its way.
    #[inline(never)]
    fn receive_rare<'a>(&mut self, frame: Frame<'a>, now: Instant) -> Received<'a, C> {
        match frame {
            Frame::Headers { stream, fragment, end_stream, .. } => {
                let deadline = now + self.config.handshake;
                self.header_block.begin(stream, fragment, end_stream, deadline);
                Ok(None)
            }
            Frame::Continuation { fragment, end_headers, .. } => {
                match self.header_block.carry_on(fragment, end_headers)? {
                    Some(whole) => self.receive_headers(whole, now),
                    None => Ok(None),
                }
            }
            Frame::WindowUpdate { stream, increment } => {
                self.receive_window_update(stream, increment, now)
            }
            Frame::Reset { stream, code } => self.receive_reset(stream, code, now),
            Frame::Settings(settings) => {
                self.opened();
                if settings.ack {
                    self.receive_settings_ack()?;
                    return Ok(None);
                }
                self.spend(Flood::Controls, now)?;
                self.receive_settings(settings)?;
                Ok(Some(Event::LimitsChanged))
            }
            Frame::Ping { ack, payload } => self.receive_ping(ack, payload, now),
            Frame::GoAway { last_stream, code, debug } => {
                self.spend(Flood::Controls, now)?;
                self.hear_goaway(last_stream, code, debug);
                Ok(Some(Event::LimitsChanged))
            }
            // We say ENABLE_PUSH = 0, and a client cannot push (RFC 9113 §8.4).
            Frame::PushPromise { .. } => Err(broken("PUSH_PROMISE, which we do not allow")),
            Frame::Priority { .. } | Frame::Unknown { .. } => {
                self.spend(Flood::Idle, now)?;
                Ok(None)
            }
            Frame::Data { stream, data, flow_length, end_stream } => {
                self.receive_data(stream, data, flow_length, end_stream, now)
            }
        }
    }

    #[inline]
    fn receive_headers<'a>(&mut self, whole: Whole<'a>, now: Instant) -> Received<'a, C> {
        let Whole { stream: id, end_stream, bytes: block } = whole;
        // RFC 9113 §5.1.1: a client's new streams have odd identifiers, each above the last.
        let opens = self.opening.side() == Side::Server && id % 2 == 1 && id > self.ids.last_peer;
        if !opens {
            return self.receive_more_headers(Whole { stream: id, end_stream, bytes: block }, now);
        }
        self.ids.last_peer = id;
        if self.farewell.is_final()
            || self.streams.len() >= self.config.max_concurrent_streams as usize
            || self.flow.queued >= self.config.max_queued
        {
            return self.turn_away(id, &block);
        }
        let mut stream =
            Stream::new(self.peer.initial_window, self.own.stream_window, C::default());
        stream.state = if end_stream { State::HalfClosedRemote } else { State::Open };
        let stream = self.streams.insert(id, stream);
        Ok(Some(Event::Headers { stream, block, end_stream, opened: true }))
    }

    /// HEADERS that open no stream: a response, trailers, or too late.
    fn receive_more_headers<'a>(&mut self, whole: Whole<'a>, now: Instant) -> Received<'a, C> {
        let Whole { stream: id, end_stream, bytes: block } = whole;
        let Some(stream) = self.streams.find(id) else {
            if self.is_idle(id) {
                return Err(broken("HEADERS on a stream that nobody opened"));
            }
            self.discard(&block)?;
            return self.late(id, now);
        };
        match self.step_stream(stream, Input::ReceiveHeaders { end: end_stream }) {
            Ok(()) if end_stream && self.owes_body(stream) => {
                self.discard(&block)?;
                self.stream_error(id, ErrorCode::PROTOCOL_ERROR, now)
            }
            Ok(()) => Ok(Some(Event::Headers { stream, block, end_stream, opened: false })),
            Err(refusal) => {
                self.discard(&block)?;
                self.refuse(stream, refusal, now)
            }
        }
    }

    /// A stream that is not looked at: we are leaving, or there are too many.
    #[cold]
    fn turn_away<'a>(&mut self, id: u32, block: &[u8]) -> Received<'a, C> {
        self.discard(block)?;
        if !self.farewell.is_final() {
            write_reset(&mut self.output.bytes, id, ErrorCode::REFUSED_STREAM);
        }
        // RFC 9113 §6.8: what comes after our GOAWAY is left, save for the compression state.
        self.ids.remember_reset(id);
        Ok(None)
    }

    /// Decodes a block that nobody wants, for the sake of the compression state.
    fn discard(&mut self, block: &[u8]) -> Result<(), Error> {
        match self.decode(block, Section::Trailers, |_| {}) {
            Err(Err(error)) => Err(error),
            _ => Ok(()),
        }
    }

    #[inline]
    fn receive_data<'a>(
        &mut self,
        id: u32,
        data: &'a [u8],
        flow_length: u32,
        end_stream: bool,
        now: Instant,
    ) -> Received<'a, C> {
        self.flow.receive.receive(flow_length).map_err(|code| Error::Peer {
            code,
            reason: "more DATA than the connection's window",
        })?;
        if data.is_empty() && !end_stream {
            self.spend(Flood::Idle, now)?;
        }
        let Some(stream) = self.streams.find(id) else {
            if self.is_idle(id) {
                return Err(broken("DATA on an idle stream"));
            }
            self.release_connection(flow_length);
            return self.late(id, now);
        };
        if let Err(refusal) = self.step_stream(stream, Input::ReceiveData { end: end_stream }) {
            self.release_connection(flow_length);
            return self.refuse(stream, refusal, now);
        }
        let Some(live) = self.streams.get_mut(stream) else { return Ok(None) };
        if let Err(code) = live.receive.receive(flow_length) {
            self.release_connection(flow_length);
            return self.stream_error(id, code, now);
        }
        // RFC 9113 §8.1.1: a body that is not as long as promised is malformed.
        if let Some(promised) = live.promised.as_mut() {
            match promised.checked_sub(data.len() as u64) {
                Some(left) if left == 0 || !end_stream => *promised = left,
                _ => {
                    self.release_connection(flow_length);
                    return self.stream_error(id, ErrorCode::PROTOCOL_ERROR, now);
                }
            }
        }
        let padding = flow_length - u32::try_from(data.len()).unwrap_or(flow_length);
        if padding > 0 {
            self.release(stream, padding);
        }
        Ok(Some(Event::Data { stream, data, end_stream }))
    }

    fn receive_window_update<'a>(
        &mut self,
        id: u32,
        increment: u32,
        now: Instant,
    ) -> Received<'a, C> {
        if id == 0 {
            let reason = "WINDOW_UPDATE overflows the connection's window";
            self.flow.send.grant(increment).map_err(|code| Error::Peer { code, reason })?;
            self.pump();
            return Ok(None);
        }
        let Some(stream) = self.streams.find(id) else {
            if self.is_idle(id) {
                return Err(broken("WINDOW_UPDATE on an idle stream"));
            }
            return Ok(None);
        };
        if let Err(refusal) = self.step_stream(stream, Input::ReceiveWindowUpdate) {
            return self.refuse(stream, refusal, now);
        }
        let granted = self.streams.get_mut(stream).map_or(Ok(()), |s| s.send.grant(increment));
        if let Err(code) = granted {
            return self.stream_error(id, code, now);
        }
        self.line_up(stream);
        self.pump();
        Ok(None)
    }

    fn receive_reset<'a>(&mut self, id: u32, code: ErrorCode, now: Instant) -> Received<'a, C> {
        let Some(stream) = self.streams.find(id) else {
            if self.is_idle(id) {
                return Err(broken("RST_STREAM on an idle stream"));
            }
            // Ours may have crossed it on the way.
            if !self.ids.was_reset(id) {
                self.spend(Flood::Idle, now)?;
            }
            return Ok(None);
        };
        if self.opening.side() == Side::Server {
            self.spend(Flood::Resets, now)?;
        }
        let call = self.forget(stream);
        Ok(call.map(|call| Event::Reset { stream, code, by: By::Peer, call }))
    }

    fn receive_ping<'a>(&mut self, ack: bool, payload: [u8; 8], now: Instant) -> Received<'a, C> {
        if !ack {
            self.spend(Flood::Controls, now)?;
            write_ping(&mut self.output.bytes, true, payload);
        } else if payload == FAREWELL_PING && self.farewell.ours == Ours::Announced {
            self.say_final_goaway();
        }
        Ok(None)
    }

    #[inline]
    fn step_stream(&mut self, stream: StreamKey, input: Input) -> Result<(), Refusal> {
        let live = self.streams.get_mut(stream).ok_or(Refusal::Ignore)?;
        live.state = live.state.step(input)?;
        Ok(())
    }

    /// RFC 9113 §8.1.1: whether the body is shorter than promised so far.
    fn owes_body(&self, stream: StreamKey) -> bool {
        self.streams.get(stream).is_some_and(|live| live.promised.is_some_and(|left| left > 0))
    }

    /// Gives back `count` bytes of the stream's window and of the connection's.
    #[inline]
    pub fn release(&mut self, stream: StreamKey, count: u32) {
        self.release_connection(count);
        let Some(live) = self.streams.get_mut(stream) else { return };
        if live.state.receives()
            && let Some(increment) = live.receive.release(count)
        {
            write_window_update(&mut self.output.bytes, stream.id(), increment);
        }
    }

    #[inline]
    fn release_connection(&mut self, count: u32) {
        if let Some(increment) = self.flow.receive.release(count) {
            write_window_update(&mut self.output.bytes, 0, increment);
        }
    }
}

/// Takes one whole frame off the front, if it is there.
#[inline]
fn next_frame(input: &ReceiveBuffer) -> Result<Option<(FrameHead, &[u8])>, Error> {
    let Some(bytes) = input.unread().first_chunk::<HEAD_LEN>() else { return Ok(None) };
    let head = FrameHead::parse(bytes);
    head.check_length(DEFAULT_MAX_FRAME_SIZE)?;
    let frame = input.take(HEAD_LEN + head.length as usize);
    Ok(frame.map(|frame| (head, &frame[HEAD_LEN..])))
}
