//! The connections of a server that have not ended: who is told to leave, and
//! whom to wait for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use super::connection::Connection;
use crate::CutCall;

/// All live connections of a server.
#[derive(Default)]
pub(super) struct Connections {
    live: Mutex<Live>,
    none_left: Notify,
}

#[derive(Default)]
struct Live {
    by_number: HashMap<u64, Weak<Connection>>,
    next: u64,
    leaving: bool,
}

impl Connections {
    /// Enters a connection that `make` makes out of its number.
    pub(super) fn add(&self, make: impl FnOnce(u64) -> Arc<Connection>) -> Arc<Connection> {
        let mut live = self.lock();
        live.next += 1;
        let connection = make(live.next);
        live.by_number.insert(connection.number, Arc::downgrade(&connection));
        let leaving = live.leaving;
        drop(live);
        if leaving {
            connection.shut_down();
        }
        connection
    }

    pub(super) fn remove(&self, number: u64) {
        let mut live = self.lock();
        live.by_number.remove(&number);
        if live.by_number.is_empty() {
            self.none_left.notify_waiters();
        }
    }

    /// Tells each of them to leave.
    pub(super) fn shut_down(&self) {
        self.lock().leaving = true;
        for connection in self.all() {
            connection.shut_down();
        }
    }

    /// Ends each of them at once. Says how many calls had not ended, and which had no answer.
    pub(super) fn kill(&self) -> (usize, Vec<CutCall>) {
        self.lock().leaving = true;
        let (mut live, mut cut) = (0, Vec::new());
        for connection in self.all() {
            let (calls, unanswered) = connection.kill();
            live += calls;
            cut.extend(unanswered);
        }
        (live, cut)
    }

    /// Whether nobody else is to come.
    pub(super) fn are_leaving(&self) -> bool {
        self.lock().leaving
    }

    pub(super) fn live_calls(&self) -> usize {
        self.all().iter().map(|connection| connection.live_calls()).sum()
    }

    pub(super) fn count(&self) -> usize {
        self.lock().by_number.len()
    }

    /// Waits until none is left.
    pub(super) async fn wait_until_empty(&self) {
        loop {
            let empty = self.none_left.notified();
            tokio::pin!(empty);
            // Enrolled before looking, so that no notice is missed.
            empty.as_mut().enable();
            if self.lock().by_number.is_empty() {
                return;
            }
            empty.await;
        }
    }

    fn all(&self) -> Vec<Arc<Connection>> {
        self.lock().by_number.values().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        // Nothing in here panics halfway, so a poisoned lock still guards whole data.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
