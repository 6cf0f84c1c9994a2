//! The server of `yamabiko._core`: the runtime's server on plain threads, with
//! Python's functions as its handlers.

mod answer;
mod callbacks;
mod context;
mod handler;
mod life;
mod methods;
mod threads;

use pyo3::prelude::*;

/// Enters what this module has.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<life::Server>()?;
    module.add_class::<context::ServicerContext>()?;
    module.add_class::<threads::Worker>()?;
    module.add_class::<handler::Submitted>()?;
    module.add_function(wrap_pyfunction!(callbacks::server_callbacks_end, module)?)
}
