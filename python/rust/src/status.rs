//! Status codes as Python has them, members of `grpc.StatusCode`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use yamabiko::Code;

/// The members by number.
fn members(py: Python<'_>) -> PyResult<&Py<PyTuple>> {
    static MEMBERS: PyOnceLock<Py<PyTuple>> = PyOnceLock::new();
    MEMBERS.get_or_try_init(py, || {
        let module = py.import("yamabiko.grpc._values")?;
        let members = module.getattr("StatusCode")?.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        Ok(PyTuple::new(py, members)?.unbind())
    })
}

/// The member for a code.
pub(crate) fn code_to_python(py: Python<'_>, code: Code) -> PyResult<Bound<'_, PyAny>> {
    members(py)?.bind(py).get_item(code as usize)
}

/// The code of a member. None for everything else, which stands for UNKNOWN, as in grpcio.
pub(crate) fn code_from_python(object: &Bound<'_, PyAny>) -> PyResult<Option<Code>> {
    let members = members(object.py())?.bind(object.py());
    let same = members.iter().position(|member| member.is(object));
    Ok(same.and_then(|number| Code::all().nth(number)))
}
