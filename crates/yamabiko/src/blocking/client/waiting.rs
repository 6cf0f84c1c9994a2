//! How a thread waits for a call that it drives itself.

use std::task::Poll;
use std::time::{Duration, Instant};

use super::channel::Channel;
use super::exchange::{Attempt, Exchange, Outcome};
use crate::blocking::waiting::with_waker;

/// What may end a wait before its time.
pub struct Interrupt<'a> {
    every: Duration,
    /// Asked now and then, and after each signal that the thread has received.
    ends: Option<&'a mut dyn FnMut() -> bool>,
}

impl<'a> Interrupt<'a> {
    /// Nothing may.
    pub fn never() -> Self {
        Interrupt { every: Duration::MAX, ends: None }
    }

    /// `ends` may: it is asked that often, and after each signal that the thread has received.
    pub fn when(every: Duration, ends: &'a mut dyn FnMut() -> bool) -> Self {
        Interrupt { every, ends: Some(ends) }
    }
}

impl std::fmt::Debug for Interrupt<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interrupt").field("every", &self.every).finish()
    }
}

/// Makes a call on the calling thread. None if it was interrupted.
pub(super) fn wait_for(
    channel: &Channel,
    call: &Exchange<'_>,
    mut interrupt: Interrupt<'_>,
    mut attempt: Attempt,
) -> Option<Outcome> {
    with_waker(|cx| {
        loop {
            if let Poll::Ready(outcome) = attempt.poll(channel, call, cx, true) {
                return Some(outcome);
            }
            let slice = interrupt.ends.as_ref().map(|_| Instant::now() + interrupt.every);
            let until = [call.deadline, slice].into_iter().flatten().min();
            if let Some(outcome) = attempt.wait(channel, call, cx, until) {
                return Some(outcome);
            }
            if call.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Some(Outcome::without_answer(attempt.too_late(channel, call)));
            }
            if interrupt.ends.as_mut().is_some_and(|ends| ends()) {
                return None;
            }
        }
    })
}
