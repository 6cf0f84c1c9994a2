//! The messages of a call that its connection keeps until somebody reads them.
//! How many may wait is the core's matter: it opens windows as they are read.

use std::task::{Context, Poll, Waker};

use yamabiko_core::grpc::Status;
use yamabiko_core::grpc::message::{Payload, Run};

use super::messages::{Batch, Messages};

/// Messages that wait for their reader, and how the stream ends behind them.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    messages: Messages,
    end: Option<Result<(), Status>>,
    reader: Option<Waker>,
}

impl Inbox {
    /// A message has come. Gives whom to wake.
    pub(crate) fn push(&mut self, message: Payload<'_>) -> Option<Waker> {
        self.messages.push(message.into());
        self.reader.take()
    }

    /// Several messages have come. Gives whom to wake.
    pub(crate) fn push_run(&mut self, run: Run<'_>) -> Option<Waker> {
        self.messages.push_run(run);
        self.reader.take()
    }

    /// Who waits for a message and has not been woken.
    #[cfg(feature = "blocking")]
    pub(crate) fn reader(&self) -> Option<&Waker> {
        self.reader.as_ref()
    }

    /// No message follows. Gives whom to wake.
    pub(crate) fn end(&mut self, end: Result<(), Status>) -> Option<Waker> {
        if self.end.is_none() {
            self.end = Some(end);
        }
        self.reader.take()
    }

    /// Takes all messages that are there, or says that the stream has ended.
    pub(crate) fn poll(
        &mut self,
        cx: &Context<'_>,
        into: &mut Messages,
    ) -> Poll<Result<Option<Batch>, Status>> {
        if !self.messages.is_empty() {
            let batch = self.messages.batch();
            into.append(&mut self.messages);
            return Poll::Ready(Ok(Some(batch)));
        }
        match &self.end {
            Some(end) => Poll::Ready(end.clone().map(|()| None)),
            None => {
                match &mut self.reader {
                    Some(reader) => reader.clone_from(cx.waker()),
                    None => self.reader = Some(cx.waker().clone()),
                }
                Poll::Pending
            }
        }
    }
}
