//! gRPC for Rust on its own HTTP/2.
//!
//! You write a `.proto`; `yamabiko_compiler::build` in a `build.rs` turns it
//! into messages, a trait, a server and a client; [`include_proto!`] brings
//! them in. The trait is one and the same for the server, the client and a
//! mock in a test.

mod address;
mod client;
mod codec;
mod context;
mod error;
mod include_proto;
mod read_buffer;
mod server;
mod service;
mod socket;

pub use buffa;
#[doc(hidden)]
pub use buffa_descriptor;
#[doc(hidden)]
pub use buffa_types;
pub use client::{Call, Channel, ChannelBuilder, Pending, PendingResponse, Response};
pub use codec::{Buffa, Codec};
pub use context::Context;
pub use error::Error;
pub use server::{DRAIN, Listening, Running, Server};
pub use service::Service;
pub use yamabiko_core::grpc::{Code, InvalidMetadata, Metadata, Origin, Status, Value};

/// What generated code names, and nobody else needs to.
pub mod codegen {
    pub use crate::client::unary;
    pub use crate::codec::{Buffa, Codec};
    pub use crate::service::Methods;
}
