//! `_core.ServicerContext`: a call as its handler sees it.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple, PyType};
use yamabiko::blocking::host::Call;
use yamabiko::{Code, Metadata, Peer, Status};

use super::answer::Failure;
use super::callbacks;
use super::methods::Methods;
use crate::compression::encoding;
use crate::{metadata, status};

/// A call as its handler sees it.
#[pyclass(frozen, dict, weakref, module = "yamabiko._core")]
pub(super) struct ServicerContext {
    call: Call,
    /// Whether handler and answer are on a worker of the server, which writes the answer later.
    on_worker: bool,
    /// What the handler has said of the answer; mostly nothing.
    said: Mutex<Option<Box<Said>>>,
}

/// What a handler says of the answer before it returns. Nothing of Python's is called while it is
/// locked: to wait for the interpreter with a lock held is to wait for ever.
#[derive(Default)]
struct Said {
    code: Option<Py<PyAny>>,
    details: Option<Py<PyBytes>>,
    trailing: Option<(Py<PyAny>, Metadata)>,
    callbacks: Vec<Py<PyAny>>,
    head_sent: bool,
    aborted: bool,
    /// What was raised because nobody waits for the answer any more.
    rpc_errors: Vec<Py<PyAny>>,
}

#[pymethods]
impl ServicerContext {
    fn is_active(&self) -> bool {
        self.call.is_active()
    }

