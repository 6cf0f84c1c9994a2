//! Ctrl-C while a call is waited for.

use std::cell::Cell;
use std::time::Duration;

use pyo3::prelude::*;

use super::line;

/// A signal interrupts the wait of the thread that it is delivered to, unless it comes in the
/// instant before the wait begins. Then it is seen after so long.
pub(super) const SLICE: Duration = Duration::from_millis(50);

thread_local! {
    /// In which process it was asked, and the answer: the thread that forks is the child's main one.
    static IS_MAIN: Cell<Option<(u64, bool)>> = const { Cell::new(None) };
}

/// Whether signals are handled on this thread.
pub(super) fn is_main_thread(py: Python<'_>) -> bool {
    let process = line::forks();
    let known = IS_MAIN.get().filter(|(known_in, _)| *known_in == process);
    known.map(|(_, is_main)| is_main).unwrap_or_else(|| {
        let is_main = || -> PyResult<bool> {
            let threading = py.import("threading")?;
            let main = threading.call_method0("main_thread")?.getattr("ident")?;
            main.eq(threading.call_method0("get_ident")?)
        };
        // Without an answer it is safe to ask for signals: elsewhere there are none.
        let is_main = is_main().unwrap_or(true);
        IS_MAIN.set(Some((process, is_main)));
        is_main
    })
}

/// Runs the handlers of signals that have come. Their exception, if they raise one.
pub(super) fn raised() -> Option<PyErr> {
    Python::attach(|py| py.check_signals().err())
}
