//! gRPC for Rust on its own HTTP/2.
//!
//! You write a `.proto`; `yamabiko_compiler::build` in a `build.rs` turns it
//! into messages, a trait, a server and a client; [`include_proto!`] brings
//! them in. The trait is one and the same for the server, the client and a
//! mock in a test. Everything here runs on tokio.
//!
//! # A server
//!
//! The trait of a service has an `async fn` for each method. A handler gets
//! the request and a [`Context`], and returns the response or a [`Status`].
//!
//! ```no_run
//! # struct HelloRequest { name: String }
//! # #[derive(Default)]
//! # struct HelloReply { message: String }
//! # trait HelloService {
//! #     async fn say_hello(&self, _: HelloRequest, _: &Context) -> Result<HelloReply, Status>;
//! # }
//! # struct HelloServiceServer(Hello);
//! # impl yamabiko::Service for HelloServiceServer {
//! #     fn name(&self) -> &'static str { "hello.HelloService" }
//! #     fn register(&self, _: &mut yamabiko::codegen::Methods) {}
//! # }
//! # impl HelloServiceServer { fn new(hello: Hello) -> Self { Self(hello) } }
//! use yamabiko::{Context, Server, Status};
//!
//! struct Hello;
//!
//! impl HelloService for Hello {
//!     async fn say_hello(&self, request: HelloRequest, _: &Context) -> Result<HelloReply, Status> {
//!         if request.name.is_empty() {
//!             return Err(Status::invalid_argument("the name is missing"));
//!         }
//!         Ok(HelloReply { message: format!("こんにちは, {}", request.name), ..Default::default() })
//!     }
//! }
//!
//! # async fn example() -> Result<(), yamabiko::Error> {
//! Server::new().add(HelloServiceServer::new(Hello)).serve("[::]:50051").await
//! # }
//! ```
//!
//! [`serve`](Server::serve) runs until Ctrl-C or SIGTERM and then leaves in
//! good order. [`bind`](Server::bind) and [`start`](Listening::start) serve in
//! the background until [`shut_down`](Running::shut_down): the way to any free
//! port and to tests.
//!
//! Handlers that are ready at once run in the task of their connection, which
//! is what makes small calls cheap. A handler that blocks its thread is a
//! mistake that costs the others little: after some milliseconds another
//! thread takes over the connection, and the method's next calls run
//! elsewhere. That needs a runtime with several threads. A handler that panics
//! ends its own call with INTERNAL.
//!
//! # A client
//!
//! A generated client makes a [`Call`] for each method. Awaiting it makes the
//! call; what else it needs is said before.
//!
//! ```no_run
//! # struct HelloServiceClient;
//! # impl HelloServiceClient {
//! #     async fn connect(_: &str) -> Result<Self, yamabiko::Error> { Ok(Self) }
//! #     fn say_hello(&self, _: &str) -> yamabiko::Call<String> { unimplemented!() }
//! # }
//! # async fn example(request: &str) -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! let hello = HelloServiceClient::connect("http://localhost:50051").await?;
//! let reply = hello.say_hello(request).timeout(Duration::from_secs(1)).await?;
//! let response = hello.say_hello(request).metadata("request-id", "42")?.response().await?;
//! println!("{} {:?}", response.message, response.trailers.get("cost"));
//! # Ok(())
//! # }
//! ```
//!
//! A client is cheap to clone, and so is the [`Channel`] under it: all clones
//! share one connection, which is made anew when it is lost.
//!
//! # What dropping does
//!
//! | dropping | does |
//! |---|---|
//! | a [`Call`] that was not awaited | nothing: it was not made |
//! | the future of a call | cancels it: RST_STREAM with CANCEL, and the handler is dropped |
//! | the last clone of a [`Channel`] | closes the connection when the calls on it have ended |
//! | a [`Listening`] | closes the port |
//! | a [`Running`] | cuts all calls; [`shut_down`](Running::shut_down) is the polite way |
//!
//! # Errors
//!
//! An [`Error`] is what goes wrong before there is a call: a bad address, a
//! port in use, no server there. A [`Status`] is how a call ended. Its
//! [`origin`](Status::origin) tells who says so: the application on this side,
//! the server, or this library from what it saw, such as a deadline or a lost
//! connection. A call has one status whatever happens to its connection.
//!
//! A handler's own errors become statuses by `?`: they say which one by
//! [`StatusError`], others at the place by [`OrStatus`]. The client is told the
//! code and the message, and [details](error_details) if there are some; the
//! error itself is kept as the [source](std::error::Error::source) and logged.
//!
//! # Deadlines
//!
//! A [deadline](Call::deadline) covers all of a call, waiting for a connection
//! included. When it passes, both sides end the call with DEADLINE_EXCEEDED
//! and the handler is dropped. The calls that a handler makes end when its own
//! does, by its deadline or since it is cancelled, unless they are
//! [detached](Call::detached). For work that a handler spawns there is
//! [`Context::scope`].
//!
//! # Compression
//!
//! Messages that come compressed by gzip or deflate (and zstd, with that
//! feature) are understood. They are sent so where a
//! [server](Server::compression), a [channel](ChannelBuilder::compression), a
//! [call](Call::compression) or a [handler](Context::set_compression) asks for
//! it, the other side understands it, and they get smaller by it.
//!
//! # Limits
//!
//! Everything that a peer can make grow has a limit: a received message 4 MiB
//! ([`Server::max_message_size`], [`ChannelBuilder::max_message_size`]), the
//! calls that a client has open on a connection 1,024
//! ([`Server::max_concurrent_calls`]), the time for calls at a shutdown 30 s
//! ([`Server::drain`]). The others are constants of `yamabiko_core`; README.md
//! lists them all.
//!
//! # Transports
//!
//! | over | a server | a client |
//! |---|---|---|
//! | TCP | `bind("[::]:50051")` | `connect("http://localhost:50051")` |
//! | unix sockets | `bind("unix:/run/hello.sock")`, on Linux also `unix-abstract:hello` | the same address |
//! | TLS over either | `Server::tls` | an `https://` address, or `ChannelBuilder::tls` |
//! | memory | [`Server::start_in_process`] | [`Running::channel`] |
//! | what the application brings | [`Server::serve_on`] | [`ChannelBuilder::connector`] |
//!
//! TLS needs the feature `tls`. [`Context::peer`] tells a handler who calls,
//! whatever the transport, and by which certificate.
//!
//! # Messages
//!
//! Messages are those of the crate [`buffa`], in the one version that fits the
//! generated code, and so re-exported here. Another library joins by a
//! [`Codec`].

