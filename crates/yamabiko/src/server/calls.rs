//! The calls of one connection: waiting for their request, running, answered.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio::task::AbortHandle;
use yamabiko_core::grpc::message::Payload;
use yamabiko_core::grpc::server::{Event, ServerConnection};
use yamabiko_core::grpc::{RequestHead, Status};
use yamabiko_core::h2::StreamKey;

use super::Peer;
use crate::Context;
use crate::service::{Methods, Run};
use crate::step::{start, write_exactly};

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
    Running { stream: StreamKey, context: Context, task: Option<AbortHandle> },
}

struct Waiting {
    method: usize,
    head: Arc<RequestHead>,
    deadline: Option<Instant>,
    /// The message, once it has come and the end has not. That is rare, and a slot is small.
    request: Option<Box<Bytes>>,
}

/// A call whose handler can run.
pub(super) struct Call {
    pub(super) stream: StreamKey,
    pub(super) method: usize,
    pub(super) run: Box<dyn Run>,
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
    /// Takes an event. Gives a call whose request is complete with it.
    #[inline]
    pub(super) fn receive(
        &mut self,
        event: Event<'_>,
        core: &mut ServerConnection,
        methods: &Methods,
        peer: &Peer,
    ) -> Option<Call> {
        match event {
            Event::Call { stream, head, deadline } => {
                self.begin(stream, head, deadline, core, methods);
                None
            }
            Event::Message { stream, message, last: true } => {
                let Slot::Waiting(waiting) = self.take(stream)? else { return None };
                if waiting.request.is_some() {
                    core.finish(stream, &one_request_expected("more than one"));
                    return None;
                }
                self.start(stream, waiting, &message, core, methods, peer)
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
                waiting.request = Some(Box::new(match message {
                    Payload::Owned(bytes) => bytes,
                    Payload::Borrowed(bytes) => Bytes::copy_from_slice(bytes),
                }));
                None
            }
            Event::End { stream } => {
                let Slot::Waiting(mut waiting) = self.take(stream)? else { return None };
                match waiting.request.take() {
                    Some(request) => self.start(stream, waiting, &request, core, methods, peer),
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
        methods: &Methods,
    ) {
        let known = self.recent.as_ref().filter(|(recent, _)| Arc::ptr_eq(recent, &head));
        let method = match known {
            Some(&(_, method)) => method,
            None => {
                let Some(method) = methods.find(head.path.value()) else {
                    let path = head.path.value().escape_ascii();
                    core.finish(stream, &Status::unimplemented(format!("unknown method: {path}")));
                    return;
                };
                self.recent = Some((Arc::clone(&head), method));
                method
            }
        };
        if self.slots.len() <= stream.slot() {
            self.slots.resize_with(stream.slot() + 1, Slot::default);
        }
        let waiting = Waiting { method, head, deadline, request: None };
        self.slots[stream.slot()] = Slot::Waiting(waiting);
    }

    #[inline]
    fn start(
        &mut self,
        stream: StreamKey,
        waiting: Waiting,
        request: &[u8],
        core: &mut ServerConnection,
        methods: &Methods,
        peer: &Peer,
    ) -> Option<Call> {
        let Waiting { method, head, deadline, .. } = waiting;
        let spare = self.spare.get_mut(method).and_then(Vec::pop);
        let (mut run, context) = match spare {
            Some(Spare { run, context }) => (run, context.renew(head, deadline, peer.address)),
            None => {
                let context = Context::new(head, deadline, peer.address);
                (methods.method(method).new_run(), context)
            }
        };
        match start(&mut *run, request, context.clone()) {
            Ok(()) => {
                self.slots[stream.slot()] = Slot::Running { stream, context, task: None };
                Some(Call { stream, method, run })
            }
            Err(status) => {
                core.finish(stream, &status);
                self.keep(method, run, context);
                None
            }
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

    /// Sends the answer of a call, if it is still wanted.
    #[inline]
    pub(super) fn answer(
        &mut self,
        call: Call,
        outcome: Result<usize, Status>,
        core: &mut ServerConnection,
    ) {
        let Some(context) = self.end(call.stream) else {
            // Cancelled meanwhile.
            discard(call);
            return;
        };
        let Call { stream, method, mut run } = call;
        match outcome {
            // What most answers are: a message and nothing else.
            Ok(length) if context.is_untouched() && u32::try_from(length).is_ok() => {
                let write = |out: &mut Vec<u8>| write_exactly(&mut *run, length, out);
                if core.respond(stream, length, write).is_err() {
                    // The client has left meanwhile.
                    run.clear();
                }
            }
            outcome => answer_with_metadata(stream, &mut run, &context, outcome, core),
        }
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
    fn end(&mut self, stream: StreamKey) -> Option<Context> {
        match self.take(stream)? {
            Slot::Running { context, .. } => Some(context),
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
    let mut status = match outcome {
        Ok(length) if u32::try_from(length).is_err() => Status::resource_exhausted(format!(
            "response too large: {length} bytes, a message has at most {}",
            u32::MAX
        )),
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
    for field in trailers.fields() {
        status.metadata_mut().push_field(field.clone());
    }
    core.finish(stream, &status);
}

/// Drops a call that nobody waits for any more.
pub(super) fn discard(call: Call) {
    // What the handler's locals do when they are dropped is not our concern.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(call)));
}

fn one_request_expected(came: &str) -> Status {
    Status::unimplemented(format!("a unary method takes one request message, {came} came"))
}
