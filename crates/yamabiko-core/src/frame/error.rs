//! Why a frame is refused, and how much that takes down.

use std::fmt;

use super::ErrorCode;

/// What an error ends (RFC 9113 §5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole connection: to be answered with GOAWAY.
    Connection,
    /// This stream only: to be answered with RST_STREAM.
    Stream(u32),
}

/// A frame of the peer that no state of the connection would have allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameError {
    /// What ends.
    pub scope: Scope,
    /// The code for the peer.
    pub code: ErrorCode,
    /// The rule that was broken, for people.
    pub reason: &'static str,
}

impl FrameError {
    /// An error that ends the connection.
    pub const fn connection(code: ErrorCode, reason: &'static str) -> Self {
        Self { scope: Scope::Connection, code, reason }
    }

    /// An error that ends one stream.
    pub const fn stream(stream: u32, code: ErrorCode, reason: &'static str) -> Self {
        Self { scope: Scope::Stream(stream), code, reason }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scope {
            Scope::Connection => write!(f, "{}: {}", self.code, self.reason),
            Scope::Stream(stream) => write!(f, "{} on stream {stream}: {}", self.code, self.reason),
        }
    }
}

impl std::error::Error for FrameError {}
