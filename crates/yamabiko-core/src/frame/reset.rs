//! RST_STREAM: the immediate end of one stream (RFC 9113 §6.4).

use super::{ErrorCode, Frame, FrameError, FrameHead, kind};

pub(super) fn parse(head: FrameHead, payload: &[u8]) -> Result<Frame<'_>, FrameError> {
    if head.stream == 0 {
        return Err(FrameError::connection(
            ErrorCode::PROTOCOL_ERROR,
            "RST_STREAM on stream 0 (RFC 9113 §6.4)",
        ));
    }
    let &[a, b, c, d] = payload else {
        return Err(FrameError::connection(
            ErrorCode::FRAME_SIZE_ERROR,
            "RST_STREAM not of 4 octets (RFC 9113 §6.4)",
        ));
    };
    Ok(Frame::Reset { stream: head.stream, code: ErrorCode(u32::from_be_bytes([a, b, c, d])) })
}

/// Appends RST_STREAM.
pub fn write_reset(out: &mut Vec<u8>, stream: u32, code: ErrorCode) {
    debug_assert_ne!(stream, 0, "RFC 9113 §6.4");
    FrameHead { length: 4, kind: kind::RST_STREAM, flags: 0, stream }.write(out);
    out.extend_from_slice(&code.0.to_be_bytes());
}
