//! A client on plain threads: a channel to a server, and calls over it, each
//! driven by the thread that makes it.

mod attendant;
mod builder;
mod call;
mod carrier;
mod changes;
mod channel;
mod connect;
mod connection;
mod driving;
mod exchange;
mod link;
mod opening;
mod outgoing;
mod requests;
mod started;
mod waiting;

pub use attendant::Attendant;
pub use builder::ChannelBuilder;
pub use call::{Call, bidi_streaming, client_streaming, server_streaming, unary};
pub use channel::{Channel, Connectivity};
pub use connect::Unreachable;
pub use exchange::{Exchange, Outcome};
pub use requests::{BeginRequests, IntoRequests, Relay, relay};
pub use started::Started;
pub use waiting::Interrupt;
