//! The seam between streams of messages and the driver that carries them.

use std::task::{Context, Poll};

use yamabiko_core::grpc::{Metadata, Status};

use super::Messages;
use crate::compression::Sending;

/// What has come of a stream of messages.
#[derive(Debug)]
pub(crate) enum Came {
    /// Some messages.
    Messages,
    /// Its end, with what the peer says behind the messages.
    End(Metadata),
}

/// Where the messages of a call come from. Dropping it before its end gives them up.
pub(crate) trait Source: Send {
    /// Appends the messages that are there. Those that were given before count as consumed.
    fn poll_messages(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Messages,
    ) -> Poll<Result<Came, Status>>;

    /// The largest message, in bytes.
    fn max_message(&self) -> usize;

    /// What has happened to the call, by its name.
    fn named(&self, status: Status) -> Status {
        status
    }

    /// What the peer says before the messages. Asked for once.
    fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<Result<Metadata, Status>>;

    /// Waits on this thread until a poll that was pending may come to something.
    #[cfg(feature = "blocking")]
    fn wait(&self) {
        std::thread::park();
    }
}

/// Where the messages of a call go.
pub(crate) trait Sink: Send {
    /// How the next message is to be framed.
    fn sending(&mut self) -> Sending;

    /// Sends what has been framed, if there is room for it, and leaves `framed` empty.
    ///
    /// # Errors
    /// How the call has ended: nobody reads the messages any more.
    fn poll_send(&mut self, cx: &mut Context<'_>, framed: &mut Vec<u8>)
    -> Poll<Result<(), Status>>;

    /// Sends what has been framed, room or not: for what must not be lost when nobody waits.
    ///
    /// # Errors
    /// As for [`poll_send`](Self::poll_send).
    fn send(&mut self, framed: &mut Vec<u8>) -> Result<(), Status>;

    /// Says what there is to say before the first message, without waiting for one.
    fn begin(&mut self);

    /// Ready when nobody reads the messages any more.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<Status>;

    /// Ends the call with this status, unless it has ended already.
    fn fail(&mut self, status: Status);

    /// Ends the stream: nothing follows. A sink that is dropped without it gives the call up.
    fn end(&mut self);

    /// Waits on this thread until a poll that was pending may come to something.
    #[cfg(feature = "blocking")]
    fn wait(&self) {
        std::thread::park();
    }
}
