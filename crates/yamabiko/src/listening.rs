//! From an address to sockets that listen, for every driver of a server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
#[cfg(unix)]
use std::os::unix::net::UnixListener;
#[cfg(unix)]
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::Error;
#[cfg(unix)]
use crate::address::Address;

/// Connections that the system may hold before they are accepted.
const BACKLOG: i32 = 4096;

/// A socket that listens and does not block.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener, SocketFile),
}

/// The file of a unix socket, which goes with it.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct SocketFile(Option<PathBuf>);

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Listens on each of `found`, the addresses that `port` was asked for on: one, or two for
/// `localhost`.
///
/// With `share`, other processes that say so too may listen on the same port (SO_REUSEPORT).
///
/// # Errors
/// [`Error::Listen`].
pub(crate) fn bind(found: Vec<SocketAddr>, port: u16, share: bool) -> Result<Vec<Listener>, Error> {
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
        _ => Ok(listeners.into_iter().map(Listener::Tcp).collect()),
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

/// Listens on a unix socket. A file that a server has left behind that is gone makes way.
///
/// # Errors
/// [`Error::Listen`].
#[cfg(unix)]
pub(crate) fn bind_unix(path: &Path, address: &Address) -> Result<Listener, Error> {
    let error = |source| Error::Listen { address: address.to_string(), source };
    let name = SockAddr::unix(path).map_err(error)?;
    let is_file = !name.is_unnamed() && name.as_pathname().is_some();
    if is_file && is_left_behind(path, &name) {
        std::fs::remove_file(path).map_err(error)?;
    }
    let listen = || {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.bind(&name)?;
        socket.listen(BACKLOG)?;
        Ok(UnixListener::from(std::os::fd::OwnedFd::from(socket)))
    };
    let listener = listen().map_err(error)?;
    Ok(Listener::Unix(listener, SocketFile(is_file.then(|| path.to_owned()))))
}

/// Whether it is a socket that nobody listens on.
#[cfg(unix)]
fn is_left_behind(path: &Path, name: &SockAddr) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let is_socket = std::fs::metadata(path).is_ok_and(|file| file.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    is_socket
        && Socket::new(Domain::UNIX, Type::STREAM, None)
            .and_then(|socket| {
                socket.set_nonblocking(true)?;
                socket.connect(name)
            })
            .is_err_and(refused)
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

/// What a system's error means to who connects.
pub(crate) fn connecting_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused, no server listens there".into(),
        io::ErrorKind::NotFound => "no such socket, no server listens there".into(),
        _ => error.to_string(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_left_behind_makes_way_and_a_server_that_lives_does_not() {
        let directory = std::env::temp_dir().join(format!("yamabiko-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        let path = directory.join("left.sock");
        let address = Address::parse(&format!("unix:{}", path.display())).expect("good");
        drop(UnixListener::bind(&path).expect("a socket"));
        assert!(path.exists(), "std leaves it behind");
        let listener = bind_unix(&path, &address).expect("it makes way");
        let second = bind_unix(&path, &address).expect_err("somebody listens").to_string();
        assert!(second.contains("left.sock") && second.contains("in use"), "{second}");
        drop(listener);
        assert!(!path.exists(), "it goes with its listener");
        std::fs::write(&path, "a file").expect("a file");
        assert!(bind_unix(&path, &address).is_err(), "what is no socket is left alone");
        assert!(path.exists());
        let _ = std::fs::remove_dir_all(&directory);
    }
}
