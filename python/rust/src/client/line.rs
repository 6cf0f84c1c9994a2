//! What the Python objects of a channel share: the channel of the core, made
//! anew in a process that was forked off.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use yamabiko::Encoding;
use yamabiko::blocking::{Attendant, Channel, ChannelBuilder};

static FORKS: AtomicU64 = AtomicU64::new(0);
/// Who looks after idle connections in this process.
///
/// Locked only while attached and for a moment, and a process forks while attached: so a child
/// never finds it locked.
static ATTENDANT: Mutex<Option<OfProcess<Arc<Attendant>>>> = Mutex::new(None);

/// Something of the process that made it. Elsewhere it is neither used nor dropped: threads that
/// exist only in the other process may hold its locks, and its sockets are shared with it.
pub(super) struct OfProcess<T> {
    value: ManuallyDrop<T>,
    forks: u64,
}

/// How many forks lie between this process and the first.
pub(super) fn forks() -> u64 {
    FORKS.load(Ordering::Relaxed)
}

impl<T> OfProcess<T> {
    pub(super) fn new(value: T) -> Self {
        OfProcess { value: ManuallyDrop::new(value), forks: forks() }
    }

    /// It, in the process that made it.
    #[inline]
    pub(super) fn get(&self) -> Option<&T> {
        (self.forks == forks()).then_some(&*self.value)
    }
}

impl<T> Drop for OfProcess<T> {
    fn drop(&mut self) {
        if self.get().is_some() {
            // SAFETY: it is dropped here and nowhere else, and not used afterwards.
            unsafe { ManuallyDrop::drop(&mut self.value) }
        }
    }
}

/// A channel as the Python objects see it.
pub(super) struct Line {
    /// The target as it was given.
    pub(super) target: String,
    pub(super) max_send: Option<usize>,
    pub(super) compression: Option<Encoding>,
    /// How to make it, or why it cannot be made.
    builder: Result<ChannelBuilder, String>,
    /// Locked only while attached, for a moment.
    live: Mutex<Option<OfProcess<Channel>>>,
    closed: AtomicBool,
}

impl Line {
    pub(super) fn new(
        target: String,
        max_send: Option<usize>,
        compression: Option<Encoding>,
        builder: Result<ChannelBuilder, String>,
    ) -> Self {
        let builder = builder.and_then(|builder| {
            // An address that cannot be understood is told when a call is made, as grpcio does.
            builder.clone().lazy().map(|_| builder).map_err(|error| error.to_string())
        });
        let (live, closed) = (Mutex::new(None), AtomicBool::new(false));
        Line { target, max_send, compression, builder, live, closed }
    }

    /// The channel of this process.
    ///
    /// # Errors
    /// Why there can be none.
    pub(super) fn channel(&self) -> Result<Channel, String> {
        let mut live = self.lock();
        if let Some(channel) = live.as_ref().and_then(OfProcess::get) {
            return Ok(channel.clone());
        }
        let builder = self.builder.clone()?;
        let channel = builder.attendant(attendant()).lazy().map_err(|error| error.to_string())?;
        *live = Some(OfProcess::new(channel.clone()));
        Ok(channel)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Closes it. The channel that is to be closed too, which may take a moment.
    pub(super) fn close(&self) -> Option<Channel> {
        self.closed.store(true, Ordering::Relaxed);
        let live = self.lock().take();
        live.as_ref().and_then(OfProcess::get).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Option<OfProcess<Channel>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn attendant() -> Arc<Attendant> {
    let mut attendant = ATTENDANT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(own) = attendant.as_ref().and_then(OfProcess::get) {
        return Arc::clone(own);
    }
    let own = Attendant::new();
    *attendant = Some(OfProcess::new(Arc::clone(&own)));
    own
}

/// Says that this process has just been forked off.
#[pyfunction]
pub(super) fn client_after_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}
