//! What a connection on plain threads runs over: TCP or a unix socket.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;

use mio::event::Source;
use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::PeerAddress;
use crate::listening::{self, SocketFile};

/// A connected socket. It does not block.
#[derive(Debug)]
pub(crate) enum Wire {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A socket that listens.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix {
        listener: UnixListener,
        /// Removed with it.
        _file: SocketFile,
    },
}

impl Wire {
    /// A connected socket, ready for small messages.
    pub(crate) fn tcp(socket: TcpStream) -> Self {
        // What is sent is written whole: nothing is gained by waiting for more.
        let _ = socket.set_nodelay(true);
        Wire::Tcp(socket)
    }

    /// Connects to a unix socket, which is done at once or fails.
    pub(crate) fn connect_unix(path: &Path) -> io::Result<Self> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.connect(&SockAddr::unix(path)?)?;
        let socket = StdUnixStream::from(std::os::fd::OwnedFd::from(socket));
        Ok(Wire::Unix(UnixStream::from_std(socket)))
    }

    /// Two sockets, joined.
    pub(crate) fn pair() -> io::Result<(Self, Self)> {
        let (near, far) = UnixStream::pair()?;
        Ok((Wire::Unix(near), Wire::Unix(far)))
    }

    pub(crate) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match self {
            Wire::Tcp(socket) => socket.shutdown(how),
            Wire::Unix(socket) => socket.shutdown(how),
        }
    }
}

impl Read for &Wire {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Tcp(socket) => (&*socket).read(space),
            Wire::Unix(socket) => (&*socket).read(space),
        }
    }
}

impl Write for &Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Tcp(socket) => (&*socket).write(bytes),
            Wire::Unix(socket) => (&*socket).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsRawFd for Wire {
    fn as_raw_fd(&self) -> RawFd {
        match self {
            Wire::Tcp(socket) => socket.as_raw_fd(),
            Wire::Unix(socket) => socket.as_raw_fd(),
        }
    }
}

impl Listener {
    pub(crate) fn new(listener: listening::Listener) -> Self {
        match listener {
            listening::Listener::Tcp(listener) => Listener::Tcp(TcpListener::from_std(listener)),
            listening::Listener::Unix(listener, file) => {
                Listener::Unix { listener: UnixListener::from_std(listener), _file: file }
            }
        }
    }

    pub(crate) fn accept(&self) -> io::Result<(Wire, PeerAddress)> {
        match self {
            Listener::Tcp(listener) => {
                let (socket, address) = listener.accept()?;
                Ok((Wire::tcp(socket), PeerAddress::Ip(address)))
            }
            Listener::Unix { listener, .. } => {
                let (socket, address) = listener.accept()?;
                let path = address.as_pathname().map(Path::to_owned);
                Ok((Wire::Unix(socket), PeerAddress::Unix(path)))
            }
        }
    }

    /// Where it listens, if that has a port.
    pub(crate) fn local_address(&self) -> Option<std::net::SocketAddr> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().ok(),
            Listener::Unix { .. } => None,
        }
    }
}

macro_rules! source {
    ($type:ident, $tcp:pat => $tcp_source:expr, $unix:pat => $unix_source:expr) => {
        impl Source for $type {
            fn register(&mut self, to: &Registry, token: Token, of: Interest) -> io::Result<()> {
                match self {
                    $tcp => $tcp_source.register(to, token, of),
                    $unix => $unix_source.register(to, token, of),
                }
            }

            fn reregister(&mut self, to: &Registry, token: Token, of: Interest) -> io::Result<()> {
                match self {
                    $tcp => $tcp_source.reregister(to, token, of),
                    $unix => $unix_source.reregister(to, token, of),
                }
            }

            fn deregister(&mut self, from: &Registry) -> io::Result<()> {
                match self {
                    $tcp => $tcp_source.deregister(from),
                    $unix => $unix_source.deregister(from),
                }
            }
        }
    };
}
source!(Wire, Wire::Tcp(socket) => socket, Wire::Unix(socket) => socket);
source!(Listener, Listener::Tcp(listener) => listener, Listener::Unix { listener, .. } => listener);
