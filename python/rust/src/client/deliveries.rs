//! A queue from the core's threads, which know nothing of Python, to a Python
//! thread that calls the callbacks of calls that have ended.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use pyo3::prelude::*;

/// Numbers of calls that have ended.
#[pyclass(frozen, module = "yamabiko._core")]
pub(super) struct Deliveries {
    pub(super) queue: Arc<Queue>,
}

/// The part that the core's threads see.
#[derive(Default)]
pub(super) struct Queue {
    ended: Mutex<(VecDeque<u64>, bool)>,
    changed: Condvar,
}

impl Queue {
    pub(super) fn push(&self, number: u64) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).0.push_back(number);
        self.changed.notify_one();
    }
}

#[pymethods]
impl Deliveries {
    #[new]
    fn new() -> Self {
        Deliveries { queue: Arc::default() }
    }

    /// Waits for the next one. None when it is closed.
    fn next(&self, py: Python<'_>) -> Option<u64> {
        let queue = Arc::clone(&self.queue);
        py.detach(move || {
            let ended = queue.ended.lock().unwrap_or_else(PoisonError::into_inner);
            let waited =
                queue.changed.wait_while(ended, |(ended, closed)| ended.is_empty() && !*closed);
            waited.unwrap_or_else(PoisonError::into_inner).0.pop_front()
        })
    }

    /// Ends the waiting.
    fn close(&self) {
        self.queue.ended.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.queue.changed.notify_all();
    }
}
