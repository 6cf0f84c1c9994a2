//! The call that the code on this thread works for, so that the calls which it
//! makes end when that one does.
//!
//! A handler's call is set around each of its steps; a call that is prepared
//! meanwhile inherits its deadline. Where a handler is not dropped with its
//! call, in what it has spawned and on plain threads, the cancellation is
//! inherited too.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};
use std::time::Instant;

use crate::Context;

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
    static CONTEXT: RefCell<Option<Context>> = const { RefCell::new(None) };
}

/// What a call takes over from the one that it is made for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inherited {
    pub(crate) deadline: Option<Instant>,
    /// The call that it is cancelled with, where nothing is dropped.
    pub(crate) context: Option<Context>,
}

impl Inherited {
    /// What a call that is prepared now takes over, if there is anything.
    #[inline]
    pub(crate) fn here() -> Option<Self> {
        let context = CONTEXT.try_with(|context| context.borrow().clone()).unwrap_or_default();
        let deadline = DEADLINE.get();
        (deadline.is_some() || context.is_some()).then_some(Inherited { deadline, context })
    }

    /// The earlier of two deadlines.
    #[inline]
    pub(crate) fn and(&self, deadline: Option<Instant>) -> Option<Instant> {
        match (self.deadline, deadline) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }
}

/// Works for a call with this deadline, which drops what it works on when it is cancelled.
#[inline]
pub(crate) fn until<T>(deadline: Option<Instant>, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Instant>);
    impl Drop for Restore {
        #[inline]
        fn drop(&mut self) {
            DEADLINE.set(self.0);
        }
    }
    let _restore = Restore(DEADLINE.replace(deadline));
    work()
}

/// Works for a call that drops nothing when it is cancelled.
pub(crate) fn within<T>(context: &Context, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Context>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let before = self.0.take();
            // The thread may be ending; then nobody asks any more.
            let _ = CONTEXT.try_with(|context| context.replace(before));
        }
    }
    let before = CONTEXT.try_with(|current| current.replace(Some(context.clone())));
    let _restore = Restore(before.unwrap_or_default());
    until(context.deadline(), work)
}

/// A future that works for a call wherever it is polled: what [`Context::scope`] gives.
#[derive(Debug)]
#[must_use = "a future does nothing until it is awaited"]
pub struct Scoped<F> {
    context: Context,
    work: Pin<Box<F>>,
}

impl<F: Future> Scoped<F> {
    pub(crate) fn new(context: Context, work: F) -> Self {
        Scoped { context, work: Box::pin(work) }
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<F::Output> {
        let Scoped { context, work } = &mut *self;
        within(context, || work.as_mut().poll(cx))
    }
}
