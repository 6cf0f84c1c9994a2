//! GOAWAY: no new streams, and which ones were still handled (RFC 9113 §6.8).

use super::{
    DEFAULT_MAX_FRAME_SIZE, ErrorCode, Frame, FrameError, FrameHead, LARGEST_STREAM, kind,
};

/// The last stream and the error code, before the debug data.
const FIXED_LEN: u32 = 8;
/// What every peer is sure to accept in one frame.
const MAX_DEBUG_LEN: usize = (DEFAULT_MAX_FRAME_SIZE - FIXED_LEN) as usize;

pub(super) fn parse(head: FrameHead, payload: &[u8]) -> Result<Frame<'_>, FrameError> {
    if head.stream != 0 {
        return Err(FrameError::connection(
            ErrorCode::PROTOCOL_ERROR,
            "GOAWAY on a stream (RFC 9113 §6.8)",
        ));
    }
    let &[a, b, c, d, e, f, g, h, ref debug @ ..] = payload else {
        return Err(FrameError::connection(
            ErrorCode::FRAME_SIZE_ERROR,
            "GOAWAY shorter than 8 octets (RFC 9113 §4.2, §6.8)",
        ));
    };
    Ok(Frame::GoAway {
        last_stream: u32::from_be_bytes([a, b, c, d]) & LARGEST_STREAM,
        code: ErrorCode(u32::from_be_bytes([e, f, g, h])),
        debug,
    })
}

/// Appends GOAWAY. Debug data that would not fit a frame of the default size is cut.
pub fn write_goaway(out: &mut Vec<u8>, last_stream: u32, code: ErrorCode, debug: &[u8]) {
    debug_assert!(last_stream <= LARGEST_STREAM, "a stream identifier has 31 bits");
    let debug = &debug[..debug.len().min(MAX_DEBUG_LEN)];
    let length = FIXED_LEN + u32::try_from(debug.len()).expect("cut to less than a frame");
    FrameHead { length, kind: kind::GOAWAY, flags: 0, stream: 0 }.write(out);
    out.extend_from_slice(&last_stream.to_be_bytes());
    out.extend_from_slice(&code.0.to_be_bytes());
    out.extend_from_slice(debug);
}
