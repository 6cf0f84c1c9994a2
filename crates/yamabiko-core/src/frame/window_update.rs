//! WINDOW_UPDATE: leave to send more (RFC 9113 §6.9).

use super::{ErrorCode, Frame, FrameError, FrameHead, kind};

/// The largest window, and so the largest increment of one (RFC 9113 §6.9.1).
pub const LARGEST_WINDOW: u32 = (1 << 31) - 1;

pub(super) fn parse(head: FrameHead, payload: &[u8]) -> Result<Frame<'_>, FrameError> {
    let &[a, b, c, d] = payload else {
        return Err(FrameError::connection(
            ErrorCode::FRAME_SIZE_ERROR,
            "WINDOW_UPDATE not of 4 octets (RFC 9113 §6.9)",
        ));
    };
    // The highest bit is reserved, and ignored on receipt.
    let increment = u32::from_be_bytes([a, b, c, d]) & LARGEST_WINDOW;
    if increment == 0 {
        let reason = "WINDOW_UPDATE of 0 (RFC 9113 §6.9)";
        return Err(match head.stream {
            0 => FrameError::connection(ErrorCode::PROTOCOL_ERROR, reason),
            stream => FrameError::stream(stream, ErrorCode::PROTOCOL_ERROR, reason),
        });
    }
    Ok(Frame::WindowUpdate { stream: head.stream, increment })
}

/// Appends WINDOW_UPDATE for a stream, or for the connection (stream 0).
pub fn write_window_update(out: &mut Vec<u8>, stream: u32, increment: u32) {
    debug_assert!((1..=LARGEST_WINDOW).contains(&increment), "RFC 9113 §6.9");
    FrameHead { length: 4, kind: kind::WINDOW_UPDATE, flags: 0, stream }.write(out);
    out.extend_from_slice(&increment.to_be_bytes());
}
