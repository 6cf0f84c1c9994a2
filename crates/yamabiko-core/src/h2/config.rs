//! What a connection allows its peer, with the defaults.

use std::time::Duration;

use crate::Memory;

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
/// Receive window that a stream begins with, in bytes.
pub const STREAM_WINDOW: u32 = 65_535;
/// Receive window of a stream whose peer has filled half of the first one, in bytes.
pub const GROWN_WINDOW: u32 = 512 * 1024;
/// Streams of a connection whose window may grow.
pub const MAX_GROWN: usize = 128;
/// Receive window of a connection, in bytes.
pub const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Bytes written for a peer that does not read, before we stop reading from it.
pub const MAX_OUTPUT: usize = 1024 * 1024;
/// Bytes of answers that wait for the peer's windows, before no further call is begun.
pub const MAX_QUEUED: usize = 16 * 1024 * 1024;
/// Frames of a kind that costs us work and brings none, which a peer may send in a burst.
pub const FLOOD_BURST: u32 = 1_000;
/// How many more of them it may send in each second.
pub const FLOOD_PER_SECOND: u32 = 200;
/// Resets that a client earns with each call that was answered, up to a burst of them.
pub const RESETS_PER_ANSWER: u32 = 2;
/// How long a peer may take for its preface and SETTINGS, or to finish a header block or a frame.
pub const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a server waits for the answer to the PING of its announcement that it leaves.
pub const FAREWELL: Duration = Duration::from_secs(10);
/// How long a server writes to a peer that takes nothing, at least; at most twice as long.
pub const WRITE_STALL: Duration = Duration::from_secs(60);
/// Silence after which a server asks whether its client is there (gRFC A9).
pub const SERVER_KEEPALIVE_TIME: Duration = Duration::from_secs(2 * 60 * 60);
/// How long the answer to that may take (gRFC A8, A9).
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// The shortest time between two looks at a clock, so that no setting makes us spin.
pub const SHORTEST_TIME: Duration = Duration::from_millis(10);
/// The least time between two PINGs of a client with calls (gRFC A8).
pub const PERMITTED_PING_INTERVAL: Duration = Duration::from_secs(5 * 60);
/// The same without calls, where no PING is expected at all (gRFC A8).
pub const PERMITTED_PING_INTERVAL_WITHOUT_CALLS: Duration = Duration::from_secs(2 * 60 * 60);
/// PINGs that may come too early, until something is sent to the client (gRFC A8).
pub const PING_STRIKES: u32 = 2;
/// How long a client keeps a connection without calls, unless it is told otherwise.
pub const CLIENT_IDLE: Duration = Duration::from_secs(30 * 60);

/// The limits of one connection. By default what a peer may make grow is bounded, and time is only
/// what opening takes; [`server`](Config::server) and [`client`](Config::client) bound more of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Streams that the peer may have open at once: [`MAX_CONCURRENT_STREAMS`].
    pub max_concurrent_streams: u32,
    /// Bytes of a header list: [`MAX_HEADER_LIST`].
    pub max_header_list: u32,
    /// Receive window that a stream begins with: [`STREAM_WINDOW`].
    pub stream_window: u32,
    /// What it grows to when the peer fills half of it, on [`MAX_GROWN`] streams at once:
    /// [`GROWN_WINDOW`].
    pub grown_window: u32,
    /// Receive window of the connection: [`CONNECTION_WINDOW`].
    pub connection_window: u32,
    /// Unsent output at which reading stops: [`MAX_OUTPUT`].
    pub max_output: usize,
    /// Answers waiting for windows at which no further call is begun: [`MAX_QUEUED`].
    pub max_queued: usize,
    /// Time for the preface, for a header block and for any frame but DATA: [`HANDSHAKE`].
    pub handshake: Duration,
    /// Time for which a peer may take nothing of our output. None: for ever.
    pub write_stall: Option<Duration>,
    /// When we ask whether the peer is there.
    pub keepalive: Keepalive,
    /// How often a client may ask us.
    pub permitted_pings: PermittedPings,
    /// How long the connection may last.
    pub lifetime: Lifetime,
    /// Where the memory of large messages comes from.
    pub memory: Memory,
    /// Whether the driver [gathers](super::Connection::gather) output from where it is: large
    /// messages are not copied then.
    pub gathers: bool,
}

/// When to ask a silent peer whether it is there, by a PING (gRFC A8 and A9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// After how long a silence. None: never.
    pub time: Option<Duration>,
    /// How long the answer, or anything else, may take: [`KEEPALIVE_TIMEOUT`].
    pub timeout: Duration,
    /// Whether to ask even while there is no call.
    pub without_calls: bool,
}

impl Keepalive {
    /// What a client goes on with after a server has found that it asked too often: half as often
    /// (gRFC A8).
    #[must_use]
    pub fn calmed(mut self) -> Self {
        self.time = self.time.map(|time| time.saturating_mul(2));
        self
    }
}

/// How often a client may ask whether a server is there (gRFC A8). More often, it is sent away with
/// ENHANCE_YOUR_CALM and "too_many_pings".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermittedPings {
    /// The least time between two PINGs: [`PERMITTED_PING_INTERVAL`].
    pub interval: Duration,
    /// Whether that holds without calls too; else they get
    /// [`PERMITTED_PING_INTERVAL_WITHOUT_CALLS`].
    pub without_calls: bool,
    /// How many may come too early before we have sent something again: [`PING_STRIKES`]. 0 means
    /// that it is not counted.
    pub strikes: u32,
}

/// How long a connection may last (gRFC A9). It ends as after a shutdown: with a GOAWAY, when its
/// calls have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifetime {
    /// How long without a call. None: for ever.
    pub idle: Option<Duration>,
    /// How long at all, give or take a tenth by `seed`. None: for ever.
    pub age: Option<Duration>,
    /// How long its calls may then go on before they are cut. None: for ever.
    pub grace: Option<Duration>,
    /// Where in that tenth: another number for each connection, so that they do not all end at once.
    pub seed: u64,
}

impl Config {
    /// What a server has by default: the limits, and gRPC's keepalive.
    pub fn server() -> Self {
        let keepalive = Keepalive {
            time: Some(SERVER_KEEPALIVE_TIME),
            timeout: KEEPALIVE_TIMEOUT,
            // What is to be found out is whether an idle client is gone, too.
            without_calls: true,
        };
        Config { keepalive, write_stall: Some(WRITE_STALL), ..Config::default() }
    }

    /// What a client has by default: the limits, and an end to a connection that nobody uses.
    pub fn client() -> Self {
        let lifetime = Lifetime { idle: Some(CLIENT_IDLE), ..Lifetime::default() };
        Config { lifetime, ..Config::default() }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_concurrent_streams: MAX_CONCURRENT_STREAMS,
            max_header_list: MAX_HEADER_LIST,
            stream_window: STREAM_WINDOW,
            grown_window: GROWN_WINDOW,
            connection_window: CONNECTION_WINDOW,
            max_output: MAX_OUTPUT,
            max_queued: MAX_QUEUED,
            handshake: HANDSHAKE,
            write_stall: None,
            keepalive: Keepalive { time: None, timeout: KEEPALIVE_TIMEOUT, without_calls: false },
            permitted_pings: PermittedPings {
                interval: PERMITTED_PING_INTERVAL,
                without_calls: false,
                strikes: PING_STRIKES,
            },
            lifetime: Lifetime::default(),
            memory: Memory::default(),
            gathers: false,
        }
    }
}
