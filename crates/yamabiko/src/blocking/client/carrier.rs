//! A connection on plain threads, as its streaming calls know it.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use yamabiko_core::grpc::Status;
use yamabiko_core::grpc::client::ClientConnection;

use super::channel::Channel;
use super::connection::{Connection, State};
use crate::answers::{Answers, CallKey, Wanted};
use crate::stream::calling;

pub(super) type Deadline = calling::Deadline<Clock>;
pub(super) type Requests = calling::Requests<Carrier>;
pub(super) type Responses = calling::Responses<Carrier>;

/// A connection, and its channel, which must not be closed before the call has ended.
pub(super) struct Carrier {
    pub(super) connection: Arc<Connection>,
    pub(super) _channel: Channel,
}

/// A thread that waits looks at the clock itself.
#[derive(Default)]
pub(super) struct Clock;

impl calling::Alarm for Clock {
    fn poll(&mut self, at: Instant, _: &mut Context<'_>) -> Poll<()> {
        if at <= Instant::now() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl calling::Carrier for Carrier {
    type Alarm = Clock;

    fn with<T>(&self, action: impl FnOnce(&mut ClientConnection, &mut Answers) -> T) -> T {
        let connection = &self.connection;
        let mut state = connection.lock();
        let State { core, answers, .. } = &mut *state;
        let outcome = action(core, answers);
        if state.has_output() {
            let state = connection.flush(state);
            connection.see_to_output(state);
        }
        outcome
    }

    fn address(&self) -> &str {
        self.connection.address()
    }

    fn give_up(&self, key: CallKey) {
        if self.connection.lock().answers.stream(key).is_some() {
            self.connection.cancel(key);
        }
    }

    fn fail(&self, key: CallKey, status: Status) {
        self.connection.fail(key, status);
    }

    fn wait(&self, key: CallKey, wanted: Wanted, until: Option<Instant>) {
        self.connection.wait_until(until, |state| match state.answers.stream(key) {
            Some(stream) if stream.is_awaited(wanted) => None,
            _ => Some(()),
        });
    }
}
