//! One connection of a server on tokio.
//!
//! A task, the leader, reads what is there, handles all of it and writes all
//! answers in one go. The lock is released while a handler runs, so that
//! another leader can take over when one does not return.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use yamabiko_core::ReceiveBuffer;
use yamabiko_core::grpc::server::ServerConnection;

use super::calls::{Call, Calls, step};
use super::{Peer, Shared, sentinel};
use crate::read_buffer;
use crate::socket::Socket;

/// How long a leader goes on before its neighbours on the thread have their turn.
const TURN: Duration = Duration::from_micros(500);
/// When answers are sent before the whole batch is done.
const FLUSH_AFTER: Duration = Duration::from_micros(30);
/// The clock is read after this many calls.
const CALLS_PER_CLOCK: u32 = 8;
/// A handler that takes longer gets a task of its own the next time.
const SLOW: Duration = Duration::from_micros(100);

/// A connection of a server.
pub(super) struct Connection {
    pub(super) number: u64,
    peer: Peer,
    server: Arc<Shared>,
    state: Mutex<State>,
}

struct State {
    core: ServerConnection,
    input: ReceiveBuffer,
    socket: Socket,
    calls: Calls,
    /// The number of the task that leads. It rises with each takeover.
    leader: u64,
    /// The handler that runs in the leader's task now.
    in_place: Option<(u64, usize)>,
    /// Answers were given by other tasks, and the leader has let the others go first.
    gathered: bool,
    killed: bool,
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

impl Connection {
    pub(super) fn new(
        socket: TcpStream,
        peer: Peer,
        number: u64,
        server: Arc<Shared>,
    ) -> Arc<Self> {
        let core = ServerConnection::new(server.config.clone(), server.limits, Instant::now());
        let state = State {
            core,
            input: ReceiveBuffer::new(),
            socket: Socket::new(socket),
            calls: Calls::default(),
            leader: 0,
            in_place: None,
            gathered: false,
            killed: false,
        };
        Arc::new(Connection { number, peer, server, state: Mutex::new(state) })
    }

    /// Serves until the connection ends or another task leads.
    pub(super) async fn lead(self: Arc<Self>, leader: u64) {
        let ended = std::future::poll_fn(|cx| self.poll_lead(leader, cx)).await;
        if ended {
            self.lock().calls.cancel_all();
            self.server.connections.remove(self.number);
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
        if state.calls.tasks > 0 && !state.gathered && state.core.output().len() > 0 {
            // Woken by an answer: others may be about to come, and one write serves them all.
            state.gathered = true;
            state.socket.let_others_go_first(cx);
            return Poll::Pending;
        }
        state.gathered = false;
        state.socket.driven_by(cx);
        read_buffer::lend(&mut state.input);
        let began = Instant::now();
        loop {
            let stopped;
            (state, stopped) = self.handle_events(state, leader, began);
            if let Stopped::Relieved = stopped {
                state.socket.wake();
                return Poll::Ready(false);
            }
            let State { core, socket, .. } = &mut *state;
            let written = socket.write(core, cx);
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
                _ => {}
            }
            let State { input, socket, .. } = &mut *state;
            match socket.read(input, cx) {
                Poll::Ready(Ok(0)) | Poll::Ready(Err(_)) => {
                    read_buffer::take_back(&mut state.input);
                    return Poll::Ready(true);
                }
                Poll::Ready(Ok(_)) => {}
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
    ) -> (MutexGuard<'a, State>, Stopped) {
        let methods = &self.server.methods;
        let mut now = Instant::now();
        let mut flushed = now;
        let mut calls = 0;
        let mut leads = false;
        if state.core.poll_timeout().is_some_and(|at| at <= now)
            && state.core.handle_timeout(now).is_err()
        {
            return (state, Stopped::Over);
        }
        loop {
            let State { core, input, calls: all, .. } = &mut *state;
            if core.is_backed_up() {
                return (state, Stopped::BackedUp);
            }
            let event = match core.next_event(input, now) {
                Ok(Some(event)) => event,
                Ok(None) => return (state, Stopped::Drained),
                Err(error) => {
                    tracing::debug!(peer = %self.peer.address, %error, "connection failed");
                    return (state, Stopped::Over);
                }
            };
            let Some(mut call) = all.receive(event, core, methods, &self.peer) else { continue };
            if methods.method(call.method).pace.is_slow() {
                self.spawn(&mut state, call);
                continue;
            }
            let mut cx = Context::from_waker(Waker::noop());
            let outcome = if self.server.has_relief {
                if !leads {
                    sentinel::lead(self);
                    leads = true;
                }
                let run = sentinel::next_run();
                state.in_place = Some((run, call.method));
                drop(state);
                let outcome = sentinel::watch(|| step(&mut call.run, &mut cx), run);
                state = self.lock();
                state.in_place = None;
                outcome
            } else {
                step(&mut call.run, &mut cx)
            };
            let slow_method = call.method;
            match outcome {
                Poll::Ready(outcome) => {
                    let State { core, calls, .. } = &mut *state;
                    calls.answer(call, outcome, core);
                }
                Poll::Pending => self.spawn(&mut state, call),
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

    /// Gives a call a task of its own.
    fn spawn(self: &Arc<Self>, state: &mut State, call: Call) {
        state.calls.tasks += 1;
        let stream = call.stream;
        let task = Task { connection: Arc::clone(self), call: Some(call) };
        let handle = self.server.runtime.spawn(task);
        state.calls.set_task(stream, handle.abort_handle());
    }

    /// Another task leads from now on, if the leader's handler is still the one of this `run`.
    pub(super) fn take_over(self: &Arc<Self>, run: u64) {
        let mut state = self.lock();
        let Some((_, method)) = state.in_place.take_if(|(running, _)| *running == run) else {
            return;
        };
        self.server.methods.method(method).pace.was_slow();
        state.leader += 1;
        self.server.runtime.spawn(Arc::clone(self).lead(state.leader));
    }

    /// Begins to leave: what the client has sent until it hears of it is still answered.
    pub(super) fn shut_down(&self) {
        let mut state = self.lock();
        state.core.shut_down();
        state.socket.wake();
    }

    /// Ends the connection and its calls at once.
    pub(super) fn kill(&self) {
        let mut state = self.lock();
        state.killed = true;
        state.socket.wake();
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

/// A call that runs in a task of its own.
struct Task {
    connection: Arc<Connection>,
    call: Option<Call>,
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let task = &mut *self;
        let Some(call) = &mut task.call else { return Poll::Ready(()) };
        let server = &task.connection.server;
        let began = Instant::now();
        let outcome = if server.has_relief {
            sentinel::follow(&server.runtime);
            sentinel::watch(|| step(&mut call.run, cx), sentinel::next_run())
        } else {
            step(&mut call.run, cx)
        };
        let pace = &server.methods.method(call.method).pace;
        if began.elapsed() > SLOW {
            pace.was_slow()
        } else {
            pace.was_quick()
        }
        let Poll::Ready(outcome) = outcome else { return Poll::Pending };
        if let Some(call) = task.call.take() {
            let mut state = task.connection.lock();
            let State { core, calls, .. } = &mut *state;
            calls.answer(call, outcome, core);
            state.socket.wake();
        }
        Poll::Ready(())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // Whether it has ended or was aborted. An abort drops the handler here, in its task.
        self.call = None;
        self.connection.lock().calls.tasks -= 1;
    }
}
