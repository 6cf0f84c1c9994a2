//! PRIORITY: deprecated, checked and ignored (RFC 9113 §6.3). We never send it.

use super::{ErrorCode, Frame, FrameError, FrameHead};

pub(super) fn parse(head: FrameHead, payload: &[u8]) -> Result<Frame<'_>, FrameError> {
    if head.stream == 0 {
        return Err(FrameError::connection(
            ErrorCode::PROTOCOL_ERROR,
            "PRIORITY on stream 0 (RFC 9113 §6.3)",
        ));
    }
    if payload.len() != 5 {
        return Err(FrameError::stream(
            head.stream,
            ErrorCode::FRAME_SIZE_ERROR,
            "PRIORITY not of 5 octets (RFC 9113 §6.3)",
        ));
    }
    Ok(Frame::Priority { stream: head.stream })
}
