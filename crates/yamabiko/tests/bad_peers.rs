//! Whatever a peer sends, or does not: the server stays up, its memory stays
//! bounded, and a good client beside it gets its answers in time.

mod bad_peers_cases;
mod support;

use support::{Echo, child};
use yamabiko::Server;

/// Not a test: the server, in a process of its own.
#[test]
fn child() {
    child::run(
        Server::new(),
        Echo::new(|text, _| async move {
            Ok(match &*text {
                "much" => "x".repeat(100_000),
                "huge" => "x".repeat(1 << 20),
                _ => text,
            })
        }),
    );
}
