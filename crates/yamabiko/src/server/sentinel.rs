//! Watches the threads that run handlers, so that one that does not return
//! holds up nobody else.
//!
//! A handler runs in the task of its connection, which is what makes quick
//! calls cheap. If one is still running a tick later, somebody else takes the
//! connection over; if it runs in a task of its own, another worker is woken,
//! so that sockets and timers are looked after. There is one thread for the
//! whole process. It sleeps when no handler has run for a while.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::Handle;

use super::connection::Connection;

/// How often it looks. A handler holds its neighbours up for at most two of these.
const TICK: Duration = Duration::from_millis(1);
/// Ticks without a handler after which it sleeps.
const IDLE_TICKS: u32 = 200;

/// What one thread is doing.
struct Watched {
    /// Not 0 while a handler runs; another number for each.
    run: AtomicU64,
    /// Whose handler it is.
    whose: Mutex<Whose>,
}

#[derive(Clone)]
enum Whose {
    Nobody,
    /// A connection's, in its own task.
    Connection(Weak<Connection>),
    /// A task's of its own, on this runtime.
    Task(Handle),
}

struct Sentinel {
    thread: Thread,
    asleep: AtomicBool,
    threads: Mutex<Vec<Weak<Watched>>>,
}

static SENTINEL: OnceLock<Arc<Sentinel>> = OnceLock::new();

/// A thread that runs handlers, as it sees itself.
pub(super) struct Watch {
    sentinel: &'static Sentinel,
    /// The same as the sentinel sees it.
    watched: Arc<Watched>,
    /// The number of the last run. Each thread counts by itself, in a range of its own: a counter
    /// that all of them share costs every call a trip to it.
    last_run: Cell<u64>,
    /// The connection that leads here, as the sentinel has been told. Holding it weakly keeps its
    /// address from being used for another.
    leads: RefCell<Weak<Connection>>,
}

/// How many runs a thread can number.
const RUNS: u64 = 1 << 40;

thread_local! {
    static WATCH: OnceCell<Rc<Watch>> = const { OnceCell::new() };
}

/// The watch over this thread, whose next handlers are of `connection`'s own task.
pub(super) fn lead(connection: &Arc<Connection>) -> Rc<Watch> {
    let watch = this_thread();
    let mut leads = watch.leads.borrow_mut();
    if leads.as_ptr() != Arc::as_ptr(connection) {
        *leads = Arc::downgrade(connection);
        watch.belongs(Whose::Connection(leads.clone()));
    }
    drop(leads);
    watch
}

/// The watch over this thread, whose next handler has a task of its own.
pub(super) fn follow(runtime: &Handle) -> Rc<Watch> {
    let watch = this_thread();
    *watch.leads.borrow_mut() = Weak::new();
    watch.belongs(Whose::Task(runtime.clone()));
    watch
}

fn this_thread() -> Rc<Watch> {
    WATCH.with(|watch| Rc::clone(watch.get_or_init(|| Rc::new(Watch::new()))))
}

impl Watch {
    /// A number for the next run of this thread, not 0 and used once.
    #[inline]
    pub(super) fn next_run(&self) -> u64 {
        self.last_run.set(self.last_run.get() + 1);
        self.last_run.get()
    }

    /// Runs a step of a handler under watch, as the run of this [number](Self::next_run).
    #[inline]
    pub(super) fn over<T>(&self, number: u64, step: impl FnOnce() -> T) -> T {
        self.watched.run.store(number, Ordering::Relaxed);
        if self.sentinel.asleep.load(Ordering::Relaxed) {
            self.sentinel.asleep.store(false, Ordering::Relaxed);
            self.sentinel.thread.unpark();
        }
        let outcome = step();
        self.watched.run.store(0, Ordering::Relaxed);
        outcome
    }

    #[cold]
    fn new() -> Self {
        static THREADS: AtomicU64 = AtomicU64::new(0);
        let watched =
            Arc::new(Watched { run: AtomicU64::new(0), whose: Mutex::new(Whose::Nobody) });
        let sentinel = sentinel();
        let mut threads = lock(&sentinel.threads);
        threads.retain(|thread| thread.strong_count() > 0);
        threads.push(Arc::downgrade(&watched));
        let last_run = Cell::new(RUNS.wrapping_mul(THREADS.fetch_add(1, Ordering::Relaxed)));
        Watch { sentinel, watched, last_run, leads: RefCell::default() }
    }

    fn belongs(&self, whose: Whose) {
        *lock(&self.watched.whose) = whose;
    }
}

fn sentinel() -> &'static Arc<Sentinel> {
    SENTINEL.get_or_init(|| {
        let (sender, receiver) = std::sync::mpsc::channel::<Arc<Sentinel>>();
        let builder = thread::Builder::new().name("yamabiko-sentinel".to_owned());
        let started = builder.spawn(move || {
            if let Ok(sentinel) = receiver.recv() {
                sentinel.keep_watch();
            }
        });
        // Without the thread calls are as correct, only less fair.
        let thread = started.map_or_else(|_| thread::current(), |handle| handle.thread().clone());
        let sentinel = Arc::new(Sentinel {
            thread,
            asleep: AtomicBool::new(false),
            threads: Mutex::new(Vec::new()),
        });
        let _ = sender.send(Arc::clone(&sentinel));
        sentinel
    })
}

impl Sentinel {
    fn keep_watch(&self) {
        // What each thread was running at the last tick.
        let mut before: Vec<u64> = Vec::new();
        let mut idle = 0;
        loop {
            if idle == IDLE_TICKS {
                // Another tick before it sleeps: a run that began before its thread could see this
                // is seen then.
                self.asleep.store(true, Ordering::SeqCst);
            } else if idle > IDLE_TICKS && self.asleep.load(Ordering::SeqCst) {
                thread::park();
                idle = 0;
            }
            thread::sleep(TICK);
            idle += 1;
            let threads = lock(&self.threads).clone();
            before.resize(threads.len(), 0);
            for (thread, before) in threads.iter().zip(&mut before) {
                let Some(thread) = thread.upgrade() else { continue };
                let run = thread.run.load(Ordering::Relaxed);
                if run != 0 {
                    idle = 0;
                    if run == *before {
                        // Not in the argument: the lock would be held until the call returns, and
                        // a thread takes it while it holds its connection's.
                        let whose = lock(&thread.whose).clone();
                        relieve(whose, run);
                    }
                }
                *before = run;
            }
        }
    }
}

/// Somebody else is to do what the thread cannot while its handler runs.
fn relieve(whose: Whose, run: u64) {
    match whose {
        Whose::Nobody => {}
        Whose::Connection(connection) => {
            if let Some(connection) = connection.upgrade() {
                connection.take_over(run);
            }
        }
        // A worker that is woken for nothing looks after sockets and timers before it sleeps.
        Whose::Task(runtime) => {
            runtime.spawn(async {});
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing in here panics halfway, so a poisoned lock still guards whole data.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
