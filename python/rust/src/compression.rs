//! `grpc.Compression`, whose numbers are those of grpcio's core.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use yamabiko::Encoding;

/// The compression of this number.
///
/// # Errors
/// ValueError for a number that is none.
pub(crate) fn encoding(compression: i64) -> PyResult<Option<Encoding>> {
    match compression {
        0 => Ok(None),
        1 => Ok(Some(Encoding::Deflate)),
        2 => Ok(Some(Encoding::Gzip)),
        other => Err(PyValueError::new_err(format!(
            "no compression: {other}, use a member of grpc.Compression"
        ))),
    }
}
