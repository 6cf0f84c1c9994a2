//! A server on plain threads that serves the service of the tests.

use yamabiko::Service;
use yamabiko::blocking::{Running, Server};

use super::Echo;

/// A server on a free port of the loopback.
pub fn serve(service: impl Service) -> (Running, String) {
    serve_with(Server::new(), service)
}

pub fn serve_with(server: Server, service: impl Service) -> (Running, String) {
    let listening = server.add(service).bind("127.0.0.1:0").expect("a free port");
    let address = listening.local_address().to_string();
    (listening.start(), address)
}

/// What a test named `child` does, which each file that starts one has.
pub fn run_child(server: Server, echo: Echo) {
    if !super::child::am_child() {
        return;
    }
    let listening = server.add(echo).bind("127.0.0.1:0").expect("a free port");
    println!("\nlistening on {}", listening.local_address());
    listening.serve();
}