    fn time_remaining(&self) -> f64 {
        match self.call.deadline() {
            Some(deadline) => deadline.saturating_duration_since(Instant::now()).as_secs_f64(),
            // As grpcio has it, for whom no deadline is one in the year 2262.
            None => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::MAX as f64 - now.as_secs_f64()
            }
        }
    }

    fn cancel(slf: &Bound<'_, Self>) {
        let this = slf.get();
        let status = Status::cancelled("Cancelled on the server side");
        let finish = || this.call.finish(&status);
        if slf.py().detach(finish) {
            callbacks::run_later(slf.clone().unbind());
        }
    }

    fn add_callback(slf: &Bound<'_, Self>, callback: Py<PyAny>) -> bool {
        let this = slf.get();
        if !this.call.is_active() {
            return false;
        }
        let first = {
            let mut said = this.said();
            let callbacks = &mut said.get_or_insert_default().callbacks;
            callbacks.push(callback);
            callbacks.len() == 1
        };
        if first {
            let context = slf.clone().unbind();
            let later = Box::new(move || callbacks::run_later(context));
            if !this.call.watch().when_cancelled(later) {
                // It has been cancelled in between.
                callbacks::run_later(slf.clone().unbind());
            }
        }
        true
    }

    fn disable_next_message_compression(&self) {
        // There is one message.
        self.call.set_compression(None);
    }

    /// It is of no use once the initial metadata has been sent, which says it.
    fn set_compression(&self, compression: i64) -> PyResult<()> {
        self.call.set_compression(encoding(compression)?);
        Ok(())
    }

    fn invocation_metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        metadata::to_python(py, &self.call.head().metadata)
    }

    fn peer(&self) -> String {
        peer(self.call.peer())
    }

    fn peer_identities(&self) -> Option<Py<PyAny>> {
        None
    }

    fn peer_identity_key(&self) -> Option<Py<PyAny>> {
        None
    }

    fn auth_context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let known = PyDict::new(py);
        known.set_item("transport_security_type", [PyBytes::new(py, b"insecure")])?;
        known.set_item("security_level", [PyBytes::new(py, b"TSI_SECURITY_NONE")])?;
        Ok(known)
    }

    fn send_initial_metadata(
        &self,
        py: Python<'_>,
        initial_metadata: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let head =
            if initial_metadata.is_none() { Metadata::new() } else { sendable(initial_metadata)? };
        {
            let mut said = self.said();
            let said = said.get_or_insert_default();
            if said.head_sent {
                return Err(PyValueError::new_err("Initial metadata no longer allowed!"));
            }
            said.head_sent = true;
        }
        if py.detach(|| self.call.send_head(&head)) {
            return Ok(());
        }
        let error = rpc_error(py)?;
        let raised = error.value(py).clone().into_any().unbind();
        self.said().get_or_insert_default().rpc_errors.push(raised);
        Err(error)
    }

    fn set_trailing_metadata(&self, trailing_metadata: &Bound<'_, PyAny>) -> PyResult<()> {
        let trailing = if trailing_metadata.is_none() {
            None
        } else {
            let sendable = sendable(trailing_metadata)?;
            Some((trailing_metadata.clone().unbind(), sendable))
        };
        let before = {
            let mut said = self.said();
            std::mem::replace(&mut said.get_or_insert_default().trailing, trailing)
        };
        drop(before);
        Ok(())
    }

    fn trailing_metadata(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let said = self.said();
        said.as_ref()?.trailing.as_ref().map(|(trailing, _)| trailing.clone_ref(py))
    }

    fn abort(&self, code: &Bound<'_, PyAny>, details: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = code.py();
        let ok = status::code_from_python(code)? == Some(Code::Ok);
        // An abort with OK is a mistake, and the client is not to take it for success.
        let (code, details) = if ok {
            let details = "abort() was called with StatusCode.OK";
            (status::code_to_python(py, Code::Unknown)?, PyBytes::new(py, details.as_bytes()))
        } else {
            (code.clone(), octets(details)?)
        };
        let (code, details) = (Some(code.unbind()), Some(details.unbind()));
        let before = {
            let mut said = self.said();
            let said = said.get_or_insert_default();
            said.aborted = true;
            (std::mem::replace(&mut said.code, code), std::mem::replace(&mut said.details, details))
        };
        drop(before);
        Err(PyException::new_err(()))
    }

    fn abort_with_status(&self, status: &Bound<'_, PyAny>) -> PyResult<()> {
        self.set_trailing_metadata(&status.getattr("trailing_metadata")?)?;
        self.abort(&status.getattr("code")?, &status.getattr("details")?)
    }

    fn set_code(&self, code: Py<PyAny>) {
        let before = self.said().get_or_insert_default().code.replace(code);
        drop(before);
    }

    fn code(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.said().as_ref()?.code.as_ref().map(|code| code.clone_ref(py))
    }

    fn set_details(&self, details: &Bound<'_, PyAny>) -> PyResult<()> {
        let details = octets(details)?.unbind();
        let before = self.said().get_or_insert_default().details.replace(details);
        drop(before);
        Ok(())
    }

    fn details(&self, py: Python<'_>) -> Option<Py<PyBytes>> {
        self.said().as_ref()?.details.as_ref().map(|details| details.clone_ref(py))
    }
}

impl ServicerContext {
    pub(super) fn new(call: Call, on_worker: bool) -> Self {
        ServicerContext { call, on_worker, said: Mutex::new(None) }
    }

    /// Answers with a message, and with what the handler has said besides.
    pub(super) fn respond(&self, py: Python<'_>, message: &[u8]) {
        let status = self.status(py, Code::Ok, "");
        if self.on_worker && self.call.compression().is_none() {
            self.call.answer(message, &status);
        } else {
            py.detach(|| self.call.answer(message, &status));
        }
    }

