//! Who is at the other end of a connection.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
#[cfg(feature = "tls")]
use std::sync::OnceLock;

/// Who is at the other end of a connection: from where, and by TLS who.
///
/// Its [`Display`](fmt::Display) is for people: `127.0.0.1:40022`, `unix:/run/echo.sock`,
/// `in-process`.
#[derive(Debug)]
pub struct Peer {
    address: PeerAddress,
    /// Set when the handshake is done, which is before the first call.
    #[cfg(feature = "tls")]
    certificates: OnceLock<Vec<Vec<u8>>>,
}

/// Where a peer is, for each kind of transport.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerAddress {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// A unix socket, by the path that it is bound to. A client's seldom is.
    Unix(Option<PathBuf>),
    /// In this process.
    InProcess,
    /// At the other end of a connection that the application has made, in its words.
    Other(String),
}

impl Peer {
    pub(crate) fn new(address: PeerAddress) -> Self {
        Peer {
            address,
            #[cfg(feature = "tls")]
            certificates: OnceLock::new(),
        }
    }

    /// Where it is.
    pub fn address(&self) -> &PeerAddress {
        &self.address
    }

    /// Its IP address and port, where it has them.
    pub fn socket_address(&self) -> Option<SocketAddr> {
        match self.address {
            PeerAddress::Ip(address) => Some(address),
            _ => None,
        }
    }

    /// The certificates that it has shown and that were verified, in DER, its own first. None
    /// without TLS, and none if it was not asked.
    #[cfg(feature = "tls")]
    pub fn certificates(&self) -> &[Vec<u8>] {
        self.certificates.get().map_or(&[], Vec::as_slice)
    }

    #[cfg(feature = "tls")]
    pub(crate) fn identified(&self, certificates: Vec<Vec<u8>>) {
        let _ = self.certificates.set(certificates);
    }
}

impl From<SocketAddr> for PeerAddress {
    fn from(address: SocketAddr) -> Self {
        PeerAddress::Ip(address)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeerAddress::Ip(address) => address.fmt(f),
            PeerAddress::Unix(Some(path)) => write!(f, "unix:{}", path.display()),
            PeerAddress::Unix(None) => f.write_str("unix:"),
            PeerAddress::InProcess => f.write_str("in-process"),
            PeerAddress::Other(words) => f.write_str(words),
        }
    }
}
