//! One connection of a server on tokio.
//!
//! A task, the leader, reads what is there, handles all of it and writes all
//! answers in one go. The lock is released while a handler runs, so that
//! another leader can take over when one does not return.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use yamabiko_core::ReceiveBuffer;
use yamabiko_core::grpc::Status;
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::h2::StreamKey;

use super::calls::{Call, Calls, discard};
use super::task::Task;
use super::{Peer, Shared, sentinel};
use crate::CutCall;
use crate::memory::Share;
use crate::options::for_connection;
use crate::read_buffer;
use crate::service::Kind;
use crate::socket::Socket;
use crate::step::step;
use crate::stream::serving::Wires;

/// How long a leader goes on before its neighbours on the thread have their turn.
const TURN: Duration = Duration::from_micros(500);
/// When answers are sent before the whole batch is done.
const FLUSH_AFTER: Duration = Duration::from_micros(100);
/// The clock is read after this many calls.
const CALLS_PER_CLOCK: u32 = 8;
/// Calls that were held back and need a task of their own, before these have their turn.
const RELEASED_AT_ONCE: usize = 16;
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

struct State {
    core: ServerConnection,
    input: ReceiveBuffer,
    socket: Socket,
    calls: Calls,
    /// Calls that are to get a task of their own when the leader has handled what there is. Before
    /// that nobody else could run them: tokio keeps what was spawned last for the thread that did.
    deferred: Vec<Deferred>,
    /// Calls that begin when the client has taken more of its answers.
    held: VecDeque<Call>,
    /// The number of the task that leads. It rises with each takeover.
    leader: u64,
    /// The handler that runs in the leader's task now.
    in_place: Option<(u64, usize)>,
    /// Answers were given by other tasks, and the leader has let the others go first.
    gathered: bool,
    killed: bool,
    _memory: Share,
}

/// A call that is to get a task of its own.
pub(super) struct Deferred {
    pub(super) call: Call,
    /// Whether its handler has made a step.
    pub(super) begun: bool,
}

/// Why a leader stopped handling events.
enum Stopped {
    /// Everything has been handled.
    Drained,
    /// The peer does not read: nothing is handled until it does.
    BackedUp,
    /// It is somebody else's turn.
    TurnOver,
    /// Another task leads now.
    Relieved,
    /// The connection is over.
    Over,
}

