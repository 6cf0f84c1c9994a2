//! The error codes of RST_STREAM and GOAWAY (RFC 9113 §7).

use std::fmt;

/// An error code as it stands on the wire. Unknown ones are kept: RFC 9113 §7 forbids that they
/// trigger any special behaviour.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ErrorCode(pub u32);

impl ErrorCode {
    /// No error: a graceful end.
    pub const NO_ERROR: Self = Self(0x00);
    /// The peer broke a rule that no other code names.
    pub const PROTOCOL_ERROR: Self = Self(0x01);
    /// A fault of one's own.
    pub const INTERNAL_ERROR: Self = Self(0x02);
    /// The peer sent more than the windows allow.
    pub const FLOW_CONTROL_ERROR: Self = Self(0x03);
    /// The peer did not acknowledge SETTINGS in time.
    pub const SETTINGS_TIMEOUT: Self = Self(0x04);
    /// A frame for a stream that is half closed.
    pub const STREAM_CLOSED: Self = Self(0x05);
    /// A frame of a length that is not allowed.
    pub const FRAME_SIZE_ERROR: Self = Self(0x06);
    /// The stream was refused before anything was done with it: it can be tried again.
    pub const REFUSED_STREAM: Self = Self(0x07);
    /// The stream is no longer wanted.
    pub const CANCEL: Self = Self(0x08);
    /// The state of the field compression is lost.
    pub const COMPRESSION_ERROR: Self = Self(0x09);
    /// The connection behind a CONNECT request failed.
    pub const CONNECT_ERROR: Self = Self(0x0a);
    /// The peer asks for more than is reasonable.
    pub const ENHANCE_YOUR_CALM: Self = Self(0x0b);
    /// The transport is not secure enough.
    pub const INADEQUATE_SECURITY: Self = Self(0x0c);
    /// Use HTTP/1.1 instead.
    pub const HTTP_1_1_REQUIRED: Self = Self(0x0d);

    /// The name in RFC 9113 §7, if it has one.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::NO_ERROR => "NO_ERROR",
            Self::PROTOCOL_ERROR => "PROTOCOL_ERROR",
            Self::INTERNAL_ERROR => "INTERNAL_ERROR",
            Self::FLOW_CONTROL_ERROR => "FLOW_CONTROL_ERROR",
            Self::SETTINGS_TIMEOUT => "SETTINGS_TIMEOUT",
            Self::STREAM_CLOSED => "STREAM_CLOSED",
            Self::FRAME_SIZE_ERROR => "FRAME_SIZE_ERROR",
            Self::REFUSED_STREAM => "REFUSED_STREAM",
            Self::CANCEL => "CANCEL",
            Self::COMPRESSION_ERROR => "COMPRESSION_ERROR",
            Self::CONNECT_ERROR => "CONNECT_ERROR",
            Self::ENHANCE_YOUR_CALM => "ENHANCE_YOUR_CALM",
            Self::INADEQUATE_SECURITY => "INADEQUATE_SECURITY",
            Self::HTTP_1_1_REQUIRED => "HTTP_1_1_REQUIRED",
            _ => return None,
        })
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "unknown error code: {:#x}", self.0),
        }
    }
}
