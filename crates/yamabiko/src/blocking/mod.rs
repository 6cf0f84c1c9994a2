//! A server and a channel on plain threads, without an async runtime.
//!
//! The names are those of the crate's root, without `await`. A server needs no
//! runtime around it: its threads take turns at reading, and the one that has
//! read calls runs them.
//!
//! ```no_run
//! # fn example<S: yamabiko::Service>(hello: S) -> Result<(), yamabiko::Error> {
//! yamabiko::blocking::Server::new().add(hello).workers(10).serve("[::]:50051")
//! # }
//! ```
//!
//! Who has something else than [`Service`](crate::Service)s to answer with,
//! such as another language's functions, gives a [`host::Handler`] to a
//! [`host::Driver`].

mod client;
mod server;

pub use client::{
    Attendant, Call, Channel, ChannelBuilder, Connectivity, Exchange, Interrupt, Outcome, Started,
    Unreachable, unary,
};
pub use server::host;
pub use server::{Listening, Running, Server};
