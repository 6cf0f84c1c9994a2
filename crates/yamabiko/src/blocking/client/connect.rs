//! From an address to a connected socket, while the calling thread waits.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::address::{Address, Host, Place};
use crate::back_off::{STAGGER, interleaved};
use crate::blocking::wire::Wire;
use crate::listening::connecting_words as words;

/// How long nobody asks whether the connection is still wanted.
const SLICE: Duration = Duration::from_millis(50);

/// Why no server could be reached: each address that was tried, and what came of it.
///
/// It is the [source](std::error::Error::source) of the UNAVAILABLE that calls end with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unreachable {
    /// The addresses that were tried, in order, with what the system said.
    pub tried: Vec<(SocketAddr, String)>,
    /// What else went wrong: the name is not known, or the server does not speak HTTP/2.
    pub reason: Option<String>,
}

impl Unreachable {
    pub(super) fn because(reason: impl Into<String>) -> Self {
        Unreachable { tried: Vec::new(), reason: Some(reason.into()) }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (address, reason) in &self.tried {
            write!(f, "{separator}{address}: {reason}")?;
            separator = "; ";
        }
        match &self.reason {
            Some(reason) => write!(f, "{separator}{reason}"),
            None if self.tried.is_empty() => f.write_str("no address"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Unreachable {}

/// How a channel gets its connections.
pub(super) enum Way {
    Address(Address),
    InProcess(Box<dyn Fn() -> io::Result<Wire> + Send + Sync>),
}

impl Way {
    /// A connected socket, to which IP address that has one, and a poller that knows it.
    ///
    /// # Errors
    /// Every address that was tried, and what came of it.
    pub(super) fn connect(
        &self,
        until: Instant,
        given_up: impl FnMut() -> bool,
    ) -> Result<(Wire, Option<SocketAddr>, Poll), Unreachable> {
        let wire = match self {
            Way::Address(Address { place: Place::Host(host), .. }) => {
                let (socket, address, poll) = connect(host, until, given_up)?;
                return Ok((Wire::tcp(socket), Some(address), poll));
            }
            Way::Address(Address { place: Place::Unix(path), .. }) => Wire::connect_unix(path),
            Way::InProcess(connect) => connect(),
        };
        let because = |error: io::Error| Unreachable::because(words(&error));
        let mut wire = wire.map_err(because)?;
        let poll = Poll::new().map_err(because)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut wire, Token(0), interest).map_err(because)?;
        Ok((wire, None, poll))
    }
}

/// Connects to the first of the host's addresses that answers.
///
/// # Errors
/// Every address that was tried, and what came of it.
fn connect(
    host: &Host,
    until: Instant,
    mut given_up: impl FnMut() -> bool,
) -> Result<(TcpStream, SocketAddr, Poll), Unreachable> {
    let found = host.resolve_blocking().map_err(|error| Unreachable::because(error.to_string()))?;
    let mut poll = Poll::new().map_err(|error| Unreachable::because(error.to_string()))?;
    let mut events = Events::with_capacity(16);
    let mut untried = interleaved(found);
    let mut attempts: Vec<(usize, SocketAddr, TcpStream)> = Vec::new();
    let mut failed = Unreachable { tried: Vec::new(), reason: None };
    let mut token = 0;
    let mut next_at = Instant::now();
    loop {
        let now = Instant::now();
        if now >= until || given_up() {
            let waited = attempts.drain(..).map(|(_, address, _)| (address, no_answer()));
            failed.tried.extend(waited);
            return Err(failed);
        }
        if attempts.is_empty() || now >= next_at {
            match untried.pop_front() {
                Some(address) => {
                    next_at = now + STAGGER;
                    token += 1;
                    match begin(address, &poll, token) {
                        Ok(socket) => attempts.push((token, address, socket)),
                        Err(error) => failed.tried.push((address, words(&error))),
                    }
                    continue;
                }
                None if attempts.is_empty() => return Err(failed),
                None => {}
            }
        }
        let stagger = if untried.is_empty() { until } else { next_at };
        let wait = stagger.min(until).saturating_duration_since(now).min(SLICE);
        if let Err(error) = poll.poll(&mut events, Some(wait))
            && error.kind() != io::ErrorKind::Interrupted
        {
            return Err(Unreachable::because(error.to_string()));
        }
        if let Some((socket, address)) = look(&events, &mut attempts, &mut failed) {
            return Ok((socket, address, poll));
        }
    }
}

fn begin(address: SocketAddr, poll: &Poll, token: usize) -> io::Result<TcpStream> {
    let mut socket = TcpStream::connect(address)?;
    let interest = Interest::READABLE | Interest::WRITABLE;
    poll.registry().register(&mut socket, Token(token), interest)?;
    Ok(socket)
}

/// What has come of the attempts that the system has told something of.
fn look(
    events: &Events,
    attempts: &mut Vec<(usize, SocketAddr, TcpStream)>,
    failed: &mut Unreachable,
) -> Option<(TcpStream, SocketAddr)> {
    for event in events {
        let Some(at) = attempts.iter().position(|(token, ..)| *token == event.token().0) else {
            continue;
        };
        let socket = &attempts[at].2;
        let outcome = match socket.take_error() {
            Ok(Some(error)) | Err(error) => Err(error),
            Ok(None) => socket.peer_addr().map(|_| ()),
        };
        match outcome {
            Ok(()) => {
                let (_, address, socket) = attempts.swap_remove(at);
                return Some((socket, address));
            }
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
            Err(error) => {
                let (_, address, _) = attempts.swap_remove(at);
                failed.tried.push((address, words(&error)));
            }
        }
    }
    None
}

fn no_answer() -> String {
    "no answer in time".to_owned()
}
