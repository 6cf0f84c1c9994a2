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
        // The answers of calls that run at once are all made before it shows that nobody reads.
        Server::new().max_concurrent_calls(100),
        Echo::new(
            |text, _| async move { Ok(if text == "much" { "x".repeat(100_000) } else { text }) },
        ),
    );
}