#[cfg(any(feature = "tokio", feature = "blocking"))]
mod address;
#[cfg(any(feature = "tokio", feature = "blocking"))]
mod answers;
#[cfg(any(feature = "tokio", feature = "blocking"))]
mod back_off;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "tokio")]
mod client;
mod codec;
#[cfg_attr(
    not(any(feature = "tokio", feature = "blocking")),
    expect(dead_code, reason = "only a driver carries messages")
)]
mod compression;
#[cfg_attr(
    not(any(feature = "tokio", feature = "blocking")),
    expect(dead_code, reason = "only a driver makes contexts and runs calls")
)]
mod context;
#[cfg_attr(
    not(any(feature = "tokio", feature = "blocking")),
    expect(dead_code, reason = "only a driver makes calls")
)]
mod current;
mod error;
pub mod error_details;
mod include_proto;
#[cfg(any(feature = "tokio", feature = "blocking"))]
mod listening;
#[cfg(any(feature = "tokio", feature = "blocking"))]
mod memory;
#[cfg(any(feature = "tokio", feature = "blocking"))]
mod options;
#[cfg_attr(
    not(any(feature = "tokio", feature = "blocking")),
    expect(dead_code, reason = "only a driver has peers")
)]
mod peer;
#[cfg(any(feature = "tokio", feature = "blocking"))]
mod read_buffer;
#[cfg(any(feature = "tokio", feature = "blocking"))]
mod response;
#[cfg(feature = "tokio")]
mod server;
#[cfg_attr(
    not(any(feature = "tokio", feature = "blocking")),
    expect(dead_code, reason = "only a driver makes contexts and runs calls")
)]
mod service;
#[cfg(any(feature = "tokio", feature = "blocking"))]
mod shut_down;
#[cfg(feature = "tokio")]
mod socket;
#[cfg(any(feature = "tokio", feature = "blocking"))]
mod spin;
#[cfg(any(feature = "tokio", feature = "blocking"))]
mod step;
#[cfg_attr(
    not(any(feature = "tokio", feature = "blocking")),
    expect(dead_code, reason = "only a driver carries messages")
)]
mod stream;
#[cfg(all(feature = "tls", any(feature = "tokio", feature = "blocking")))]
mod tls;
#[cfg(all(not(feature = "tls"), any(feature = "tokio", feature = "blocking")))]
#[path = "tls_off.rs"]
#[allow(dead_code, reason = "each driver uses a part of it")]
mod tls;
#[cfg(feature = "tokio")]
mod transport;

pub use buffa;
#[doc(hidden)]
pub use buffa_descriptor;
#[doc(hidden)]
pub use buffa_types;
#[cfg(feature = "tokio")]
pub use client::{Call, Channel, ChannelBuilder, IntoRequests, Pending, PendingResponse};
pub use codec::{Buffa, Codec};
pub use context::Context;
pub use current::Scoped;
pub use error::Error;
pub use futures_core::Stream;
pub use peer::{Peer, PeerAddress};
#[cfg(any(feature = "tokio", feature = "blocking"))]
pub use response::Response;
#[cfg(feature = "tokio")]
pub use server::{DRAIN, Listening, Running, Server};
pub use service::Service;
#[cfg(any(feature = "tokio", feature = "blocking"))]
pub use shut_down::{CutCall, ShutDown};
pub use stream::Streaming;
#[cfg(any(feature = "tokio", feature = "blocking"))]
pub use stream::{Made, Requests, SendError, Sender, channel, stream};
#[cfg(all(feature = "tls", any(feature = "tokio", feature = "blocking")))]
pub use tls::{Authorities, ClientTls, Identity, ServerTls};
#[cfg(feature = "tokio")]
pub use transport::Accept;
pub use yamabiko_core::grpc::{
    Code, Encoding, InvalidMetadata, Metadata, OrStatus, Origin, Status, StatusError, Value,
};

/// What generated code names, and nobody else needs to.
pub mod codegen {
    /// The same for clients on plain threads.
    #[cfg(feature = "blocking")]
    pub mod blocking {
        pub use crate::blocking::{
            BeginRequests, Relay, bidi_streaming, client_streaming, relay, server_streaming, unary,
        };
    }

    #[cfg(feature = "tokio")]
    pub use crate::client::{
        BeginRequests, Relay, bidi_streaming, client_streaming, relay, server_streaming, unary,
    };
    pub use crate::codec::{Buffa, Codec};
    pub use crate::service::{Methods, Replies};
}
