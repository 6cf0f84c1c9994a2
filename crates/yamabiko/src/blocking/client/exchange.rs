//! A call in bytes: what is asked, what comes of it, and the steps between.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use yamabiko_core::grpc::{Code, Encoding, Metadata, Origin, Status};

use super::channel::Channel;
use super::connection::Connection;
use super::opening::{self, Opening, Start};
use crate::answers::{Answer, CallKey, End};
use crate::compression::Incoming;

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
    /// How the request is compressed, if that makes it smaller.
    pub compression: Option<Encoding>,
    /// The largest response, in bytes, where it is not the channel's limit.
    pub max_message: Option<usize>,
}

/// What has come of a call.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Metadata from before the message.
    pub headers: Metadata,
    /// The response message. There is one when the status is OK.
    pub message: Option<Bytes>,
    /// Whether that came compressed.
    pub compressed: bool,
    /// How it ended, with the metadata from behind the message.
    pub status: Status,
}

impl Outcome {
    pub(super) fn without_answer(status: Status) -> Self {
        Outcome { headers: Metadata::new(), message: None, compressed: false, status }
    }
}

/// How far a call has come. Dropping it gives the call up, on the wire too.
#[derive(Default)]
pub(super) struct Attempt {
    stage: Stage,
    retries: u32,
}

enum Stage {
    Opening(Opening),
    /// The answer is to come.
    Sent {
        connection: Arc<Connection>,
        key: CallKey,
    },
    Ended,
}

impl Default for Stage {
    fn default() -> Self {
        Stage::Opening(Opening::default())
    }
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
            match &mut self.stage {
                Stage::Opening(opening) => {
                    let start = Start {
                        path: call.path,
                        metadata: call.metadata,
                        deadline: call.deadline,
                        wait_for_ready: call.wait_for_ready,
                        message: Some(call.message),
                        compression: call.compression,
                        max_message: call.max_message,
                        is_stream: false,
                        drives,
                    };
                    match ready!(opening.poll(channel, &start, cx)) {
                        Ok((connection, key)) => self.stage = Stage::Sent { connection, key },
                        Err(status) => {
                            self.stage = Stage::Ended;
                            return Poll::Ready(Outcome::without_answer(status));
                        }
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

    /// What a call ends with, or None if it is to be made again.
    fn settle(
        &mut self,
        channel: &Channel,
        call: &Exchange<'_>,
        (answer, end): (Answer, End),
    ) -> Option<Outcome> {
        if end.unprocessed && self.retries < RETRIES {
            self.retries += 1;
            self.stage = Stage::default();
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
        Some(conclude(answer, status, call.path, call.max_message, channel))
    }

    /// The status of a call whose deadline has passed.
    pub(super) fn too_late(&self, channel: &Channel, call: &Exchange<'_>) -> Status {
        if let Stage::Opening(_) = self.stage {
            return opening::too_late(call.path, channel);
        }
        let (path, address) = (call.path, channel.address());
        let message = format!("{path} at {address}: the deadline passed before the answer");
        Status::deadline_exceeded(message).with_origin(Origin::Concluded)
    }

    /// Tells the server that nobody waits any more.
    pub(super) fn give_up(&mut self) {
        match std::mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Sent { connection, key } => connection.cancel(key),
            // Dropping it gives its place in the line up.
            Stage::Opening(_) | Stage::Ended => {}
        }
    }
}

/// What a call with one response comes to.
pub(super) fn conclude(
    answer: Answer,
    status: Status,
    path: &str,
    max_message: Option<usize>,
    channel: &Channel,
) -> Outcome {
    let Answer { head: headers, message, surplus } = answer;
    // grpc doc/statuscodes.md, "response cardinality violation".
    let broken = match (&message, status.code()) {
        (Some(_), Code::Ok) if surplus => Some("more than one response message"),
        (None, Code::Ok) => Some("OK without a response"),
        _ => None,
    };
    let mut status = match broken {
        None => status,
        Some(words) => {
            let message = format!("{path} at {}: {words}", channel.address());
            Status::unimplemented(message).with_origin(Origin::Concluded)
        }
    };
    let message = message.filter(|_| status.code() == Code::Ok);
    let limit = max_message.unwrap_or(channel.max_message());
    let compressed = message.as_ref().is_some_and(Incoming::is_compressed);
    let message = match message.map(|message| message.plain(limit)).transpose() {
        Ok(message) => message,
        Err(failed) => {
            status = failed.with_origin(Origin::Concluded);
            None
        }
    };
    Outcome { headers, message, compressed, status }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.give_up();
    }
}
