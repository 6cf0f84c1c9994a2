//! HTTP/2 frames (RFC 9113 §4 and §6): bytes to [`Frame`], and back.
//!
//! One file per frame type, its parser beside its writer. What can be judged from the frame alone
//! is judged here; whether the frame fits the state of its stream or of the connection is not.
//! A parsed frame borrows the read buffer.

mod continuation;
pub(crate) mod data;
mod error;
mod error_code;
mod goaway;
mod head;
pub(crate) mod headers;
mod padding;
mod ping;
mod priority;
mod push_promise;
mod reset;
mod settings;
mod window_update;

pub use continuation::write_continuation_head;
pub use data::write_data_head;
pub use error::{FrameError, Scope};
pub use error_code::ErrorCode;
pub use goaway::write_goaway;
pub use head::{
    DEFAULT_MAX_FRAME_SIZE, FrameHead, HEAD_LEN, LARGEST_MAX_FRAME_SIZE, LARGEST_STREAM, flag, kind,
};
pub use headers::write_headers_head;
pub use ping::write_ping;
pub use reset::write_reset;
pub use settings::{Settings, setting, write_settings, write_settings_ack};
pub use window_update::{LARGEST_WINDOW, write_window_update};

/// A received frame, well formed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A part of a message (RFC 9113 §6.1).
    Data {
        /// The stream; never 0.
        stream: u32,
        /// The content, without padding.
        data: &'a [u8],
        /// What the frame takes from both windows: content, padding and the padding's length byte.
        flow_length: u32,
        /// The sender sends nothing more on this stream.
        end_stream: bool,
    },
    /// The beginning of a field section (RFC 9113 §6.2). Its priority is checked for length and
    /// dropped.
    Headers {
        /// The stream; never 0.
        stream: u32,
        /// The first piece of the compressed field section.
        fragment: &'a [u8],
        /// No CONTINUATION follows.
        end_headers: bool,
        /// The sender sends nothing more on this stream after this field section.
        end_stream: bool,
    },
    /// A priority of the deprecated scheme (RFC 9113 §6.3); to be ignored.
    Priority {
        /// The stream; never 0.
        stream: u32,
    },
    /// The end of a stream by error or cancellation, RST_STREAM (RFC 9113 §6.4).
    Reset {
        /// The stream; never 0.
        stream: u32,
        /// Why.
        code: ErrorCode,
    },
    /// New settings of the peer, or its acknowledgement of ours (RFC 9113 §6.5).
    Settings(Settings<'a>),
    /// A push, which we never allow (RFC 9113 §6.6); so its content is not kept.
    PushPromise {
        /// The stream that the push belongs to; never 0.
        stream: u32,
    },
    /// A liveness or latency probe, or the answer to ours (RFC 9113 §6.7).
    Ping {
        /// This is an answer.
        ack: bool,
        /// What the sender of the probe chose.
        payload: [u8; 8],
    },
    /// The peer accepts no new streams (RFC 9113 §6.8).
    GoAway {
        /// The last stream of ours that the peer has handled or may yet handle.
        last_stream: u32,
        /// Why.
        code: ErrorCode,
        /// Diagnostic text, of no defined form.
        debug: &'a [u8],
    },
    /// Leave to send more (RFC 9113 §6.9).
    WindowUpdate {
        /// The stream, or 0 for the connection.
        stream: u32,
        /// Octets, 1 to 2^31 - 1.
        increment: u32,
    },
    /// More of a field section (RFC 9113 §6.10).
    Continuation {
        /// The stream; never 0.
        stream: u32,
        /// The next piece of the compressed field section.
        fragment: &'a [u8],
        /// No further CONTINUATION follows.
        end_headers: bool,
    },
    /// A frame of an extension, to be ignored (RFC 9113 §5.5) unless a field section is open.
    Unknown {
        /// The frame type.
        kind: u8,
    },
}

impl<'a> Frame<'a> {
    /// Reads one whole frame. `payload` is exactly the `head.length` octets that follow the head.
    ///
    /// # Errors
    /// A [`FrameError`] when the frame is malformed whatever the state of the connection. Errors
    /// of HEADERS and CONTINUATION always concern the connection: their field section would be
    /// missing from the decompressor's history otherwise.
    pub fn parse(head: FrameHead, payload: &'a [u8]) -> Result<Self, FrameError> {
        debug_assert_eq!(head.length as usize, payload.len(), "one head, one whole payload");
        match head.kind {
            kind::DATA => data::parse(head, payload),
            kind::HEADERS => headers::parse(head, payload),
            kind::PRIORITY => priority::parse(head, payload),
            kind::RST_STREAM => reset::parse(head, payload),
            kind::SETTINGS => settings::parse(head, payload),
            kind::PUSH_PROMISE => push_promise::parse(head, payload),
            kind::PING => ping::parse(head, payload),
            kind::GOAWAY => goaway::parse(head, payload),
            kind::WINDOW_UPDATE => window_update::parse(head, payload),
            kind::CONTINUATION => continuation::parse(head, payload),
            unknown => Ok(Frame::Unknown { kind: unknown }),
        }
    }
}
