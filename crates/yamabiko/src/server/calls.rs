//! The calls of one connection: waiting for their request, running, answered.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use tokio::task::AbortHandle;
use yamabiko_core::grpc::message::Payload;
use yamabiko_core::grpc::server::{Event, ServerConnection};
use yamabiko_core::grpc::{Encoding, Metadata, RequestHead, Status};
use yamabiko_core::h2::StreamKey;

use super::connection::Connection;
use crate::Context;
use crate::compression::{Incoming, Sending};
use crate::service::{Kind, Run, StreamingRun};
use crate::step::{start, write_exactly};
use crate::stream::serving::{Requests, Responses, Wires};
use crate::stream::{Sink, Source};

/// Finished runs that a connection keeps for each method.
const SPARE_RUNS: usize = 16;

/// What a stream is to this connection.
#[derive(Default)]
enum Slot {
    #[default]
    Free,
    /// Its request is not complete.
    Waiting(Waiting),
    /// Its handler runs, in a task of its own if there is one.
    Running {
        stream: StreamKey,
        context: Context,
        task: Option<AbortHandle>,
        /// There are some if the method is a streaming one.
        wires: Option<Box<Wires>>,
    },
}

struct Waiting {
    method: usize,
    head: Arc<RequestHead>,
    deadline: Option<Instant>,
    /// The message, once it has come and the end has not. That is rare, and a slot is small.
    request: Option<Box<Incoming>>,
    /// Whether that came compressed.
    compressed: bool,
}

/// A call whose handler can run.
pub(super) struct Call {
    pub(super) stream: StreamKey,
    pub(super) method: usize,
    pub(super) run: Box<dyn Run>,
}

/// An answer that is to be compressed.
pub(super) struct Uncompressed {
    call: Call,
    length: usize,
    sending: Sending,
}

/// An answer with its prefix.
pub(super) struct Compressed {
    call: Call,
    framed: Vec<u8>,
    encoding: Option<Encoding>,
    /// What has come of writing it.
    written: Result<(), Status>,
}

impl Uncompressed {
    /// Takes its time.
    pub(super) fn compress(self) -> Compressed {
        let Uncompressed { mut call, length, sending } = self;
        let (mut message, mut framed) = (Vec::with_capacity(length), Vec::new());
        let written = write_exactly(&mut *call.run, length, &mut message);
        sending.frame(&message, &mut framed);
        Compressed { call, framed, encoding: sending.encoding, written }
    }
}

/// All calls of a connection.
#[derive(Default)]
pub(super) struct Calls {
    /// By the slot of the stream.
    slots: Vec<Slot>,
    /// By method: where calls have run before.
    spare: Vec<Vec<Spare>>,
    /// The head that came last, and its method.
    recent: Option<(Arc<RequestHead>, usize)>,
}

/// What is left of a call, for the next one.
struct Spare {
    run: Box<dyn Run>,
    context: Context,
}

impl Calls {
    /// Takes an event. Gives a call whose handler can run from now on.
    #[inline]
    pub(super) fn receive(
        &mut self,
        event: Event<'_>,
        core: &mut ServerConnection,
        connection: &Arc<Connection>,
    ) -> Option<Call> {
        match event {
            Event::Call { stream, head, deadline } => {
                self.begin(stream, head, deadline, core, connection)
            }
            Event::Message { stream, message, last } if self.wires(stream).is_some() => {
                self.wires(stream)?.receive(Some(message), last);
                None
            }
            Event::Messages { stream, run, last } => {
                self.wires(stream)?.receive_run(run, last);
                None
            }
            Event::End { stream } if self.wires(stream).is_some() => {
                self.wires(stream)?.receive(None, true);
                None
            }
            Event::Message { stream, message, last: true } => {
                let Slot::Waiting(waiting) = self.take(stream)? else { return None };
                if waiting.request.is_some() {
                    core.finish(stream, &one_request_expected("more than one"));
                    return None;
                }
                if let Payload::Compressed(..) = message {
                    let message = Incoming::from(message);
                    return self.inflate(stream, waiting, message, core, connection);
                }
                self.start(stream, waiting, &message, core, connection)
            }
            Event::Message { stream, message, last: false } => {
                let Some(Slot::Waiting(waiting)) = self.slots.get_mut(stream.slot()) else {
                    return None;
                };
                if waiting.request.is_some() {
                    self.take(stream);
                    core.finish(stream, &one_request_expected("more than one"));
                    return None;
                }
                waiting.request = Some(Box::new(message.into()));
                None
            }
            Event::End { stream } => {
                let Slot::Waiting(mut waiting) = self.take(stream)? else { return None };
                match waiting.request.take() {
                    Some(request) => self.inflate(stream, waiting, *request, core, connection),
                    None => {
                        core.finish(stream, &one_request_expected("none"));
                        None
                    }
                }
            }
            Event::Cancelled { stream, .. } => {
                self.cancel(stream);
                None
            }
        }
    }

