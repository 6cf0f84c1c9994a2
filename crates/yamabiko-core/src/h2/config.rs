//! What a connection allows its peer, with the defaults.

use std::time::Duration;

/// Concurrent streams that a peer may open.
pub const MAX_CONCURRENT_STREAMS: u32 = 1_024;
/// Streams that we open before the peer has said how many it allows.
pub const UNTOLD_CONCURRENT_STREAMS: u32 = 100;
/// Streams that we have reset and whose late frames are left, as RFC 9113 §5.1 asks.
pub const RESETS_REMEMBERED: usize = 1_024;
/// Bytes of a header list, counted as RFC 9113 §6.5.2 does.
pub const MAX_HEADER_LIST: u32 = 16 * 1024;
/// CONTINUATION frames in one header block.
pub const MAX_CONTINUATIONS: u32 = 8;
/// Receive window of a stream, in bytes.
pub const STREAM_WINDOW: u32 = 256 * 1024;
/// Receive window of a connection, in bytes.
pub const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Bytes written for a peer that does not read, before we stop reading from it.
pub const MAX_OUTPUT: usize = 1024 * 1024;
/// Bytes of answers that wait for the peer's windows, before new streams are refused.
pub const MAX_QUEUED: usize = 16 * 1024 * 1024;
/// Frames of a kind that costs us work and brings none, which a peer may send in a burst.
pub const FLOOD_BURST: u32 = 1_000;
/// How many more of them it may send in each second.
pub const FLOOD_PER_SECOND: u32 = 200;
/// How long a peer may take for its preface and SETTINGS, or to finish a header block.
pub const HANDSHAKE: Duration = Duration::from_secs(10);

/// The limits of one connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Streams that the peer may have open at once: [`MAX_CONCURRENT_STREAMS`].
    pub max_concurrent_streams: u32,
    /// Bytes of a header list: [`MAX_HEADER_LIST`].
    pub max_header_list: u32,
    /// Receive window of a stream: [`STREAM_WINDOW`].
    pub stream_window: u32,
    /// Receive window of the connection: [`CONNECTION_WINDOW`].
    pub connection_window: u32,
    /// Unsent output at which reading stops: [`MAX_OUTPUT`].
    pub max_output: usize,
    /// Answers waiting for windows at which new streams are refused: [`MAX_QUEUED`].
    pub max_queued: usize,
    /// Time for the preface and for a header block: [`HANDSHAKE`].
    pub handshake: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_concurrent_streams: MAX_CONCURRENT_STREAMS,
            max_header_list: MAX_HEADER_LIST,
            stream_window: STREAM_WINDOW,
            connection_window: CONNECTION_WINDOW,
            max_output: MAX_OUTPUT,
            max_queued: MAX_QUEUED,
            handshake: HANDSHAKE,
        }
    }
}
