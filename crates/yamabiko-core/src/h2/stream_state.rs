//! The states of a stream and every step between them (RFC 9113 §5.1).
//!
//! Push is refused on both sides, so the two reserved states cannot be
//! reached and are not here. PRIORITY is legal in every state and changes
//! none.

use crate::frame::ErrorCode;

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No frame has been sent or received.
    Idle,
    /// Both sides may send.
    Open,
    /// We have ended our side.
    HalfClosedLocal,
    /// The peer has ended its side.
    HalfClosedRemote,
    /// Both sides have ended, or one has reset the stream.
    Closed,
}

/// What happens to a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// HEADERS came in.
    ReceiveHeaders {
        /// with END_STREAM
        end: bool,
    },
    /// DATA came in.
    ReceiveData {
        /// with END_STREAM
        end: bool,
    },
    /// WINDOW_UPDATE came in.
    ReceiveWindowUpdate,
    /// RST_STREAM came in.
    ReceiveReset,
    /// We send HEADERS.
    SendHeaders {
        /// with END_STREAM
        end: bool,
    },
    /// We send DATA.
    SendData {
        /// with END_STREAM
        end: bool,
    },
    /// We send RST_STREAM.
    SendReset,
}

/// Why an input has no place in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The peer broke the rules of the connection.
    Connection(ErrorCode),
    /// The peer broke the rules of this stream.
    Stream(ErrorCode),
    /// It came too late and means nothing any more: leave it.
    Ignore,
    /// We were about to break the rules: the command is dropped.
    Misuse,
}

impl State {
    /// The state after `input`, or why there is none.
    ///
    /// # Errors
    /// A [`Refusal`] for each pair that RFC 9113 §5.1 does not allow.
    #[inline]
    pub fn step(self, input: Input) -> Result<State, Refusal> {
        use Input::*;
        use Refusal::*;
        use State::*;
        match (self, input) {
            (Idle, ReceiveHeaders { end: false } | SendHeaders { end: false }) => Ok(Open),
            (Idle, ReceiveHeaders { end: true }) => Ok(HalfClosedRemote),
            (Idle, SendHeaders { end: true }) => Ok(HalfClosedLocal),
            // "Receiving any frame other than HEADERS or PRIORITY on a stream in this state MUST
            // be treated as a connection error of type PROTOCOL_ERROR."
            (Idle, ReceiveData { .. } | ReceiveWindowUpdate | ReceiveReset) => {
                Err(Connection(ErrorCode::PROTOCOL_ERROR))
            }
            (Idle, SendData { .. } | SendReset) => Err(Misuse),

            (Open, ReceiveHeaders { end: false } | ReceiveData { end: false }) => Ok(Open),
            (Open, SendHeaders { end: false } | SendData { end: false }) => Ok(Open),
            (Open, ReceiveHeaders { end: true } | ReceiveData { end: true }) => {
                Ok(HalfClosedRemote)
            }
            (Open, SendHeaders { end: true } | SendData { end: true }) => Ok(HalfClosedLocal),
            (Open, ReceiveWindowUpdate) => Ok(Open),

            (HalfClosedLocal, ReceiveHeaders { end: false } | ReceiveData { end: false }) => {
                Ok(HalfClosedLocal)
            }
            (HalfClosedLocal, ReceiveHeaders { end: true } | ReceiveData { end: true }) => {
                Ok(Closed)
            }
            (HalfClosedLocal, ReceiveWindowUpdate) => Ok(HalfClosedLocal),
            (HalfClosedLocal, SendHeaders { .. } | SendData { .. }) => Err(Misuse),

            // "If an endpoint receives additional frames, other than WINDOW_UPDATE, PRIORITY, or
            // RST_STREAM, for a stream that is in this state, it MUST respond with a stream error
            // of type STREAM_CLOSED."
            (HalfClosedRemote, ReceiveHeaders { .. } | ReceiveData { .. }) => {
                Err(Stream(ErrorCode::STREAM_CLOSED))
            }
            (HalfClosedRemote, SendHeaders { end: false } | SendData { end: false }) => {
                Ok(HalfClosedRemote)
            }
            (HalfClosedRemote, SendHeaders { end: true } | SendData { end: true }) => Ok(Closed),
            (HalfClosedRemote, ReceiveWindowUpdate) => Ok(HalfClosedRemote),

            (Open | HalfClosedLocal | HalfClosedRemote, ReceiveReset | SendReset) => Ok(Closed),

            (Closed, ReceiveHeaders { .. } | ReceiveData { .. }) => {
                Err(Stream(ErrorCode::STREAM_CLOSED))
            }
            (Closed, ReceiveWindowUpdate | ReceiveReset) => Err(Ignore),
            (Closed, SendHeaders { .. } | SendData { .. } | SendReset) => Err(Misuse),
        }
    }

    /// Whether the peer may still send.
    #[inline]
    pub fn receives(self) -> bool {
        matches!(self, State::Open | State::HalfClosedLocal)
    }

    /// Whether we may still send.
    #[inline]
    pub fn sends(self) -> bool {
        matches!(self, State::Open | State::HalfClosedRemote)
    }
}