    #[inline]
    fn begin(
        &mut self,
        stream: StreamKey,
        head: Arc<RequestHead>,
        deadline: Option<Instant>,
        core: &mut ServerConnection,
        connection: &Arc<Connection>,
    ) -> Option<Call> {
        let methods = &connection.server.methods;
        let known = self.recent.as_ref().filter(|(recent, _)| Arc::ptr_eq(recent, &head));
        let method = match known {
            Some(&(_, method)) => method,
            None => {
                let Some(method) = methods.find(head.path.value()) else {
                    let path = head.path.value().escape_ascii();
                    core.finish(stream, &Status::unimplemented(format!("unknown method: {path}")));
                    return None;
                };
                self.recent = Some((Arc::clone(&head), method));
                method
            }
        };
        if self.slots.len() <= stream.slot() {
            self.slots.resize_with(stream.slot() + 1, Slot::default);
        }
        let waiting = Waiting { method, head, deadline, request: None, compressed: false };
        if let Kind::Streaming { takes_stream: true, .. } = methods.method(method).kind {
            core.read_on_demand(stream);
            return self.start(stream, waiting, &[], core, connection);
        }
        self.slots[stream.slot()] = Slot::Waiting(waiting);
        None
    }

    /// Starts a call whose request may be compressed.
    fn inflate(
        &mut self,
        stream: StreamKey,
        mut waiting: Waiting,
        request: Incoming,
        core: &mut ServerConnection,
        connection: &Arc<Connection>,
    ) -> Option<Call> {
        waiting.compressed = request.is_compressed();
        match request.plain(connection.server.limits.max_message) {
            Ok(request) => self.start(stream, waiting, &request, core, connection),
            Err(status) => {
                core.finish(stream, &status);
                None
            }
        }
    }

    #[inline]
    fn start(
        &mut self,
        stream: StreamKey,
        waiting: Waiting,
        request: &[u8],
        core: &mut ServerConnection,
        connection: &Arc<Connection>,
    ) -> Option<Call> {
        let Waiting { method, head, deadline, compressed, .. } = waiting;
        let new_run = match &connection.server.methods.method(method).kind {
            Kind::Unary { new_run } => new_run,
            Kind::Streaming { takes_stream, begin } => {
                let encoding = connection.server.sending.encoding;
                let context = Context::new(head, deadline, &connection.peer, encoding);
                if compressed {
                    context.set_request_compressed();
                }
                let wires = Wires::new(*takes_stream);
                let source = takes_stream.then(|| -> Box<dyn Source> {
                    Box::new(Requests::new(Arc::clone(connection), stream))
                });
                let sink: Box<dyn Sink> =
                    Box::new(Responses::new(Arc::clone(connection), stream, context.clone()));
                let run = Box::new(StreamingRun::new(begin, source, sink));
                return self.run(
                    stream,
                    method,
                    run,
                    context,
                    request,
                    Some(Box::new(wires)),
                    core,
                );
            }
        };
        let spare = self.spare.get_mut(method).and_then(Vec::pop);
        let (peer, encoding) = (&connection.peer, connection.server.sending.encoding);
        let (run, context) = match spare {
            Some(Spare { run, context }) => (run, context.renew(head, deadline, peer, encoding)),
            None => (new_run(), Context::new(head, deadline, peer, encoding)),
        };
        if compressed {
            context.set_request_compressed();
        }
        self.run(stream, method, run, context, request, None, core)
    }

