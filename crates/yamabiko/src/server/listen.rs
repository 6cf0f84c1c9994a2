//! From an address to sockets that listen, and from these to connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use super::connection::Connection;
use super::{Peer, Shared};
use crate::Error;
use crate::address::Address;

/// Connections that the system may hold before they are accepted.
const BACKLOG: i32 = 4096;
/// How long to wait when the system has no file or memory for another connection.
const OUT_OF_RESOURCES: Duration = Duration::from_millis(50);

/// Listens on each address that `address` stands for: one, or two for `localhost`.
pub(super) async fn bind(address: &str) -> Result<Vec<TcpListener>, Error> {
    let parsed = Address::parse(address)?;
    let found = parsed.resolve().await.map_err(|error| Error::Address {
        address: address.to_owned(),
        reason: error.to_string(),
    })?;
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut failed = None;
    for mut socket_address in found {
        if let Some(first) = listeners.first().filter(|_| parsed.port == 0) {
            // Port 0 means any port, but the same one on all of them.
            socket_address.set_port(first.local_addr().map_or(0, |address| address.port()));
        }
        match listen(socket_address) {
            Ok(listener) => listeners.push(listener),
            // A machine without IPv6 still serves localhost. A port in use is never passed over:
            // some clients would reach the other program.
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                failed = Some((socket_address, error));
            }
            Err(source) => {
                return Err(Error::Listen { address: socket_address.to_string(), source });
            }
        }
    }
    match failed {
        Some((address, source)) if listeners.is_empty() => {
            Err(Error::Listen { address: address.to_string(), source })
        }
        _ => Ok(listeners),
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // [::] is every address of the machine, IPv4 included, whatever the system's default.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Accepts connections for ever.
pub(super) async fn accept(listener: TcpListener, server: Arc<Shared>) {
    loop {
        let (socket, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                if !is_of_one_connection(&error) {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(OUT_OF_RESOURCES).await;
                }
                continue;
            }
        };
        // An answer is written whole: nothing is gained by waiting for more.
        let _ = socket.set_nodelay(true);
        let connection = server
            .connections
            .add(|number| Connection::new(socket, Peer { address }, number, Arc::clone(&server)));
        server.runtime.spawn(connection.lead(0));
    }
}

/// Whether only the connection that was being accepted is lost.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::*;
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
