//! A call that waits for its answer, wherever that comes from.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bytes::Bytes;
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::grpc::{Metadata, RequestHead, Status};
use yamabiko_core::h2::StreamKey;

use super::calls::{Complete, WhenCancelled};
use super::connection::Connection;

/// A call that waits for its answer. It can be answered once, from any thread.
///
/// Dropping it without an answer ends it with INTERNAL.
pub struct Call {
    watch: Watch,
    head: Arc<RequestHead>,
    deadline: Option<Instant>,
    answered: AtomicBool,
}

/// A call seen from beside, for as long as anybody likes.
#[derive(Clone)]
pub struct Watch {
    connection: Arc<Connection>,
    stream: StreamKey,
}

impl Call {
    pub(super) fn new(connection: Arc<Connection>, complete: Complete) -> (Self, Bytes) {
        let Complete { stream, head, deadline, request, .. } = complete;
        let watch = Watch { connection, stream };
        (Call { watch, head, deadline, answered: AtomicBool::new(false) }, request)
    }

    /// What the client asks for, shared by calls that ask for the same.
    pub fn head(&self) -> &Arc<RequestHead> {
        &self.head
    }

    /// When the client stops waiting.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Where the client calls from.
    pub fn peer(&self) -> SocketAddr {
        self.watch.connection.peer
    }

    /// To look at the call from beside.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Whether somebody waits for the answer.
    pub fn is_active(&self) -> bool {
        !self.answered.load(Ordering::Relaxed) && self.watch.is_active()
    }

    /// Sends metadata ahead of the answer, at once. False if nobody waits for it any more.
    pub fn send_head(&self, metadata: &Metadata) -> bool {
        let sent = self.watch.command(|core, stream| core.send_head(stream, metadata).is_ok());
        // It was asked for now, and the handler may go on for long.
        self.watch.connection.flush();
        sent.unwrap_or(false)
    }

    /// Answers with a message and a status, and ends the call. False if nobody waits for it any
    /// more.
    ///
    /// A message of 4 GiB or more ends the call with RESOURCE_EXHAUSTED.
    pub fn answer(&self, message: &[u8], status: &Status) -> bool {
        self.end(|core, stream| {
            let length = message.len();
            if u32::try_from(length).is_err() {
                core.finish(stream, &too_large(length));
            } else if core
                .send_message(stream, length, |out| out.extend_from_slice(message))
                .is_ok()
            {
                // It is not when the client has left meanwhile.
                core.finish(stream, status);
            }
        })
    }

    /// Ends the call with a status and no message. False if nobody waits for it any more.
    pub fn finish(&self, status: &Status) -> bool {
        self.end(|core, stream| core.finish(stream, status))
    }

    /// Answers with metadata, a message of `length` bytes that `write` appends, and a status,
    /// unless writing fails with another.
    pub(super) fn answer_run(
        &self,
        head: &Metadata,
        length: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), Status>,
        status: Status,
    ) {
        self.end(|core, stream| {
            if u32::try_from(length).is_err() {
                core.finish(stream, &too_large(length));
                return;
            }
            let mut written = Ok(());
            let write = |out: &mut Vec<u8>| written = write(out);
            // Gone means that the client has left meanwhile, and finishing is nothing then.
            let begun = head.is_empty() || core.send_head(stream, head).is_ok();
            if begun && core.send_message(stream, length, write).is_ok() {
                core.finish(stream, &written.err().unwrap_or(status));
            }
        });
    }

    /// Ends the call with metadata ahead and a status.
    pub(super) fn finish_with(&self, head: &Metadata, status: &Status) {
        self.end(|core, stream| {
            if head.is_empty() || core.send_head(stream, head).is_ok() {
                core.finish(stream, status);
            }
        });
    }

    fn end(&self, answer: impl FnOnce(&mut ServerConnection, StreamKey)) -> bool {
        if self.answered.swap(true, Ordering::Relaxed) {
            return false;
        }
        let Watch { connection, stream } = &self.watch;
        let wanted = connection.answer(*stream, |core| answer(core, *stream));
        connection.server.leave();
        connection.server.answered();
        wanted
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !*self.answered.get_mut() {
            self.finish(&Status::internal("the handler gave no answer"));
        }
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.head.path.value().escape_ascii();
        write!(f, "Call({path} of {})", self.peer())
    }
}

impl Watch {
    /// Whether somebody waits for the answer.
    pub fn is_active(&self) -> bool {
        self.connection.is_running(self.stream)
    }

    /// Has `action` done when nobody waits for the answer any more: the client has cancelled, its
    /// deadline has passed, or it is gone. False, and nothing is done, if that is so already or
    /// the call has been answered.
    pub fn when_cancelled(&self, action: WhenCancelled) -> bool {
        self.connection.when_cancelled(self.stream, action)
    }

    /// Where the client calls from.
    pub fn peer(&self) -> SocketAddr {
        self.connection.peer
    }

    /// A worker has taken a request of so many bytes.
    pub(super) fn taken(&self, bytes: usize) {
        self.connection.taken(bytes);
    }

    fn command<T>(&self, command: impl FnOnce(&mut ServerConnection, StreamKey) -> T) -> Option<T> {
        self.connection.command(self.stream, |core| command(core, self.stream))
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watch({})", self.peer())
    }
}

#[cold]
fn too_large(length: usize) -> Status {
    Status::resource_exhausted(format!(
        "response too large: {length} bytes, a message has at most {}",
        u32::MAX
    ))
}