    /// Calls the handler, which does not begin before its first step.
    #[expect(clippy::too_many_arguments, reason = "they are what a call is made of")]
    #[inline]
    fn run(
        &mut self,
        stream: StreamKey,
        method: usize,
        mut run: Box<dyn Run>,
        context: Context,
        request: &[u8],
        wires: Option<Box<Wires>>,
        core: &mut ServerConnection,
    ) -> Option<Call> {
        match start(&mut *run, request, context.clone()) {
            Ok(()) => {
                self.slots[stream.slot()] = Slot::Running { stream, context, task: None, wires };
                Some(Call { stream, method, run })
            }
            Err(status) => {
                core.finish(stream, &status);
                if wires.is_none() {
                    self.keep(method, run, context);
                }
                None
            }
        }
    }

    /// Tells the handlers that there is room for.
    #[inline]
    pub(super) fn tell_room(&mut self, core: &mut ServerConnection) {
        while let Some(stream) = core.next_room() {
            if let Some(waker) = self.wires(stream).and_then(|wires| wires.room.take()) {
                waker.wake();
            }
        }
    }

    /// What a streaming call shares with its handler, while that runs.
    #[inline]
    pub(super) fn wires(&mut self, stream: StreamKey) -> Option<&mut Wires> {
        match self.slots.get_mut(stream.slot())? {
            Slot::Running { stream: running, wires, .. } if *running == stream => {
                wires.as_deref_mut()
            }
            _ => None,
        }
    }

    /// Whether the call waits for its handler.
    pub(super) fn is_running(&self, stream: StreamKey) -> bool {
        let slot = self.slots.get(stream.slot());
        matches!(slot, Some(Slot::Running { stream: running, .. }) if *running == stream)
    }

    /// The call has got a task of its own.
    pub(super) fn set_task(&mut self, stream: StreamKey, handle: AbortHandle) {
        if let Some(Slot::Running { stream: running, task, .. }) = self.slots.get_mut(stream.slot())
            && *running == stream
        {
            *task = Some(handle);
        }
    }

    /// Sends the answer of a call, if it is still wanted. One that is to be compressed is given
    /// back: that is to be done without the connection's lock.
    #[inline]
    pub(super) fn answer(
        &mut self,
        call: Call,
        outcome: Result<usize, Status>,
        core: &mut ServerConnection,
        sending: Sending,
    ) -> Option<Uncompressed> {
        let Some((context, wires)) = self.end(call.stream) else {
            // Cancelled meanwhile.
            discard(call);
            return None;
        };
        let Call { stream, method, mut run } = call;
        if wires.is_some() {
            end_stream(stream, &context, outcome, core);
            return None;
        }
        let outcome = outcome.and_then(|length| sending.check(length).map(|()| length));
        match outcome {
            // What most answers are: a message and nothing else.
            Ok(length) if context.is_untouched() => {
                let write = |out: &mut Vec<u8>| write_exactly(&mut *run, length, out);
                if core.respond(stream, length, write).is_err() {
                    // The client has left meanwhile.
                    run.clear();
                }
            }
            outcome => {
                if let (Ok(length), Some(encoding)) = (&outcome, context.encoding()) {
                    let (length, sending) = (*length, sending.encoded(Some(encoding)));
                    let running = Slot::Running { stream, context, task: None, wires: None };
                    self.slots[stream.slot()] = running;
                    let call = Call { stream, method, run };
                    return Some(Uncompressed { call, length, sending });
                }
                answer_with_metadata(stream, &mut run, &context, outcome, core);
            }
        }
        self.keep(method, run, context);
        None
    }

    /// Sends an answer that has been compressed, if it is still wanted.
    pub(super) fn answer_compressed(&mut self, answer: Compressed, core: &mut ServerConnection) {
        let Compressed { call, mut framed, encoding, written } = answer;
        let Some((context, _)) = self.end(call.stream) else {
            discard(call);
            return;
        };
        let Call { stream, method, run } = call;
        let (headers, trailers) = context.take_answer();
        if let Some(encoding) = encoding {
            core.set_encoding(stream, encoding);
        }
        if core.send_head(stream, &headers).is_ok() {
            // If it is not, the client has left meanwhile.
            let _ = core.send_framed(stream, &mut framed);
        }
        finish(stream, written.err().unwrap_or_else(Status::ok), &trailers, core);
        self.keep(method, run, context);
    }

