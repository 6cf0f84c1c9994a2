//! A server on plain threads that is told to leave by a signal.

mod signal_cases;
mod support;

use std::time::Duration;

use support::{Echo, blocking};
use yamabiko::blocking::Server;

/// Not a test: what the tests run in a process of its own.
#[test]
fn child() {
    blocking::run_child(
        Server::new(),
        Echo::new(|text, context| async move {
            match text.as_str() {
                "soon" => std::thread::sleep(Duration::from_millis(300)),
                "never" => context.cancelled().await,
                _ => {}
            }
            Ok(text)
        }),
    );
}
