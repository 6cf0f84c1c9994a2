//! The waker of a thread: it ends the thread's sleep.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Runs `wait` with what wakes this thread.
pub(super) fn with_waker<T>(wait: impl FnOnce(&mut Context<'_>) -> T) -> T {
    WAKER.with(|waker| wait(&mut Context::from_waker(waker)))
}

/// Waits for something that needs no driving.
pub(super) fn block_on<T>(mut poll: impl FnMut(&Context<'_>) -> Poll<T>) -> T {
    with_waker(|cx| {
        loop {
            if let Poll::Ready(output) = poll(cx) {
                return output;
            }
            thread::park();
        }
    })
}

thread_local! {
    /// Wakes the thread.
    static WAKER: Waker = Waker::from(Arc::new(ThreadWaker(thread::current())));
}

struct ThreadWaker(Thread);

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}
