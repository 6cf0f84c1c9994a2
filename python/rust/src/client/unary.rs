//! Calls with one request and one response: from the Python message to the
//! Python message in one step.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use yamabiko::blocking::{Exchange, Interrupt, Outcome};
use yamabiko::{Code, Encoding, Metadata};

use super::channel::Channel;
use super::failure::{self, concluded};
use super::hooks;
use super::line::Line;
use super::metadata::{self, Unfit};
use super::signals;
use super::started::Started;
use crate::compression::encoding;

static NO_METADATA: Metadata = Metadata::new();

/// A method of a service on a channel.
#[pyclass(subclass, frozen, module = "yamabiko._core")]
pub(super) struct UnaryUnary {
    line: Arc<Line>,
    path: Box<str>,
    serializer: Option<Py<PyAny>>,
    deserializer: Option<Py<PyAny>>,
}

/// What a call is made with.
struct Options<'a, 'py> {
    timeout: Option<&'a Bound<'py, PyAny>>,
    metadata: Option<&'a Bound<'py, PyAny>>,
    credentials: Option<&'a Bound<'py, PyAny>>,
    wait_for_ready: Option<&'a Bound<'py, PyAny>>,
    compression: Option<&'a Bound<'py, PyAny>>,
}

/// A call that can be made.
struct Prepared<'py> {
    message: Bound<'py, PyBytes>,
    metadata: Option<Metadata>,
    deadline: Option<Instant>,
    wait_for_ready: bool,
    compression: Option<Encoding>,
}

#[pymethods]
impl UnaryUnary {
    #[new]
    fn new(
        channel: &Bound<'_, Channel>,
        path: String,
        serializer: Option<Py<PyAny>>,
        deserializer: Option<Py<PyAny>>,
    ) -> Self {
        let line = Arc::clone(&channel.get().line);
        UnaryUnary { line, path: path.into(), serializer, deserializer }
    }

    /// Makes a call and waits for its response.
    #[pyo3(signature = (
        request, timeout=None, metadata=None, credentials=None, wait_for_ready=None,
        compression=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are grpcio's")]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyAny>,
        timeout: Option<&Bound<'py, PyAny>>,
        metadata: Option<&Bound<'py, PyAny>>,
        credentials: Option<&Bound<'py, PyAny>>,
        wait_for_ready: Option<&Bound<'py, PyAny>>,
        compression: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options = Options { timeout, metadata, credentials, wait_for_ready, compression };
        self.blocking(py, request, &options).map(|(response, _)| response)
    }

    /// The same, with what the server said beside it: `(response, (code, details, …))`.
    #[pyo3(signature = (
        request, timeout=None, metadata=None, credentials=None, wait_for_ready=None,
        compression=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are grpcio's")]
    fn _with_call<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyAny>,
        timeout: Option<&Bound<'py, PyAny>>,
        metadata: Option<&Bound<'py, PyAny>>,
        credentials: Option<&Bound<'py, PyAny>>,
        wait_for_ready: Option<&Bound<'py, PyAny>>,
        compression: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let options = Options { timeout, metadata, credentials, wait_for_ready, compression };
        let (response, outcome) = self.blocking(py, request, &options)?;
        let ending = failure::ending(py, &self.line, &outcome)?.into_pyobject(py)?;
        Ok((response, ending))
    }

    /// Begins a call that goes on by itself.
    #[pyo3(signature = (
        request, timeout=None, metadata=None, credentials=None, wait_for_ready=None,
        compression=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are grpcio's")]
    fn _start<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyAny>,
        timeout: Option<&Bound<'py, PyAny>>,
        metadata: Option<&Bound<'py, PyAny>>,
        credentials: Option<&Bound<'py, PyAny>>,
        wait_for_ready: Option<&Bound<'py, PyAny>>,
        compression: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Started> {
        let options = Options { timeout, metadata, credentials, wait_for_ready, compression };
        let closed = "Cannot invoke RPC: Channel closed!";
        let prepared = match self.prepare(py, request, &options, closed)? {
            Ok(prepared) => prepared,
            Err(outcome) => return Ok(Started::ended(Arc::clone(&self.line), outcome)),
        };
        let channel = match self.line.channel() {
            Ok(channel) => channel,
            Err(reason) => {
                return Ok(Started::ended(Arc::clone(&self.line), self.unresolved(&reason)));
            }
        };
        let bytes = prepared.message.as_bytes();
        let exchange = self.exchange(&prepared, bytes);
        let started = py.detach(|| channel.start(&exchange));
        Ok(Started::new(Arc::clone(&self.line), started))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.serializer)?;
        visit.call(&self.deserializer)
    }

    /// What a response's bytes stand for.
    ///
    /// # Errors
    /// The exception of the deserializer, as it was raised.
    fn _deserialize<'py>(
        &self,
        py: Python<'py>,
        message: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match &self.deserializer {
            None => Ok(message),
            Some(deserializer) => deserializer.bind(py).call1((message,)),
        }
    }
}

