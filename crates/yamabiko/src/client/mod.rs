//! A client: a channel to a server, and calls over it.

mod call;
mod channel;
mod connect;
mod connection;

pub use call::{Call, Pending, PendingResponse, unary};
pub use channel::{Channel, ChannelBuilder};
