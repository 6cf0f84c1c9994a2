//! What the tests of the connection share: one endpoint against a peer that writes frames by hand
//! ([`End`]), two endpoints over a simulated link with a virtual clock ([`Pair`]), and the words
//! for both.
#![allow(dead_code, unused_imports, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod end;
mod pair;
mod wire;

pub use end::{Core, End, Got, base, client, client_with, server, server_with, target};
pub use pair::{Answer, Link, Pair, Random, echo};
pub use wire::{
    Reader, Seen, block, continuation, data, frame, goaway, headers, message, ping, request,
    request_fields, reset, response_head, settings, trailers, window_update,
};
