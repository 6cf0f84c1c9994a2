//! A thread that runs no handlers and looks after those that do.
//!
//! It sleeps while nothing runs and ticks while something does. When nothing
//! has got on since the last tick, and calls or sockets wait, it has another
//! worker go on; when there is none left it leads itself, so that
//! cancellations, deadlines, pings and new connections are seen to even while
//! every worker is busy. What it parses then waits in the queue.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, TryLockError};
use std::thread::{self, Thread};
use std::time::Duration;

use super::shared::Shared;

/// How often it looks.
const TICK: Duration = Duration::from_micros(500);
/// Calls in a tick that say that all is well.
const MANY: u64 = 20;
/// Ticks in which nothing runs, after which it sleeps.
const IDLE_TICKS: u32 = 100;

/// What the workers tell it, and how it is woken.
#[derive(Default)]
pub(super) struct Sentinel {
    thread: OnceLock<Thread>,
    asleep: AtomicBool,
    /// Workers in a stretch of calls.
    pub(super) running: AtomicUsize,
    /// Workers that are about to begin one, and may have to wait for that.
    pub(super) entering: AtomicUsize,
}

impl Sentinel {
    /// A stretch begins: it is to be looked after.
    pub(super) fn look_after(&self, shared: &Arc<Shared>) {
        if self.thread.get().is_none() {
            self.start(shared);
        }
        if self.asleep.load(Ordering::Relaxed) {
            self.asleep.store(false, Ordering::Relaxed);
            self.wake();
        }
    }

    fn start(&self, shared: &Arc<Shared>) {
        self.thread.get_or_init(|| {
            let shared = Arc::clone(shared);
            let builder = thread::Builder::new().name("yamabiko-sentinel".to_owned());
            match builder.spawn(move || keep_watch(&shared)) {
                Ok(handle) => handle.thread().clone(),
                // Without it calls are as correct, only less fair.
                Err(_) => thread::current(),
            }
        });
    }

    pub(super) fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn is_busy(&self) -> bool {
        self.running.load(Ordering::Relaxed) + self.entering.load(Ordering::Relaxed) > 0
    }
}

fn keep_watch(shared: &Arc<Shared>) {
    let sentinel = &shared.sentinel;
    let mut idle = 0;
    let mut before = shared.progress.load(Ordering::Relaxed);
    let mut tick = TICK;
    while !shared.is_over() {
        if sentinel.is_busy() {
            idle = 0;
        } else if idle >= IDLE_TICKS {
            if sentinel.asleep.load(Ordering::SeqCst) {
                thread::park();
                idle = 0;
            } else {
                // Another tick before it sleeps: a stretch that began before its worker could see
                // this is seen then.
                sentinel.asleep.store(true, Ordering::SeqCst);
            }
        }
        idle += 1;
        thread::sleep(tick);
        let now = shared.progress.load(Ordering::Relaxed);
        let got_on = now.wrapping_sub(std::mem::replace(&mut before, now));
        // Where many calls end in a tick, another look costs more than it finds.
        tick = if got_on > MANY { 2 * TICK } else { TICK };
        if got_on == 0 && sentinel.is_busy() {
            look_after_the_rest(shared);
        }
    }
    // What was parsed and will not run.
    drop(shared.queue.take_all());
}

/// Nothing has got on for a tick.
fn look_after_the_rest(shared: &Arc<Shared>) {
    shared.flush();
    // A worker that is about to begin will take what waits.
    let entering = shared.sentinel.entering.load(Ordering::Relaxed) > 0;
    if !entering && !shared.queue.is_empty() && shared.relieve() {
        return;
    }
    if shared.wakeups.polling.load(Ordering::SeqCst) {
        return;
    }
    // Where a stretch is dear to begin, whoever is in one leads best, and again when it is done.
    let lingers = shared.handler.lingers();
    if !entering && !lingers && shared.relieve() {
        return;
    }
    stand_in(shared);
}

/// Leads until a worker can.
fn stand_in(shared: &Arc<Shared>) {
    let wakeups = &shared.wakeups;
    let mut leader = match shared.leader.try_lock() {
        Ok(leader) => leader,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return,
    };
    wakeups.stand_in.store(true, Ordering::SeqCst);
    while wakeups.relief.load(Ordering::SeqCst) == 0
        && !shared.is_over()
        && shared.sentinel.is_busy()
    {
        leader.lead(shared, Some(10 * TICK));
        shared.flush();
        let waits = !shared.queue.is_empty();
        let entering = shared.sentinel.entering.load(Ordering::Relaxed) > 0;
        let idle = shared.queue.has_idle() && !shared.handler.lingers();
        if !entering && (waits || idle) && shared.relieve() {
            break;
        }
    }
    wakeups.stand_in.store(false, Ordering::SeqCst);
}
