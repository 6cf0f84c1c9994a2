//! A thread that leads when nobody does, and runs calls when there are any.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::queue::Job;
use super::shared::{Shared, lock};
use super::streams::Requests;

/// When answers are written before the whole batch is done.
const FLUSH_AFTER: Duration = Duration::from_micros(40);
/// How long a worker looks for more calls before it ends a stretch, where it
/// [lingers](super::host::Handler::lingers).
const LINGER: Duration = Duration::from_micros(150);

thread_local! {
    /// The server that this thread is a worker of, by address.
    static WORKS_FOR: Cell<usize> = const { Cell::new(0) };
}

/// Whether this thread is a worker of this server, and so will write what is answered on it.
pub(super) fn works_for(shared: &Shared) -> bool {
    WORKS_FOR.get() == std::ptr::from_ref(shared).addr()
}

/// A worker of a server that has no thread yet.
#[must_use = "its server waits for it"]
pub struct Worker {
    shared: Arc<Shared>,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Worker { shared }
    }

    /// Works for the server until it is over. Handlers run on this thread and on no other but
    /// those of the other workers.
    pub fn work(self) {
        let shared = &self.shared;
        WORKS_FOR.set(Arc::as_ptr(shared).addr());
        while !shared.is_over() {
            if !shared.queue.is_empty() {
                shared.sentinel.look_after(shared);
                let handler = Arc::clone(&shared.handler);
                shared.sentinel.entering.fetch_add(1, Ordering::Relaxed);
                handler.stretch(&mut || run_stretch(shared));
            }
            shared.flush();
            if !shared.queue.is_empty() {
                continue;
            }
            if !lead(shared) {
                let can_lead = || shared.leader.try_lock().is_ok();
                shared.queue.sleep(|| shared.is_over(), can_lead);
            }
        }
        WORKS_FOR.set(0);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.worker_ended();
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Worker")
    }
}

/// Leads until there is something to run. False if another worker leads.
fn lead(shared: &Arc<Shared>) -> bool {
    let mut leader = match shared.leader.try_lock() {
        Ok(leader) => leader,
        Err(std::sync::TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(std::sync::TryLockError::WouldBlock) => match stand_in_relieved(shared) {
            Some(leader) => leader,
            None => return false,
        },
    };
    // Who led before may have left calls behind.
    if shared.queue.is_empty() {
        leader.lead(shared, None);
    }
    true
}

/// Takes over from the sentinel, if it leads.
fn stand_in_relieved(
    shared: &Arc<Shared>,
) -> Option<std::sync::MutexGuard<'_, super::leader::Leader>> {
    let wakeups = &shared.wakeups;
    wakeups.relief.fetch_add(1, Ordering::SeqCst);
    let leader = wakeups.stand_in.load(Ordering::SeqCst).then(|| {
        shared.wake_leader();
        lock(&shared.leader)
    });
    wakeups.relief.fetch_sub(1, Ordering::SeqCst);
    leader
}

/// Runs calls until there are none.
fn run_stretch(shared: &Arc<Shared>) {
    shared.sentinel.entering.fetch_sub(1, Ordering::Relaxed);
    shared.sentinel.running.fetch_add(1, Ordering::Relaxed);
    let mut now = Instant::now();
    let mut flushed = now;
    loop {
        while let Some(job) = shared.queue.pop() {
            let place = job.place;
            let lingers = shared.handler.lingers();
            if !lingers && shared.paces.is_slow(place) {
                shared.handler.aside(&mut || {
                    shared.flush();
                    shared.relieve_before_long();
                });
                now = Instant::now();
                flushed = now;
            }
            run(shared, job);
            shared.progress.fetch_add(1, Ordering::Relaxed);
            let before = std::mem::replace(&mut now, Instant::now());
            if !lingers {
                shared.paces.took(place, now - before);
            }
            if now - flushed > FLUSH_AFTER && !shared.queue.is_empty() {
                if lingers {
                    shared.flush();
                } else {
                    shared.handler.aside(&mut || shared.flush());
                }
                flushed = now;
            }
        }
        if !(shared.handler.lingers() && more_came(shared)) {
            break;
        }
        now = Instant::now();
        flushed = now;
    }
    shared.sentinel.running.fetch_sub(1, Ordering::Relaxed);
}

fn run(shared: &Shared, job: Job) {
    let Some(mut job) = job.admit() else { return };
    job.taken();
    let Job { call, request, .. } = job;
    let request = match request.map(|request| request.plain(shared.settings.limits.max_message)) {
        Some(Err(status)) => {
            call.finish(&status);
            return;
        }
        Some(Ok(request)) => Some(request),
        None => None,
    };
    let handled = catch_unwind(AssertUnwindSafe(|| match request {
        Some(request) => shared.handler.handle(call, request),
        None => {
            let requests = Requests::new(&call);
            shared.handler.handle_stream(call, requests);
        }
    }));
    if let Err(panic) = handled {
        let words = panic.downcast_ref::<&str>().copied();
        let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        tracing::error!(panic = words.unwrap_or("unknown"), "a handler panicked");
    }
}

/// Looks for more calls for a little while, without letting go of what a stretch holds.
fn more_came(shared: &Arc<Shared>) -> bool {
    shared.flush();
    let until = Instant::now() + LINGER;
    let mut leader = match shared.leader.try_lock() {
        Ok(leader) => leader,
        Err(std::sync::TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(std::sync::TryLockError::WouldBlock) => match stand_in_relieved(shared) {
            Some(leader) => leader,
            None => return !shared.queue.is_empty(),
        },
    };
    loop {
        leader.lead(shared, Some(Duration::ZERO));
        if !shared.queue.is_empty() {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::yield_now();
    }
}

impl Shared {
    /// A handler on this thread is about to wait: what it has answered leaves, and somebody else
    /// looks after the rest.
    pub(super) fn before_waiting(self: &Arc<Self>) {
        self.flush();
        if works_for(self) {
            self.relieve_before_long();
        }
    }

    /// A handler begins that is going to take long: somebody else looks after the rest, if there
    /// is any.
    fn relieve_before_long(self: &Arc<Self>) {
        let led = self.wakeups.polling.load(Ordering::SeqCst);
        if !led || !self.queue.is_empty() {
            self.relieve();
        }
    }
}
