//! How a call ended, in grpcio's words.

use std::error::Error;
use std::net::SocketAddr;

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use yamabiko::blocking::{Outcome, Unreachable};
use yamabiko::{Code, Origin, Status};

use super::line::Line;
use crate::metadata;

/// How a call ended, as the Python part is told.
pub(super) struct Ending<'py> {
    pub(super) code: i32,
    pub(super) details: String,
    pub(super) debug: String,
    pub(super) headers: Bound<'py, PyTuple>,
    pub(super) trailers: Bound<'py, PyTuple>,
}

impl<'py> IntoPyObject<'py> for Ending<'py> {
    type Target = PyTuple;
    type Output = Bound<'py, PyTuple>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let Ending { code, details, debug, headers, trailers } = self;
        (code, details, debug, headers, trailers).into_pyobject(py)
    }
}

/// What the Python part is told of an outcome.
pub(super) fn ending<'py>(
    py: Python<'py>,
    line: &Line,
    outcome: &Outcome,
) -> PyResult<Ending<'py>> {
    let status = &outcome.status;
    let details = details(line, status);
    let debug = match status.code() {
        Code::Ok => String::new(),
        code => format!("{}:{details}", code.name()),
    };
    Ok(Ending {
        code: status.code() as i32,
        details,
        debug,
        headers: metadata::to_python(py, &outcome.headers)?,
        trailers: metadata::to_python_with(py, status.metadata(), status.details())?,
    })
}

/// A status that is concluded here.
pub(super) fn concluded(code: Code, message: impl Into<String>) -> Status {
    Status::new(code, message.into()).with_origin(Origin::Concluded)
}

/// The status of a request that the channel's options do not allow.
pub(super) fn too_large(length: usize, limit: usize) -> Status {
    let message = format!("CLIENT: Sent message larger than max ({length} vs. {limit})");
    concluded(Code::ResourceExhausted, message)
}

fn details(line: &Line, status: &Status) -> String {
    let message = status.message();
    if status.origin() != Origin::Concluded {
        return message.to_owned();
    }
    if let Some(unreachable) = status.source().and_then(|source| source.downcast_ref()) {
        return not_connected(line, unreachable);
    }
    match status.code() {
        Code::DeadlineExceeded => "Deadline Exceeded".to_owned(),
        Code::Cancelled if line.is_closed() => "Channel closed!".to_owned(),
        Code::Unavailable if message.contains(" lost: ") => format!("Socket closed ({message})"),
        Code::ResourceExhausted => match too_large_to_receive(message) {
            Some((length, limit)) => {
                format!("CLIENT: Received message larger than max ({length} vs. {limit})")
            }
            None => message.to_owned(),
        },
        _ => message.to_owned(),
    }
}

fn not_connected(line: &Line, unreachable: &Unreachable) -> String {
    let Some((address, reason)) = unreachable.tried.last() else {
        let reason = unreachable.reason.as_deref().unwrap_or("no address");
        return format!("errors resolving {}: {reason}", line.target);
    };
    let reason = match reason.split_once(',') {
        Some(("connection refused", _)) => "Connection refused",
        _ => reason,
    };
    // As the core of grpcio writes it, with the brackets escaped.
    let peer = match address {
        SocketAddr::V4(address) => format!("ipv4:{address}"),
        SocketAddr::V6(address) => format!("ipv6:%5B{}%5D:{}", address.ip(), address.port()),
    };
    format!(
        "failed to connect to all addresses; last error: UNKNOWN: {peer}: \
         Failed to connect to remote host: {reason}"
    )
}

/// The numbers in what the core says of a message that is larger than its limit.
fn too_large_to_receive(message: &str) -> Option<(&str, &str)> {
    let rest = message.strip_prefix("message too large: ")?;
    let (length, limit) = rest.split_once(" bytes, the limit for received messages is ")?;
    Some((length, limit))
}
