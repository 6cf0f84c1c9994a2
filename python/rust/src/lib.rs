//! `yamabiko._core`: what the Python package has compiled.
//!
//! A table of contents: the server and the channel on the runtime's blocking
//! driver, and the compiler.

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;

mod client;
mod compression;
mod metadata;
mod protoc;
mod server;
mod status;
mod times;

// An interpreter without the GIL turns it on for us, and says so.
#[pymodule(gil_used = true)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    if !is_main_interpreter(module.py()) {
        return Err(PyImportError::new_err(
            "yamabiko works in the main interpreter only, and this is a subinterpreter: \
             use threads or processes instead",
        ));
    }
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    server::register(module)?;
    client::register(module)?;
    protoc::register(module)
}

/// Threads, hooks at exit and types are those of one interpreter: in another one, a server would
/// run handlers in the wrong place and wait at exit for threads that are not its own.
fn is_main_interpreter(_attached: Python<'_>) -> bool {
    // SAFETY: the caller is attached, so there is a current interpreter, and it stays alive
    // between the two calls. pyo3 has no safe function for it.
    unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) == 0 }
}
