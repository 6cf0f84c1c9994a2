//! The threads of a server, which are Python's: `threading.Thread`s with the
//! names and the initializer that the program asked for.

use std::sync::{Arc, Mutex};
use std::thread;

use pyo3::prelude::*;
use yamabiko::blocking::host::{self, Threads};

/// Starts threads by a function of Python's.
pub(super) struct PythonThreads {
    start_thread: Arc<Py<PyAny>>,
}

impl PythonThreads {
    pub(super) fn new(start_thread: Py<PyAny>) -> Self {
        PythonThreads { start_thread: Arc::new(start_thread) }
    }
}

impl Threads for PythonThreads {
    fn start(&self, worker: host::Worker) {
        let start_thread = Arc::clone(&self.start_thread);
        // Whoever asks for a worker may not wait for the interpreter; this thread may.
        let builder = thread::Builder::new().name("yamabiko-start".to_owned());
        let started = builder.spawn(move || {
            // Without an interpreter nothing is to be served any more.
            Python::try_attach(|py| {
                let worker = Worker { worker: Mutex::new(Some(worker)) };
                if let Err(error) = start_thread.call1(py, (worker,)) {
                    // The worker is gone with its object, and tried again when it is needed.
                    error.write_unraisable(py, None);
                }
            })
        });
        drop(started);
    }
}

/// A worker of a server. The thread that is started for it calls `work`.
#[pyclass(frozen, module = "yamabiko._core")]
pub(super) struct Worker {
    worker: Mutex<Option<host::Worker>>,
}

#[pymethods]
impl Worker {
    /// Works until the server is over.
    fn work(&self, py: Python<'_>) {
        let worker = self.worker.lock().ok().and_then(|mut worker| worker.take());
        if let Some(worker) = worker {
            py.detach(|| worker.work());
        }
    }
}
