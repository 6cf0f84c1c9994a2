//! Metadata of calls as Python programs pass it, with the exceptions of
//! grpcio's client for what cannot be sent.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};
use yamabiko::Metadata;
use yamabiko_core::field::Field;
use yamabiko_core::grpc::binary;

/// Names that the client sets itself; what a program gives for them is left out, as grpcio does.
const OWN: [&[u8]; 6] =
    [b"user-agent", b"te", b"content-type", b"grpc-timeout", b"grpc-encoding", b"content-length"];
/// Names that belong to HTTP/1's connections (RFC 9113 §8.2.2).
const FORBIDDEN: [&[u8]; 5] =
    [b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"];

/// Why metadata cannot be sent.
pub(super) enum Unfit {
    /// It is not made of pairs of strings: the program's mistake.
    Raised(PyErr),
    /// A key or a value breaks a rule: the call fails.
    Invalid(String),
}

impl From<PyErr> for Unfit {
    fn from(error: PyErr) -> Self {
        Unfit::Raised(error)
    }
}

/// Reads pairs of key and value.
pub(super) fn read(pairs: &Bound<'_, PyAny>) -> Result<Metadata, Unfit> {
    let mut metadata = Metadata::new();
    for pair in pairs.try_iter()? {
        let (key, value) = unpack(&pair?)?;
        let key = octets(&key)?;
        let is_binary = key.ends_with(b"-bin");
        let value = if is_binary {
            match value.cast::<PyBytes>() {
                Ok(bytes) => binary::encode(bytes.as_bytes()).into_bytes(),
                Err(_) => return Err(not_bytes(&key, &value).into()),
            }
        } else if value.is_none() {
            Vec::new()
        } else {
            octets(&value)?
        };
        check(&key, &value).map_err(Unfit::Invalid)?;
        if !OWN.contains(&&*key) {
            metadata.push_field(Field::new(&key, &value));
        }
    }
    Ok(metadata)
}

fn unpack<'py>(pair: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    if let Ok(pair) = pair.cast::<PyTuple>()
        && pair.len() == 2
    {
        return Ok((pair.get_item(0)?, pair.get_item(1)?));
    }
    let mut parts = pair.try_iter()?;
    let (Some(key), Some(value)) = (parts.next(), parts.next()) else {
        return Err(PyValueError::new_err("need more than 1 value to unpack"));
    };
    if parts.next().is_some() {
        return Err(PyValueError::new_err("too many values to unpack (expected 2)"));
    }
    Ok((key?, value?))
}

fn octets(text: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(text) = text.cast::<PyString>() {
        return Ok(text.to_string_lossy().as_bytes().to_vec());
    }
    if let Ok(bytes) = text.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    Err(PyTypeError::new_err(format!("Expected str, not {}", text.get_type().repr()?)))
}

fn not_bytes(key: &[u8], value: &Bound<'_, PyAny>) -> PyErr {
    let kind = value.get_type().repr().map(|kind| kind.to_string()).unwrap_or_default();
    let key = String::from_utf8_lossy(key);
    PyTypeError::new_err(format!("Binary metadata key=\"{key}\" expected bytes, got {kind}"))
}

/// grpc `doc/PROTOCOL-HTTP2.md`, "Custom-Metadata".
fn check(key: &[u8], value: &[u8]) -> Result<(), String> {
    let shown = key.escape_ascii();
    if key.is_empty() {
        return Err("a metadata key is empty".to_owned());
    }
    if !key.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.')) {
        return Err(format!("a metadata key has lower-case letters, digits, -, _ and .: {shown}"));
    }
    if FORBIDDEN.contains(&key) {
        return Err(format!("this metadata key belongs to HTTP: {shown}"));
    }
    if !value.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(format!("the value of a metadata key is printable ASCII: {shown}"));
    }
    Ok(())
}
