//! The standard interop cases of gRPC, from its `doc/interop-test-descriptions.md`.
//!
//! [`service`] is our server of `proto/testing.proto`, [`cases`] is what our
//! client does with a server of it. The programs `interop-server` and
//! `interop-client` are made of them. README.md says which cases are left out.

pub mod cases;
pub mod driver;
mod kept;
pub mod on_threads;
pub mod on_tokio;
pub mod service;

/// The same as [`cases`] on plain threads.
pub mod blocking_cases {
    include!(concat!(env!("OUT_DIR"), "/blocking_cases.rs"));
}

/// A server sends the entry of this key back before its messages.
const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";
/// A server sends the entry of this key back behind its messages.
const ECHO_TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// The certificate that has signed [`SERVER_CERTIFICATE`], which is for `localhost`.
pub const AUTHORITY: &str = include_str!("../../certificates/ca.pem");
/// What the server shows with `--tls`.
pub const SERVER_CERTIFICATE: &str = include_str!("../../certificates/server.pem");
/// Its key, which is everybody's.
pub const SERVER_KEY: &str = include_str!("../../certificates/server-key.pem");
