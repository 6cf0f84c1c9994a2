//! The methods of a server: Python's functions, by path.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use pyo3::prelude::*;
use pyo3::types::PyString;

/// How a method with one request and one response is served.
pub(super) struct Method {
    pub(super) behavior: Py<PyAny>,
    /// None: the handler takes bytes.
    pub(super) deserializer: Option<Py<PyAny>>,
    /// None: the handler returns bytes.
    pub(super) serializer: Option<Py<PyAny>>,
    /// `submit` of the executor that the handler asks for, if it does.
    pub(super) submit: Option<Py<PyAny>>,
}

/// What became of the search for a handler.
pub(super) enum Found {
    Method(Arc<Method>),
    /// Nobody serves the path.
    None,
    /// It is served, but not with one request and one response.
    Streaming,
}

/// All that answering calls needs.
pub(super) struct Methods {
    by_path: RwLock<HashMap<Box<[u8]>, Arc<Method>>>,
    resolve: Py<PyAny>,
    report: Py<PyAny>,
    /// Why no handler can run, if that is so.
    broken: OnceLock<String>,
    /// The largest response, in bytes.
    pub(super) max_send: Option<usize>,
}

impl Methods {
    pub(super) fn new(resolve: Py<PyAny>, report: Py<PyAny>, max_send: Option<usize>) -> Self {
        let (by_path, broken) = (RwLock::default(), OnceLock::new());
        Methods { by_path, resolve, report, broken, max_send }
    }

    pub(super) fn add(
        &self,
        py: Python<'_>,
        path: String,
        handler: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        if let Found::Method(method) = unpack(py, handler)? {
            let mut by_path = self.by_path.write().unwrap_or_else(PoisonError::into_inner);
            by_path.insert(path.into_bytes().into_boxed_slice(), method);
        }
        Ok(())
    }

    /// Has all calls end with UNAVAILABLE from now on.
    pub(super) fn refuse_all(&self, why: String) {
        let _ = self.broken.set(why);
    }

    /// Why no handler can run, if that is so.
    pub(super) fn broken(&self) -> Option<&str> {
        self.broken.get().map(String::as_str)
    }

    pub(super) fn clear(&self) {
        self.by_path.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The method that was added for this path.
    pub(super) fn added(&self, path: &[u8]) -> Option<Arc<Method>> {
        self.by_path.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }

    /// Asks Python for the handler of a call, in the context of the call.
    pub(super) fn resolve<'py>(
        &self,
        py: Python<'py>,
        run: &Bound<'py, PyAny>,
        path: &[u8],
        metadata: Bound<'py, PyAny>,
    ) -> PyResult<Found> {
        let path = PyString::new(py, &String::from_utf8_lossy(path));
        let handler = run.call1((&self.resolve, path, metadata))?;
        if handler.is_none() { Ok(Found::None) } else { unpack(py, &handler) }
    }

    /// Tells the log.
    pub(super) fn report(&self, py: Python<'_>, text: &str, error: Option<&PyErr>) {
        // With its traceback, which `value` alone does not have in every version of Python.
        let error = error.map(|error| error.clone_ref(py).into_value(py));
        if let Err(error) = self.report.call1(py, (text, error)) {
            error.write_unraisable(py, None);
        }
    }
}

fn unpack(py: Python<'_>, handler: &Bound<'_, PyAny>) -> PyResult<Found> {
    let streaming = handler.getattr("request_streaming")?.is_truthy()?
        || handler.getattr("response_streaming")?.is_truthy()?;
    if streaming {
        return Ok(Found::Streaming);
    }
    let present = |name: &str| -> PyResult<Option<Py<PyAny>>> {
        let value = handler.getattr(name)?;
        Ok((!value.is_none()).then(|| value.unbind()))
    };
    let behavior = handler.getattr("unary_unary")?;
    let submit = own_executor(py, &behavior)?;
    Ok(Found::Method(Arc::new(Method {
        behavior: behavior.unbind(),
        deserializer: present("request_deserializer")?,
        serializer: present("response_serializer")?,
        submit,
    })))
}

/// The executor that a handler asks for with an attribute, as grpcio knows it.
fn own_executor(py: Python<'_>, behavior: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
    let Some(executor) = behavior.getattr_opt("experimental_thread_pool")? else {
        return Ok(None);
    };
    let class = py.import("concurrent.futures")?.getattr("ThreadPoolExecutor")?;
    if executor.is_instance(&class)? {
        return Ok(Some(executor.getattr("submit")?.unbind()));
    }
    Ok(None)
}
