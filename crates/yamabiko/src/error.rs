//! What can go wrong before there is a call: listening, connecting, addresses.

use std::fmt;
use std::io;

use crate::Status;

/// Why a server cannot listen or a channel cannot be made.
///
/// What happens to a call is a [`Status`](crate::Status).
#[non_exhaustive]
pub enum Error {
    /// The address cannot be understood or found.
    Address {
        /// as it was given
        address: String,
        /// what is wrong with it
        reason: String,
    },
    /// The system does not let us listen there.
    Listen {
        /// where
        address: String,
        /// what the system says
        source: io::Error,
    },
    /// No server answers there.
    Connect {
        /// UNAVAILABLE, as a call would have ended: it names the address, each that was tried for
        /// it, and what came of that
        status: Status,
    },
    /// A certificate or a private key is of no use.
    Tls {
        /// which: a file, or what it is
        subject: String,
        /// what is wrong with it, and what to do
        reason: String,
    },
    /// Two services of one name.
    Duplicate {
        /// the name
        service: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Address { address, reason } => write!(f, "invalid address: {address}: {reason}"),
            Error::Listen { address, source } => {
                write!(f, "cannot listen on {address}: {source}")?;
                match source.kind() {
                    io::ErrorKind::AddrInUse => {
                        f.write_str("; stop the program that listens there, or choose another port")
                    }
                    io::ErrorKind::PermissionDenied if !address.starts_with("unix") => {
                        f.write_str("; ports below 1024 need a privilege, choose a higher one")
                    }
                    io::ErrorKind::NotFound => {
                        f.write_str("; there is no such directory, make it first")
                    }
                    io::ErrorKind::AddrNotAvailable => {
                        f.write_str("; this machine has no such address, try [::] for all")
                    }
                    _ => Ok(()),
                }
            }
            Error::Connect { status } => f.write_str(status.message()),
            Error::Tls { subject, reason } => write!(f, "TLS: {subject}: {reason}"),
            Error::Duplicate { service } => {
                write!(f, "the service was added twice: {service}")
            }
        }
    }
}

/// The same words as [`Display`](fmt::Display): this is what people see when `main` returns it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Listen { source, .. } => Some(source),
            _ => None,
        }
    }
}
