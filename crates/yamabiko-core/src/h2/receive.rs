//! A received frame becomes an event, or an answer that needs nobody above.

use std::borrow::Cow;
use std::time::Instant;

use super::clocks::after;
use super::connection::{Connection, Side};
use super::error::Error;
use super::faults::{broken, calm};
use super::field_rules::Section;
use super::floods::Flood;
use super::header_block::Whole;
use super::stream_state::{Input, Refusal, State};
use super::streams::{Stream, StreamKey};
use crate::ReceiveBuffer;
use crate::frame::{
    DEFAULT_MAX_FRAME_SIZE, ErrorCode, Frame, FrameHead, HEAD_LEN, data, flag, headers, kind,
    write_reset,
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

/// What has happened, with what ordinary calls are made of by itself. The rest is boxed, and comes
/// from functions that stay functions, so that the ordinary is never laid down in memory on its way
/// through the layers.
pub(crate) enum Next<'a, C> {
    /// There is no whole frame, or the connection has failed.
    Nothing,
    /// A stream with its header section.
    Opened { stream: StreamKey, block: &'a [u8], end_stream: bool },
    /// A piece of a body.
    Data { stream: StreamKey, data: &'a [u8], end_stream: bool },
    /// Everything else.
    Rare(Box<Received<'a, C>>),
}

pub(crate) type Received<'a, C> = Result<Option<Event<'a, C>>, Error>;

impl<C: Default> Connection<C> {
    /// The next thing that has happened, from what was read or from what was found before.
    ///
    /// The same bytes give the same events and output, however they are cut.
    ///
    /// # Errors
    /// The connection has failed. Its last words are in the output; later calls give `None`.
    pub fn next_event<'a>(&mut self, input: &'a ReceiveBuffer, now: Instant) -> Received<'a, C> {
        match self.next(input, now) {
            Next::Nothing => Ok(None),
            Next::Opened { stream, block, end_stream } => {
                let block = Cow::Borrowed(block);
                Ok(Some(Event::Headers { stream, block, end_stream, opened: true }))
            }
            Next::Data { stream, data, end_stream } => {
                Ok(Some(Event::Data { stream, data, end_stream }))
            }
            Next::Rare(received) => *received,
        }
    }

    /// [`next_event`](Self::next_event) for the layer above, which is to be compiled into one
    /// function with this one.
    #[inline]
    pub(crate) fn next<'a>(&mut self, input: &'a ReceiveBuffer, now: Instant) -> Next<'a, C> {
        if !self.opening.is_open() {
            match self.open(input) {
                Ok(true) => {}
                Ok(false) => return Next::Nothing,
                Err(error) => return self.rare(Err(error)).map_or(Next::Nothing, Next::Rare),
            }
        }
        loop {
            let more = if self.farewell.has_news() {
                let told = self.tell_farewell();
                self.rare(told).map(Next::Rare)
            } else if !self.floods.settle(self.streams.len(), now) {
                self.rare(Err(calm(Flood::Resets))).map(Next::Rare)
            } else {
                match next_frame(input) {
                    Ok(None) => {
                        self.took_all(input, now);
                        return Next::Nothing;
                    }
                    Ok(Some((head, payload))) => {
                        self.clocks.took_frame();
                        self.receive(head, payload, now)
                    }
                    Err(error) => self.rare(Err(error)).map(Next::Rare),
                }
            };
            if let Some(more) = more {
                return more;
            }
        }
    }

    /// Sets aside what is no part of an ordinary call.
    #[cold]
    #[inline(never)]
    fn rare<'a>(&mut self, received: Received<'a, C>) -> Option<Box<Received<'a, C>>> {
        match received {
            Ok(None) => None,
            Err(error) => Some(Box::new(Err(self.fail(error)))),
            event => Some(Box::new(event)),
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
    fn receive<'a>(
        &mut self,
        head: FrameHead,
        payload: &'a [u8],
        now: Instant,
    ) -> Option<Next<'a, C>> {
        let end_stream = head.has(flag::END_STREAM);
        let received = match head.kind {
            _ if !self.opening.is_open() || self.header_block.is_unfinished() => {
                self.receive_rare(head, payload, now)
            }
            kind::HEADERS if head.has(flag::END_HEADERS) && self.opens(head.stream) => {
                match headers::fragment(head, payload) {
                    Ok(block) => match self.accept(head.stream, end_stream) {
                        Some(stream) => return Some(Next::Opened { stream, block, end_stream }),
                        None => self.turn_away(head.stream, block),
                    },
                    Err(error) => self.malformed_frame(error, now),
                }
            }
            kind::DATA => match data::content(head, payload) {
                Ok(data) => match self.take_data(head, data.len(), now) {
                    Ok(stream) => return Some(Next::Data { stream, data, end_stream }),
                    Err(unwanted) => self.refuse_data(head, unwanted, now),
                },
                Err(error) => self.malformed_frame(error, now),
            },
            _ => self.receive_rare(head, payload, now),
        };
        self.rare(received).map(Next::Rare)
    }

    /// What is not part of an ordinary call, kept out of its way.
    #[inline(never)]
    fn receive_rare<'a>(
        &mut self,
        head: FrameHead,
        payload: &'a [u8],
        now: Instant,
    ) -> Received<'a, C> {
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
            Frame::Headers { stream, fragment, end_stream, .. } => {
                let deadline = after(now, self.config.handshake);
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
            // Where it may come, it has not come this way.
            Frame::Data { .. } => Err(broken("DATA out of place")),
        }
    }

    /// A header section that is whole, whatever it is for.
    fn receive_headers<'a>(&mut self, whole: Whole<'a>, now: Instant) -> Received<'a, C> {
        if !self.opens(whole.stream) {
            return self.receive_more_headers(whole, now);
        }
        let Whole { stream: id, end_stream, bytes: block } = whole;
        match self.accept(id, end_stream) {
            Some(stream) => Ok(Some(Event::Headers { stream, block, end_stream, opened: true })),
            None => self.turn_away(id, &block),
        }
    }

    /// RFC 9113 §5.1.1: a client's new streams have odd identifiers, each above the last.
    #[inline]
    fn opens(&self, id: u32) -> bool {
        self.opening.side() == Side::Server && id % 2 == 1 && id > self.ids.last_peer
    }

    /// Opens a stream of the peer's, unless it is not to be looked at.
    #[inline]
    fn accept(&mut self, id: u32, end_stream: bool) -> Option<StreamKey> {
        self.ids.last_peer = id;
        if self.farewell.is_final()
            || self.streams.len() >= self.config.max_concurrent_streams as usize
        {
            return None;
        }
        let mut stream =
            Stream::new(self.peer.initial_window, self.own.stream_window, C::default());
        stream.state = if end_stream { State::HalfClosedRemote } else { State::Open };
        self.floods.begun();
        Some(self.streams.insert(id, stream))
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
            self.spend_reset(now)?;
        }
        let call = self.forget(stream);
        Ok(call.map(|call| Event::Reset { stream, code, by: By::Peer, call }))
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
