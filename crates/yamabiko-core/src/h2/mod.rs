//! HTTP/2 (RFC 9113): frames in, events out; commands in, frames out.
//!
//! | file | rule |
//! |---|---|
//! | `connection` | what a connection is made of, opening and closing it |
//! | `receive` | a received frame becomes an event |
//! | `faults` | what breaking a rule costs |
//! | `send` | a command becomes frames, or waits for a window |
//! | `stream_state` | the states of a stream |
//! | `streams` | which streams are live |
//! | `window` | flow control |
//! | `settings` | what each side has told the other |
//! | `header_block`, `field_rules` | a header section, in pieces and whole |
//! | `farewell` | GOAWAY and drain |
//! | `floods`, `config` | limits |
//! | `preface` | the first bytes |

mod config;
mod connection;
mod error;
mod farewell;
mod faults;
mod field_rules;
mod floods;
mod header_block;
mod output;
mod preface;
mod receive;
mod receive_data;
mod respond;
mod send;
mod settings;
mod stream_ids;
mod stream_state;
mod streams;
mod window;

pub use config::{
    CONNECTION_WINDOW, Config, FLOOD_BURST, FLOOD_PER_SECOND, HANDSHAKE, MAX_CONCURRENT_STREAMS,
    MAX_CONTINUATIONS, MAX_HEADER_LIST, MAX_OUTPUT, MAX_QUEUED, RESETS_REMEMBERED, STREAM_WINDOW,
    UNTOLD_CONCURRENT_STREAMS,
};
pub use connection::{Connection, Side};
pub use error::{Error, Speaks};
pub use field_rules::{Section, Unusable};
pub use preface::PREFACE;
pub(crate) use receive::Next;
pub use receive::{By, Event};
pub use respond::{KnownBlocks, Responded};
pub use send::{CannotOpen, Gone};
pub use stream_state::{Input, Refusal, State};
pub use streams::{DeferredBlock, StreamKey};
pub use window::DEFAULT_WINDOW;
