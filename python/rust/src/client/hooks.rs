//! What the Python part of the client does for the Rust part: exceptions are
//! made there.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

/// Python functions that are called from here.
pub(super) struct Hooks {
    /// `(code, details, debug, headers, trailers) -> exception`
    failed: Py<PyAny>,
    /// `(what, cause) -> exception`, for a message that cannot be serialized or deserialized
    unusable: Py<PyAny>,
    /// `(credentials, compression)`, which raises if they cannot be honoured
    check_options: Py<PyAny>,
}

static HOOKS: PyOnceLock<Hooks> = PyOnceLock::new();

/// Says what to call.
#[pyfunction]
pub(super) fn client_hooks(
    py: Python<'_>,
    failed: Py<PyAny>,
    unusable: Py<PyAny>,
    check_options: Py<PyAny>,
) {
    // Modules are imported once; a second import changes nothing.
    let _ = HOOKS.set(py, Hooks { failed, unusable, check_options });
}

fn hooks(py: Python<'_>) -> PyResult<&'static Hooks> {
    HOOKS
        .get(py)
        .ok_or_else(|| pyo3::exceptions::PyRuntimeError::new_err("yamabiko.grpc was not imported"))
}

/// The exception of a call that has failed.
pub(super) fn failed<'py>(
    py: Python<'py>,
    parts: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
) -> PyErr {
    raised(hooks(py).and_then(|hooks| hooks.failed.bind(py).call1(parts.into_pyobject(py)?)))
}

/// The exception of a message that cannot be `what`: serialized or deserialized.
pub(super) fn unusable(py: Python<'_>, what: &str, cause: Option<PyErr>) -> PyErr {
    let cause = cause.map(|cause| cause.into_value(py));
    raised(hooks(py).and_then(|hooks| hooks.unusable.bind(py).call1((what, cause))))
}

/// Checks what most calls are made without.
pub(super) fn check_options(
    py: Python<'_>,
    credentials: Option<&Bound<'_, PyAny>>,
    compression: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    hooks(py)?.check_options.bind(py).call1((credentials, compression)).map(|_| ())
}

fn raised(made: PyResult<Bound<'_, PyAny>>) -> PyErr {
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}
