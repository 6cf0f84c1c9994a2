//! Connections that are opened and never finished, to a server on plain
//! threads.

mod half_open_cases;
mod support;

use support::{Echo, blocking, child};
use yamabiko::blocking::Server;

/// Not a test: the server, in a process of its own.
#[test]
fn child() {
    if child::am_child() {
        let tls = half_open_cases::authority().server();
        let server = Server::new().tls(tls).handshake_timeout(half_open_cases::LIMIT);
        blocking::run_child(server, Echo::plain());
    }
}
