//! Calls on their way to Python's functions.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use yamabiko::Status;
use yamabiko::blocking::host::{Call, Handler};
use yamabiko_core::grpc::RequestHead;

use super::answer::answer;
use super::methods::{Found, Method, Methods};
use crate::metadata;

/// Waiting longer than this for the interpreter means that another thread computes in Python, and
/// that letting go of the interpreter costs another such wait.
const LONG_WAIT: Duration = Duration::from_millis(1);
/// Short waits after a long one, until it is forgotten.
const FORGET_AFTER: u32 = 16;

thread_local! {
    /// The head that came last on this thread, with its method.
    static RECENT: RefCell<Option<Recent>> = const { RefCell::new(None) };
    /// A context of the module `contextvars` in which nothing is set.
    static CONTEXT: RefCell<Option<Context>> = const { RefCell::new(None) };
}

struct Recent {
    head: Arc<RequestHead>,
    /// Whose method it is.
    methods: Arc<Methods>,
    method: Arc<Method>,
}

/// A context of the module `contextvars`, and its method `run`.
pub(super) struct Context {
    context: Py<PyAny>,
    pub(super) run: Py<PyAny>,
}

/// Answers calls by Python's functions.
pub(super) struct Host {
    methods: Arc<Methods>,
    /// `submit` of the executor that runs all handlers, unless the workers do.
    submit: Option<Py<PyAny>>,
    /// Short waits that are owed since the last long one.
    contended: AtomicU32,
}

impl Host {
    pub(super) fn new(methods: Arc<Methods>, submit: Option<Py<PyAny>>) -> Self {
        Host { methods, submit, contended: AtomicU32::new(0) }
    }

    fn waited(&self, time: Duration) {
        if time > LONG_WAIT {
            self.contended.store(FORGET_AFTER, Ordering::Relaxed);
        } else {
            let owed = self.contended.load(Ordering::Relaxed);
            if owed > 0 {
                // Two threads may count one wait; it does not matter.
                self.contended.store(owed - 1, Ordering::Relaxed);
            }
        }
    }

    fn serve(&self, py: Python<'_>, call: Call, request: Bytes) {
        if let Some(why) = self.methods.broken() {
            call.finish(&Status::unavailable(why.to_owned()));
            return;
        }
        let known = self.recent(&call).or_else(|| self.added(&call));
        let context = match Context::take(py) {
            Ok(context) => context,
            Err(error) => return self.failed(py, &call, &error),
        };
        let method = match known {
            Some(method) => method,
            None => match self.resolve(py, &call, &context) {
                Some(method) => method,
                None => return context.give_back(py),
            },
        };
        if let Some(submit) = method.submit.as_ref().or(self.submit.as_ref()) {
            let submitted = (call, request, method.clone(), context, Arc::clone(&self.methods));
            return self.submit(py, submit, Submitted { call: Mutex::new(Some(submitted)) });
        }
        answer(py, &self.methods, &method, call, request, context.run.bind(py), true);
        context.give_back(py);
    }

    /// The method of the call, if its head is the one that came last.
    fn recent(&self, call: &Call) -> Option<Arc<Method>> {
        RECENT.with_borrow(|recent| {
            let recent = recent.as_ref()?;
            let same = Arc::ptr_eq(&recent.head, call.head())
                && Arc::ptr_eq(&recent.methods, &self.methods);
            same.then(|| Arc::clone(&recent.method))
        })
    }

    /// The method of the call, if it was added by its path.
    fn added(&self, call: &Call) -> Option<Arc<Method>> {
        let method = self.methods.added(call.head().path.value())?;
        let recent = Recent {
            head: Arc::clone(call.head()),
            methods: Arc::clone(&self.methods),
            method: Arc::clone(&method),
        };
        drop(RECENT.replace(Some(recent)));
        Some(method)
    }

    /// Asks Python for the method of the call. None if it has been answered instead.
    fn resolve(&self, py: Python<'_>, call: &Call, context: &Context) -> Option<Arc<Method>> {
        let path = call.head().path.value();
        let found = metadata::to_python(py, &call.head().metadata).and_then(|metadata| {
            self.methods.resolve(py, context.run.bind(py), path, metadata.into_any())
        });
        match found {
            Ok(Found::Method(method)) => return Some(method),
            Ok(Found::None) => call.finish(&Status::unimplemented("Method not found!")),
            Ok(Found::Streaming) => call.finish(&Status::unimplemented(format!(
                "methods with streams are not supported yet: {}",
                path.escape_ascii()
            ))),
            Err(error) => {
                let text = format!("Exception servicing handler: {}", error.value(py));
                self.methods.report(py, &text, Some(&error));
                call.finish(&Status::unknown("Error in service handler!"))
            }
        };
        None
    }

    fn submit(&self, py: Python<'_>, submit: &Py<PyAny>, submitted: Submitted) {
        let outcome =
            Bound::new(py, submitted).map(|submitted| (submit.call1(py, (&submitted,)), submitted));
        let error = match outcome {
            Ok((Ok(_), _)) => return,
            Ok((Err(error), submitted)) => {
                if let Some((call, ..)) = submitted.get().take() {
                    call.finish(&Status::unavailable("the server's executor takes no calls"));
                }
                error
            }
            Err(error) => error,
        };
        self.methods.report(py, "The server's executor takes no calls", Some(&error));
    }

    fn failed(&self, py: Python<'_>, call: &Call, error: &PyErr) {
        self.methods.report(py, "A call could not be begun", Some(error));
        call.finish(&Status::internal("the call could not be begun"));
    }
}

impl Handler for Host {
    fn handle(&self, call: Call, request: Bytes) {
        // Without an interpreter the call is dropped, and its client told so.
        Python::try_attach(|py| self.serve(py, call, request));
    }

    fn stretch(&self, run: &mut dyn FnMut()) {
        let began = Instant::now();
        let attached = Python::try_attach(|_| {
            self.waited(began.elapsed());
            run();
        });
        if attached.is_none() {
            run();
        }
    }

    fn aside(&self, run: &mut (dyn FnMut() + Send)) {
        // Other threads of Python's have their turn while this one writes.
        Python::attach(|py| py.detach(run));
    }

    fn lingers(&self) -> bool {
        self.contended.load(Ordering::Relaxed) > 0
    }
}

impl Context {
    fn take(py: Python<'_>) -> PyResult<Self> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        if let Some(spare) = CONTEXT.take() {
            return Ok(spare);
        }
        let context = CLASS.import(py, "contextvars", "Context")?.call0()?;
        let run = context.getattr("run")?.unbind();
        Ok(Context { context: context.unbind(), run })
    }

    /// Keeps it for the next call, if nothing was set in it.
    fn give_back(self, py: Python<'_>) {
        if self.context.bind(py).len().is_ok_and(|set| set == 0) {
            drop(CONTEXT.replace(Some(self)));
        }
    }
}

/// A call that an executor runs.
#[pyclass(frozen, module = "yamabiko._core")]
pub(super) struct Submitted {
    call: Mutex<Option<Whole>>,
}

/// A call with all that answering it needs.
type Whole = (Call, Bytes, Arc<Method>, Context, Arc<Methods>);

impl Submitted {
    fn take(&self) -> Option<Whole> {
        self.call.lock().ok().and_then(|mut call| call.take())
    }
}

#[pymethods]
impl Submitted {
    fn __call__(&self, py: Python<'_>) {
        if let Some((call, request, method, context, methods)) = self.take() {
            answer(py, &methods, &method, call, request, context.run.bind(py), false);
        }
    }
}
