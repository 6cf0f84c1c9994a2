//! Addresses as people write them.

use std::io;
#[cfg(feature = "blocking")]
use std::net::ToSocketAddrs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::Error;

/// A host and a port, out of `localhost:50051`, `http://localhost:50051` or `[::1]:50051`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    pub(crate) fn parse(address: &str) -> Result<Self, Error> {
        let error = |reason: &str| Error::Address {
            address: address.to_owned(),
            reason: reason.to_owned(),
        };
        if address.starts_with("https://") {
            return Err(error("TLS is not supported yet, use http://"));
        }
        let rest = address.strip_prefix("http://").unwrap_or(address);
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('/') {
            return Err(error("expected HOST:PORT or http://HOST:PORT"));
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
            Some(_) => return Err(error("an IPv6 address goes in brackets, like [::1]:50051")),
            None => return Err(error("the port is missing, like localhost:50051")),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err(error("the host is missing, like localhost:50051, or [::]:50051 for all"));
        }
        let port = port.parse().map_err(|_| error("the port is not a number from 0 to 65535"))?;
        Ok(Address { host: host.to_owned(), port })
    }

    /// Each address that it stands for.
    #[cfg(feature = "tokio")]
    pub(crate) async fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        match self.loopback() {
            Some(both) => Ok(both.to_vec()),
            None => Ok(tokio::net::lookup_host((self.host.as_str(), self.port)).await?.collect()),
        }
    }

    /// Each address that it stands for, while this thread waits.
    #[cfg(feature = "blocking")]
    pub(crate) fn resolve_blocking(&self) -> io::Result<Vec<SocketAddr>> {
        match self.loopback() {
            Some(both) => Ok(both.to_vec()),
            None => Ok((self.host.as_str(), self.port).to_socket_addrs()?.collect()),
        }
    }

    /// RFC 6761 §6.3: `localhost` is both loopback addresses, whatever the machine's tables say.
    fn loopback(&self) -> Option<[SocketAddr; 2]> {
        self.host.eq_ignore_ascii_case("localhost").then(|| {
            [(Ipv6Addr::LOCALHOST, self.port).into(), (Ipv4Addr::LOCALHOST, self.port).into()]
        })
    }

    /// As it goes into `:authority` and into messages.
    pub(crate) fn authority(&self) -> String {
        let Address { host, port } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, u16) {
        let address = Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        (address.host, address.port)
    }

    #[test]
    fn an_address_is_understood_as_people_write_it() {
        assert_eq!(parsed("localhost:50051"), ("localhost".into(), 50051));
        assert_eq!(parsed("http://localhost:50051/"), ("localhost".into(), 50051));
        assert_eq!(parsed("[::]:1"), ("::".into(), 1));
        assert_eq!(parsed("127.0.0.1:0"), ("127.0.0.1".into(), 0));
    }

    #[test]
    fn a_bad_address_is_told_with_what_to_write() {
        let message = |text| Address::parse(text).expect_err("bad").to_string();
        assert_eq!(
            message("::1:50051"),
            "invalid address: ::1:50051: an IPv6 address goes in brackets, like [::1]:50051"
        );
        assert!(message("localhost").contains("the port is missing"));
        assert!(message("localhost:http").contains("not a number"));
        assert!(message(":50051").contains("the host is missing"));
    }
}
