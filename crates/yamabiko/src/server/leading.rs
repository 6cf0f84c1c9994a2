//! The task that leads a connection of a server on tokio: it reads what is
//! there, handles all of it and writes all answers in one go, within a turn.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::calls::discard;
use super::connection::{Connection, Deferred, SLOW, State};
use super::sentinel;
use super::task::Task;
use crate::read_buffer;
use crate::service::Kind;
use crate::step::step;

/// How long a leader goes on before its neighbours on the thread have their turn.
const TURN: Duration = Duration::from_micros(500);
/// When answers are sent before the whole batch is done.
const FLUSH_AFTER: Duration = Duration::from_micros(100);
/// The clock is read after this many calls.
const CALLS_PER_CLOCK: u32 = 8;
/// Calls that were held back and need a task of their own, before these have their turn.
const RELEASED_AT_ONCE: usize = 16;

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

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        let State { core, socket, .. } = &mut *state;
        socket.poll_close(core, cx)
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
