//! From an address to sockets that listen, for every driver of a server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::Error;

/// Connections that the system may hold before they are accepted.
const BACKLOG: i32 = 4096;

/// Listens on each of `found`, the addresses that `port` was asked for on: one, or two for
/// `localhost`. The sockets do not block.
///
/// With `share`, other processes that say so too may listen on the same port (SO_REUSEPORT).
///
/// # Errors
/// [`Error::Listen`].
pub(crate) fn bind(
    found: Vec<SocketAddr>,
    port: u16,
    share: bool,
) -> Result<Vec<TcpListener>, Error> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut failed = None;
    for mut address in found {
        if let Some(first) = listeners.first().filter(|_| port == 0) {
            // Port 0 means any port, but the same one on all of them.
            address.set_port(first.local_addr().map_or(0, |address| address.port()));
        }
        let mut listening = listen(address, share);
        if address.is_ipv6() && address.ip().is_unspecified() && is_without_ipv6(&listening) {
            // [::] means every address; without IPv6 that is every IPv4 address.
            listening = listen((Ipv4Addr::UNSPECIFIED, address.port()).into(), share);
        }
        match listening {
            Ok(listener) => listeners.push(listener),
            // A machine without IPv6 still serves localhost. A port in use is never passed over:
            // some clients would reach the other program.
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                failed = Some((address, error));
            }
            Err(source) => return Err(Error::Listen { address: address.to_string(), source }),
        }
    }
    match failed {
        Some((address, source)) if listeners.is_empty() => {
            Err(Error::Listen { address: address.to_string(), source })
        }
        _ => Ok(listeners),
    }
}

fn listen(address: SocketAddr, share: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // [::] is every address of the machine, IPv4 included, whatever the system's default.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    #[cfg(unix)]
    {
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(share)?;
    }
    #[cfg(not(unix))]
    let _ = share;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn is_without_ipv6(listening: &io::Result<TcpListener>) -> bool {
    let kind = listening.as_ref().err().map(io::Error::kind);
    // EAFNOSUPPORT has no kind of its own in every version of std.
    matches!(kind, Some(io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported))
        || matches!(listening, Err(error) if error.raw_os_error() == Some(97))
}

/// Whether only the connection that was being accepted is lost.
pub(crate) fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::*;
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
