//! A call in bytes: what is asked, what comes of it, and the steps between.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use yamabiko_core::grpc::{Code, Metadata, Origin, Status};
use yamabiko_core::h2::CannotOpen;

use super::channel::Channel;
use super::connection::Connection;
use crate::answers::{Answer, CallKey, End};

/// How often a call that the server has certainly not looked at is made again.
const RETRIES: u32 = 1;

/// A call of a method with one request and one response, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// `/package.Service/Method`
    pub path: &'a str,
    /// The request message.
    pub message: &'a [u8],
    /// What is sent with it.
    pub metadata: &'a Metadata,
    /// When it must have ended, connecting included.
    pub deadline: Option<Instant>,
    /// Whether it waits for a server to be there, instead of failing at once.
    pub wait_for_ready: bool,
}

/// What has come of a call.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Metadata from before the message.
    pub headers: Metadata,
    /// The response message. There is one when the status is OK.
    pub message: Option<Bytes>,
    /// How it ended, with the metadata from behind the message.
    pub status: Status,
}

impl Outcome {
    pub(super) fn without_answer(status: Status) -> Self {
        Outcome { headers: Metadata::new(), message: None, status }
    }
}

/// How far a call has come. Dropping it gives the call up, on the wire too.
#[derive(Default)]
pub(super) struct Attempt {
    stage: Stage,
    retries: u32,
}

#[derive(Default)]
enum Stage {
    /// There is no connection yet, or no place on it.
    #[default]
    Start,
    /// In the line before a full connection.
    Outside {
        connection: Arc<Connection>,
        ticket: u64,
    },
    /// The answer is to come.
    Sent {
        connection: Arc<Connection>,
        key: CallKey,
    },
    Ended,
}

impl Attempt {
    /// Goes as far as it can. `drives` says whether the caller is a thread that will wait.
    pub(super) fn poll(
        &mut self,
        channel: &Channel,
        call: &Exchange<'_>,
        cx: &Context<'_>,
        drives: bool,
    ) -> Poll<Outcome> {
        loop {
            match &self.stage {
                Stage::Start | Stage::Outside { .. } => {
                    if let Err(status) = ready!(self.poll_start(channel, call, cx, drives)) {
                        self.give_up();
                        return Poll::Ready(Outcome::without_answer(status));
                    }
                    if drives {
                        // The caller asks when it sits down to wait.
                        return Poll::Pending;
                    }
                }
                Stage::Sent { connection, key } => {
                    let answer = ready!(connection.lock().answers.poll(*key, cx));
                    if let Some(outcome) = self.settle(channel, call, answer) {
                        return Poll::Ready(outcome);
                    }
                }
                Stage::Ended => {
                    let status = Status::internal("the call was polled after its end");
                    return Poll::Ready(Outcome::without_answer(status));
                }
            }
        }
    }

    /// Waits on the calling thread for something to change, until a time or a signal.
    pub(super) fn wait(
        &mut self,
        channel: &Channel,
        call: &Exchange<'_>,
        cx: &Context<'_>,
        until: Option<Instant>,
    ) -> Option<Outcome> {
        if let Stage::Sent { connection, key } = &self.stage {
            let answer = connection.wait(*key, cx, until)?;
            return self.settle(channel, call, answer);
        }
        match until {
            None => std::thread::park(),
            Some(until) => {
                std::thread::park_timeout(until.saturating_duration_since(Instant::now()));
            }
        }
        None
    }

    fn poll_start(
        &mut self,
        channel: &Channel,
        call: &Exchange<'_>,
        cx: &Context<'_>,
        drives: bool,
    ) -> Poll<Result<(), Status>> {
        loop {
            let connection = ready!(channel.poll_connection(cx, call.wait_for_ready))?;
            let timeout = match call.deadline {
                None => None,
                Some(deadline) => match deadline.checked_duration_since(Instant::now()) {
                    None | Some(Duration::ZERO) => {
                        return Poll::Ready(Err(self.too_late(channel, call)));
                    }
                    left => left,
                },
            };
            let mut ticket = match &self.stage {
                Stage::Outside { connection: before, ticket }
                    if Arc::ptr_eq(before, &connection) =>
                {
                    Some(*ticket)
                }
                _ => None,
            };
            let started = connection.start(call, timeout, &mut ticket, cx, drives);
            self.stage = match (started, ticket) {
                (Ok(key), _) => {
                    self.stage = Stage::Sent { connection, key };
                    return Poll::Ready(Ok(()));
                }
                (Err(CannotOpen::Full), Some(ticket)) => {
                    self.stage = Stage::Outside { connection, ticket };
                    return Poll::Pending;
                }
                // It ended between our finding it and our using it: there will be another.
                (Err(_), _) => Stage::Start,
            }
        }
    }

    /// What a call ends with, or None if it is to be made again.
    fn settle(
        &mut self,
        channel: &Channel,
        call: &Exchange<'_>,
        (answer, end): (Answer, End),
    ) -> Option<Outcome> {
        if end.unprocessed && self.retries < RETRIES {
            self.retries += 1;
            self.stage = Stage::Start;
            return None;
        }
        let reset =
            end.status.code() == Code::Cancelled && end.status.origin() == Origin::Concluded;
        let late = call.deadline.is_some_and(|deadline| deadline <= Instant::now());
        let status = if reset && late && !channel.is_closed() {
            // The server's clock was a little quicker than ours: RST_STREAM is how it ends a call
            // in the middle of its answer.
            self.too_late(channel, call)
        } else {
            end.status
        };
        self.stage = Stage::Ended;
        let Answer { head: headers, message, surplus } = answer;
        // grpc doc/statuscodes.md, "response cardinality violation".
        let broken = match (&message, status.code()) {
            (Some(_), Code::Ok) if surplus => Some("more than one response message"),
            (None, Code::Ok) => Some("OK without a response"),
            _ => None,
        };
        let status = match broken {
            None => status,
            Some(words) => {
                let message = format!("{} at {}: {words}", call.path, channel.address());
                Status::unimplemented(message).with_origin(Origin::Concluded)
            }
        };
        let message = message.filter(|_| status.code() == Code::Ok);
        Some(Outcome { headers, message, status })
    }

    /// The status of a call whose deadline has passed.
    pub(super) fn too_late(&self, channel: &Channel, call: &Exchange<'_>) -> Status {
        let message = match self.stage {
            Stage::Start | Stage::Outside { .. } => {
                "the deadline passed before the call could be sent"
            }
            _ => "the deadline passed before the answer",
        };
        let message = format!("{} at {}: {message}", call.path, channel.address());
        Status::deadline_exceeded(message).with_origin(Origin::Concluded)
    }

    /// Tells the server that nobody waits any more.
    pub(super) fn give_up(&mut self) {
        match std::mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Sent { connection, key } => connection.cancel(key),
            Stage::Outside { connection, ticket } => connection.stop_waiting(ticket),
            Stage::Start | Stage::Ended => {}
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.give_up();
    }
}
