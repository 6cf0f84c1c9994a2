//! The threads of a server, which are Python's: `threading.Thread`s with the
//! names and the initializer that the program asked for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use pyo3::prelude::*;
use yamabiko::blocking::host::{self, Threads};

use super::methods::Methods;

/// Threads that have begun to start others and not ended.
static STARTING: AtomicUsize = AtomicUsize::new(0);

/// Whether a thread is on its way to Python to start another one.
pub(super) fn are_starting() -> bool {
    STARTING.load(Ordering::SeqCst) > 0
}

/// Starts threads by a function of Python's.
pub(super) struct PythonThreads {
    start_thread: Arc<Py<PyAny>>,
    methods: Arc<Methods>,
}

impl PythonThreads {
    pub(super) fn new(start_thread: Py<PyAny>, methods: Arc<Methods>) -> Self {
        PythonThreads { start_thread: Arc::new(start_thread), methods }
    }
}

impl Threads for PythonThreads {
    fn start(&self, worker: host::Worker) {
        let (start_thread, methods) = (Arc::clone(&self.start_thread), Arc::clone(&self.methods));
        // Whoever asks for a worker may not wait for the interpreter; this thread may.
        let builder = thread::Builder::new().name("yamabiko-start".to_owned());
        STARTING.fetch_add(1, Ordering::SeqCst);
        let started = builder.spawn(move || {
            // Without an interpreter nothing is to be served any more.
            Python::try_attach(|py| {
                let worker = Worker { worker: Mutex::new(Some(worker)), methods };
                if let Err(error) = start_thread.call1(py, (worker,)) {
                    // The worker is gone with its object, and tried again when it is needed.
                    error.write_unraisable(py, None);
                }
            });
            drop(start_thread);
            STARTING.fetch_sub(1, Ordering::SeqCst);
        });
        if started.is_err() {
            // The worker is gone, and tried again when it is needed.
            STARTING.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// A worker of a server. The thread that is started for it calls `work`.
#[pyclass(frozen, module = "yamabiko._core")]
pub(super) struct Worker {
    worker: Mutex<Option<host::Worker>>,
    methods: Arc<Methods>,
}

#[pymethods]
impl Worker {
    /// Has all calls of the server end with UNAVAILABLE and these details.
    fn refuse_all(&self, details: String) {
        self.methods.refuse_all(details);
    }

    /// Works until the server is over.
    fn work(&self, py: Python<'_>) {
        let worker = self.worker.lock().ok().and_then(|mut worker| worker.take());
        if let Some(worker) = worker {
            py.detach(|| worker.work());
        }
    }
}
