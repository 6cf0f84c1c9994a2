//! What a server gets its connections from.

use std::future::Future;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::PeerAddress;

/// Where a server gets connections from that it does not make itself: a listener that was opened
/// elsewhere, a tunnel, another kind of socket.
///
/// Implemented for tokio's listeners.
pub trait Accept: Send + 'static {
    /// What is accepted: bytes in order, both ways.
    type Connection: AsyncRead + AsyncWrite + Send + 'static;

    /// Waits for the next connection, and says who is at its other end.
    ///
    /// Dropping the future must lose no connection.
    ///
    /// # Errors
    /// What concerns one connection is best kept here. An error is logged, and the next connection
    /// is waited for after a pause. One of the kind
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) says that there will be none.
    fn accept(
        &mut self,
    ) -> impl Future<Output = io::Result<(Self::Connection, PeerAddress)>> + Send;
}

impl Accept for tokio::net::TcpListener {
    type Connection = tokio::net::TcpStream;

    async fn accept(&mut self) -> io::Result<(Self::Connection, PeerAddress)> {
        let (socket, address) = tokio::net::TcpListener::accept(self).await?;
        Ok((socket, PeerAddress::Ip(address)))
    }
}

#[cfg(unix)]
impl Accept for tokio::net::UnixListener {
    type Connection = tokio::net::UnixStream;

    async fn accept(&mut self) -> io::Result<(Self::Connection, PeerAddress)> {
        let (socket, address) = tokio::net::UnixListener::accept(self).await?;
        let path = address.as_pathname().map(std::path::Path::to_owned);
        Ok((socket, PeerAddress::Unix(path)))
    }
}
