//! PUSH_PROMISE: announces a pushed response (RFC 9113 §6.6). gRPC has no use for it: we forbid
//! it by SETTINGS_ENABLE_PUSH and never send it.

use super::{ErrorCode, Frame, FrameError, FrameHead, padding};

pub(super) fn parse(head: FrameHead, payload: &[u8]) -> Result<Frame<'_>, FrameError> {
    if head.stream == 0 {
        return Err(FrameError::connection(
            ErrorCode::PROTOCOL_ERROR,
            "PUSH_PROMISE on stream 0 (RFC 9113 §6.6)",
        ));
    }
    if padding::strip(head, payload)?.len() < 4 {
        return Err(FrameError::connection(
            ErrorCode::FRAME_SIZE_ERROR,
            "PUSH_PROMISE without a promised stream (RFC 9113 §4.2, §6.6)",
        ));
    }
    Ok(Frame::PushPromise { stream: head.stream })
}
