//! One connection of a server on tokio.
//!
//! A task [leads](super::leading) it. The lock is released while a handler
//! runs, so that another leader can take over when one does not return.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use yamabiko_core::ReceiveBuffer;
use yamabiko_core::grpc::Status;
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::h2::StreamKey;

use super::calls::{Call, Calls, discard};
use super::{Peer, Shared};
use crate::CutCall;
use crate::memory::Share;
use crate::options::for_connection;
use crate::socket::Socket;
use crate::stream::serving::Wires;

/// First steps of a connection's calls that block a thread at the same time. They may all come back
/// with large answers, and nobody knows before.
const LENT_AT_ONCE: usize = 16;
/// A handler that takes longer gets a task of its own the next time.
pub(super) const SLOW: Duration = Duration::from_micros(100);

/// A connection of a server.
pub(super) struct Connection {
    pub(super) number: u64,
    pub(super) peer: Arc<Peer>,
    pub(super) server: Arc<Shared>,
    /// Calls that have a task of their own. Outside the lock: a task may end wherever it is dropped.
    pub(super) tasks: AtomicUsize,
    /// Calls whose first step has been lent to a thread for blocking work.
    lent: AtomicUsize,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) core: ServerConnection,
    pub(super) input: ReceiveBuffer,
    pub(super) socket: Socket,
    pub(super) calls: Calls,
    /// Calls that are to get a task of their own when the leader has handled what there is. Before
    /// that nobody else could run them: tokio keeps what was spawned last for the thread that did.
    pub(super) deferred: Vec<Deferred>,
    /// Calls that begin when the client has taken more of its answers.
    pub(super) held: VecDeque<Call>,
    /// The number of the task that leads. It rises with each takeover.
    pub(super) leader: u64,
    /// The handler that runs in the leader's task now.
    pub(super) in_place: Option<(u64, usize)>,
    /// Answers were given by other tasks, and the leader has let the others go first.
    pub(super) gathered: bool,
    pub(super) killed: bool,
    pub(super) _memory: Share,
}

/// A call that is to get a task of its own.
pub(super) struct Deferred {
    pub(super) call: Call,
    /// Whether its handler has made a step.
    pub(super) begun: bool,
}

impl State {
    /// Keeps a call until there is room for its answer.
    pub(super) fn hold(&mut self, call: Call) {
        let State { core, calls, held, .. } = self;
        if held.len() >= core.live_calls() {
            // Some have been cancelled meanwhile.
            let (waiting, over) = held.drain(..).partition(|call| calls.is_running(call.stream));
            *held = waiting;
            VecDeque::into_iter(over).for_each(discard);
        }
        held.push_back(call);
    }

    /// Calls that were held back may begin now.
    fn wake_for_held(&mut self) {
        if !self.held.is_empty() {
            self.socket.wake();
        }
    }
}

impl Connection {
    pub(super) fn new(
        socket: Socket,
        peer: Arc<Peer>,
        number: u64,
        server: Arc<Shared>,
    ) -> Arc<Self> {
        let mut config = for_connection(&server.config);
        config.gathers = socket.gathers();
        let core = ServerConnection::new(config, server.limits, Instant::now());
        let state = State {
            core,
            input: ReceiveBuffer::new(),
            socket,
            calls: Calls::default(),
            deferred: Vec::new(),
            held: VecDeque::new(),
            leader: 0,
            in_place: None,
            gathered: false,
            killed: false,
            _memory: Share,
        };
        let (tasks, lent) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Connection { number, peer, server, tasks, lent, state: Mutex::new(state) })
    }

    /// What a streaming call does with its connection.
    pub(super) fn with<T>(
        &self,
        stream: StreamKey,
        action: impl FnOnce(&mut ServerConnection, Option<&mut Wires>) -> T,
    ) -> T {
        let mut state = self.lock();
        let State { core, calls, socket, .. } = &mut *state;
        let before = core.unsent();
        let outcome = action(core, calls.wires(stream));
        if core.unsent() > before {
            socket.wake();
        }
        outcome
    }

    /// Keeps a call until it may be lent, unless it may now: then it counts as lent.
    pub(super) fn lend(&self, call: Call) -> Option<Call> {
        let mut state = self.lock();
        if !self.may_lend() {
            state.hold(call);
            return None;
        }
        self.lent.fetch_add(1, Ordering::Relaxed);
        Some(call)
    }

    /// A call that was lent has come back from its first step, or will not make it. Does not wait
    /// for the lock: the one who drops it may have it.
    pub(super) fn returned(self: &Arc<Self>) {
        self.lent.fetch_sub(1, Ordering::Relaxed);
        let Ok(mut state) = self.state.try_lock() else {
            // Whoever has it may have looked already whether another call can be lent.
            let connection = Arc::clone(self);
            self.server.runtime.spawn(async move { connection.lock().wake_for_held() });
            return;
        };
        state.wake_for_held();
    }

    pub(super) fn may_lend(&self) -> bool {
        self.lent.load(Ordering::Relaxed) < LENT_AT_ONCE
    }

    /// The call, if its handler may begin. It may not if nobody waits for it any more, or if so many
    /// answers wait that it is held back.
    pub(super) fn admit(&self, call: Call) -> Option<Call> {
        let mut state = self.lock();
        if !state.calls.is_running(call.stream) {
            discard(call);
            return None;
        }
        if state.core.is_full() {
            state.hold(call);
            return None;
        }
        Some(call)
    }

    /// Sends the answer of a call that has a task of its own.
    pub(super) fn answer(&self, call: Call, outcome: Result<usize, Status>) {
        let mut state = self.lock();
        let State { core, calls, .. } = &mut *state;
        if let Some(large) = calls.answer(call, outcome, core, self.server.sending) {
            drop(state);
            let compressed = large.compress();
            state = self.lock();
            let State { core, calls, .. } = &mut *state;
            calls.answer_compressed(compressed, core);
        }
        state.socket.wake();
    }

    /// Another task leads from now on, if the leader's handler is still the one of this `run`.
    pub(super) fn take_over(self: &Arc<Self>, run: u64) {
        let mut state = self.lock();
        let Some((_, method)) = state.in_place.take_if(|(running, _)| *running == run) else {
            return;
        };
        self.server.methods.method(method).pace.has_blocked();
        state.leader += 1;
        self.server.runtime.spawn(Arc::clone(self).lead(state.leader));
    }

    /// Begins to leave: what the client has sent until it hears of it is still answered.
    pub(super) fn shut_down(&self) {
        let mut state = self.lock();
        state.core.shut_down();
        state.socket.wake();
    }

    /// Ends the connection and its calls at once. Says how many had not ended, and which had no
    /// answer.
    pub(super) fn kill(&self) -> (usize, Vec<CutCall>) {
        let mut state = self.lock();
        state.killed = true;
        state.socket.wake();
        let cut = state.calls.unanswered();
        let cut = cut.map(|method| CutCall { method, peer: Arc::clone(&self.peer) });
        (state.core.live_calls(), cut.collect())
    }

    /// How many calls have no answer yet.
    pub(super) fn live_calls(&self) -> usize {
        self.lock().core.live_calls()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic inside would be a bug of ours; the other calls need not suffer for it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