impl State {
    /// Keeps a call until there is room for its answer.
    fn hold(&mut self, call: Call) {
        let State { core, calls, held, .. } = self;
        if held.len() >= core.live_calls() {
            // Some have been cancelled meanwhile.
            let (waiting, over) = held.drain(..).partition(|call| calls.is_running(call.stream));
            *held = waiting;
            VecDeque::into_iter(over).for_each(discard);
        }
        held.push_back(call);
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

    /// Serves until the connection ends or another task leads.
    pub(super) async fn lead(self: Arc<Self>, leader: u64) {
        let leading = Leading { connection: &self, leader };
        let ended = std::future::poll_fn(|cx| self.poll_lead(leader, cx)).await;
        if ended {
            leading.end_calls();
            let linger = std::future::poll_fn(|cx| self.poll_close(cx));
            // Best effort: the peer is to read our last words before a reset can outrun them.
            let _ = tokio::time::timeout(Duration::from_secs(1), linger).await;
        }
    }

    fn poll_lead(self: &Arc<Self>, leader: u64, cx: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.lock();
        if state.leader != leader {
            return Poll::Ready(false);
        }
        if self.tasks.load(Ordering::Relaxed) > 0
            && !state.gathered
            && !state.core.output().is_empty()
        {
            // Woken by an answer: others may be about to come, and one write serves them all.
            state.gathered = true;
            state.socket.let_others_go_first(cx);
            return Poll::Pending;
        }
        state.gathered = false;
        state.socket.driven_by(cx);
        // What a leader has left behind that was relieved.
        self.spawn_deferred(&mut state);
        read_buffer::lend(&mut state.input);
        let began = Instant::now();
        let mut now = began;
        loop {
            let stopped;
            (state, stopped) = self.handle_events(state, leader, began, now);
            self.spawn_deferred(&mut state);
            if let Stopped::Relieved = stopped {
                state.socket.wake();
                return Poll::Ready(false);
            }
            let State { core, socket, calls, .. } = &mut *state;
            let written = socket.write(core, cx);
            calls.tell_room(core);
            let over = matches!(stopped, Stopped::Over) || state.killed || state.core.is_drained();
            if over || written.is_err() {
                read_buffer::take_back(&mut state.input);
                return Poll::Ready(true);
            }
            match stopped {
                Stopped::TurnOver => {
                    cx.waker().wake_by_ref();
                    break;
                }
                Stopped::BackedUp if state.core.is_backed_up() => break,
                Stopped::BackedUp => continue,
                // What was written has made room. Those that were just released go first.
                _ if !state.held.is_empty() && !state.core.is_full() && self.may_lend() => {
                    cx.waker().wake_by_ref();
                    break;
                }
                _ => {}
            }
            let State { input, socket, .. } = &mut *state;
            match socket.read(input, cx) {
                Poll::Ready(Ok(0)) | Poll::Ready(Err(_)) => {
                    read_buffer::take_back(&mut state.input);
                    return Poll::Ready(true);
                }
                Poll::Ready(Ok(_)) => now = Instant::now(),
                Poll::Pending => break,
            }
        }
        let State { core, socket, .. } = &mut *state;
        if socket.poll_timer(core, cx).is_ready() {
            cx.waker().wake_by_ref();
        }
        read_buffer::take_back(&mut state.input);
        Poll::Pending
    }

    /// Handles all that has been read, within a turn.
    fn handle_events<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State>,
        leader: u64,
        began: Instant,
        mut now: Instant,
    ) -> (MutexGuard<'a, State>, Stopped) {
        let methods = &self.server.methods;
        let mut flushed = now;
        let mut calls = 0;
        let mut watch = None;
        if state.core.poll_timeout().is_some_and(|at| at <= now)
            && let Err(error) = state.core.handle_timeout(now)
        {
            tracing::debug!(peer = %self.peer, %error, "connection ended");
            return (state, Stopped::Over);
        }
        loop {
            let State { core, input, calls: all, held, deferred, .. } = &mut *state;
            if core.is_backed_up() {
                // Nobody reads the answers, but a deadline still holds.
                while let Some((stream, _)) = core.next_cancelled() {
                    all.cancel(stream);
                }
                return (state, Stopped::BackedUp);
            }
            let wait = core.is_full() || deferred.len() >= RELEASED_AT_ONCE || !self.may_lend();
            let next = if wait { None } else { held.pop_front() };
            let mut call = match next {
                Some(call) if !all.is_running(call.stream) => {
                    discard(call);
                    continue;
                }
                Some(call) => call,
                None => {
                    let event = match core.next_event(input, now) {
                        Ok(Some(event)) => event,
                        Ok(None) => return (state, Stopped::Drained),
                        Err(error) => {
                            tracing::debug!(peer = %self.peer, %error, "connection failed");
                            return (state, Stopped::Over);
                        }
                    };
                    let Some(call) = all.receive(event, core, self) else { continue };
                    if core.is_full() {
                        state.hold(call);
                        continue;
                    }
                    call
                }
            };
            let method = methods.method(call.method);
            // A handler that reads a stream would only wait: its first message is not here yet.
            let reads = matches!(method.kind, Kind::Streaming { takes_stream: true, .. });
            if reads || method.pace.is_slow() {
                state.deferred.push(Deferred { call, begun: false });
                continue;
            }
            let mut cx = Context::from_waker(Waker::noop());
            let watched = self.server.has_relief.then(|| {
                let watch = &**watch.get_or_insert_with(|| sentinel::lead(self));
                (watch, watch.next_run())
            });
            if let Some((_, run)) = watched {
                state.in_place = Some((run, call.method));
            }
            // A handler may do anything, such as shut its own server down.
            drop(state);
            let outcome = match watched {
                Some((watch, run)) => watch.over(run, || step(&mut *call.run, &mut cx)),
                None => step(&mut *call.run, &mut cx),
            };
            state = self.lock();
            // After a takeover it is another leader's.
            state.in_place.take_if(|(running, _)| watched.is_some_and(|(_, run)| *running == run));
            let slow_method = call.method;
            match outcome {
                Poll::Ready(outcome) => {
                    let State { core, calls, .. } = &mut *state;
                    let sending = self.server.sending;
                    if let Some(large) = calls.answer(call, outcome, core, sending) {
                        drop(state);
                        let compressed = large.compress();
                        state = self.lock();
                        let State { core, calls, .. } = &mut *state;
                        calls.answer_compressed(compressed, core);
                    }
                }
                Poll::Pending => state.deferred.push(Deferred { call, begun: true }),
            }
            if state.leader != leader {
                return (state, Stopped::Relieved);
            }
            calls += 1;
            if calls % CALLS_PER_CLOCK == 0 {
                let before = std::mem::replace(&mut now, Instant::now());
                if now - before > SLOW * CALLS_PER_CLOCK {
                    methods.method(slow_method).pace.was_slow();
                }
                if now - began > TURN {
                    return (state, Stopped::TurnOver);
                }
                if now - flushed > FLUSH_AFTER {
                    flushed = now;
                    let State { core, socket, .. } = &mut *state;
                    socket.write_now(core);
                }
            }
        }
    }

    /// Gives each call that needs one a task of its own.
    fn spawn_deferred(self: &Arc<Self>, state: &mut State) {
        let State { deferred, calls, .. } = state;
        if deferred.is_empty() {
            return;
        }
        for deferred in deferred.drain(..) {
            let stream = deferred.call.stream;
            if !calls.is_running(stream) {
                // Cancelled while its first step ran or since.
                discard(deferred.call);
                continue;
            }
            let handle = self.server.runtime.spawn(Task::new(Arc::clone(self), deferred));
            calls.set_task(stream, handle.abort_handle());
        }
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

    /// A call that was lent has come back from its first step, or will not make it. Takes no lock
    /// that somebody holds: it may be the one who drops it.
    pub(super) fn returned(&self) {
        self.lent.fetch_sub(1, Ordering::Relaxed);
        if let Ok(mut state) = self.state.try_lock()
            && !state.held.is_empty()
        {
            state.socket.wake();
        }
    }

    fn may_lend(&self) -> bool {
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

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        let State { core, socket, .. } = &mut *state;
        socket.poll_close(core, cx)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic inside would be a bug of ours; the other calls need not suffer for it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leads a connection: when that ends, and nobody has taken over, so does the connection, be it
/// that its runtime shuts down.
struct Leading<'a> {
    connection: &'a Arc<Connection>,
    leader: u64,
}

impl Leading<'_> {
    fn end_calls(&self) -> bool {
        let mut state = self.connection.lock();
        if state.leader != self.leader {
            return false;
        }
        state.calls.cancel_all();
        state.deferred.drain(..).for_each(|deferred| discard(deferred.call));
        state.held.drain(..).for_each(discard);
        true
    }
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        if self.end_calls() {
            self.connection.server.connections.remove(self.connection.number);
        }
    }
}
