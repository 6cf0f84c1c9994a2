//! The nine octets before every frame (RFC 9113 §4.1), and the numbers of types and flags.

use super::{ErrorCode, FrameError};

/// The length of a frame head, in octets.
pub const HEAD_LEN: usize = 9;
/// The frame size that every endpoint accepts without being asked (RFC 9113 §6.5.2).
pub const DEFAULT_MAX_FRAME_SIZE: u32 = 16_384;
/// The largest value of SETTINGS_MAX_FRAME_SIZE (RFC 9113 §6.5.2).
pub const LARGEST_MAX_FRAME_SIZE: u32 = (1 << 24) - 1;
/// The largest stream identifier: 31 bits (RFC 9113 §5.1.1).
pub const LARGEST_STREAM: u32 = (1 << 31) - 1;

/// The frame types (RFC 9113 §11.2).
#[expect(missing_docs, reason = "the names are the documentation")]
pub mod kind {
    pub const DATA: u8 = 0x00;
    pub const HEADERS: u8 = 0x01;
    pub const PRIORITY: u8 = 0x02;
    pub const RST_STREAM: u8 = 0x03;
    pub const SETTINGS: u8 = 0x04;
    pub const PUSH_PROMISE: u8 = 0x05;
    pub const PING: u8 = 0x06;
    pub const GOAWAY: u8 = 0x07;
    pub const WINDOW_UPDATE: u8 = 0x08;
    pub const CONTINUATION: u8 = 0x09;
}

/// The flags; one that a frame type does not define is ignored on receipt (RFC 9113 §4.1).
pub mod flag {
    /// DATA, HEADERS: nothing follows on this stream from its sender.
    pub const END_STREAM: u8 = 0x01;
    /// SETTINGS, PING: an acknowledgement.
    pub const ACK: u8 = 0x01;
    /// HEADERS, PUSH_PROMISE, CONTINUATION: the field section is complete.
    pub const END_HEADERS: u8 = 0x04;
    /// DATA, HEADERS, PUSH_PROMISE: the payload begins with the length of its padding.
    pub const PADDED: u8 = 0x08;
    /// HEADERS: a priority of the deprecated scheme comes before the fragment.
    pub const PRIORITY: u8 = 0x20;
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// Octets of payload that follow the head; 24 bits.
    pub length: u32,
    /// The frame type, one of [`kind`] or an extension's.
    pub kind: u8,
    /// The flags, to be read by frame type.
    pub flags: u8,
    /// The stream, or 0 for the connection; 31 bits.
    pub stream: u32,
}

impl FrameHead {
    /// Reads a head. Every nine octets are one; the reserved bit is ignored (RFC 9113 §4.1).
    #[inline]
    pub const fn parse(bytes: &[u8; HEAD_LEN]) -> Self {
        Self {
            length: u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]),
            kind: bytes[3],
            flags: bytes[4],
            stream: u32::from_be_bytes([bytes[5], bytes[6], bytes[7], bytes[8]]) & LARGEST_STREAM,
        }
    }

    /// The nine octets of this head, the reserved bit unset.
    #[inline]
    pub const fn to_bytes(self) -> [u8; HEAD_LEN] {
        debug_assert!(self.length <= LARGEST_MAX_FRAME_SIZE && self.stream <= LARGEST_STREAM);
        // As one number, which is one store.
        let first_eight = (self.length as u64) << 40
            | (self.kind as u64) << 32
            | (self.flags as u64) << 24
            | (self.stream as u64) >> 8;
        let [a, b, c, d, e, f, g, h] = first_eight.to_be_bytes();
        [a, b, c, d, e, f, g, h, self.stream as u8]
    }

    /// Appends the nine octets of this head.
    #[inline]
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_bytes());
    }

    /// Judges the length against the SETTINGS_MAX_FRAME_SIZE that we announced, so that a frame
    /// that is too long is refused before its payload is buffered.
    ///
    /// # Errors
    /// FRAME_SIZE_ERROR for the connection. RFC 9113 §4.2 asks for that where the frame concerns
    /// more than its stream, and §5.4.1 allows it for the rest, whose payload we would otherwise
    /// have to read and throw away.
    #[inline]
    pub const fn check_length(&self, max_frame_size: u32) -> Result<(), FrameError> {
        if self.length > max_frame_size {
            return Err(FrameError::connection(
                ErrorCode::FRAME_SIZE_ERROR,
                "frame longer than SETTINGS_MAX_FRAME_SIZE (RFC 9113 §4.2)",
            ));
        }
        Ok(())
    }

    /// Whether this bit of the flags is set.
    #[inline]
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}
