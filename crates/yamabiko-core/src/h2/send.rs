//! A command becomes frames at once, or waits for a window in its stream's
//! queue.

use bytes::Bytes;

use super::connection::{Connection, Side};
use super::field_rules::Unusable;
use super::queue::PUMP_UP_TO;
use super::stream_state::Input;
use super::streams::{DeferredBlock, Ending, Stream, StreamKey};
use crate::frame::{
    ErrorCode, HEAD_LEN, LARGEST_STREAM, write_continuation_head, write_data_head,
    write_headers_head, write_reset,
};
use crate::hpack::Encoder;

/// The stream has ended or was reset: the command did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// Why no stream can be opened on this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannotOpen {
    /// The peer's limit of concurrent streams is reached: wait for one to end.
    Full,
    /// The connection is leaving, has failed or has no identifiers left: use another.
    Closed,
    /// The peer does not take a header list of this size (RFC 9113 §6.5.2): no other attempt helps.
    TooLarge {
        /// its size in bytes
        size: usize,
        /// what the peer takes
        limit: u32,
    },
}

impl<C: Default> Connection<C> {
    /// Opens a stream with its head, on the client's side.
    ///
    /// # Errors
    /// [`CannotOpen`].
    pub fn open_stream(
        &mut self,
        call: C,
        encode: impl FnOnce(&mut Encoder, &mut Vec<u8>),
    ) -> Result<StreamKey, CannotOpen> {
        let closed = self.opening.has_failed()
            || self.opening.side() != Side::Client
            || self.is_leaving()
            || self.ids.next_own > LARGEST_STREAM;
        if closed {
            return Err(CannotOpen::Closed);
        }
        if self.streams.len() >= self.peer.max_concurrent_streams as usize {
            return Err(CannotOpen::Full);
        }
        let id = self.ids.next_own;
        self.ids.next_own += 2;
        let stream = Stream::new(self.peer.initial_window, self.own.stream_window, call);
        let stream = self.streams.insert(id, stream);
        match self.send_headers(stream, encode) {
            Ok(()) => Ok(stream),
            Err(Gone) => Err(CannotOpen::Closed),
        }
    }

