//! CONTINUATION: the rest of a field section (RFC 9113 §6.10).

use super::{ErrorCode, Frame, FrameError, FrameHead, flag, kind};

pub(super) fn parse(head: FrameHead, payload: &[u8]) -> Result<Frame<'_>, FrameError> {
    if head.stream == 0 {
        return Err(FrameError::connection(
            ErrorCode::PROTOCOL_ERROR,
            "CONTINUATION on stream 0 (RFC 9113 §6.10)",
        ));
    }
    Ok(Frame::Continuation {
        stream: head.stream,
        fragment: payload,
        end_headers: head.has(flag::END_HEADERS),
    })
}

/// Appends the head of a CONTINUATION frame; the caller appends its fragment of `length` octets.
pub fn write_continuation_head(out: &mut Vec<u8>, stream: u32, length: u32, end_headers: bool) {
    debug_assert_ne!(stream, 0, "RFC 9113 §6.10");
    let flags = if end_headers { flag::END_HEADERS } else { 0 };
    FrameHead { length, kind: kind::CONTINUATION, flags, stream }.write(out);
}
