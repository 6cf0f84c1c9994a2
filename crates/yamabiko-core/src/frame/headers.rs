//! HEADERS: opens a stream or ends its messages with a field section (RFC 9113 §6.2).

use super::{ErrorCode, Frame, FrameError, FrameHead, flag, kind, padding};

/// Exclusive bit and stream dependency, 4 octets, and weight, 1 octet.
const PRIORITY_LEN: usize = 5;

/// The piece of a field section that a HEADERS frame holds.
#[inline]
pub(crate) fn fragment(head: FrameHead, payload: &[u8]) -> Result<&[u8], FrameError> {
    if head.stream == 0 {
        return Err(FrameError::connection(
            ErrorCode::PROTOCOL_ERROR,
            "HEADERS on stream 0 (RFC 9113 §6.2)",
        ));
    }
    let mut fragment = padding::strip(head, payload)?;
    if head.has(flag::PRIORITY) {
        // The values do not matter, not even a dependency on itself: RFC 9113 §5.3.2 has
        // deprecated the scheme.
        fragment = fragment.get(PRIORITY_LEN..).ok_or(FrameError::connection(
            ErrorCode::FRAME_SIZE_ERROR,
            "HEADERS too short for its priority (RFC 9113 §4.2, §6.2)",
        ))?;
    }
    Ok(fragment)
}

pub(super) fn parse(head: FrameHead, payload: &[u8]) -> Result<Frame<'_>, FrameError> {
    Ok(Frame::Headers {
        stream: head.stream,
        fragment: fragment(head, payload)?,
        end_headers: head.has(flag::END_HEADERS),
        end_stream: head.has(flag::END_STREAM),
    })
}

/// Appends the head of a HEADERS frame; the caller appends its fragment of `length` octets. We
/// never pad and never send a priority.
#[inline]
pub fn write_headers_head(
    out: &mut Vec<u8>,
    stream: u32,
    length: u32,
    end_headers: bool,
    end_stream: bool,
) {
    debug_assert_ne!(stream, 0, "RFC 9113 §6.2");
    let flags = (if end_headers { flag::END_HEADERS } else { 0 })
        | (if end_stream { flag::END_STREAM } else { 0 });
    FrameHead { length, kind: kind::HEADERS, flags, stream }.write(out);
}