    #[inline]
    fn keep(&mut self, method: usize, run: Box<dyn Run>, context: Context) {
        if self.spare.len() <= method {
            self.spare.resize_with(method + 1, Vec::new);
        }
        if self.spare[method].len() < SPARE_RUNS {
            self.spare[method].push(Spare { run, context });
        }
    }

    pub(super) fn cancel(&mut self, stream: StreamKey) {
        if let Some(Slot::Running { context, task, .. }) = self.take(stream) {
            context.cancel();
            if let Some(task) = task {
                task.abort();
            }
        }
    }

    /// The methods of the calls that have no answer.
    pub(super) fn unanswered(&self) -> impl Iterator<Item = String> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Free => None,
            Slot::Waiting(Waiting { head, .. }) => {
                Some(String::from_utf8_lossy(head.path.value()).into_owned())
            }
            Slot::Running { context, .. } => Some(context.method().to_owned()),
        })
    }

    /// The connection is gone, and every call with it.
    pub(super) fn cancel_all(&mut self) {
        for slot in std::mem::take(&mut self.slots) {
            if let Slot::Running { context, task, .. } = slot {
                context.cancel();
                if let Some(task) = task {
                    task.abort();
                }
            }
        }
    }

    /// The call does not run any more. Its context, if it has not been cancelled.
    #[inline]
    fn end(&mut self, stream: StreamKey) -> Option<(Context, Option<Box<Wires>>)> {
        match self.take(stream)? {
            Slot::Running { context, wires, .. } => Some((context, wires)),
            _ => None,
        }
    }

    #[inline]
    fn take(&mut self, stream: StreamKey) -> Option<Slot> {
        let slot = self.slots.get_mut(stream.slot())?;
        if let Slot::Running { stream: running, .. } = slot
            && *running != stream
        {
            return None;
        }
        Some(std::mem::take(slot))
    }
}

/// Sends an answer and what the handler has added to it.
fn answer_with_metadata(
    stream: StreamKey,
    run: &mut Box<dyn Run>,
    context: &Context,
    outcome: Result<usize, Status>,
    core: &mut ServerConnection,
) {
    let (headers, trailers) = context.take_answer();
    let status = match outcome {
        Ok(length) => {
            let begun = headers.is_empty() || core.send_head(stream, &headers).is_ok();
            let mut written = Ok(());
            let write = |out: &mut Vec<u8>| written = write_exactly(&mut **run, length, out);
            if !begun || core.send_message(stream, length, write).is_err() {
                // The client has left meanwhile.
                run.clear();
            }
            written.err().unwrap_or_else(Status::ok)
        }
        Err(status) => {
            if !headers.is_empty() {
                let _ = core.send_head(stream, &headers);
            }
            status
        }
    };
    finish(stream, status, &trailers, core);
}

fn finish(stream: StreamKey, mut status: Status, trailers: &Metadata, core: &mut ServerConnection) {
    for field in trailers.fields() {
        status.metadata_mut().push_field(field.clone());
    }
    core.finish(stream, &status);
}

/// Ends a streaming call, whose messages have been sent.
fn end_stream(
    stream: StreamKey,
    context: &Context,
    outcome: Result<usize, Status>,
    core: &mut ServerConnection,
) {
    let (headers, trailers) = context.take_answer();
    if !headers.is_empty() {
        // Unless they are late.
        let _ = core.send_head(stream, &headers);
    }
    finish(stream, outcome.err().unwrap_or_else(Status::ok), &trailers, core);
}

/// Drops a call that nobody waits for any more.
pub(super) fn discard(call: Call) {
    // What the handler's locals do when they are dropped is not our concern.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(call)));
}

fn one_request_expected(came: &str) -> Status {
    Status::unimplemented(format!("a unary method takes one request message, {came} came"))
}
