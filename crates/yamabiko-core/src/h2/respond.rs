//! A whole response in one go, which is what most calls are answered with:
//! head, message and trailers leave together, and the stream with them.

use super::connection::Connection;
use super::send::frame_length;
use super::stream_state::State;
use super::streams::StreamKey;
use crate::frame::{FrameHead, HEAD_LEN, flag, kind};

/// Head and trailers of a response that the peer's compression table knows by an octet a field.
#[derive(Clone, Copy, Debug)]
pub struct KnownBlocks {
    /// The head: two fields.
    pub head: [u8; 2],
    /// The trailers: one field.
    pub trailers: [u8; 1],
    /// The state of our compression in which this is so.
    pub state: u64,
}

/// What came of a whole response.
#[derive(Debug)]
pub enum Responded<E, W> {
    /// It has left, and its stream is gone.
    Whole,
    /// Something stands in the way. Nothing has been done, and this is to be written another way.
    Nothing(W),
    /// Head and message have left, and what `write` says is to be told in the trailers.
    Without(E),
}

impl<C: Default> Connection<C> {
    /// Sends a head, `length` bytes that `write` appends, and trailers, if all of it may leave now:
    /// the request has ended and is `ready`, nothing waits, the windows allow, and the table is still
    /// the one that the blocks are for.
    ///
    /// # Panics
    /// If `write` appends another number of bytes.
    #[inline]
    pub fn send_response<E, W: FnOnce(&mut Vec<u8>) -> Result<(), E>>(
        &mut self,
        stream: StreamKey,
        blocks: &KnownBlocks,
        ready: impl FnOnce(&C) -> bool,
        length: usize,
        write: W,
    ) -> Responded<E, W> {
        if self.is_backed_up()
            || self.opening.has_failed()
            || self.encoder.state() != Some(blocks.state)
        {
            return Responded::Nothing(write);
        }
        let may_leave = self.streams.get_mut(stream).is_some_and(|live| {
            live.state == State::HalfClosedRemote
                && live.queue.is_none()
                && ready(&live.call)
                && length <= live.send.available()
                && length <= self.flow.send.available()
                && length <= self.peer.max_frame
        });
        if !may_leave {
            return Responded::Nothing(write);
        }
        let id = stream.id();
        let head =
            FrameHead { length: 2, kind: kind::HEADERS, flags: flag::END_HEADERS, stream: id };
        let data =
            FrameHead { length: frame_length(length), kind: kind::DATA, flags: 0, stream: id };
        let end = flag::END_HEADERS | flag::END_STREAM;
        let trailers = FrameHead { length: 1, kind: kind::HEADERS, flags: end, stream: id };

        self.flow.send.take(length);
        let out = &mut self.output.bytes;
        out.reserve(3 * HEAD_LEN + 3 + length);
        head.write(out);
        out.extend_from_slice(&blocks.head);
        data.write(out);
        let start = out.len();
        let written = write(out);
        assert_eq!(out.len() - start, length, "a message that is as long as it said");
        if let Err(error) = written {
            if let Some(live) = self.streams.get_mut(stream) {
                live.send.take(length);
            }
            return Responded::Without(error);
        }
        trailers.write(out);
        out.extend_from_slice(&blocks.trailers);
        self.streams.discard(stream);
        Responded::Whole
    }
}
