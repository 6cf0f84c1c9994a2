//! Addresses as people write them.

use std::fmt;
use std::io;
#[cfg(feature = "blocking")]
use std::net::ToSocketAddrs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
#[cfg(unix)]
use std::path::PathBuf;

use crate::Error;
use crate::tls::{ClientTls, Destination};

/// Where a server is, as it was written: `localhost:50051`, `http://localhost:50051`,
/// `https://example.org`, `[::1]:50051`, `unix:/run/echo.sock`, `unix-abstract:echo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) place: Place,
    /// What the scheme says of TLS, if there is one.
    pub(crate) tls: Option<bool>,
}

/// A place to connect to or to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Host(Host),
    /// A unix socket. The name of an abstract one begins with a zero byte.
    #[cfg(unix)]
    Unix(PathBuf),
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) port: u16,
}

/// The port of `https://` (RFC 9110 §4.2.2).
const HTTPS: u16 = 443;
/// The longest path of a unix socket, in bytes: what fits into `sun_path` everywhere.
#[cfg(unix)]
const LONGEST_PATH: usize = 103;

impl Address {
    pub(crate) fn parse(address: &str) -> Result<Self, Error> {
        let error = |reason: &str| Error::Address {
            address: address.to_owned(),
            reason: reason.to_owned(),
        };
        // grpc doc/naming.md.
        if let Some(name) = address.strip_prefix("unix-abstract:") {
            return Ok(Address { place: abstract_socket(name).map_err(error)?, tls: None });
        }
        if let Some(path) = address.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return Ok(Address { place: unix_socket(path).map_err(error)?, tls: None });
        }
        let (tls, rest) = match address.split_once("://") {
            Some(("http", rest)) => (Some(false), rest),
            Some(("https", rest)) => (Some(true), rest),
            Some(("dns", rest)) => (None, rest.trim_start_matches('/')),
            Some(_) => return Err(error("expected HOST:PORT, http://, https:// or unix:")),
            None => (None, address),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('/') {
            return Err(error("expected HOST:PORT or http://HOST:PORT"));
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
            Some(_) if rest.ends_with(']') => (rest, None),
            Some(_) => return Err(error("an IPv6 address goes in brackets, like [::1]:50051")),
            None => (rest, None),
        };
        let port = match port {
            Some(port) => {
                port.parse().map_err(|_| error("the port is not a number from 0 to 65535"))?
            }
            None if tls == Some(true) => HTTPS,
            None => return Err(error("the port is missing, like localhost:50051")),
        };
        let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if name.is_empty() {
            return Err(error("the host is missing, like localhost:50051, or [::]:50051 for all"));
        }
        Ok(Address { place: Place::Host(Host { name: name.to_owned(), port }), tls })
    }

    /// A server's address says the same of TLS as the server.
    pub(crate) fn must_have_tls(&self, tls: bool, address: &str) -> Result<(), Error> {
        let reason = match (self.tls, tls) {
            (Some(true), false) => "the server has no certificate, give it one with Server::tls",
            (Some(false), true) => "the server has TLS, write https:// or no scheme at all",
            _ => return Ok(()),
        };
        Err(Error::Address { address: address.to_owned(), reason: reason.to_owned() })
    }

    /// What a channel needs for TLS, if it speaks TLS. `given` is what was said about it.
    pub(crate) fn tls_destination(
        &self,
        given: Option<&ClientTls>,
        address: &str,
    ) -> Result<Option<Destination>, Error> {
        let error = |reason: &str| Error::Address {
            address: address.to_owned(),
            reason: reason.to_owned(),
        };
        match (self.tls, given) {
            (Some(false), Some(_)) => Err(error("http:// is without TLS, write https://")),
            (_, Some(tls)) => tls.to(&self.place).map(Some),
            (Some(true), None) => match ClientTls::of_the_system() {
                Some(tls) => tls.to(&self.place).map(Some),
                None => Err(error("https:// needs the feature `tls` of yamabiko, in Cargo.toml")),
            },
            (_, None) => Ok(None),
        }
    }

    /// As it goes into `:authority`. That of a unix socket is `localhost`, as in other libraries.
    pub(crate) fn authority(&self) -> String {
        match &self.place {
            Place::Host(host) => host.to_string(),
            #[cfg(unix)]
            Place::Unix(_) => "localhost".to_owned(),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Host { name, port } = self;
        if name.contains(':') { write!(f, "[{name}]:{port}") } else { write!(f, "{name}:{port}") }
    }
}

/// As it stands in messages.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Host(host) => host.fmt(f),
            #[cfg(unix)]
            Place::Unix(path) => match path.to_string_lossy().strip_prefix('\0') {
                Some(name) => write!(f, "unix-abstract:{name}"),
                None => write!(f, "unix:{}", path.display()),
            },
        }
    }
}

