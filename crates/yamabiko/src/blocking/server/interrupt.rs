//! Ctrl-C and SIGTERM, for a server that serves for as long as its program
//! runs.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::driver::Driver;
use crate::ShutDown;

/// Waits for one of the two, and leaves in good order. A second one cuts what is left.
pub(super) fn serve_until_interrupted(driver: &Driver, drain: Duration) -> ShutDown {
    let mut signals = match Signals::new([SIGINT, SIGTERM]) {
        Ok(signals) => signals,
        Err(error) => {
            tracing::warn!(%error, "cannot be told by a signal to leave");
            driver.wait(None);
            return ShutDown::default();
        }
    };
    signals.forever().next();
    tracing::info!("leaving: waiting for the calls in progress; again to cut them");
    let in_progress = driver.live_calls();
    let cut = Mutex::new(None);
    let handle = signals.handle();
    let left = thread::scope(|scope| {
        scope.spawn(|| {
            // None if it has left before there was another.
            if signals.forever().next().is_some() {
                *cut.lock().unwrap_or_else(PoisonError::into_inner) = Some(driver.cut_calls());
            }
        });
        let left = driver.leave(drain);
        handle.close();
        left
    });
    let left = match cut.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((live, cut)) => ShutDown::new(in_progress, live, cut),
        None => left,
    };
    if left.is_clean() {
        tracing::info!("left: {left}");
    } else {
        tracing::warn!("left: {left}");
    }
    left
}
