//! A server and a channel on plain threads, without an async runtime.
//!
//! The names are those of the crate's root, without `await`, and so are those
//! of generated code: a package with services has a module `blocking` with
//! their traits, servers and clients (`blocking_` if there is a package of that
//! name). A server needs no runtime around it: its threads take turns at
//! reading, and the one that has read calls runs them.
//!
//! ```no_run
//! # fn example<S: yamabiko::Service>(hello: S) -> Result<(), yamabiko::Error> {
//! yamabiko::blocking::Server::new().add(hello).workers(10).serve("[::]:50051")
//! # }
//! ```
//!
//! # Streams
//!
//! A handler answers with an iterator, and takes requests as one, a
//! [`Streaming`]; so does a caller. The thread that asks for the next message
//! waits for it, and drives its connection meanwhile. A handler that waits for
//! messages, or for a client that is behind, has its worker for itself: a
//! server with ten [`workers`](Server::workers) has ten such calls at a time,
//! and others wait for one to end. When the client has left, or its deadline
//! has passed, the stream ends with CANCELLED.
//!
//! ```
//! # struct Place { height: u32 }
//! # struct Climb { metres: u32 }
//! use yamabiko::blocking::Streaming;
//! use yamabiko::{Context, Status};
//!
//! fn record_climb(places: Streaming<Place>, _: &Context) -> Result<Climb, Status> {
//!     let heights = places.map(|place| place.map(|place| place.height));
//!     let heights: Vec<u32> = heights.collect::<Result<_, Status>>()?;
//!     let metres = heights.windows(2).map(|two| two[1].saturating_sub(two[0])).sum();
//!     Ok(Climb { metres })
//! }
//! # let places = Streaming::from_messages([Place { height: 1 }, Place { height: 4 }]);
//! # assert_eq!(record_climb(places, &Context::default()).unwrap().metres, 3);
//! ```
//!
//! Handlers of the async traits run here too, polled by a worker that sleeps
//! while they wait; and those of this kind run on tokio's server,
//! if the runtime has several threads.
//!
//! Who has something else than [`Service`](crate::Service)s to answer with,
//! such as another language's functions, gives a [`host::Handler`] to a
//! [`host::Driver`].

mod client;
mod server;
mod streaming;
mod waiting;
mod wire;

pub use client::{
    Attendant, Call, Channel, ChannelBuilder, Connectivity, Exchange, Interrupt, IntoRequests,
    Outcome, Started, Unreachable, bidi_streaming, client_streaming, server_streaming, unary,
};
#[doc(hidden)]
pub use client::{BeginRequests, Relay, relay};
pub use server::host;
pub use server::{Listening, Running, Server};
pub(crate) use streaming::send_all;
pub use streaming::{Requests, Sender, Streaming, channel};
