//! Runs what handlers asked to be called back for when their call is
//! cancelled, on a thread of its own: who reads the sockets must not wait for
//! the interpreter.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use pyo3::prelude::*;

use super::context::ServicerContext;

/// The thread, while there is one.
static RUNNER: Mutex<Option<Runner>> = Mutex::new(None);

struct Runner {
    /// In the child of a fork there is no such thread.
    process: u32,
    sender: Sender<Py<ServicerContext>>,
    thread: JoinHandle<()>,
}

/// Has the callbacks of a call run.
pub(super) fn run_later(context: Py<ServicerContext>) {
    let mut runner = RUNNER.lock().unwrap_or_else(PoisonError::into_inner);
    if runner.as_ref().is_none_or(|runner| runner.process != std::process::id()) {
        let (sender, receiver) = channel();
        let builder = thread::Builder::new().name("yamabiko-callbacks".to_owned());
        let Ok(thread) = builder.spawn(move || run_all(&receiver)) else { return };
        *runner = Some(Runner { process: std::process::id(), sender, thread });
    }
    if let Some(runner) = &*runner {
        // It ends only when this is gone.
        let _ = runner.sender.send(context);
    }
}

fn run_all(contexts: &Receiver<Py<ServicerContext>>) {
    while let Ok(context) = contexts.recv() {
        let mut context = Some(context);
        Python::try_attach(|py| {
            if let Some(context) = context.take() {
                context.get().run_callbacks(py);
            }
        });
        // Without an interpreter nobody can be called back, nor is anything to be freed.
        std::mem::forget(context);
    }
}

/// Runs what is left, and ends the thread: the interpreter is about to end.
#[pyfunction]
pub(super) fn server_callbacks_end(py: Python<'_>) {
    let runner = RUNNER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(Runner { process, sender, thread }) = runner
        && process == std::process::id()
    {
        drop(sender);
        let _ = py.detach(|| thread.join());
    }
}
