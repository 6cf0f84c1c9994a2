//! From an address to sockets that listen, and from these to connections.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use super::Shared;
use super::connection::Connection;
use crate::address::{Address, Place};
use crate::listening::{self, is_of_one_connection};
use crate::socket::Socket;
use crate::transport::{Accept, Wire};
use crate::{Error, Peer, PeerAddress};

/// How long to wait when the system has no file or memory for another connection.
const OUT_OF_RESOURCES: Duration = Duration::from_millis(50);

/// A socket that listens.
pub(super) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        listener: UnixListener,
        /// Removed with it.
        _file: listening::SocketFile,
    },
}

/// Listens on each address that `address` stands for: one, or two for `localhost`.
pub(super) async fn bind(address: &str, tls: bool) -> Result<Vec<Listener>, Error> {
    let parsed = Address::parse(address)?;
    parsed.must_have_tls(tls, address)?;
    let bound = match &parsed.place {
        Place::Host(host) => {
            let found = host.resolve().await.map_err(|error| Error::Address {
                address: address.to_owned(),
                reason: error.to_string(),
            })?;
            listening::bind(found, host.port, false)?
        }
        #[cfg(unix)]
        Place::Unix(path) => vec![listening::bind_unix(path, &parsed)?],
    };
    let within_runtime = |listener| {
        Ok(match listener {
            listening::Listener::Tcp(listener) => Listener::Tcp(TcpListener::from_std(listener)?),
            #[cfg(unix)]
            listening::Listener::Unix(listener, file) => {
                Listener::Unix { listener: UnixListener::from_std(listener)?, _file: file }
            }
        })
    };
    let listeners = bound.into_iter().map(within_runtime).collect::<io::Result<_>>();
    listeners.map_err(|source| Error::Listen { address: address.to_owned(), source })
}

impl Listener {
    async fn next(&self) -> io::Result<(Wire, PeerAddress)> {
        match self {
            Listener::Tcp(listener) => {
                let (socket, address) = listener.accept().await?;
                Ok((Wire::tcp(socket), PeerAddress::Ip(address)))
            }
            #[cfg(unix)]
            Listener::Unix { listener, .. } => {
                let (socket, address) = listener.accept().await?;
                let path = address.as_pathname().map(std::path::Path::to_owned);
                Ok((Wire::Unix(socket), PeerAddress::Unix(path)))
            }
        }
    }
}

/// Accepts connections for ever.
pub(super) async fn accept(listener: Listener, server: Arc<Shared>) {
    loop {
        match listener.next().await {
            Ok((wire, address)) => enter(&server, wire, address),
            Err(error) => pause(&error).await,
        }
    }
}

/// Accepts connections of the application's until it says that there will be none.
pub(super) async fn accept_from(mut listener: impl Accept, server: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, address)) => enter(&server, Wire::of(stream), address),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return,
            Err(error) => pause(&error).await,
        }
    }
}

/// Serves a connection.
pub(super) fn enter(server: &Arc<Shared>, wire: Wire, address: PeerAddress) {
    let peer = Arc::new(Peer::new(address));
    let tls = match &server.tls {
        None => None,
        // Who is in this process is known already.
        Some(_) if matches!(peer.address(), PeerAddress::InProcess) => None,
        Some(tls) => match tls.accept(&peer) {
            Ok(session) => Some(session),
            Err(error) => return tracing::error!(%error, "cannot accept a connection"),
        },
    };
    let socket = Socket::new(wire, tls);
    let connection =
        server.connections.add(|number| Connection::new(socket, peer, number, Arc::clone(server)));
    server.runtime.spawn(connection.lead(0));
}

async fn pause(error: &io::Error) {
    if !is_of_one_connection(error) {
        tracing::warn!(%error, "cannot accept a connection");
        tokio::time::sleep(OUT_OF_RESOURCES).await;
    }
}
