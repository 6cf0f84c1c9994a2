//! Runs what handlers asked to be called back for when their call is
//! cancelled, on a thread of its own: who reads the sockets must not wait for
//! the interpreter.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use pyo3::prelude::*;

use super::context::ServicerContext;

/// The way to the thread, and the process that it is in.
static RUNNER: Mutex<Option<(u32, Sender<Py<ServicerContext>>)>> = Mutex::new(None);

/// Has the callbacks of a call run.
pub(super) fn run_later(context: Py<ServicerContext>) {
    let mut runner = RUNNER.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    let context = match &*runner {
        Some((of, sender)) if *of == process => match sender.send(context) {
            Ok(()) => return,
            Err(error) => error.0,
        },
        _ => context,
    };
    let (sender, receiver) = channel::<Py<ServicerContext>>();
    let builder = thread::Builder::new().name("yamabiko-callbacks".to_owned());
    let started = builder.spawn(move || {
        while let Ok(context) = receiver.recv() {
            if Python::try_attach(|py| context.get().run_callbacks(py)).is_none() {
                // The interpreter is gone: nobody can be called back.
                std::mem::forget(context);
                return;
            }
            Python::try_attach(|_| drop(context));
        }
    });
    if started.is_ok() {
        let _ = sender.send(context);
        *runner = Some((process, sender));
    }
}
