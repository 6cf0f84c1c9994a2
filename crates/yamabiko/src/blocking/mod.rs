//! A server and a channel on plain threads, without an async runtime.

mod client;
pub use client::{
    Attendant, Call, Channel, ChannelBuilder, Connectivity, Exchange, Interrupt, Outcome, Started,
    Unreachable, unary,
};
