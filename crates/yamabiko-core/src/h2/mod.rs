//! HTTP/2 (RFC 9113): frames in, events out; commands in, frames out.
//!
//! | file | rule |
//! |---|---|
//! | `connection` | what a connection is made of, opening and closing it |
//! | `receive` | a received frame becomes an event |
//! | `faults` | what breaking a rule costs |
//! | `send` | a command becomes frames, or waits for a window |
//! | `room` | who may send more |
//! | `stream_state` | the states of a stream |
//! | `streams` | which streams are live |
//! | `window` | flow control |
//! | `settings` | what each side has told the other |
//! | `header_block`, `field_rules` | a header section, in pieces and whole |
//! | `farewell` | GOAWAY and drain |
//! | `clocks` | what is due |
//! | `keepalive`, `pings` | whether the peer is there, and how often it may ask |
//! | `lifetime`, `stalls` | how long a connection lasts, and a peer that stops in the middle |
//! | `floods`, `config` | limits |
//! | `preface` | the first bytes |

mod clocks;
mod config;
mod connection;
mod error;
mod farewell;
mod faults;
mod field_rules;
mod floods;
mod header_block;
mod keepalive;
mod lifetime;
mod output;
mod pings;
mod preface;
mod queue;
mod receive;
mod receive_data;
mod respond;
mod room;
mod send;
mod settings;
mod stalls;
mod stream_ids;
mod stream_state;
mod streams;
mod window;

pub use config::{
    CLIENT_IDLE, CONNECTION_WINDOW, Config, FAREWELL, FLOOD_BURST, FLOOD_PER_SECOND, GROWN_WINDOW,
    HANDSHAKE, KEEPALIVE_TIMEOUT, Keepalive, Lifetime, MAX_CONCURRENT_STREAMS, MAX_CONTINUATIONS,
    MAX_GROWN, MAX_HEADER_LIST, MAX_OUTPUT, MAX_QUEUED, PERMITTED_PING_INTERVAL,
    PERMITTED_PING_INTERVAL_WITHOUT_CALLS, PING_STRIKES, PermittedPings, RESETS_PER_ANSWER,
    RESETS_REMEMBERED, SERVER_KEEPALIVE_TIME, SHORTEST_TIME, STREAM_WINDOW,
    UNTOLD_CONCURRENT_STREAMS, WRITE_STALL,
};
pub use connection::{Connection, Side};
pub use error::{Error, Speaks};
pub use field_rules::{Section, Unusable};
pub use preface::PREFACE;
pub(crate) use receive::Next;
pub use receive::{By, Event};
pub use respond::{KnownBlocks, Responded};
pub use room::SEND_AHEAD;
pub use send::{CannotOpen, Gone};
pub use stream_state::{Input, Refusal, State};
pub use streams::{DeferredBlock, StreamKey};
pub use window::DEFAULT_WINDOW;
