//! The compiler of `yamabiko._core`: protoc's command line, in this process.

use std::io::{self, Write};

use pyo3::prelude::*;

/// Enters what this module has.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(protoc, module)?)?;
    module.add_function(wrap_pyfunction!(protoc_captured, module)?)
}

/// Runs protoc with these arguments, and writes to the process's own streams.
///
/// `program` is the name under which it shows itself. Returns the exit status.
/// Other threads run meanwhile.
#[pyfunction]
fn protoc(python: Python<'_>, program: &str, arguments: Vec<String>) -> i32 {
    python.detach(|| {
        // As they come: what plugins print goes to the same streams.
        let mut out = io::stdout();
        let status =
            yamabiko_compiler::protoc::run(program, &arguments, &mut out, &mut io::stderr());
        // There is nobody left to tell that standard output is closed.
        let _ = out.flush();
        status
    })
}

/// Runs protoc with these arguments; returns exit status, standard output and standard error.
#[pyfunction]
fn protoc_captured(
    python: Python<'_>,
    program: &str,
    arguments: Vec<String>,
) -> (i32, Vec<u8>, Vec<u8>) {
    python.detach(|| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = yamabiko_compiler::protoc::run(program, &arguments, &mut out, &mut err);
        (status, out, err)
    })
}
