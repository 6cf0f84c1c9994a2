//! What every server of the bench does with a call, written once so that they differ in nothing
//! but the gRPC library: a greeting, or, for one name, 50 ms of a core.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

/// The name whose greeting burns [`BURN`] of CPU: the fairness probe calls it.
pub const BURN_NAME: &str = "burn";
/// How long a greeting of [`BURN_NAME`] keeps its core busy.
pub const BURN: Duration = Duration::from_millis(50);

/// The greeting for `name`.
pub fn greeting(name: &str) -> String {
    if name == BURN_NAME {
        let start = Instant::now();
        while start.elapsed() < BURN {
            std::hint::spin_loop();
        }
    }
    format!("こんにちは, {name}")
}

/// The payloads that a server streams: `messages` of `size` bytes each.
pub fn payloads(messages: u32, size: u32) -> impl Iterator<Item = Vec<u8>> + Send {
    (0..messages).map(move |number| vec![number as u8; size as usize])
}

/// The loopback address with the port that is the first argument of the program.
pub fn address() -> Result<SocketAddr, String> {
    let argument = std::env::args().nth(1).ok_or("usage: server-… <port>")?;
    let port = argument.parse().map_err(|_| format!("not a port: {argument}"))?;
    Ok((Ipv4Addr::LOCALHOST, port).into())
}
