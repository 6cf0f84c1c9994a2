//! Streams of messages for a host, in bytes.

use std::task::Poll;

use bytes::Bytes;
use yamabiko_core::grpc::Status;

use super::call::Call;
use crate::blocking::waiting::with_waker;
use crate::stream::{Came, Messages, Sink, Source};

/// The requests of a call whose method takes a stream of them.
///
/// The client sends no more than a window ahead of the reader.
pub struct Requests {
    source: Box<dyn Source>,
    messages: Messages,
    has_ended: bool,
}

impl Requests {
    pub(super) fn new(call: &Call) -> Self {
        Requests { source: call.source(), messages: Messages::default(), has_ended: false }
    }

    pub(super) fn into_source(self) -> Box<dyn Source> {
        self.source
    }

    /// Waits on this thread for the next message, or None when there is none left.
    ///
    /// # Errors
    /// CANCELLED if the call is over, or why the message could not be decompressed. Nothing comes
    /// after it.
    pub fn message(&mut self) -> Result<Option<Bytes>, Status> {
        let message = with_waker(|cx| {
            loop {
                if let Some(message) = self.messages.pop() {
                    return Ok(Some(message));
                }
                if self.has_ended {
                    return Ok(None);
                }
                match self.source.poll_messages(cx, &mut self.messages) {
                    Poll::Ready(Ok(Came::Messages)) => {}
                    Poll::Ready(Ok(Came::End(_))) => self.has_ended = true,
                    Poll::Ready(Err(status)) => {
                        self.has_ended = true;
                        return Err(status);
                    }
                    Poll::Pending => self.source.wait(),
                }
            }
        })?;
        let limit = self.source.max_message();
        let message = message.map(|message| message.plain(limit)).transpose();
        if message.is_err() {
            self.has_ended = true;
            self.messages = Messages::default();
        }
        message
    }
}

/// Where the responses of a call go that are a stream.
pub struct Responses {
    sink: Box<dyn Sink>,
    framed: Vec<u8>,
}

impl Responses {
    /// For a call whose answer has not begun. It is ended by [`Call::finish`], as any other.
    pub fn new(call: &Call) -> Self {
        Responses { sink: call.sink(&call.context()), framed: Vec::new() }
    }

    /// Sends a message, once there is room for it: waits on this thread while the client is
    /// behind. It leaves at once if this is no worker of the server, and else when the worker
    /// waits or ends its handler, or within a millisecond.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED for a message that is too large, or CANCELLED if the call is over.
    pub fn send(&mut self, message: &[u8]) -> Result<(), Status> {
        let sending = self.sink.sending();
        sending.check(message.len())?;
        sending.frame(message, &mut self.framed);
        let Responses { sink, framed } = self;
        with_waker(|cx| {
            loop {
                if let Poll::Ready(sent) = sink.poll_send(cx, framed) {
                    return sent;
                }
                sink.wait();
            }
        })
    }
}

impl std::fmt::Debug for Requests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Requests").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Responses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Responses").finish_non_exhaustive()
    }
}
