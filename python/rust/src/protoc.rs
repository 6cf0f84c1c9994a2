//! The compiler of `yamabiko._core`: protoc's command line, in this process.

use pyo3::exceptions::PyNotImplementedError;
use pyo3::prelude::*;

/// Enters what this module has.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(protoc, module)?)?;
    module.add_function(wrap_pyfunction!(protoc_captured, module)?)
}

/// Runs protoc with these arguments, which write to the process's own streams.
///
/// Returns the exit status. Other threads run meanwhile.
#[pyfunction]
fn protoc(python: Python<'_>, arguments: Vec<String>) -> PyResult<i32> {
    let _ = (python, arguments);
    Err(PyNotImplementedError::new_err("the compiler has no command line yet"))
}

/// Runs protoc with these arguments, and returns its exit status and what it would have printed.
#[pyfunction]
fn protoc_captured(
    python: Python<'_>,
    arguments: Vec<String>,
) -> PyResult<(i32, Vec<u8>, Vec<u8>)> {
    let _ = (python, arguments);
    Err(PyNotImplementedError::new_err("the compiler has no command line yet"))
}