    /// Sends the head of a message. What follows is DATA or trailers.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send_headers(
        &mut self,
        stream: StreamKey,
        encode: impl FnOnce(&mut Encoder, &mut Vec<u8>),
    ) -> Result<(), Gone> {
        if self.opening.has_failed() {
            return Err(Gone);
        }
        let live = self.streams.get_mut(stream).ok_or(Gone)?;
        live.state = live.state.step(Input::SendHeaders { end: false }).map_err(|_| Gone)?;
        self.write_block(stream.id(), false, encode);
        Ok(())
    }

    /// Sends `length` bytes that `write` appends, and with `end` nothing more after them.
    ///
    /// They leave now if the windows allow, else as the peer opens them, in the order given.
    ///
    /// # Errors
    /// [`Gone`].
    ///
    /// # Panics
    /// If `write` appends another number of bytes.
    pub fn send_data(
        &mut self,
        stream: StreamKey,
        length: usize,
        end: bool,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Gone> {
        let backed_up = self.is_backed_up();
        let live = self.streams.get_mut(stream).ok_or(Gone)?;
        if !live.state.sends() || live.is_ending() || self.opening.has_failed() {
            return Err(Gone);
        }
        let fits = length <= live.send.available()
            && length <= self.flow.send.available()
            && length <= self.peer.max_frame;
        if fits && !live.waits() && !backed_up {
            live.state = live.state.step(Input::SendData { end }).map_err(|_| Gone)?;
            live.send.take(length);
            self.flow.send.take(length);
            let out = &mut self.output.bytes;
            write_data_head(out, stream.id(), frame_length(length), end);
            let start = out.len();
            write(out);
            assert_eq!(out.len() - start, length, "a message that is as long as it said");
            if end {
                self.ended(stream);
            }
            return Ok(());
        }
        let mut chunk = (self.config.memory.lend)(length, length);
        write(&mut chunk);
        assert_eq!(chunk.len(), length, "a message that is as long as it said");
        let chunk = (self.config.memory.seal)(chunk);
        self.wait(stream, chunk, 0, end);
        Ok(())
    }

    /// Sends all of `bytes`, and with `end` nothing more after them. What cannot leave yet is kept
    /// as it is, not copied.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send_shared(&mut self, stream: StreamKey, bytes: &Bytes, end: bool) -> Result<(), Gone> {
        if bytes.len() <= self.peer.max_frame {
            return self.send_data(stream, bytes.len(), end, |out| out.extend_from_slice(bytes));
        }
        let live = self.streams.get_mut(stream).ok_or(Gone)?;
        if !live.state.sends() || live.is_ending() || self.opening.has_failed() {
            return Err(Gone);
        }
        self.wait(stream, bytes.clone(), 0, end);
        Ok(())
    }

    /// Sends all that `bytes` holds and leaves it empty, in frames as large as the peer takes, and
    /// with `end` nothing more after them. What cannot leave yet is kept as it is, not copied.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send_bytes(
        &mut self,
        stream: StreamKey,
        bytes: &mut Vec<u8>,
        end: bool,
    ) -> Result<(), Gone> {
        let live = self.streams.get_mut(stream).ok_or(Gone)?;
        if !live.state.sends() || live.is_ending() || self.opening.has_failed() {
            return Err(Gone);
        }
        if bytes.is_empty() && !end {
            return Ok(());
        }
        let mut sent = 0;
        if !live.waits() {
            let window = live.send.available().min(self.flow.send.available());
            let room = PUMP_UP_TO.saturating_sub(self.output.len());
            let now = &bytes[..bytes.len().min(window).min(room)];
            live.send.take(now.len());
            self.flow.send.take(now.len());
            let out = &mut self.output.bytes;
            out.reserve(now.len() + now.len().div_ceil(self.peer.max_frame) * HEAD_LEN);
            for frame in now.chunks(self.peer.max_frame) {
                sent += frame.len();
                let last = end && sent == bytes.len();
                live.state = live.state.step(Input::SendData { end: last }).map_err(|_| Gone)?;
                write_data_head(out, stream.id(), frame_length(frame.len()), last);
                out.extend_from_slice(frame);
            }
            if sent == bytes.len() && sent > 0 {
                bytes.clear();
                if end {
                    self.ended(stream);
                }
                return Ok(());
            }
        }
        let chunk = (self.config.memory.seal)(std::mem::take(bytes));
        self.wait(stream, chunk, sent, end);
        Ok(())
    }

    /// Ends our side with a header block, behind whatever still waits.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send_trailers(
        &mut self,
        stream: StreamKey,
        encode: impl FnOnce(&mut Encoder, &mut Vec<u8>) + Send + 'static,
    ) -> Result<(), Gone> {
        let live = self.streams.get_mut(stream).ok_or(Gone)?;
        if live.is_ending() || self.opening.has_failed() {
            return Err(Gone);
        }
        if let Some(queue) = live.queue.as_mut().filter(|queue| !queue.is_empty()) {
            let block: DeferredBlock = Box::new(encode);
            queue.ending = Some(Ending::Trailers(block));
            return Ok(());
        }
        self.write_trailers(stream, encode)
    }

    /// RST_STREAM: the stream is gone on both sides. Nothing if it is gone already.
    pub fn reset(&mut self, stream: StreamKey, code: ErrorCode) -> Option<C> {
        let receives = self.streams.get(stream)?.state.receives();
        if !self.opening.has_failed() {
            write_reset(&mut self.output.bytes, stream.id(), code);
            if receives {
                self.ids.remember_reset(stream.id());
            }
        }
        self.forget(stream)
    }

    /// Resets a stream whose peer broke a rule: it counts among the resets that the peer may cause.
    pub fn reset_broken(&mut self, stream: StreamKey, code: ErrorCode) -> Option<C> {
        self.blame();
        self.reset(stream, code)
    }

    /// The peer made us end a stream, or will have: it counts as a reset of the peer's.
    pub fn blame(&mut self) {
        self.floods.owe_reset();
    }

    /// Lets a stream go that has ended on both sides, or resets it (CANCEL) if it has not.
    pub fn close(&mut self, stream: StreamKey) -> Option<C> {
        let live = self.streams.get(stream)?;
        if live.state.receives() || live.state.sends() {
            return self.reset(stream, ErrorCode::CANCEL);
        }
        self.forget(stream)
    }

    /// Says what `content-length` promised, so that the body can be held to it.
    ///
    /// # Errors
    /// The peer has ended its side already, without the body (RFC 9113 §8.1.1).
    pub fn expect_body(&mut self, stream: StreamKey, length: u64) -> Result<(), Unusable> {
        match self.streams.get_mut(stream) {
            Some(live) if live.state.receives() => live.promised = Some(length),
            Some(_) if length > 0 => {
                return Err(Unusable::Malformed("a content-length without a body"));
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn forget(&mut self, stream: StreamKey) -> Option<C> {
        let gone = self.streams.remove(stream)?;
        if let Some(queue) = gone.queue {
            self.flow.queued -= queue.len();
            if queue.in_line {
                // A line that cannot move would keep it for as long as the peer likes.
                self.flow.line.retain(|waiting| *waiting != stream);
            }
        }
        Some(gone.call)
    }

    pub(super) fn write_trailers(
        &mut self,
        stream: StreamKey,
        encode: impl FnOnce(&mut Encoder, &mut Vec<u8>),
    ) -> Result<(), Gone> {
        let live = self.streams.get_mut(stream).ok_or(Gone)?;
        live.state = live.state.step(Input::SendHeaders { end: true }).map_err(|_| Gone)?;
        self.write_block(stream.id(), true, encode);
        self.ended(stream);
        Ok(())
    }

    /// Our side has ended. A server that ends before its client resets the rest of the request
    /// with NO_ERROR (RFC 9113 §8.1); a client waits for the response.
    pub(super) fn ended(&mut self, stream: StreamKey) {
        if self.opening.side() == Side::Client {
            return;
        }
        let Some(gone) = self.streams.remove(stream) else { return };
        if gone.state.receives() {
            write_reset(&mut self.output.bytes, stream.id(), ErrorCode::NO_ERROR);
            self.ids.remember_reset(stream.id());
        }
    }

    /// Writes HEADERS, and CONTINUATION for what does not fit.
    fn write_block(
        &mut self,
        id: u32,
        end_stream: bool,
        encode: impl FnOnce(&mut Encoder, &mut Vec<u8>),
    ) {
        let out = &mut self.output.bytes;
        let head = out.len();
        write_headers_head(out, id, 0, true, end_stream);
        self.encoder.begin(out);
        encode(&mut self.encoder, out);
        let length = out.len() - head - HEAD_LEN;
        let max = self.peer.max_frame;
        if length <= max {
            out[head..head + 3].copy_from_slice(&frame_length(length).to_be_bytes()[1..]);
            return;
        }
        let block = out.split_off(head + HEAD_LEN);
        out.truncate(head);
        let mut pieces = block.chunks(max).peekable();
        let first = pieces.next().unwrap_or_default();
        write_headers_head(out, id, frame_length(first.len()), false, end_stream);
        out.extend_from_slice(first);
        while let Some(piece) = pieces.next() {
            write_continuation_head(out, id, frame_length(piece.len()), pieces.peek().is_none());
            out.extend_from_slice(piece);
        }
    }
}

#[inline]
pub(super) fn frame_length(length: usize) -> u32 {
    u32::try_from(length).expect("no frame is longer than the peer's SETTINGS_MAX_FRAME_SIZE")
}
