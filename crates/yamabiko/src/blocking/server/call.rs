//! A call that waits for its answer, wherever that comes from.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::grpc::{Encoding, Metadata, RequestHead, Status};
use yamabiko_core::h2::StreamKey;

use super::calls::{Complete, WhenCancelled};
use super::connection::Connection;
use super::shared::lock;
use crate::compression::{Incoming, Sending, compress};
use crate::stream::serving::{self, Wires};
use crate::stream::{Sink, Source};
use crate::{Context, Peer};

/// A call that waits for its answer. It can be answered once, from any thread.
///
/// Dropping it without an answer ends it with INTERNAL.
pub struct Call {
    watch: Watch,
    head: Arc<RequestHead>,
    deadline: Option<Instant>,
    answered: AtomicBool,
    /// Whether the request came compressed.
    request_compressed: bool,
    /// How messages are to be compressed, which the client understands.
    encoding: Mutex<Option<Encoding>>,
}

/// A call seen from beside, for as long as anybody likes.
#[derive(Clone)]
pub struct Watch {
    connection: Arc<Connection>,
    stream: StreamKey,
}

impl Call {
    pub(super) fn new(connection: Arc<Connection>, complete: Complete) -> (Self, Option<Incoming>) {
        let Complete { stream, head, deadline, request, .. } = complete;
        let encoding = connection.server.settings.sending.encoding;
        let encoding = Mutex::new(encoding.filter(|encoding| head.accepts.contains(*encoding)));
        let watch = Watch { connection, stream };
        let answered = AtomicBool::new(false);
        let request_compressed = request.as_ref().is_some_and(Incoming::is_compressed);
        (Call { watch, head, deadline, answered, request_compressed, encoding }, request)
    }

    /// What the client asks for, shared by calls that ask for the same.
    pub fn head(&self) -> &Arc<RequestHead> {
        &self.head
    }

    /// When the client stops waiting.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Who calls.
    pub fn peer(&self) -> &Arc<Peer> {
        &self.watch.connection.peer
    }

    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.watch.connection
    }

    pub(super) fn stream(&self) -> StreamKey {
        self.watch.stream
    }

    /// To look at the call from beside.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Whether somebody waits for the answer.
    pub fn is_active(&self) -> bool {
        !self.answered.load(Ordering::Relaxed) && self.watch.is_active()
    }

    /// Compresses the answer so, whatever the server does otherwise, if the client understands it
    /// and the head has not been sent; not at all with None.
    pub fn set_compression(&self, encoding: impl Into<Option<Encoding>>) {
        let understood = |encoding: &Encoding| self.head.accepts.contains(*encoding);
        *lock(&self.encoding) =
            Sending::default().encoded(encoding.into()).encoding.filter(understood);
    }

    /// Whether the request came compressed.
    pub fn request_compressed(&self) -> bool {
        self.request_compressed
    }

    /// How the answer is to be compressed.
    pub fn compression(&self) -> Option<Encoding> {
        *lock(&self.encoding)
    }

    /// Where the requests of a call come from whose method takes a stream of them.
    pub(super) fn source(&self) -> Box<dyn Source> {
        let Watch { connection, stream } = self.watch.clone();
        Box::new(serving::Requests::new(Arc::new(Carrier(connection)), stream))
    }

    /// Where responses go that are streamed. What the handler says to `context` goes with them.
    pub(super) fn sink(&self, context: &Context) -> Box<dyn Sink> {
        let Watch { connection, stream } = self.watch.clone();
        let carrier = Arc::new(Carrier(connection));
        Box::new(serving::Responses::new(carrier, stream, context.clone()))
    }

    /// What the handler of this call knows of it.
    pub(super) fn context(&self) -> Context {
        Context::new(Arc::clone(&self.head), self.deadline, self.peer(), self.compression())
    }

    /// The worker that runs the call's handler is about to wait for something.
    pub(super) fn before_waiting(&self) {
        self.watch.connection.server.before_waiting();
    }

    /// Sends metadata ahead of the answer, at once. False if nobody waits for it any more.
    pub fn send_head(&self, metadata: &Metadata) -> bool {
        let encoding = *lock(&self.encoding);
        let sent = self.watch.command(|core, stream| {
            if let Some(encoding) = encoding {
                core.set_encoding(stream, encoding);
            }
            core.send_head(stream, metadata).is_ok()
        });
        // It was asked for now, and the handler may go on for long.
        self.watch.connection.flush();
        sent.unwrap_or(false)
    }

    /// Answers with a message and a status, and ends the call. False if nobody waits for it any
    /// more.
    ///
    /// A message that is larger than the server sends ends the call with RESOURCE_EXHAUSTED.
    pub fn answer(&self, message: &[u8], status: &Status) -> bool {
        if let Err(too_large) = self.sending().check(message.len()) {
            return self.finish(&too_large);
        }
        let compressed = self.compressed(message);
        self.end(|core, stream| {
            let sent = match &compressed {
                Some(compressed) => core.send_compressed(stream, compressed),
                None => {
                    let write = |out: &mut Vec<u8>| out.extend_from_slice(message);
                    core.send_message(stream, message.len(), write)
                }
            };
            if sent.is_ok() {
                // It is not when the client has left meanwhile.
                core.finish(stream, status);
            }
        })
    }

    /// The message in fewer bytes, if it is to be compressed and the client is told so.
    fn compressed(&self, message: &[u8]) -> Option<Vec<u8>> {
        let encoding = (*lock(&self.encoding))?;
        let told = self.watch.command(|core, stream| core.set_encoding(stream, encoding));
        // Without the connection's lock: it may take its time.
        if told? { compress(encoding, message) } else { None }
    }

    fn sending(&self) -> Sending {
        self.watch.connection.server.settings.sending
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
        if let Err(too_large) = self.sending().check(length) {
            self.finish_with(head, &too_large);
            return;
        }
        if lock(&self.encoding).is_some() {
            let mut message = Vec::with_capacity(length);
            let status = write(&mut message).err().unwrap_or(status);
            if head.is_empty() || self.send_head(head) {
                self.answer(&message, &status);
            } else {
                self.finish(&status);
            }
            return;
        }
        self.end(|core, stream| {
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

/// A connection, as its streaming calls know it.
struct Carrier(Arc<Connection>);

impl serving::Carrier for Carrier {
    fn with<T>(
        &self,
        stream: StreamKey,
        action: impl FnOnce(&mut ServerConnection, Option<&mut Wires>) -> T,
    ) -> T {
        self.0.with_wires(stream, action)
    }

    fn max_message(&self) -> usize {
        self.0.server.settings.limits.max_message
    }

    fn sending(&self) -> Sending {
        self.0.server.settings.sending
    }

    fn wait(&self) {
        self.0.server.before_waiting();
        std::thread::park();
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
    pub fn peer(&self) -> &Arc<Peer> {
        &self.connection.peer
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