impl UnaryUnary {
    fn blocking<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyAny>,
        options: &Options<'_, 'py>,
    ) -> PyResult<(Bound<'py, PyAny>, Outcome)> {
        let closed = "Cannot invoke RPC on closed channel!";
        let outcome = match self.prepare(py, request, options, closed)? {
            Ok(prepared) => self.wait(py, &prepared)?,
            Err(outcome) => outcome,
        };
        let message = match (&outcome.message, outcome.status.code()) {
            (Some(message), Code::Ok) => PyBytes::new(py, message),
            _ => return Err(hooks::failed(py, failure::ending(py, &self.line, &outcome)?)),
        };
        match self._deserialize(py, message.into_any()) {
            Ok(response) if !response.is_none() => Ok((response, outcome)),
            Ok(_) => Err(hooks::unusable(py, "deserializing", None)),
            Err(cause) => Err(hooks::unusable(py, "deserializing", Some(cause))),
        }
    }

    fn wait(&self, py: Python<'_>, prepared: &Prepared<'_>) -> PyResult<Outcome> {
        let channel = match self.line.channel() {
            Ok(channel) => channel,
            Err(reason) => return Ok(self.unresolved(&reason)),
        };
        let bytes = prepared.message.as_bytes();
        let exchange = self.exchange(prepared, bytes);
        let outcome = if signals::is_main_thread(py) {
            py.detach(|| {
                let mut raised = None;
                let mut ends = || {
                    raised = signals::raised();
                    raised.is_some()
                };
                let interrupt = Interrupt::when(signals::SLICE, &mut ends);
                channel.exchange(&exchange, interrupt).ok_or(raised)
            })
        } else {
            py.detach(|| channel.exchange(&exchange, Interrupt::never()).ok_or(None))
        };
        outcome.map_err(|raised| {
            raised.unwrap_or_else(|| pyo3::exceptions::PyKeyboardInterrupt::new_err(()))
        })
    }

    fn exchange<'a>(&'a self, prepared: &'a Prepared<'_>, message: &'a [u8]) -> Exchange<'a> {
        Exchange {
            path: &self.path,
            message,
            metadata: prepared.metadata.as_ref().unwrap_or(&NO_METADATA),
            deadline: prepared.deadline,
            wait_for_ready: prepared.wait_for_ready,
            compression: prepared.compression,
            max_message: None,
        }
    }

    /// Serializes the request and reads the options. A call that cannot be made has an outcome
    /// already.
    fn prepare<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyAny>,
        options: &Options<'_, 'py>,
        closed: &'static str,
    ) -> PyResult<Result<Prepared<'py>, Outcome>> {
        // First of all, as serializing takes from it.
        let deadline = options.timeout.map(deadline).transpose()?;
        let message = match &self.serializer {
            None => request.clone(),
            Some(serializer) => match serializer.bind(py).call1((request,)) {
                Ok(message) => message,
                Err(cause) => return Err(hooks::unusable(py, "serializing", Some(cause))),
            },
        };
        if message.is_none() {
            return Err(hooks::unusable(py, "serializing", None));
        }
        let message = message.cast_into::<PyBytes>().map_err(|error| {
            let kind = error.into_inner().get_type().name();
            let kind = kind.map(|name| name.to_string()).unwrap_or_default();
            PyTypeError::new_err(format!(
                "Argument 'message' has incorrect type (expected bytes, got {kind})"
            ))
        })?;
        if self.line.is_closed() {
            return Err(PyValueError::new_err(closed));
        }
        if !self.path.starts_with('/') {
            let details = format!("Method not found! A path begins with a slash: /{}", self.path);
            return Ok(Err(failed(concluded(Code::Unimplemented, details))));
        }
        if options.credentials.is_some() || options.compression.is_some() {
            hooks::check_options(py, options.credentials, options.compression)?;
        }
        let compression = match options.compression {
            None => self.line.compression,
            Some(compression) => encoding(compression.extract()?)?,
        };
        let metadata = match options.metadata.map(metadata::read) {
            None => None,
            Some(Ok(metadata)) => Some(metadata),
            Some(Err(Unfit::Raised(error))) => return Err(error),
            Some(Err(Unfit::Invalid(reason))) => {
                let details = format!("Invalid metadata: {reason}");
                return Ok(Err(failed(concluded(Code::Internal, details))));
            }
        };
        if let Some(limit) = self.line.max_send {
            let length = message.as_bytes().len();
            if length > limit {
                return Ok(Err(failed(failure::too_large(length, limit))));
            }
        }
        let wait_for_ready = match options.wait_for_ready {
            None => false,
            Some(wait) => wait.is_truthy()?,
        };
        let deadline = deadline.flatten();
        Ok(Ok(Prepared { message, metadata, deadline, wait_for_ready, compression }))
    }

    fn unresolved(&self, reason: &str) -> Outcome {
        let message = format!("errors resolving {}: {reason}", self.line.target);
        failed(concluded(Code::Unavailable, message))
    }
}

fn failed(status: yamabiko::Status) -> Outcome {
    Outcome { headers: Metadata::new(), message: None, compressed: false, status }
}

/// A timeout in seconds. A negative one has passed, one that is endless is none.
fn deadline(timeout: &Bound<'_, PyAny>) -> PyResult<Option<Instant>> {
    let seconds: f64 = timeout.extract()?;
    let now = Instant::now();
    if seconds.is_nan() || seconds <= 0.0 {
        return Ok(Some(now));
    }
    Ok(Duration::try_from_secs_f64(seconds).ok().and_then(|timeout| now.checked_add(timeout)))
}
