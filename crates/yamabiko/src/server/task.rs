//! A call that runs in a task of its own, because it waits for something or
//! its method has shown to be slow.
//!
//! The steps of a method that blocks its thread are lent to the threads that
//! tokio keeps for blocking work, one at a time. As many of them as may come
//! at once leave the workers to sockets, timers and quick calls.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use yamabiko_core::grpc::Status;

use super::calls::Call;
use super::connection::{Connection, Deferred, SLOW};
use super::sentinel;
use crate::step::step;

/// A step that takes longer blocks its thread.
const BLOCKS: Duration = Duration::from_millis(1);

/// A call that runs in a task of its own.
pub(super) struct Task {
    connection: Arc<Connection>,
    stage: Stage,
}

enum Stage {
    /// Before the first step.
    New(Call),
    /// Between two steps.
    Here(Call),
    /// A step runs on a thread for blocking work, and gives the call back.
    Lent(JoinHandle<Lent>, Arc<Again>),
    Over,
}

/// A call and what came of its step.
type Stepped = (Call, Poll<Result<usize, Status>>);
/// The same, or nothing if the call was not to begin now. A first step counts as lent until its
/// answer is given: before that, nobody counts the answer.
type Lent = Option<(Stepped, Option<Returned>)>;

/// The waker of a step that is lent. The task may be polled, and the wake-up with it be spent,
/// before the step has returned.
struct Again {
    wanted: AtomicBool,
    task: Waker,
}

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wanted.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

impl Task {
    pub(super) fn new(connection: Arc<Connection>, deferred: Deferred) -> Self {
        connection.tasks.fetch_add(1, Ordering::Relaxed);
        let Deferred { call, begun } = deferred;
        let stage = if begun { Stage::Here(call) } else { Stage::New(call) };
        Task { connection, stage }
    }

    fn blocks(&self, call: &Call) -> bool {
        self.connection.server.methods.method(call.method).pace.blocks()
    }

    /// A step on this thread.
    fn step(&self, call: &mut Call, cx: &mut Context<'_>) -> Poll<Result<usize, Status>> {
        let server = &self.connection.server;
        timed(&self.connection, call, |call| {
            if server.has_relief {
                let watch = sentinel::follow(&server.runtime);
                watch.over(watch.next_run(), || step(&mut *call.run, cx))
            } else {
                step(&mut *call.run, cx)
            }
        })
    }

    /// Begins a step on a thread for blocking work.
    fn lend(&self, call: Call, begun: bool, cx: &Context<'_>) -> Stage {
        let again = Arc::new(Again { wanted: AtomicBool::new(false), task: cx.waker().clone() });
        let waker = Waker::from(Arc::clone(&again));
        let connection = Arc::clone(&self.connection);
        let returned = (!begun).then(|| Returned(Arc::clone(&connection)));
        let stepped = self.connection.server.runtime.spawn_blocking(move || {
            let mut cx = Context::from_waker(&waker);
            // Looked at here and not before: it may have waited for a thread.
            let mut call = if begun { call } else { connection.admit(call)? };
            let outcome = timed(&connection, &mut call, |call| step(&mut *call.run, &mut cx));
            Some(((call, outcome), returned))
        });
        Stage::Lent(stepped, again)
    }
}

/// The first step of a call that was lent, until what came of it is known to the connection.
struct Returned(Arc<Connection>);

impl Drop for Returned {
    fn drop(&mut self) {
        self.0.returned();
    }
}

/// Takes the time of a step, for the method's pace.
fn timed<T>(connection: &Connection, call: &mut Call, step: impl FnOnce(&mut Call) -> T) -> T {
    let began = Instant::now();
    let outcome = step(call);
    let pace = &connection.server.methods.method(call.method).pace;
    match began.elapsed() {
        long if long > BLOCKS => pace.has_blocked(),
        long if long > SLOW => pace.was_slow(),
        _ => pace.was_quick(),
    }
    outcome
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::Here(call) if self.blocks(&call) => {
                    self.stage = self.lend(call, true, cx);
                }
                Stage::New(call) if self.blocks(&call) => match self.connection.lend(call) {
                    Some(call) => self.stage = self.lend(call, false, cx),
                    None => return Poll::Ready(()),
                },
                Stage::New(call) => match self.connection.admit(call) {
                    Some(call) => self.stage = Stage::Here(call),
                    None => return Poll::Ready(()),
                },
                Stage::Here(mut call) => {
                    let outcome = self.step(&mut call, cx);
                    match outcome {
                        Poll::Ready(outcome) => self.connection.answer(call, outcome),
                        Poll::Pending => {
                            self.stage = Stage::Here(call);
                            return Poll::Pending;
                        }
                    }
                }
                Stage::Lent(mut stepped, again) => {
                    let Poll::Ready(joined) = Pin::new(&mut stepped).poll(cx) else {
                        self.stage = Stage::Lent(stepped, again);
                        return Poll::Pending;
                    };
                    match joined {
                        Ok(Some(((call, Poll::Ready(outcome)), returned))) => {
                            // Before the answer, which wakes the leader, who then sees it.
                            drop(returned);
                            self.connection.answer(call, outcome);
                        }
                        Ok(Some(((call, Poll::Pending), _))) => {
                            self.stage = Stage::Here(call);
                            if !again.wanted.load(Ordering::Acquire) {
                                return Poll::Pending;
                            }
                        }
                        // It is held back; or the runtime shuts down, and the connection with it.
                        Ok(None) | Err(_) => return Poll::Ready(()),
                    }
                }
                Stage::Over => return Poll::Ready(()),
            }
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // Whether it has ended or was aborted. An abort drops the handler here, in its task, or
        // behind the step that runs. No lock is taken: the runtime drops a task where it likes.
        self.connection.tasks.fetch_sub(1, Ordering::Relaxed);
        if let Stage::Lent(stepped, _) = &self.stage {
            stepped.abort();
        }
    }
}
