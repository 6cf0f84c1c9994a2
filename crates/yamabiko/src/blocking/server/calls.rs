//! The calls of one connection: waiting for their request, waiting for their
//! answer.

use std::sync::Arc;
use std::time::Instant;

use yamabiko_core::grpc::message::Payload;
use yamabiko_core::grpc::server::{Event, ServerConnection};
use yamabiko_core::grpc::{RequestHead, Status};
use yamabiko_core::h2::StreamKey;

use super::shared::Shared;
use crate::compression::Incoming;
use crate::stream::serving::Wires;

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
    Running {
        stream: StreamKey,
        head: Arc<RequestHead>,
        when_cancelled: Vec<WhenCancelled>,
        /// There are some once messages are streamed.
        wires: Option<Box<Wires>>,
    },
}

struct Waiting {
    head: Arc<RequestHead>,
    deadline: Option<Instant>,
    place: usize,
    /// The message, once it has come and the end has not.
    request: Option<Incoming>,
}

/// A call whose handler can run: its request is complete, or a stream.
pub(super) struct Complete {
    pub(super) stream: StreamKey,
    pub(super) head: Arc<RequestHead>,
    pub(super) deadline: Option<Instant>,
    /// The place of its method among the paces.
    pub(super) place: usize,
    /// None if it is a stream.
    pub(super) request: Option<Incoming>,
}

/// All calls of a connection.
#[derive(Default)]
pub(super) struct Calls {
    /// By the slot of the stream.
    slots: Vec<Slot>,
    /// The head that came last.
    recent: Option<Recent>,
}

/// A head, and what is known of its method.
struct Recent {
    head: Arc<RequestHead>,
    /// Its place among the paces.
    place: usize,
    takes_stream: bool,
}

impl Calls {
    /// Takes an event. Gives a call whose handler can run from now on. What is to be done for one
    /// that is over goes to `cancelled`.
    #[inline]
    pub(super) fn receive(
        &mut self,
        event: Event<'_>,
        core: &mut ServerConnection,
        server: &Shared,
        cancelled: &mut Vec<WhenCancelled>,
    ) -> Option<Complete> {
        match event {
            Event::Call { stream, head, deadline } => {
                self.begin(stream, head, deadline, core, server)
            }
            Event::Message { stream, message, last } if self.is_running(stream) => {
                self.wires(stream)?.receive(Some(message), last);
                None
            }
            Event::Messages { stream, run, last } => {
                self.wires(stream)?.receive_run(run, last);
                None
            }
            Event::End { stream } if self.is_running(stream) => {
                self.wires(stream)?.receive(None, true);
                None
            }
            Event::Message { stream, message, last } => self.message(stream, message, last, core),
            Event::End { stream } => {
                let Slot::Waiting(mut waiting) = self.take(stream)? else { return None };
                match waiting.request.take() {
                    Some(request) => Some(self.complete(stream, waiting, Some(request))),
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
        core: &mut ServerConnection,
        server: &Shared,
    ) -> Option<Complete> {
        let known = self.recent.as_ref().filter(|recent| Arc::ptr_eq(&recent.head, &head));
        let (place, takes_stream) = match known {
            Some(recent) => (recent.place, recent.takes_stream),
            None => {
                let place = server.paces.place(head.path.value());
                let takes_stream = server.handler.takes_stream(&head);
                self.recent = Some(Recent { head: Arc::clone(&head), place, takes_stream });
                (place, takes_stream)
            }
        };
        if self.slots.len() <= stream.slot() {
            self.slots.resize_with(stream.slot() + 1, Slot::default);
        }
        let waiting = Waiting { head, deadline, place, request: None };
        if takes_stream {
            core.read_on_demand(stream);
            return Some(self.complete(stream, waiting, None));
        }
        self.slots[stream.slot()] = Slot::Waiting(waiting);
        None
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
        let request = Incoming::from(message);
        if last {
            return Some(self.complete(stream, waiting, Some(request)));
        }
        waiting.request = Some(request);
        self.slots[stream.slot()] = Slot::Waiting(waiting);
        None
    }

    fn complete(
        &mut self,
        stream: StreamKey,
        waiting: Waiting,
        request: Option<Incoming>,
    ) -> Complete {
        let Waiting { head, deadline, place, .. } = waiting;
        self.slots[stream.slot()] = Slot::Running {
            stream,
            head: Arc::clone(&head),
            when_cancelled: Vec::new(),
            wires: request.is_none().then(|| Box::new(Wires::new(true))),
        };
        Complete { stream, head, deadline, place, request }
    }

    /// What a call shares with its handler that streams messages, while that runs.
    pub(super) fn wires(&mut self, stream: StreamKey) -> Option<&mut Wires> {
        match self.slots.get_mut(stream.slot())? {
            Slot::Running { stream: running, wires, .. } if *running == stream => {
                Some(wires.get_or_insert_default())
            }
            _ => None,
        }
    }

    /// Tells the handlers that there is room for.
    pub(super) fn tell_room(&mut self, core: &mut ServerConnection) {
        while let Some(stream) = core.next_room() {
            if let Some(waker) = self.wires(stream).and_then(|wires| wires.room.take()) {
                waker.wake();
            }
        }
    }

    /// Has `action` done when nobody waits for the answer any more. False if that is so already.
    pub(super) fn when_cancelled(&mut self, stream: StreamKey, action: WhenCancelled) -> bool {
        match self.slots.get_mut(stream.slot()) {
            Some(Slot::Running { stream: running, when_cancelled, .. }) if *running == stream => {
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

    /// The methods of the calls that have no answer.
    pub(super) fn unanswered(&self) -> impl Iterator<Item = String> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Free => None,
            Slot::Waiting(Waiting { head, .. }) | Slot::Running { head, .. } => {
                Some(String::from_utf8_lossy(head.path.value()).into_owned())
            }
        })
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
