//! From an address to a connected socket.

use std::sync::Arc;

use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::task::JoinSet;

use crate::address::{Address, Host, Place};
use crate::back_off::{STAGGER, interleaved};
use crate::listening::connecting_words as words;
use crate::socket::Socket;
use crate::tls::Destination;
use crate::transport::{Connector, Wire, memory};

/// How a channel gets its connections.
pub(super) struct Route {
    pub(super) way: Way,
    pub(super) tls: Option<Destination>,
}

/// Over what.
pub(super) enum Way {
    Address(Address),
    Custom(Connector),
    InProcess(Arc<dyn Fn() -> Result<memory::End, &'static str> + Send + Sync>),
}

impl Route {
    /// A connection, whose TLS handshake, if there is one, has only begun.
    ///
    /// # Errors
    /// What was tried, and what came of it.
    pub(super) async fn connect(&self) -> Result<Socket, String> {
        let wire = match &self.way {
            Way::Address(Address { place: Place::Host(host), .. }) => {
                Wire::tcp(connect(host).await?)
            }
            #[cfg(unix)]
            Way::Address(Address { place: Place::Unix(path), .. }) => {
                Wire::Unix(UnixStream::connect(path).await.map_err(|error| words(&error))?)
            }
            Way::Custom(connector) => connector.connect().await.map_err(|error| words(&error))?,
            Way::InProcess(connect) => Wire::Memory(connect()?),
        };
        let tls = self.tls.as_ref().map(Destination::session).transpose()?;
        Ok(Socket::new(wire, tls))
    }
}

/// Connects to the first of the host's addresses that answers.
///
/// # Errors
/// Every address that was tried, and what came of it.
async fn connect(host: &Host) -> Result<TcpStream, String> {
    let found = host.resolve().await.map_err(|error| error.to_string())?;
    let mut untried = interleaved(found);
    let mut failed: Vec<String> = Vec::new();
    let mut attempts = JoinSet::new();
    loop {
        if let Some(next) = untried.pop_front() {
            attempts.spawn(async move { (next, TcpStream::connect(next).await) });
        }
        let outcome = if untried.is_empty() {
            attempts.join_next().await
        } else {
            match tokio::time::timeout(STAGGER, attempts.join_next()).await {
                Ok(outcome) => outcome,
                Err(_) => continue,
            }
        };
        match outcome {
            Some(Ok((_, Ok(socket)))) => return Ok(socket),
            Some(Ok((tried, Err(error)))) => failed.push(format!("{tried}: {}", words(&error))),
            Some(Err(_)) => {}
            None if untried.is_empty() && failed.is_empty() => return Err("no address".to_owned()),
            None if untried.is_empty() => return Err(failed.join("; ")),
            None => {}
        }
    }
}
