//! The sans-IO HTTP/2 and gRPC state machines of Yamabiko.
#![forbid(unsafe_code)]

pub mod field;
pub mod frame;
pub mod grpc;
pub mod h2;
pub mod hpack;
mod receive_buffer;

pub use receive_buffer::ReceiveBuffer;
