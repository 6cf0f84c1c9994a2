//! A call, from the bytes of its request to the bytes of its answer.

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use yamabiko::Code;
use yamabiko::blocking::host::Call;

use super::context::ServicerContext;
use super::methods::{Method, Methods};

/// Answers a call by a function of Python's, which is called by way of `run`. `on_worker` is
/// whether this thread is a worker of the server, which writes the answer later.
pub(super) fn answer(
    py: Python<'_>,
    methods: &Methods,
    method: &Method,
    call: Call,
    request: Bytes,
    run: &Bound<'_, PyAny>,
    on_worker: bool,
) {
    let context = match Bound::new(py, ServicerContext::new(call, on_worker)) {
        Ok(context) => context,
        Err(error) => return methods.report(py, "A call could not be begun", Some(&error)),
    };
    let ended = respond(py, methods, method, request, run, &context);
    if let Err(failure) = ended {
        context.get().fail(py, methods, failure);
    }
    context.get().run_callbacks_with(py, |error| {
        methods.report(py, "Exception calling callback!", Some(&error));
    });
}

/// Why a call got no answer from its handler.
pub(super) enum Failure {
    /// The handler raised this.
    Raised(PyErr),
    /// Something around it went wrong, for this reason if there is one.
    Around { code: Code, details: &'static str, cause: Option<PyErr> },
    /// The answer is larger than it may be.
    TooLarge { size: usize, limit: usize },
}

fn respond(
    py: Python<'_>,
    methods: &Methods,
    method: &Method,
    request: Bytes,
    run: &Bound<'_, PyAny>,
    context: &Bound<'_, ServicerContext>,
) -> Result<(), Failure> {
    let bytes = PyBytes::new(py, &request);
    drop(request);
    let argument = match &method.deserializer {
        None => bytes.into_any(),
        Some(deserializer) => {
            deserializer.bind(py).call1((bytes,)).map_err(|error| undeserializable(Some(error)))?
        }
    };
    if argument.is_none() {
        return Err(undeserializable(None));
    }
    let response = run.call1((&method.behavior, argument, context)).map_err(Failure::Raised)?;
    let serialized = match &method.serializer {
        None => response,
        Some(serializer) => {
            serializer.bind(py).call1((response,)).map_err(|error| unserializable(Some(error)))?
        }
    };
    let Ok(message) = serialized.cast::<PyBytes>() else {
        let kind = serialized.get_type();
        let words = format!("the answer is {kind} where bytes are to be sent");
        return Err(unserializable(Some(pyo3::exceptions::PyTypeError::new_err(words))));
    };
    let message = message.as_bytes();
    if let Some(limit) = methods.max_send.filter(|&limit| message.len() > limit) {
        return Err(Failure::TooLarge { size: message.len(), limit });
    }
    context.get().respond(py, message);
    Ok(())
}

#[cold]
fn undeserializable(cause: Option<PyErr>) -> Failure {
    let details = "Exception deserializing request!";
    Failure::Around { code: Code::Internal, details, cause }
}

#[cold]
fn unserializable(cause: Option<PyErr>) -> Failure {
    let details = "Failed to serialize response!";
    Failure::Around { code: Code::Internal, details, cause }
}
