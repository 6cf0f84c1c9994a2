//! The client of `yamabiko._core`.

use pyo3::prelude::*;

/// Enters what this module has.
pub(crate) fn register(_module: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
