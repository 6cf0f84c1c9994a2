//! Targets of channels (grpc doc/naming.md), as far as they are one host and
//! one port.

use pyo3::exceptions::PyNotImplementedError;
use pyo3::prelude::*;

/// grpcio's port for a target without one.
const PORT: u16 = 443;

/// The host and port of a target, in the way that the core writes them.
///
/// # Errors
/// A kind of target that is still to come.
pub(super) fn address(target: &str) -> PyResult<String> {
    for scheme in ["unix:", "unix-abstract:", "vsock:", "xds:", "google-c2p:"] {
        if target.starts_with(scheme) {
            return Err(PyNotImplementedError::new_err(format!(
                "{scheme} targets are not supported yet: {target}: use HOST:PORT"
            )));
        }
    }
    let rest = match target.strip_prefix("dns:") {
        // dns://AUTHORITY/HOST: another server to ask is not known here.
        Some(rest) => rest.strip_prefix("///").unwrap_or(rest),
        None => {
            target.strip_prefix("ipv4:").or_else(|| target.strip_prefix("ipv6:")).unwrap_or(target)
        }
    };
    if rest.contains(',') {
        return Err(PyNotImplementedError::new_err(format!(
            "several addresses are not supported yet: {target}: use one, or a name that stands \
             for all"
        )));
    }
    Ok(with_port(rest))
}

fn with_port(host: &str) -> String {
    let inner = host.rsplit_once(']').map_or(host, |(_, port)| port);
    let colons = inner.matches(':').count();
    match (host.is_empty(), colons) {
        // Left as it is, to be told what is wrong with it.
        (true, _) => host.to_owned(),
        (_, 0) => format!("{host}:{PORT}"),
        (_, 1) => host.to_owned(),
        // An IPv6 address without brackets and port.
        _ => format!("[{host}]:{PORT}"),
    }
}
