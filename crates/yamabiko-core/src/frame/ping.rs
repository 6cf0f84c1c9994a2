//! PING: is the peer there, and how far away (RFC 9113 §6.7)?

use super::{ErrorCode, Frame, FrameError, FrameHead, flag, kind};

pub(super) fn parse(head: FrameHead, payload: &[u8]) -> Result<Frame<'_>, FrameError> {
    if head.stream != 0 {
        return Err(FrameError::connection(
            ErrorCode::PROTOCOL_ERROR,
            "PING on a stream (RFC 9113 §6.7)",
        ));
    }
    let Ok(payload) = <[u8; 8]>::try_from(payload) else {
        return Err(FrameError::connection(
            ErrorCode::FRAME_SIZE_ERROR,
            "PING not of 8 octets (RFC 9113 §6.7)",
        ));
    };
    Ok(Frame::Ping { ack: head.has(flag::ACK), payload })
}

/// Appends PING; an answer (`ack`) repeats the payload of the probe.
pub fn write_ping(out: &mut Vec<u8>, ack: bool, payload: [u8; 8]) {
    let flags = if ack { flag::ACK } else { 0 };
    FrameHead { length: 8, kind: kind::PING, flags, stream: 0 }.write(out);
    out.extend_from_slice(&payload);
}
