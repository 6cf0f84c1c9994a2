//! One message out of a stream of responses, for a call with a stream of
//! requests and one response.

use std::task::{Context, Poll, ready};

use yamabiko_core::grpc::{Metadata, Status};

use super::{Came, Messages, Source};
use crate::answers::Answer;

/// What has come of it.
pub(crate) struct Collect<S> {
    source: S,
    headers: Option<Metadata>,
    messages: Messages,
}

impl<S: Source> Collect<S> {
    pub(crate) fn new(source: S) -> Self {
        Collect { source, headers: None, messages: Messages::default() }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<(Answer, Status)> {
        let Collect { source, headers, messages } = self;
        if headers.is_none() {
            match ready!(source.poll_headers(cx)) {
                Ok(head) => *headers = Some(head),
                Err(status) => return Poll::Ready((Answer::default(), status)),
            }
        }
        let mut status = Status::ok();
        loop {
            // Two are one too many: whatever follows changes nothing.
            if messages.batch().messages > 1 {
                break;
            }
            match ready!(source.poll_messages(cx, messages)) {
                Ok(Came::Messages) => {}
                Ok(Came::End(trailers)) => {
                    *status.metadata_mut() = trailers;
                    break;
                }
                Err(failed) => {
                    status = failed;
                    break;
                }
            }
        }
        let answer = Answer {
            head: headers.take().unwrap_or_default(),
            message: messages.pop(),
            surplus: !messages.is_empty(),
        };
        Poll::Ready((answer, status))
    }

    /// Waits on this thread until a poll that was pending may come to something.
    #[cfg(feature = "blocking")]
    pub(crate) fn wait(&self) {
        self.source.wait();
    }
}
