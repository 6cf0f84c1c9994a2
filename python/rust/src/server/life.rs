//! `_core.Server`: what `grpc.server()` starts, asks and stops.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use yamabiko::blocking::host::{Driver, Settings};

use super::handler::Host;
use super::methods::Methods;
use super::threads::{self, PythonThreads};
use crate::compression::encoding;
use crate::times::{self, Times};

/// A server.
#[pyclass(frozen, module = "yamabiko._core")]
pub(super) struct Server {
    methods: Arc<Methods>,
    /// None in the child of a fork: its threads and its connections are the parent's.
    driver: Mutex<Option<Arc<Driver>>>,
}

#[pymethods]
impl Server {
    /// `start_thread` gets a Worker and has a new thread call its `work`. `resolve` gets a path and
    /// the invocation metadata and returns a handler or None. `report` gets a text and an
    /// exception, or None, for the log. `submit` runs the handlers, if the workers do not. A limit of None is the usual one, a negative one is none.
    #[new]
    #[pyo3(signature = (
        start_thread, resolve, report, *, workers, submit=None, max_calls=None, max_receive=None,
        max_send=None, max_metadata=None, max_streams=None, share_port=false,
        compression=0, times=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python")]
    fn new(
        start_thread: Py<PyAny>,
        resolve: Py<PyAny>,
        report: Py<PyAny>,
        workers: usize,
        submit: Option<Py<PyAny>>,
        max_calls: Option<usize>,
        max_receive: Option<i64>,
        max_send: Option<i64>,
        max_metadata: Option<u32>,
        max_streams: Option<u32>,
        share_port: bool,
        compression: i64,
        times: Option<Times>,
    ) -> PyResult<Self> {
        let mut settings = Settings::default().compression(encoding(compression)?);
        settings.workers = workers.max(1);
        settings.max_calls = max_calls;
        settings.share_port = share_port;
        if let Some(bytes) = max_receive {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX / 2);
            settings = settings.max_message_size(bytes);
        }
        if let Some(bytes) = max_metadata {
            settings.config.max_header_list = bytes;
        }
        if let Some(streams) = max_streams {
            settings.config.max_concurrent_streams = streams;
        }
        if let Some(times) = times {
            times::tell_server(&mut settings.config, &times);
        }
        let max_send = max_send.and_then(|bytes| usize::try_from(bytes).ok());
        let methods = Arc::new(Methods::new(resolve, report, max_send));
        let host = Host::new(Arc::clone(&methods), submit);
        let threads = PythonThreads::new(start_thread, Arc::clone(&methods));
        let driver = Driver::new(Arc::new(host), Arc::new(threads), settings)
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(Server { methods, driver: Mutex::new(Some(Arc::new(driver))) })
    }

    /// Has calls of `path` answered by `handler` without asking `resolve`.
    fn add_method(&self, py: Python<'_>, path: String, handler: &Bound<'_, PyAny>) -> PyResult<()> {
        self.methods.add(py, path, handler)
    }

    /// Asks `resolve` again for every path.
    fn forget_methods(&self) {
        self.methods.clear();
    }

    /// Listens; returns the port.
    fn listen(&self, py: Python<'_>, address: &str) -> PyResult<u16> {
        let driver = self.driver()?;
        // A name may have to be looked up.
        let listening = py.detach(|| driver.listen(address));
        let local = listening.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(local.port())
    }

    fn start(&self, py: Python<'_>) -> PyResult<()> {
        let driver = self.driver()?;
        py.detach(|| driver.start());
        Ok(())
    }

    /// Takes no new connections, and no new calls of those that there are.
    fn shut_down(&self, py: Python<'_>) -> PyResult<()> {
        let driver = self.driver()?;
        py.detach(|| driver.shut_down());
        Ok(())
    }

    /// Ends all calls. Returns how many had no answer.
    fn cut(&self, py: Python<'_>) -> PyResult<usize> {
        let driver = self.driver()?;
        Ok(py.detach(|| driver.cut()))
    }

    /// Waits until all connections have ended. Whether they have.
    #[pyo3(signature = (seconds=None))]
    fn wait(&self, py: Python<'_>, seconds: Option<f64>) -> PyResult<bool> {
        let driver = self.driver()?;
        Ok(py.detach(|| driver.wait(at_most(seconds))))
    }

    /// Waits until all threads have ended as well. Whether they have.
    #[pyo3(signature = (seconds=None))]
    fn join(&self, py: Python<'_>, seconds: Option<f64>) -> PyResult<bool> {
        let driver = self.driver()?;
        // A thread that has begun to start another one is still to come back to Python.
        let starting = || threads::are_starting();
        Ok(py.detach(|| driver.join(at_most(seconds)) && !starting()))
    }

    fn live_calls(&self) -> PyResult<usize> {
        Ok(self.driver()?.live_calls())
    }

    fn connections(&self) -> PyResult<usize> {
        Ok(self.driver()?.connections())
    }

    /// In the child of a fork: closes its copies of the sockets.
    fn abandon(&self) {
        // Held by a thread that is gone, if anybody.
        let Ok(mut driver) = self.driver.try_lock() else { return };
        if let Some(driver) = driver.take() {
            driver.abandon();
            std::mem::forget(driver);
        }
    }
}

impl Server {
    fn driver(&self) -> PyResult<Arc<Driver>> {
        let driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
        driver.clone().ok_or_else(|| {
            PyRuntimeError::new_err(
                "this server belongs to the process that was forked: make a new one in this process",
            )
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let driver = self.driver.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // Its threads may be about to ask for the interpreter, so it is not to be held.
        if let Some(driver) = driver {
            drop(std::thread::Builder::new().spawn(move || driver.cut()));
        }
    }
}

/// A time in seconds; None, and what is longer than anybody waits, is for ever.
fn at_most(seconds: Option<f64>) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds?.max(0.0)).ok()
}
