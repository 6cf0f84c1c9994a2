//! A call that goes on by itself while its caller does something else.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use yamabiko_core::grpc::{Encoding, Metadata, Origin, Status};

use super::attendant::Attendant;
use super::channel::Channel;
use super::exchange::{Attempt, Exchange, Outcome};

/// What is done when a call has ended.
type OnEnd = Box<dyn FnOnce() + Send>;

/// A call that has been started. Dropping it cancels it: RST_STREAM with CANCEL.
#[must_use = "dropping it cancels the call"]
pub struct Started {
    running: Arc<Running>,
}

/// What the caller and the attendant share of a call.
pub(super) struct Running {
    channel: Channel,
    attendant: Arc<Attendant>,
    path: Box<str>,
    message: Bytes,
    metadata: Metadata,
    deadline: Option<Instant>,
    wait_for_ready: bool,
    compression: Option<Encoding>,
    max_message: Option<usize>,
    progress: Mutex<Progress>,
    ended: Condvar,
}

enum Progress {
    Going(Attempt, Vec<OnEnd>),
    Ended(Box<Outcome>),
}

impl Started {
    /// Begins a call.
    pub(super) fn new(channel: &Channel, call: &Exchange<'_>, message: Bytes) -> Self {
        let running = Arc::new(Running {
            channel: channel.clone(),
            attendant: channel.attendant(),
            path: call.path.into(),
            message,
            metadata: call.metadata.clone(),
            deadline: call.deadline,
            wait_for_ready: call.wait_for_ready,
            compression: call.compression,
            max_message: call.max_message,
            progress: Mutex::new(Progress::Going(Attempt::default(), Vec::new())),
            ended: Condvar::new(),
        });
        running.attendant.begin(&running);
        running.go_on();
        Started { running }
    }

    /// What came of it, if it has ended.
    pub fn outcome(&self) -> Option<Outcome> {
        match &*self.running.lock() {
            Progress::Going(..) => None,
            Progress::Ended(outcome) => Some((**outcome).clone()),
        }
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        matches!(&*self.running.lock(), Progress::Ended(_))
    }

    /// Waits until it has ended, or for so long. Whether it has ended.
    pub fn wait(&self, timeout: Duration) -> bool {
        let progress = self.running.lock();
        let going = |progress: &mut Progress| matches!(progress, Progress::Going(..));
        let waited = self.running.ended.wait_timeout_while(progress, timeout, going);
        let (progress, _) = waited.unwrap_or_else(PoisonError::into_inner);
        matches!(&*progress, Progress::Ended(_))
    }

    /// Calls `then` when it has ended, at once if it has. It must be quick and must not wait: it
    /// runs on a thread that has other calls to look after.
    pub fn on_end(&self, then: impl FnOnce() + Send + 'static) {
        let mut progress = self.running.lock();
        if let Progress::Going(_, waiting) = &mut *progress {
            waiting.push(Box::new(then));
            return;
        }
        drop(progress);
        then();
    }

    /// Cancels it: RST_STREAM with CANCEL. False if it has ended already.
    pub fn cancel(&self) -> bool {
        let status = Status::cancelled("the caller cancelled the call");
        self.running.end(self.running.lock(), Outcome::without_answer(status))
    }

    /// When it must have ended.
    pub fn deadline(&self) -> Option<Instant> {
        self.running.deadline
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl std::fmt::Debug for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Started").field(&self.running.path).finish()
    }
}

impl Running {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Goes as far as it can.
    pub(super) fn go_on(self: &Arc<Self>) {
        let waker = Waker::from(Arc::clone(self));
        let mut progress = self.lock();
        let Progress::Going(attempt, _) = &mut *progress else { return };
        let call = Exchange {
            path: &self.path,
            message: &self.message,
            metadata: &self.metadata,
            deadline: self.deadline,
            wait_for_ready: self.wait_for_ready,
            compression: self.compression,
            max_message: self.max_message,
        };
        let polled = attempt.poll(&self.channel, &call, &Context::from_waker(&waker), false);
        let outcome = match polled {
            Poll::Ready(outcome) => outcome,
            Poll::Pending if self.deadline.is_some_and(|at| at <= Instant::now()) => {
                Outcome::without_answer(attempt.too_late(&self.channel, &call))
            }
            Poll::Pending => return,
        };
        self.end(progress, outcome);
    }

    /// False if it has ended already.
    fn end(&self, mut progress: MutexGuard<'_, Progress>, outcome: Outcome) -> bool {
        if matches!(&*progress, Progress::Ended(_)) {
            return false;
        }
        let before = std::mem::replace(&mut *progress, Progress::Ended(Box::new(outcome)));
        drop(progress);
        self.ended.notify_all();
        self.attendant.ended();
        if let Progress::Going(attempt, waiting) = before {
            // It gives up what is left of the call.
            drop(attempt);
            for then in waiting {
                then();
            }
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Running {
    fn wake(self: Arc<Self>) {
        let attendant = Arc::clone(&self.attendant);
        attendant.wake(self);
    }
}

/// The status of a call on a channel that was closed.
pub(super) fn closed() -> Status {
    Status::cancelled("the channel was closed").with_origin(Origin::Concluded)
}