    /// Ends the call without a message.
    pub(super) fn fail(&self, py: Python<'_>, methods: &Methods, failure: Failure) {
        let status = match failure {
            Failure::Raised(_) if self.said().as_ref().is_some_and(|said| said.aborted) => {
                self.status(py, Code::Unknown, "RPC Aborted")
            }
            Failure::Raised(error) if self.is_ours(py, &error) => {
                Status::cancelled("nobody waits for the answer")
            }
            Failure::Raised(error) => {
                let details = match error.value(py).str() {
                    Ok(words) => {
                        format!("Exception calling application: {}", words.to_string_lossy())
                    }
                    Err(_) => "Calling application raised unprintable Exception!".to_owned(),
                };
                methods.report(py, &details, Some(&error));
                self.status(py, Code::Unknown, &details)
            }
            Failure::Around { code, details, cause } => {
                methods.report(py, details, cause.as_ref());
                self.status(py, code, details)
            }
            Failure::TooLarge { size, limit } => {
                let details = format!("SERVER: Sent message larger than max ({size} vs. {limit})");
                Status::resource_exhausted(details)
            }
        };
        if self.on_worker {
            self.call.finish(&status);
        } else {
            py.detach(|| self.call.finish(&status));
        }
    }

    /// The status to end with: what the handler has said, and else what is given here.
    fn status(&self, py: Python<'_>, code: Code, details: &str) -> Status {
        let (said_code, said_details, trailing) = match self.said().as_ref() {
            None if code == Code::Ok => return Status::ok(),
            None => (None, None, None),
            Some(said) => (
                said.code.as_ref().map(|code| code.clone_ref(py)),
                said.details.as_ref().map(|details| details.clone_ref(py)),
                said.trailing.as_ref().map(|(_, trailing)| trailing.clone()),
            ),
        };
        let code = match said_code {
            None => code,
            Some(said) => {
                let known = status::code_from_python(said.bind(py));
                known.ok().flatten().unwrap_or(Code::Unknown)
            }
        };
        let details = match &said_details {
            None => details.to_owned(),
            Some(said) => String::from_utf8_lossy(said.as_bytes(py)).into_owned(),
        };
        let mut status = Status::new(code, details);
        if let Some(trailing) = trailing {
            *status.metadata_mut() = trailing;
        }
        status
    }

    /// Whether this was raised because nobody waits for the answer any more.
    fn is_ours(&self, py: Python<'_>, error: &PyErr) -> bool {
        let value = error.value(py);
        self.said().as_ref().is_some_and(|said| said.rpc_errors.iter().any(|ours| ours.is(value)))
    }

    /// Calls back whoever asked for it, once.
    pub(super) fn run_callbacks(&self, py: Python<'_>) {
        self.run_callbacks_with(py, |error| error.write_unraisable(py, None));
    }

    pub(super) fn run_callbacks_with(&self, py: Python<'_>, failed: impl Fn(PyErr)) {
        let callbacks = match self.said().as_mut() {
            None => return,
            Some(said) => std::mem::take(&mut said.callbacks),
        };
        for callback in callbacks {
            if let Err(error) = callback.call0(py) {
                failed(error);
            }
        }
    }

    fn said(&self) -> MutexGuard<'_, Option<Box<Said>>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As grpcio names a peer: a target whose address is percent-encoded as a URI wants it.
/// As grpcio writes it.
fn peer(peer: &Peer) -> String {
    let Some(address) = peer.socket_address() else { return peer.to_string() };
    let port = address.port();
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => format!("ipv4:{ip}:{port}"),
        IpAddr::V6(ip) => format!("ipv6:%5B{ip}%5D:{port}"),
    }
}

/// Text as UTF-8; bytes as they are.
fn octets<'py>(details: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = details.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    let text = details.cast::<PyString>()?;
    Ok(PyBytes::new(details.py(), text.to_string_lossy().as_bytes()))
}

fn sendable(pairs: &Bound<'_, PyAny>) -> PyResult<Metadata> {
    metadata::from_python(pairs).map_err(|unusable| match unusable {
        metadata::Unusable::Type(error) => error,
        metadata::Unusable::Rule(error) => PyValueError::new_err(error.to_string()),
    })
}

/// What grpcio raises to a handler whose client is gone.
fn rpc_error(py: Python<'_>) -> PyResult<PyErr> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, "yamabiko.grpc._values", "RpcError")?;
    Ok(PyErr::from_value(class.call1(("the client has left this call",))?))
}
