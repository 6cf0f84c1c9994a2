//! The client of `yamabiko._core`: channels, calls with one request and one
//! response, and calls that go on by themselves.

mod channel;
mod deliveries;
mod failure;
mod hooks;
mod line;
mod metadata;
mod signals;
mod started;
mod target;
mod unary;

use pyo3::prelude::*;

/// Enters what this module has.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<channel::Channel>()?;
    module.add_class::<unary::UnaryUnary>()?;
    module.add_class::<started::Started>()?;
    module.add_class::<deliveries::Deliveries>()?;
    module.add_function(wrap_pyfunction!(hooks::client_hooks, module)?)?;
    module.add_function(wrap_pyfunction!(line::client_after_fork, module)?)
}
