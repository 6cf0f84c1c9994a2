//! A signal that something about a channel has changed, for those who watch
//! its state.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Counts changes and wakes those who wait for one.
#[derive(Default)]
pub(super) struct Changes {
    count: Mutex<u64>,
    changed: Condvar,
}

impl Changes {
    /// Something has changed.
    pub(super) fn tell(&self) {
        *self.lock() += 1;
        self.changed.notify_all();
    }

    /// How much has changed so far. Ask before looking at what may change.
    pub(super) fn so_far(&self) -> u64 {
        *self.lock()
    }

    /// Waits for a change after `seen`. False when the time has come first.
    pub(super) fn wait(&self, seen: u64, until: Option<Instant>) -> bool {
        let left = until.map_or(Duration::from_secs(u64::from(u32::MAX)), |until| {
            until.saturating_duration_since(Instant::now())
        });
        let waited = self.changed.wait_timeout_while(self.lock(), left, |count| *count == seen);
        let (count, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *count != seen
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
