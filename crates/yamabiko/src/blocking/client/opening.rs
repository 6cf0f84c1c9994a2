//! The way of a call to a connection: there may be none yet, or no place on
//! it.

use std::borrow::Cow;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use yamabiko_core::grpc::client::request_too_large;
use yamabiko_core::grpc::{Encoding, Metadata, Origin, Status};
use yamabiko_core::h2::CannotOpen;

use super::channel::Channel;
use super::connection::Connection;
use crate::answers::CallKey;
use crate::compression::compress;

/// What a call begins with.
#[derive(Clone, Copy)]
pub(super) struct Start<'a> {
    pub(super) path: &'a str,
    pub(super) metadata: &'a Metadata,
    pub(super) deadline: Option<Instant>,
    pub(super) wait_for_ready: bool,
    /// The request, if it is one message.
    pub(super) message: Option<&'a [u8]>,
    /// How requests are compressed, where that makes them smaller.
    pub(super) compression: Option<Encoding>,
    /// The largest response, in bytes, where it is not the channel's limit.
    pub(super) max_message: Option<usize>,
    /// Whether its responses are read as a stream, be it of one.
    pub(super) is_stream: bool,
    /// Whether the caller is a thread that will wait.
    pub(super) drives: bool,
}

impl Start<'_> {
    /// The request as it is sent, and how it is compressed. Requests that follow may be.
    pub(super) fn body(&self) -> (Option<Encoding>, Option<Cow<'_, [u8]>>) {
        let Some(message) = self.message else { return (self.compression, None) };
        match self.compression.and_then(|by| Some((by, compress(by, message)?))) {
            Some((by, bytes)) => (Some(by), Some(bytes.into())),
            None => (None, Some(message.into())),
        }
    }
}

/// How far a call has come that has not been sent. Dropping it gives its place in the line up.
#[derive(Default)]
pub(super) struct Opening {
    /// In the line before a full connection.
    outside: Option<(Arc<Connection>, u64)>,
}

impl Opening {
    /// Sends the call, as soon as there is a place for it.
    pub(super) fn poll(
        &mut self,
        channel: &Channel,
        call: &Start<'_>,
        cx: &Context<'_>,
    ) -> Poll<Result<(Arc<Connection>, CallKey), Status>> {
        loop {
            let connection = ready!(channel.poll_connection(cx, call.wait_for_ready))?;
            let timeout = match call.deadline {
                None => None,
                Some(deadline) => match deadline.checked_duration_since(Instant::now()) {
                    None | Some(Duration::ZERO) => {
                        return Poll::Ready(Err(too_late(call.path, channel)));
                    }
                    left => left,
                },
            };
            let mut ticket = match &self.outside {
                Some((before, ticket)) if Arc::ptr_eq(before, &connection) => Some(*ticket),
                _ => None,
            };
            let started = connection.start(call, timeout, &mut ticket, cx);
            self.outside = match (started, ticket) {
                (Ok(key), _) => {
                    self.outside = None;
                    return Poll::Ready(Ok((connection, key)));
                }
                (Err(CannotOpen::Full), Some(ticket)) => {
                    self.outside = Some((connection, ticket));
                    return Poll::Pending;
                }
                (Err(CannotOpen::TooLarge { size, limit }), _) => {
                    return Poll::Ready(Err(request_too_large(size, limit)));
                }
                // It ended between our finding it and our using it: there will be another.
                (Err(_), _) => None,
            }
        }
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some((connection, ticket)) = &self.outside {
            connection.stop_waiting(*ticket);
        }
    }
}

/// The status of a call whose deadline has passed before it was sent.
pub(super) fn too_late(path: &str, channel: &Channel) -> Status {
    let address = channel.address();
    let message = format!("{path} at {address}: the deadline passed before the call could be sent");
    Status::deadline_exceeded(message).with_origin(Origin::Concluded)
}
