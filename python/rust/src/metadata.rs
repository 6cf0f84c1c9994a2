//! Metadata as Python has it, a sequence of pairs, and as the core has it.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyString, PyTuple, PyType};
use yamabiko::{InvalidMetadata, Metadata, Value};
use yamabiko_core::field::Field;
use yamabiko_core::grpc::binary;

/// The one key of gRPC's own that applications send: `grpc_status` makes it.
pub(crate) const STATUS_DETAILS: &str = "grpc-status-details-bin";

/// Why pairs from Python cannot be sent.
pub(crate) enum Unusable {
    /// They are no pairs of the right types.
    Type(PyErr),
    /// A pair breaks a rule of gRPC.
    Rule(InvalidMetadata),
}

impl From<PyErr> for Unusable {
    fn from(error: PyErr) -> Self {
        Unusable::Type(error)
    }
}

impl From<pyo3::CastError<'_, '_>> for Unusable {
    fn from(error: pyo3::CastError<'_, '_>) -> Self {
        Unusable::Type(error.into())
    }
}

/// A tuple of pairs, each of which is a named tuple `_Metadatum(key, value)`.
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    metadata: &Metadata,
) -> PyResult<Bound<'py, PyTuple>> {
    to_python_with(py, metadata, &[])
}

/// The same with `details`, unless empty, as what gRPC calls `grpc-status-details-bin`.
pub(crate) fn to_python_with<'py>(
    py: Python<'py>,
    metadata: &Metadata,
    details: &[u8],
) -> PyResult<Bound<'py, PyTuple>> {
    static PAIR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let pair = PAIR.import(py, "yamabiko.grpc._metadatum", "_Metadatum")?;
    let mut pairs = Vec::with_capacity(metadata.len() + 1);
    for (key, value) in metadata.iter() {
        let value = match value {
            Value::Ascii(text) => PyString::new(py, text).into_any(),
            Value::Binary(bytes) => PyBytes::new(py, &bytes).into_any(),
            Value::Invalid(bytes) => PyBytes::new(py, bytes).into_any(),
        };
        pairs.push(pair.call1((key, value))?);
    }
    if !details.is_empty() {
        pairs.push(pair.call1((STATUS_DETAILS, PyBytes::new(py, details)))?);
    }
    PyTuple::new(py, pairs)
}

/// What may be sent out of `pairs`, any iterable of two-element sequences.
pub(crate) fn from_python(pairs: &Bound<'_, PyAny>) -> Result<Metadata, Unusable> {
    let mut metadata = Metadata::new();
    for pair in pairs.try_iter()? {
        let pair = pair?;
        let mut elements = pair.try_iter()?;
        let (Some(key), Some(value), None) = (elements.next(), elements.next(), elements.next())
        else {
            let message = format!("metadata is made of pairs (key, value), not of {pair}");
            return Err(PyTypeError::new_err(message).into());
        };
        append(&mut metadata, &key?, &value?)?;
    }
    Ok(metadata)
}

fn append(
    metadata: &mut Metadata,
    key: &Bound<'_, PyAny>,
    value: &Bound<'_, PyAny>,
) -> Result<(), Unusable> {
    let key = text(key)?;
    if key == STATUS_DETAILS {
        let bytes = value.cast::<PyBytes>()?;
        let encoded = binary::encode(bytes.as_bytes());
        metadata.push_field(Field::new(key.as_bytes(), encoded.as_bytes()));
        return Ok(());
    }
    if key.ends_with("-bin") {
        let Ok(bytes) = value.cast::<PyBytes>() else {
            let kind = value.get_type().name()?;
            let message = format!(
                "the value of metadata {key:?} is bytes, as its key ends in '-bin', not {kind}"
            );
            return Err(PyTypeError::new_err(message).into());
        };
        return metadata.append_bin(&key, bytes.as_bytes()).map_err(Unusable::Rule);
    }
    metadata.append(&key, &text(value)?).map_err(Unusable::Rule)
}

/// Text, or bytes that are text.
fn text(object: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(text.to_cow()?.into_owned());
    }
    if let Ok(bytes) = object.cast::<PyBytes>() {
        // What is not UTF-8 is not ASCII either, and is refused as such.
        return Ok(String::from_utf8_lossy(bytes.as_bytes()).into_owned());
    }
    Err(PyTypeError::new_err(format!("Expected str, not {}", object.get_type())))
}
