//! A client on plain threads: a channel to a server, and calls over it, each
//! driven by the thread that makes it.

mod attendant;
mod builder;
mod call;
mod changes;
mod channel;
mod connect;
mod connection;
mod driving;
mod exchange;
mod link;
mod outgoing;
mod started;
mod waiting;

pub use attendant::Attendant;
pub use builder::ChannelBuilder;
pub use call::{Call, unary};
pub use channel::{Channel, Connectivity};
pub use connect::Unreachable;
pub use exchange::{Exchange, Outcome};
pub use started::Started;
pub use waiting::Interrupt;