#[cfg(unix)]
fn unix_socket(path: &str) -> Result<Place, &'static str> {
    match path.len() {
        0 => Err("the path is missing, like unix:/run/echo.sock"),
        1..=LONGEST_PATH => Ok(Place::Unix(path.into())),
        _ => Err("the path of a unix socket has at most 103 bytes, choose a shorter one"),
    }
}

#[cfg(not(unix))]
fn unix_socket(_: &str) -> Result<Place, &'static str> {
    Err("there are no unix sockets on this system")
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn abstract_socket(name: &str) -> Result<Place, &'static str> {
    match name.len() {
        0 => Err("the name is missing, like unix-abstract:echo"),
        1..LONGEST_PATH => Ok(Place::Unix(format!("\0{name}").into())),
        _ => Err("the name of an abstract socket has at most 102 bytes, choose a shorter one"),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn abstract_socket(_: &str) -> Result<Place, &'static str> {
    Err("abstract sockets are on Linux only, use unix: and a path")
}

impl Host {
    /// Each address that it stands for.
    #[cfg(feature = "tokio")]
    pub(crate) async fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        match self.loopback() {
            Some(both) => Ok(both.to_vec()),
            None => Ok(tokio::net::lookup_host((self.name.as_str(), self.port)).await?.collect()),
        }
    }

    /// Each address that it stands for, while this thread waits.
    #[cfg(feature = "blocking")]
    pub(crate) fn resolve_blocking(&self) -> io::Result<Vec<SocketAddr>> {
        match self.loopback() {
            Some(both) => Ok(both.to_vec()),
            None => Ok((self.name.as_str(), self.port).to_socket_addrs()?.collect()),
        }
    }

    /// RFC 6761 §6.3: `localhost` is both loopback addresses, whatever the machine's tables say.
    fn loopback(&self) -> Option<[SocketAddr; 2]> {
        self.name.eq_ignore_ascii_case("localhost").then(|| {
            [(Ipv6Addr::LOCALHOST, self.port).into(), (Ipv4Addr::LOCALHOST, self.port).into()]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, u16) {
        let address = Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        match address.place {
            Place::Host(Host { name, port }) => (name, port),
            #[cfg(unix)]
            Place::Unix(path) => panic!("{text}: {path:?}"),
        }
    }

    #[test]
    fn an_address_is_understood_as_people_write_it() {
        assert_eq!(parsed("localhost:50051"), ("localhost".into(), 50051));
        assert_eq!(parsed("http://localhost:50051/"), ("localhost".into(), 50051));
        assert_eq!(parsed("dns:///localhost:50051"), ("localhost".into(), 50051));
        assert_eq!(parsed("https://example.org"), ("example.org".into(), 443));
        assert_eq!(parsed("https://[::1]"), ("::1".into(), 443));
        assert_eq!(parsed("https://[::1]:1"), ("::1".into(), 1));
        assert_eq!(parsed("[::]:1"), ("::".into(), 1));
        assert_eq!(parsed("127.0.0.1:0"), ("127.0.0.1".into(), 0));
        let tls = |text| Address::parse(text).expect("good").tls;
        assert_eq!(
            [tls("a:1"), tls("http://a:1"), tls("https://a:1")],
            [None, Some(false), Some(true)]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_unix_socket_is_written_as_in_other_libraries() {
        let path = |text| match Address::parse(text).expect("good").place {
            Place::Unix(path) => path,
            Place::Host(host) => panic!("{text}: {host}"),
        };
        assert_eq!(path("unix:echo.sock"), PathBuf::from("echo.sock"));
        assert_eq!(path("unix:/run/echo.sock"), PathBuf::from("/run/echo.sock"));
        assert_eq!(path("unix:///run/echo.sock"), PathBuf::from("/run/echo.sock"));
        assert_eq!(path("unix-abstract:echo"), PathBuf::from("\0echo"));
        let shown = |text| Address::parse(text).expect("good").to_string();
        assert_eq!(shown("unix:///run/echo.sock"), "unix:/run/echo.sock");
        assert_eq!(shown("unix-abstract:echo"), "unix-abstract:echo");
    }

    #[test]
    fn a_bad_address_is_told_with_what_to_write() {
        let message = |text: &str| Address::parse(text).expect_err("bad").to_string();
        assert_eq!(
            message("::1:50051"),
            "invalid address: ::1:50051: an IPv6 address goes in brackets, like [::1]:50051"
        );
        assert!(message("localhost").contains("the port is missing"));
        assert!(message("localhost:http").contains("not a number"));
        assert!(message(":50051").contains("the host is missing"));
        assert!(message("https://").contains("the host is missing"));
        assert!(message("ftp://a:1").contains("expected HOST:PORT"));
        assert!(message("unix:").contains("the path is missing"));
        let long = format!("unix:/{}", "x".repeat(200));
        assert!(message(&long).contains("at most 103 bytes"));
    }
}
