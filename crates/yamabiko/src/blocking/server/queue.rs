//! The calls that wait for a worker, and the workers that wait for calls.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};

use super::call::Call;
use super::shared::lock;
use crate::compression::Incoming;

/// A call that waits for a worker.
pub(super) struct Job {
    pub(super) call: Call,
    /// None if it is a stream.
    pub(super) request: Option<Incoming>,
    /// Bytes of the request, while they count among those that wait for a worker.
    pub(super) counted: usize,
    /// The place of its method among the paces.
    pub(super) place: usize,
}

impl Job {
    /// The job, if it may run now. It may not if nobody waits for it any more, or if its
    /// connection keeps it for later.
    pub(super) fn admit(self) -> Option<Job> {
        let connection = Arc::clone(self.call.connection());
        match connection.admit(self) {
            Admitted::Run(job) => Some(job),
            Admitted::Held(over) => {
                over.into_iter().for_each(Job::discard);
                None
            }
            Admitted::Over(job) => {
                job.discard();
                None
            }
        }
    }

    /// Drops a job that will not run. Not under the lock of its connection.
    pub(super) fn discard(mut self) {
        self.taken();
    }

    /// The request does not wait for a worker any more.
    pub(super) fn taken(&mut self) {
        let counted = std::mem::take(&mut self.counted);
        if counted > 0 {
            self.call.watch().taken(counted);
        }
    }
}

/// What a connection says to a job that is to run.
pub(super) enum Admitted {
    Run(Job),
    /// Nobody waits for it any more.
    Over(Job),
    /// So many answers wait that it waits too. Those that wait in vain are given back.
    Held(Vec<Job>),
}

/// Calls and workers.
#[derive(Default)]
pub(super) struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// Workers that sleep.
    idle: Vec<Arc<Sleeper>>,
    /// Workers that there are or are about to be.
    workers: usize,
}

/// A worker that sleeps until it is taken off the list.
struct Sleeper {
    thread: Thread,
    woken: AtomicBool,
}

/// How a worker was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Relief {
    /// One was asleep and has been woken.
    Woken,
    /// There may be one more: the caller starts it.
    Start,
    /// All are busy.
    None,
}

impl Queue {
    pub(super) fn push(&self, jobs: &mut Vec<Job>) {
        lock(&self.0).jobs.extend(jobs.drain(..));
    }

    pub(super) fn pop(&self) -> Option<Job> {
        lock(&self.0).jobs.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.0).jobs.is_empty()
    }

    /// Finds somebody for what is to be done. `at_most` is how many workers there may be.
    pub(super) fn relief(&self, at_most: usize) -> Relief {
        let mut waiting = lock(&self.0);
        if let Some(sleeper) = waiting.idle.pop() {
            drop(waiting);
            sleeper.wake();
            return Relief::Woken;
        }
        if waiting.workers < at_most {
            waiting.workers += 1;
            return Relief::Start;
        }
        Relief::None
    }

    /// Sleeps until there is something to do. Returns at once if there is: a call, or, by
    /// `can_lead`, nobody who leads.
    pub(super) fn sleep(&self, is_over: impl Fn() -> bool, can_lead: impl Fn() -> bool) {
        let sleeper = {
            let mut waiting = lock(&self.0);
            if !waiting.jobs.is_empty() || is_over() {
                return;
            }
            let sleeper =
                Arc::new(Sleeper { thread: thread::current(), woken: AtomicBool::new(false) });
            waiting.idle.push(Arc::clone(&sleeper));
            sleeper
        };
        // Looked at when it is on the list: whoever stops leading looks at the list after that.
        if can_lead() {
            let mut waiting = lock(&self.0);
            if let Some(at) = waiting.idle.iter().position(|idle| Arc::ptr_eq(idle, &sleeper)) {
                waiting.idle.swap_remove(at);
                return;
            }
        }
        while !sleeper.woken.load(Ordering::Acquire) {
            thread::park();
        }
    }

    /// Wakes everybody, to see that it is over.
    pub(super) fn wake_all(&self) {
        let idle = std::mem::take(&mut lock(&self.0).idle);
        for sleeper in idle {
            sleeper.wake();
        }
    }

    /// A worker has ended, or did not come to be.
    pub(super) fn ended(&self) {
        lock(&self.0).workers -= 1;
    }

    pub(super) fn workers(&self) -> usize {
        lock(&self.0).workers
    }

    /// Whether a worker sleeps.
    pub(super) fn has_idle(&self) -> bool {
        !lock(&self.0).idle.is_empty()
    }

    /// What nobody will run any more.
    pub(super) fn take_all(&self) -> VecDeque<Job> {
        std::mem::take(&mut lock(&self.0).jobs)
    }
}

impl Sleeper {
    fn wake(&self) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}
