//! DATA: the content of a stream (RFC 9113 §6.1).

use super::{ErrorCode, Frame, FrameError, FrameHead, flag, kind, padding};

/// The content of a DATA frame.
#[inline]
pub(crate) fn content(head: FrameHead, payload: &[u8]) -> Result<&[u8], FrameError> {
    if head.stream == 0 {
        return Err(FrameError::connection(
            ErrorCode::PROTOCOL_ERROR,
            "DATA on stream 0 (RFC 9113 §6.1)",
        ));
    }
    padding::strip(head, payload)
}

pub(super) fn parse(head: FrameHead, payload: &[u8]) -> Result<Frame<'_>, FrameError> {
    Ok(Frame::Data {
        stream: head.stream,
        data: content(head, payload)?,
        // RFC 9113 §6.1: the whole payload counts for flow control, padding included.
        flow_length: head.length,
        end_stream: head.has(flag::END_STREAM),
    })
}

/// Appends the head of a DATA frame; the caller appends its `length` octets. We never pad.
#[inline]
pub fn write_data_head(out: &mut Vec<u8>, stream: u32, length: u32, end_stream: bool) {
    debug_assert_ne!(stream, 0, "RFC 9113 §6.1");
    let flags = if end_stream { flag::END_STREAM } else { 0 };
    FrameHead { length, kind: kind::DATA, flags, stream }.write(out);
}
