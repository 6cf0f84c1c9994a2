//! The calls of one connection: waiting for their request, waiting for their
//! answer.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use yamabiko_core::grpc::message::Payload;
use yamabiko_core::grpc::server::{Event, ServerConnection};
use yamabiko_core::grpc::{RequestHead, Status};
use yamabiko_core::h2::StreamKey;

use super::pace::Paces;

/// What a call does when nobody waits for its answer any more. It runs on a thread that does I/O,
/// and must not wait for anything.
pub type WhenCancelled = Box<dyn FnOnce() + Send>;

/// What a stream is to this connection.
#[derive(Default)]
enum Slot {
    #[default]
    Free,
    /// Its request is not complete.
    Waiting(Waiting),
    /// Its handler waits for its turn or runs.
    Running { stream: StreamKey, when_cancelled: Vec<WhenCancelled> },
}

struct Waiting {
    head: Arc<RequestHead>,
    deadline: Option<Instant>,
    place: usize,
    /// The message, once it has come and the end has not.
    request: Option<Bytes>,
}

/// A call whose request is complete.
pub(super) struct Complete {
    pub(super) stream: StreamKey,
    pub(super) head: Arc<RequestHead>,
    pub(super) deadline: Option<Instant>,
    /// The place of its method among the paces.
    pub(super) place: usize,
    pub(super) request: Bytes,
}

/// All calls of a connection.
#[derive(Default)]
pub(super) struct Calls {
    /// By the slot of the stream.
    slots: Vec<Slot>,
    /// The head that came last, and the place of its method.
    recent: Option<(Arc<RequestHead>, usize)>,
}

impl Calls {
    /// Takes an event. Gives a call whose request is complete with it. What is to be done for one
    /// that is over goes to `cancelled`.
    #[inline]
    pub(super) fn receive(
        &mut self,
        event: Event<'_>,
        core: &mut ServerConnection,
        paces: &Paces,
        cancelled: &mut Vec<WhenCancelled>,
    ) -> Option<Complete> {
        match event {
            Event::Call { stream, head, deadline } => {
                self.begin(stream, head, deadline, paces);
                None
            }
            Event::Message { stream, message, last } => self.message(stream, message, last, core),
            Event::End { stream } => {
                let Slot::Waiting(mut waiting) = self.take(stream)? else { return None };
                match waiting.request.take() {
                    Some(request) => Some(self.complete(stream, waiting, request)),
                    None => {
                        core.finish(stream, &one_request_expected("none"));
                        None
                    }
                }
            }
            Event::Cancelled { stream, .. } => {
                self.cancel(stream, cancelled);
                None
            }
        }
    }

    fn begin(
        &mut self,
        stream: StreamKey,
        head: Arc<RequestHead>,
        deadline: Option<Instant>,
        paces: &Paces,
    ) {
        let known = self.recent.as_ref().filter(|(recent, _)| Arc::ptr_eq(recent, &head));
        let place = match known {
            Some(&(_, place)) => place,
            None => {
                let place = paces.place(head.path.value());
                self.recent = Some((Arc::clone(&head), place));
                place
            }
        };
        if self.slots.len() <= stream.slot() {
            self.slots.resize_with(stream.slot() + 1, Slot::default);
        }
        self.slots[stream.slot()] = Slot::Waiting(Waiting { head, deadline, place, request: None });
    }

    fn message(
        &mut self,
        stream: StreamKey,
        message: Payload<'_>,
        last: bool,
        core: &mut ServerConnection,
    ) -> Option<Complete> {
        let Slot::Waiting(mut waiting) = self.take(stream)? else { return None };
        if waiting.request.is_some() {
            core.finish(stream, &one_request_expected("more than one"));
            return None;
        }
        let request = match message {
            Payload::Owned(bytes) => bytes,
            borrowed => Bytes::copy_from_slice(&borrowed),
        };
        if last {
            return Some(self.complete(stream, waiting, request));
        }
        waiting.request = Some(request);
        self.slots[stream.slot()] = Slot::Waiting(waiting);
        None
    }

    fn complete(&mut self, stream: StreamKey, waiting: Waiting, request: Bytes) -> Complete {
        self.slots[stream.slot()] = Slot::Running { stream, when_cancelled: Vec::new() };
        let Waiting { head, deadline, place, .. } = waiting;
        Complete { stream, head, deadline, place, request }
    }

    /// Has `action` done when nobody waits for the answer any more. False if that is so already.
    pub(super) fn when_cancelled(&mut self, stream: StreamKey, action: WhenCancelled) -> bool {
        match self.slots.get_mut(stream.slot()) {
            Some(Slot::Running { stream: running, when_cancelled }) if *running == stream => {
                when_cancelled.push(action);
                true
            }
            _ => false,
        }
    }

    /// Whether the call waits for its answer.
    pub(super) fn is_running(&self, stream: StreamKey) -> bool {
        let slot = self.slots.get(stream.slot());
        matches!(slot, Some(Slot::Running { stream: running, .. }) if *running == stream)
    }

    /// The call gets its answer now. None if nobody waits for it any more; else what is of no use
    /// now, to be dropped where no lock is held.
    pub(super) fn answered(&mut self, stream: StreamKey) -> Option<Vec<WhenCancelled>> {
        if !self.is_running(stream) {
            return None;
        }
        match std::mem::take(&mut self.slots[stream.slot()]) {
            Slot::Running { when_cancelled, .. } => Some(when_cancelled),
            _ => None,
        }
    }

    pub(super) fn cancel(&mut self, stream: StreamKey, cancelled: &mut Vec<WhenCancelled>) {
        if let Some(Slot::Running { when_cancelled, .. }) = self.take(stream) {
            cancelled.extend(when_cancelled);
        }
    }

    /// The connection is gone, and every call with it.
    pub(super) fn cancel_all(&mut self, cancelled: &mut Vec<WhenCancelled>) {
        for slot in std::mem::take(&mut self.slots) {
            if let Slot::Running { when_cancelled, .. } = slot {
                cancelled.extend(when_cancelled);
            }
        }
    }

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

fn one_request_expected(came: &str) -> Status {
    Status::unimplemented(format!("a unary method takes one request message, {came} came"))
}
