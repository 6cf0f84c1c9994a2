//! What ends a connection before its time: the culprit first.

use std::fmt;
use std::time::Duration;

use super::pings::TOO_MANY_PINGS;
use crate::frame::{ErrorCode, FrameError};

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The peer broke a rule of HTTP/2, or a limit of ours. We said so in a GOAWAY.
    Peer {
        /// what the GOAWAY says
        code: ErrorCode,
        /// the rule
        reason: &'static str,
    },
    /// The peer ended the connection with a GOAWAY that carries an error.
    GoAway {
        /// the peer's code
        code: ErrorCode,
        /// the peer's words
        debug: String,
    },
    /// The peer speaks something else.
    NotHttp2(Speaks),
    /// The peer took too long.
    Timeout {
        /// what it did not finish in time
        waiting_for: &'static str,
    },
    /// The peer gave no sign of life, although it was asked for one by a PING.
    Silent {
        /// how long it was waited for
        after: Duration,
    },
    /// The peer reads nothing of what we write.
    Stalled {
        /// how long it was waited for
        after: Duration,
    },
    /// The connection has reached its age, and its calls have not ended within the grace.
    Expired,
}

/// What a peer that does not speak HTTP/2 seems to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// An HTTP/1 request or response.
    Http1,
    /// A TLS handshake.
    Tls,
    /// Nothing that we know.
    Unknown,
}

impl Error {
    /// The HTTP/2 error code that goes into our GOAWAY.
    pub fn code(&self) -> ErrorCode {
        match self {
            Error::Peer { code, .. } => *code,
            Error::GoAway { .. } => ErrorCode::NO_ERROR,
            Error::NotHttp2(_) => ErrorCode::PROTOCOL_ERROR,
            Error::Timeout { .. } => ErrorCode::SETTINGS_TIMEOUT,
            Error::Silent { .. } | Error::Stalled { .. } | Error::Expired => ErrorCode::NO_ERROR,
        }
    }

    /// Whether the peer has sent us away since we asked too often whether it is there (gRFC A8):
    /// the next connection is to ask half as often.
    pub fn is_too_many_pings(&self) -> bool {
        let calm = ErrorCode::ENHANCE_YOUR_CALM;
        matches!(self, Error::GoAway { code, debug } if *code == calm && debug == TOO_MANY_PINGS)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Peer { code, reason } => write!(f, "the peer broke HTTP/2: {reason} ({code})"),
            Error::GoAway { code, debug } if debug.is_empty() => {
                write!(f, "the peer ended the connection: {code}")
            }
            Error::GoAway { code, debug } => {
                write!(f, "the peer ended the connection: {code}: {debug}")
            }
            Error::NotHttp2(Speaks::Http1) => {
                f.write_str("the peer speaks HTTP/1, this is HTTP/2 without TLS")
            }
            Error::NotHttp2(Speaks::Tls) => {
                f.write_str("the peer speaks TLS, this is HTTP/2 without TLS")
            }
            Error::NotHttp2(Speaks::Unknown) => f.write_str("the peer does not speak HTTP/2"),
            Error::Timeout { waiting_for } => {
                write!(f, "the peer took too long: waiting for {waiting_for}")
            }
            Error::Silent { after } => {
                write!(f, "the peer is silent: no answer to a keepalive PING within {after:?}")
            }
            Error::Stalled { after } => {
                write!(f, "the peer does not read: it took nothing for {after:?}")
            }
            Error::Expired => {
                f.write_str("the connection reached its greatest age, and its grace is over")
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<FrameError> for Error {
    fn from(error: FrameError) -> Self {
        Error::Peer { code: error.code, reason: error.reason }
    }
}
