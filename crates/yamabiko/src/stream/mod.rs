//! Streams of messages, the same for every driver: what a handler and a
//! caller hold, and how messages get to the wire and off it.
//!
//! | file | is |
//! |---|---|
//! | `streaming` | messages that come, for whoever reads them |
//! | `channel` | messages to send, from whoever makes them |
//! | `forward` | a stream of messages packed for the wire |
//! | `messages` | messages that have come and are to be read, small ones in runs |
//! | `inbox` | those that a connection keeps until they are read, and who waits for them |
//! | `collect` | one message out of a stream |
//! | `wire` | the seam to the drivers |
//! | `calling`, `serving` | what is behind that seam: the calls of a client's connection, and of a server's |

#[cfg(any(feature = "tokio", feature = "blocking"))]
pub(crate) mod calling;
mod channel;
#[cfg(any(feature = "tokio", feature = "blocking"))]
mod collect;
mod forward;
#[cfg(any(feature = "tokio", feature = "blocking"))]
mod inbox;
mod messages;
#[cfg(any(feature = "tokio", feature = "blocking"))]
pub(crate) mod serving;
mod streaming;
mod wire;

#[cfg(any(feature = "tokio", feature = "blocking"))]
pub use channel::{Made, Requests, SendError, Sender, channel, stream};
#[cfg(feature = "blocking")]
pub(crate) use channel::{Queued, marked};
#[cfg(any(feature = "tokio", feature = "blocking"))]
pub(crate) use collect::Collect;
#[cfg(feature = "blocking")]
pub(crate) use forward::PACK;
#[cfg(feature = "tokio")]
pub(crate) use forward::faithless;
pub(crate) use forward::{forward, frame};
#[cfg(any(feature = "tokio", feature = "blocking"))]
pub(crate) use inbox::Inbox;
#[cfg(any(feature = "tokio", feature = "blocking"))]
pub(crate) use messages::Batch;
pub(crate) use messages::Messages;
pub use streaming::Streaming;
#[cfg(any(feature = "tokio", feature = "blocking"))]
pub(crate) use wire::Came;
pub(crate) use wire::{Sink, Source};
