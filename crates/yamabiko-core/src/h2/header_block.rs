//! A header block while it arrives: HEADERS, then CONTINUATION until
//! END_HEADERS, and nothing else in between (RFC 9113 §4.3 and §6.10).

use std::borrow::Cow;
use std::time::Instant;

use super::config::MAX_CONTINUATIONS;
use super::error::Error;
use crate::frame::{DEFAULT_MAX_FRAME_SIZE, ErrorCode, FrameHead, kind};

/// The longest header block, in bytes.
pub(super) const LONGEST_BLOCK: usize =
    DEFAULT_MAX_FRAME_SIZE as usize * (MAX_CONTINUATIONS as usize + 1);

/// The block that is being received, if one is.
#[derive(Debug, Default)]
pub struct HeaderBlock {
    unfinished: Option<Box<Unfinished>>,
}

#[derive(Debug)]
struct Unfinished {
    stream: u32,
    end_stream: bool,
    bytes: Vec<u8>,
    continuations: u32,
    deadline: Instant,
}

/// A block that is whole.
#[derive(Debug)]
pub struct Whole<'a> {
    /// the stream that it is for
    pub stream: u32,
    /// whether the HEADERS frame carried END_STREAM
    pub end_stream: bool,
    /// the encoded fields
    pub bytes: Cow<'a, [u8]>,
}

impl HeaderBlock {
    /// When the peer must have finished the block that it has begun.
    pub fn deadline(&self) -> Option<Instant> {
        self.unfinished.as_ref().map(|block| block.deadline)
    }

    /// Whether CONTINUATION is to come, and nothing else.
    #[inline]
    pub fn is_unfinished(&self) -> bool {
        self.unfinished.is_some()
    }

    /// Checks that `frame` may come now: in an unfinished block only its CONTINUATION may.
    ///
    /// # Errors
    /// PROTOCOL_ERROR, for the connection.
    pub fn expects(&self, frame: FrameHead) -> Result<(), Error> {
        let continues = frame.kind == kind::CONTINUATION;
        let reason = match &self.unfinished {
            None if continues => "CONTINUATION without HEADERS",
            None => return Ok(()),
            Some(block) if continues && frame.stream == block.stream => return Ok(()),
            Some(_) => "a frame inside a header block",
        };
        Err(Error::Peer { code: ErrorCode::PROTOCOL_ERROR, reason })
    }

    /// HEADERS without END_HEADERS. A block that is whole needs nobody to hold it.
    pub fn begin(&mut self, stream: u32, fragment: &[u8], end_stream: bool, deadline: Instant) {
        let bytes = fragment.to_vec();
        let block = Unfinished { stream, end_stream, bytes, continuations: 0, deadline };
        self.unfinished = Some(Box::new(block));
    }

    /// CONTINUATION, which [`expects`](Self::expects) has found to be in its place.
    ///
    /// # Errors
    /// ENHANCE_YOUR_CALM for too many of them.
    pub fn carry_on(
        &mut self,
        fragment: &[u8],
        end_headers: bool,
    ) -> Result<Option<Whole<'static>>, Error> {
        let Some(mut block) = self.unfinished.take() else { return Ok(None) };
        block.continuations += 1;
        if block.continuations > MAX_CONTINUATIONS
            || block.bytes.len() + fragment.len() > LONGEST_BLOCK
        {
            return Err(Error::Peer {
                code: ErrorCode::ENHANCE_YOUR_CALM,
                reason: "too many CONTINUATION frames in a header block",
            });
        }
        block.bytes.extend_from_slice(fragment);
        if !end_headers {
            self.unfinished = Some(block);
            return Ok(None);
        }
        Ok(Some(Whole {
            stream: block.stream,
            end_stream: block.end_stream,
            bytes: Cow::Owned(block.bytes),
        }))
    }
}
