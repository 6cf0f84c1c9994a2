//! Where our server and client meet the real peers: grpcio, nghttp and h2load.
//!
//! `proto/interop.proto` is the service that both speak. [`service`] is our
//! server of it and `grpcio/server.py` is grpcio's; [`facts`] is what our
//! client finds true of a server and `grpcio/client.py` what grpcio's does.
//! [`grpcio`] runs the Python side. The tests put them together.

pub mod facts;
pub mod grpcio;
pub mod service;

/// The messages, the trait, the server and the client of `interop.proto`.
pub mod interop {
    yamabiko::include_proto!("interop");
}
