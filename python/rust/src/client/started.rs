//! A call that goes on by itself, the core of what `future()` gives.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use yamabiko::blocking::{Outcome, Started as CoreStarted};
use yamabiko::{Code, Metadata};

use super::deliveries::Deliveries;
use super::failure::{self, concluded};
use super::line::{Line, OfProcess};
use super::signals;

/// How long a wait without an end is.
const LONG: Duration = Duration::from_secs(3600);

/// A call that was begun.
#[pyclass(frozen, module = "yamabiko._core")]
pub(super) struct Started {
    line: Arc<Line>,
    call: Call,
}

/// How a call ended, and its message.
type Ended<'py> = (Bound<'py, PyTuple>, Option<Bound<'py, PyBytes>>);

enum Call {
    Going(OfProcess<CoreStarted>),
    /// It could not be made.
    Ended(Box<Outcome>),
}

impl Started {
    pub(super) fn new(line: Arc<Line>, started: CoreStarted) -> Self {
        Started { line, call: Call::Going(OfProcess::new(started)) }
    }

    pub(super) fn ended(line: Arc<Line>, outcome: Outcome) -> Self {
        Started { line, call: Call::Ended(Box::new(outcome)) }
    }

    fn going(&self) -> Option<&CoreStarted> {
        match &self.call {
            Call::Going(started) => started.get(),
            Call::Ended(_) => None,
        }
    }
}

#[pymethods]
impl Started {
    /// Waits until it has ended, or for so many seconds. Whether it has ended.
    #[pyo3(signature = (seconds=None))]
    fn wait(&self, py: Python<'_>, seconds: Option<f64>) -> PyResult<bool> {
        let Some(started) = self.going() else { return Ok(true) };
        let timeout = match seconds {
            None => None,
            Some(seconds) if seconds.is_nan() || seconds <= 0.0 => Some(Duration::ZERO),
            Some(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        };
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let is_main = signals::is_main_thread(py);
        py.detach(|| {
            loop {
                let left = match until {
                    None => LONG,
                    Some(until) => until.saturating_duration_since(Instant::now()),
                };
                let slice = if is_main { left.min(signals::SLICE) } else { left };
                if started.wait(slice) {
                    return Ok(true);
                }
                if is_main && let Some(error) = signals::raised() {
                    return Err(error);
                }
                if until.is_some_and(|until| until <= Instant::now()) {
                    return Ok(false);
                }
            }
        })
    }

    /// Whether it has ended.
    fn has_ended(&self) -> bool {
        self.going().is_none_or(CoreStarted::has_ended)
    }

    /// `((code, details, debug, headers, trailers), message)` of a call that has ended.
    fn outcome<'py>(&self, py: Python<'py>) -> PyResult<Option<Ended<'py>>> {
        let outcome = match (&self.call, self.going()) {
            (Call::Ended(outcome), _) => (**outcome).clone(),
            (_, Some(started)) => match started.outcome() {
                Some(outcome) => outcome,
                None => return Ok(None),
            },
            (Call::Going(_), None) => Outcome {
                headers: Metadata::new(),
                message: None,
                compressed: false,
                status: concluded(Code::Cancelled, "Call cancelled in fork child"),
            },
        };
        let ending = failure::ending(py, &self.line, &outcome)?.into_pyobject(py)?;
        let message = outcome.message.map(|message| PyBytes::new(py, &message));
        Ok(Some((ending, message)))
    }

    /// Cancels it. False if it has ended.
    fn cancel(&self, py: Python<'_>) -> bool {
        match self.going() {
            Some(started) => py.detach(|| started.cancel()),
            None => false,
        }
    }

    /// Puts `number` into `deliveries` when it has ended.
    fn deliver(&self, deliveries: &Bound<'_, Deliveries>, number: u64) {
        let queue = Arc::clone(&deliveries.get().queue);
        match self.going() {
            Some(started) => started.on_end(move || queue.push(number)),
            None => queue.push(number),
        }
    }
}
