//! SETTINGS: what an endpoint accepts (RFC 9113 §6.5).

use super::{
    DEFAULT_MAX_FRAME_SIZE, ErrorCode, Frame, FrameError, FrameHead, LARGEST_MAX_FRAME_SIZE,
    LARGEST_WINDOW, flag, kind,
};

/// An identifier of 2 octets and a value of 4.
const SETTING_LEN: usize = 6;

/// The identifiers of settings (RFC 9113 §6.5.2).
pub mod setting {
    /// Octets of the table that the sender decodes field sections with; 4,096 at first.
    pub const HEADER_TABLE_SIZE: u16 = 0x01;
    /// Whether the sender takes pushed responses: 0 or 1; 1 at first.
    pub const ENABLE_PUSH: u16 = 0x02;
    /// Streams that the sender lets its peer have open at a time; without limit at first.
    pub const MAX_CONCURRENT_STREAMS: u16 = 0x03;
    /// Octets that the sender takes on a new stream before it grants more; 65,535 at first.
    pub const INITIAL_WINDOW_SIZE: u16 = 0x04;
    /// Octets of the longest payload that the sender takes; 16,384 at first.
    pub const MAX_FRAME_SIZE: u16 = 0x05;
    /// Octets of the longest field section that the sender takes, 32 added per field; advisory.
    pub const MAX_HEADER_LIST_SIZE: u16 = 0x06;
}

/// A SETTINGS frame whose values are within their ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings<'a> {
    /// The peer has applied our settings; then there are no values.
    pub ack: bool,
    payload: &'a [u8],
}

impl<'a> Settings<'a> {
    /// The settings in the order sent, which is the order to apply them in (RFC 9113 §6.5.3).
    /// Identifiers that nobody knows are among them, to be ignored.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u16, u32)> + use<'a> {
        self.payload.chunks_exact(SETTING_LEN).map(|setting| {
            (
                u16::from_be_bytes([setting[0], setting[1]]),
                u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]),
            )
        })
    }
}

pub(super) fn parse(head: FrameHead, payload: &[u8]) -> Result<Frame<'_>, FrameError> {
    if head.stream != 0 {
        return Err(FrameError::connection(
            ErrorCode::PROTOCOL_ERROR,
            "SETTINGS on a stream (RFC 9113 §6.5)",
        ));
    }
    let settings = Settings { ack: head.has(flag::ACK), payload };
    if settings.ack && !payload.is_empty() {
        return Err(FrameError::connection(
            ErrorCode::FRAME_SIZE_ERROR,
            "acknowledgement of SETTINGS with a payload (RFC 9113 §6.5)",
        ));
    }
    if !payload.len().is_multiple_of(SETTING_LEN) {
        return Err(FrameError::connection(
            ErrorCode::FRAME_SIZE_ERROR,
            "SETTINGS not a multiple of 6 octets (RFC 9113 §6.5)",
        ));
    }
    for (identifier, value) in settings.iter() {
        check(identifier, value)?;
    }
    Ok(Frame::Settings(settings))
}

/// The ranges of RFC 9113 §6.5.2, as far as they hold for both roles.
fn check(identifier: u16, value: u32) -> Result<(), FrameError> {
    match identifier {
        setting::ENABLE_PUSH if value > 1 => Err(FrameError::connection(
            ErrorCode::PROTOCOL_ERROR,
            "SETTINGS_ENABLE_PUSH neither 0 nor 1 (RFC 9113 §6.5.2)",
        )),
        setting::INITIAL_WINDOW_SIZE if value > LARGEST_WINDOW => Err(FrameError::connection(
            ErrorCode::FLOW_CONTROL_ERROR,
            "SETTINGS_INITIAL_WINDOW_SIZE above 2^31 - 1 (RFC 9113 §6.5.2)",
        )),
        setting::MAX_FRAME_SIZE
            if !(DEFAULT_MAX_FRAME_SIZE..=LARGEST_MAX_FRAME_SIZE).contains(&value) =>
        {
            Err(FrameError::connection(
                ErrorCode::PROTOCOL_ERROR,
                "SETTINGS_MAX_FRAME_SIZE outside 2^14 to 2^24 - 1 (RFC 9113 §6.5.2)",
            ))
        }
        _ => Ok(()),
    }
}

/// Appends SETTINGS with these identifiers and values.
pub fn write_settings(out: &mut Vec<u8>, settings: &[(u16, u32)]) {
    let length =
        u32::try_from(settings.len() * SETTING_LEN).expect("we have a handful of settings");
    FrameHead { length, kind: kind::SETTINGS, flags: 0, stream: 0 }.write(out);
    for (identifier, value) in settings {
        out.extend_from_slice(&identifier.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
}

/// Appends the acknowledgement of the peer's SETTINGS.
pub fn write_settings_ack(out: &mut Vec<u8>) {
    FrameHead { length: 0, kind: kind::SETTINGS, flags: flag::ACK, stream: 0 }.write(out);
}
