//! `yamabiko._core`: what the Python package has compiled.
//!
//! A table of contents: the server and the channel on the runtime's blocking
//! driver, and the compiler.

use pyo3::prelude::*;

mod client;
mod metadata;
mod protoc;
mod server;
mod status;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    server::register(module)?;
    client::register(module)?;
    protoc::register(module)
}
