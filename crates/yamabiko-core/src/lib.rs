//! The sans-IO HTTP/2 and gRPC state machines of Yamabiko: bytes in, events out; commands in,
//! bytes out. There is no socket, clock, thread or randomness in here: `now` is an argument.
//!
//! # The map
//!
//! ```text
//! bytes ──▶ frame ──▶ h2 (with hpack) ──▶ grpc ──▶ events
//! bytes ◀── frame ◀── h2 (with hpack) ◀── grpc ◀── commands
//! ```
//!
//! | module | is |
//! |---|---|
//! | [`frame`] | the frames of RFC 9113 §6, one file for each |
//! | [`field`] | a header field, classified once |
//! | [`hpack`] | header compression (RFC 7541) |
//! | [`h2`] | the connection: streams, windows, settings, limits, farewell |
//! | [`grpc`] | messages, metadata, status, and the calls of [a server](grpc::server) and [a client](grpc::client) |
//!
//! A module names those above it in this table and none below.
//!
//! # The drive contract
//!
//! A driver has the socket and the clock. For each connection, a
//! [`ServerConnection`](grpc::server::ServerConnection) or a
//! [`ClientConnection`](grpc::client::ClientConnection), it
//!
//! 1. reads into a [`ReceiveBuffer`], as far as `is_backed_up` allows;
//! 2. calls `next_event` until it gives `None`: events borrow from the buffer, and what is not
//!    taken yet stays in it;
//! 3. gives commands at any time, between two events as well;
//! 4. sends what `output` holds, and says with `sent` how much of it; `next_room` tells then who
//!    may send more of a stream;
//! 5. calls `handle_timeout` when the time of `poll_timeout` has come, and goes on with step 2;
//! 6. asks again after each of these steps for `output` and `poll_timeout`: any of them can change
//!    both.
//!
//! An error of `next_event` or `handle_timeout` is the end of the connection: its last words are
//! in `output`, and every call on it has ended. What the driver may rely on:
//!
//! - The same bytes give the same events and the same output, however they are cut.
//! - Nothing that a peer sends panics, or takes more memory than the limits in [`h2::Config`] and
//!   [`grpc::MessageLimits`] allow.
//! - A client's call ends with exactly one status, unless it is cancelled or the connection ends.
//!
//! # Two endpoints in memory
//!
//! ```
//! use std::time::{Duration, Instant};
//!
//! use yamabiko_core::ReceiveBuffer;
//! use yamabiko_core::grpc::client::{self, ClientConnection};
//! use yamabiko_core::grpc::server::{self, ServerConnection};
//! use yamabiko_core::grpc::{Code, MessageLimits, Metadata, Status, Target};
//! use yamabiko_core::h2::Config;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (now, limits) = (Instant::now(), MessageLimits::default());
//! let target = Target {
//!     scheme: "http",
//!     authority: "localhost:50051".into(),
//!     user_agent: "example/1".into(),
//! };
//! let mut client = ClientConnection::new(Config::default(), limits, target, now);
//! let mut server = ServerConnection::new(Config::default(), limits, now);
//!
//! let timeout = Some(Duration::from_secs(1));
//! let call = client.open("/echo.Echo/Say", timeout, &Metadata::new()).expect("there is room");
//! client.send_message(call, 5, true, |out| out.extend_from_slice(b"hello")).expect("it is live");
//!
//! let (mut to_server, mut to_client) = (ReceiveBuffer::new(), ReceiveBuffer::new());
//! let mut answer = Vec::new();
//! let status = 'ended: loop {
//!     to_server.extend(client.output());
//!     client.sent(client.output().len());
//!     while let Some(event) = server.next_event(&to_server, now)? {
//!         if let server::Event::Message { stream, message, .. } = event {
//!             let echo = |out: &mut Vec<u8>| out.extend_from_slice(&message);
//!             server.send_message(stream, message.len(), echo).expect("it is live");
//!             server.finish(stream, &Status::ok());
//!         }
//!     }
//!     to_client.extend(server.output());
//!     server.sent(server.output().len());
//!     while let Some(event) = client.next_event(&to_client, now)? {
//!         match event {
//!             client::Event::Message { message, .. } => answer.extend_from_slice(&message),
//!             client::Event::Status { status, .. } => break 'ended status,
//!             _ => {}
//!         }
//!     }
//! };
//! assert_eq!((status.code(), &answer[..]), (Code::Ok, &b"hello"[..]));
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod field;
pub mod frame;
pub mod grpc;
pub mod h2;
pub mod hpack;
mod memory;
mod receive_buffer;

pub use memory::Memory;
pub use receive_buffer::ReceiveBuffer;
