//! A client: a channel to a server, and calls over it.

mod call;
mod channel;
mod connect;
mod connection;
mod requests;
mod wire;

pub use call::{
    Call, Pending, PendingResponse, bidi_streaming, client_streaming, server_streaming, unary,
};
pub use channel::{Channel, ChannelBuilder};
pub use requests::{BeginRequests, IntoRequests, Relay, relay};
