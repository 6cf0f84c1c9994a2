//! Where our server and client meet the real peers: grpcio, nghttp and h2load.
//!
//! `proto/interop.proto` is the service that both speak. [`service`] is our
//! server of it and `grpcio/server.py` is grpcio's; [`facts`] is what our
//! client finds true of a server and `grpcio/client.py` what grpcio's does.
//! [`grpcio`] runs the Python side. The tests put them together.
//!
//! [`standard`] is our side of the interop cases that all implementations of
//! gRPC are held against, with a service of its own.

pub mod facts;
pub mod grpcio;
pub mod service;
pub mod standard;

/// The messages, the trait, the server and the client of `interop.proto`.
pub mod interop {
    yamabiko::include_proto!("interop");
}

/// The messages, the traits, the servers and the clients of `testing.proto`.
pub mod testing {
    yamabiko::include_proto!("grpc.testing");
}
