//! Padding, the same in DATA, HEADERS and PUSH_PROMISE (RFC 9113 §6.1).

use super::{ErrorCode, FrameError, FrameHead, flag};

/// The payload without the padding's length, if the frame is padded, and without the padding.
///
/// Padding that is as long as the payload or longer is a connection error (RFC 9113 §6.1, §6.2).
/// Whether the padding is zero is not checked: §6.1 leaves that to the receiver.
#[inline]
pub(super) fn strip(head: FrameHead, payload: &[u8]) -> Result<&[u8], FrameError> {
    if !head.has(flag::PADDED) {
        return Ok(payload);
    }
    let Some((&padding, rest)) = payload.split_first() else {
        return Err(FrameError::connection(
            ErrorCode::FRAME_SIZE_ERROR,
            "padded frame without a padding length (RFC 9113 §4.2)",
        ));
    };
    match rest.len().checked_sub(usize::from(padding)) {
        Some(length) => Ok(&rest[..length]),
        None => Err(FrameError::connection(
            ErrorCode::PROTOCOL_ERROR,
            "padding longer than the rest of the frame (RFC 9113 §6.1, §6.2)",
        )),
    }
}
