//! One connection of a channel on tokio.
//!
//! Callers put their requests into it themselves. A task reads responses,
//! wakes the callers, and writes what many callers have put in; a caller that
//! is alone writes its request itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::runtime::Handle;
use yamabiko_core::ReceiveBuffer;
use yamabiko_core::grpc::client::{CallOptions, ClientConnection};
use yamabiko_core::grpc::{MessageLimits, Metadata, Origin, Status, Target};
use yamabiko_core::h2::{CannotOpen, Config};

use crate::answers::{Answer, Answers, CallKey, End};
use crate::memory::Share;
use crate::options::Calmed;
use crate::read_buffer;
use crate::socket::Socket;

/// How long the task goes on before its neighbours on the thread have their turn.
const TURN: Duration = Duration::from_millis(1);
/// The clock is read after this many events.
const EVENTS_PER_CLOCK: u32 = 64;

/// A connection of a channel.
pub(super) struct Connection {
    address: String,
    /// Cleared when it takes no new calls.
    open: AtomicBool,
    /// Whether a lone call may be waited for awake: no other thread of the runtime is kept from
    /// sleeping, which would be woken by the very bytes that are waited for.
    may_spin: bool,
    calmed: Calmed,
    state: Mutex<State>,
}

/// What a call begins with.
pub(super) struct Start<'a> {
    pub(super) path: &'a str,
    pub(super) timeout: Option<Duration>,
    pub(super) metadata: &'a Metadata,
    /// The request with its prefix, if it is one message.
    pub(super) message: Option<&'a Bytes>,
    /// Whether its responses are read as a stream, be it of one.
    pub(super) is_stream: bool,
    pub(super) options: CallOptions,
}

struct State {
    core: ClientConnection,
    input: ReceiveBuffer,
    socket: Socket,
    answers: Answers,
    /// Callers have written, and the task has let the others go first.
    gathered: bool,
    progress: Progress,
    _memory: Share,
}

/// How far the connection has come.
enum Progress {
    /// The server's SETTINGS have not come. Who waits for them is woken.
    Opening(Option<Waker>),
    Open,
    /// It has ended, and why.
    Ended(String),
}

impl Connection {
    pub(super) fn new(
        socket: Socket,
        address: String,
        mut config: Config,
        limits: MessageLimits,
        target: Target,
        calmed: &Calmed,
    ) -> Arc<Self> {
        config.gathers = socket.gathers();
        let state = State {
            core: ClientConnection::new(config, limits, target, Instant::now()),
            input: ReceiveBuffer::new(),
            socket,
            answers: Answers::default(),
            gathered: false,
            progress: Progress::Opening(None),
            _memory: Share,
        };
        let may_spin = Handle::current().metrics().num_workers() == 1;
        let (open, state) = (AtomicBool::new(true), Mutex::new(state));
        let calmed = calmed.clone();
        Arc::new(Connection { address, open, may_spin, calmed, state })
    }

    pub(super) fn takes_calls(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Waits until the server has shown that it speaks HTTP/2.
    ///
    /// # Errors
    /// Why there is no connection.
    pub(super) async fn opened(&self) -> Result<(), String> {
        std::future::poll_fn(|cx| {
            let mut state = self.lock();
            match &mut state.progress {
                Progress::Ended(reason) => Poll::Ready(Err(reason.clone())),
                Progress::Open if self.takes_calls() => Poll::Ready(Ok(())),
                Progress::Open => Poll::Ready(Err("the server is leaving".to_owned())),
                Progress::Opening(waiting) => {
                    *waiting = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Takes no more calls and closes when the last one has ended.
    pub(super) fn leave(&self) {
        self.open.store(false, Ordering::Relaxed);
        let mut state = self.lock();
        state.core.shut_down();
        state.socket.wake();
    }

    /// Begins a call. A connection that is full gives a ticket, and wakes the caller when it may
    /// try again.
    pub(super) fn start(
        &self,
        call: &Start<'_>,
        ticket: &mut Option<u64>,
        cx: &Context<'_>,
    ) -> Result<CallKey, CannotOpen> {
        let mut state = self.lock();
        let State { core, answers, socket, .. } = &mut *state;
        if !self.takes_calls() {
            return Err(CannotOpen::Closed);
        }
        let Start { path, timeout, metadata, options, .. } = *call;
        let stream = match core.open_with(path, timeout, metadata, options) {
            Ok(stream) => stream,
            Err(CannotOpen::Full) => {
                answers.wait_outside(*ticket.get_or_insert_with(next_ticket), cx.waker());
                return Err(CannotOpen::Full);
            }
            Err(CannotOpen::Closed) => {
                // It may have run out of stream identifiers: then it closes behind its last call.
                self.open.store(false, Ordering::Relaxed);
                core.shut_down();
                socket.wake();
                return Err(CannotOpen::Closed);
            }
            Err(too_large) => return Err(too_large),
        };
        if let Some(message) = call.message {
            // A stream that has just been opened takes its message.
            let _ = core.send_shared(stream, message, true);
        }
        *ticket = None;
        let key = if call.is_stream {
            core.read_on_demand(stream);
            answers.expect_stream(stream, false)
        } else {
            answers.expect(stream, cx.waker(), false)
        };
        if core.live_calls() == 1 {
            // Nobody else is about to write: the way over the task would only cost time.
            socket.write_now(core);
        }
        if self.may_spin || socket.has_unsent(core) {
            socket.wake();
        }
        Ok(key)
    }

    /// What a streaming call does with its connection.
    pub(super) fn with<T>(
        &self,
        action: impl FnOnce(&mut ClientConnection, &mut Answers) -> T,
    ) -> T {
        let mut state = self.lock();
        let State { core, answers, socket, .. } = &mut *state;
        let before = core.unsent();
        let outcome = action(core, answers);
        if core.unsent() > before {
            socket.wake();
        }
        outcome
    }

    /// Gives up a streaming call, on the wire too, unless it has been given up already.
    pub(super) fn give_up(&self, key: CallKey) {
        if self.lock().answers.stream(key).is_some() {
            self.cancel(key);
        }
    }

    /// The sender of a stream of requests ends its call, on the wire too.
    pub(super) fn fail(&self, key: CallKey, status: Status) {
        let mut woken = Vec::new();
        let mut state = self.lock();
        let State { core, answers, socket, .. } = &mut *state;
        core.cancel(key.stream);
        answers.fail(key, status, &mut woken);
        socket.wake();
        drop(state);
        for waker in woken {
            waker.wake();
        }
    }

    /// Where it is connected to.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The response of a call, once it has ended. Asked for once.
    pub(super) fn poll_answer(&self, key: CallKey, cx: &Context<'_>) -> Poll<(Answer, End)> {
        self.lock().answers.poll(key, cx)
    }

    /// Gives up a call, on the wire too.
    pub(super) fn cancel(&self, key: CallKey) {
        let mut state = self.lock();
        let State { core, answers, socket, .. } = &mut *state;
        core.cancel(key.stream);
        let next = answers.forget(key);
        socket.wake();
        drop(state);
        if let Some(waker) = next {
            waker.wake();
        }
    }

    /// A caller that waited for a place does so no more.
    pub(super) fn stop_waiting(&self, ticket: u64) {
        let next = self.lock().answers.stop_waiting(ticket);
        if let Some(waker) = next {
            waker.wake();
        }
    }

    /// Reads and writes until the connection has ended.
    pub(super) async fn drive(self: Arc<Self>) {
        let mut driving =
            Driving { connection: &self, reason: "its runtime has shut down".to_owned() };
        let mut woken = Vec::new();
        driving.reason = std::future::poll_fn(|cx| {
            let poll = self.poll_drive(cx, &mut woken);
            // Outside the lock, which those who wake want first of all.
            for waker in woken.drain(..) {
                Waker::wake(waker);
            }
            poll
        })
        .await;
        drop(driving);
        let close = std::future::poll_fn(|cx| {
            let mut state = self.lock();
            let State { core, socket, .. } = &mut *state;
            socket.poll_close(core, cx)
        });
        // Best effort: the server is to read our last words before a reset can outrun them.
        let _ = tokio::time::timeout(Duration::from_secs(1), close).await;
    }

    fn poll_drive(&self, cx: &mut Context<'_>, woken: &mut Vec<Waker>) -> Poll<String> {
        let mut state = self.lock();
        if !state.gathered && state.core.live_calls() > 1 && !state.core.output().is_empty() {
            // Woken by a caller: others may be about to call, and one write serves them all.
            state.gathered = true;
            state.socket.let_others_go_first(cx);
            return Poll::Pending;
        }
        state.gathered = false;
        state.socket.driven_by(cx);
        read_buffer::lend(&mut state.input);
        let poll = self.poll_turn(&mut state, cx, woken);
        read_buffer::take_back(&mut state.input);
        poll
    }

    fn poll_turn(
        &self,
        state: &mut State,
        cx: &mut Context<'_>,
        woken: &mut Vec<Waker>,
    ) -> Poll<String> {
        let State { core, input, socket, answers, progress, .. } = state;
        let began = Instant::now();
        let mut now = began;
        loop {
            if core.poll_timeout().is_some_and(|at| at <= now)
                && let Err(error) = core.handle_timeout(now)
            {
                return Poll::Ready(error.to_string());
            }
            let mut events = 0;
            loop {
                match core.next_event(input, now) {
                    Ok(Some(event)) => {
                        // The first thing that a server sends is its SETTINGS.
                        if let Progress::Opening(waiting) = progress {
                            woken.extend(waiting.take());
                            *progress = Progress::Open;
                        }
                        answers.receive(event, woken);
                    }
                    Ok(None) => break,
                    Err(error) => {
                        let _ = socket.write(core, cx);
                        self.calmed.hear(&error);
                        return Poll::Ready(error.to_string());
                    }
                }
                events += 1;
                if events % EVENTS_PER_CLOCK == 0 {
                    now = Instant::now();
                    if now - began > TURN {
                        let _ = socket.write(core, cx);
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
            }
            if core.is_leaving() {
                self.open.store(false, Ordering::Relaxed);
                answers.let_all_in(woken);
            }
            if let Err(error) = socket.write(core, cx) {
                return Poll::Ready(error.to_string());
            }
            answers.tell_room(core, woken);
            if core.is_drained() {
                return Poll::Ready("the connection has been closed".to_owned());
            }
            let mut read = socket.read(input, cx);
            if read.is_pending() && self.may_spin && core.live_calls() == 1 {
                read = socket.read_awake(input, cx);
            }
            match read {
                Poll::Ready(Ok(0)) => return Poll::Ready("the server has closed it".to_owned()),
                Poll::Ready(Ok(_)) => now = Instant::now(),
                Poll::Ready(Err(error)) => return Poll::Ready(error.to_string()),
                Poll::Pending => break,
            }
        }
        if socket.poll_timer(core, cx).is_ready() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Every call that has no status yet gets one.
    fn end(&self, reason: &str) {
        self.open.store(false, Ordering::Relaxed);
        let mut woken = Vec::new();
        let mut state = self.lock();
        state.answers.end_all(|| self.lost(reason), &mut woken);
        let before = std::mem::replace(&mut state.progress, Progress::Ended(reason.to_owned()));
        if let Progress::Opening(waiting) = before {
            woken.extend(waiting);
        }
        drop(state);
        for waker in woken {
            waker.wake();
        }
    }

    fn lost(&self, reason: &str) -> End {
        let message = format!("connection to {} lost: {reason}", self.address);
        let status = Status::unavailable(message).with_origin(Origin::Concluded);
        End { status, unprocessed: false }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic inside would be a bug of ours; the other calls need not suffer for it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drives a connection: when that ends, every call ends with it, be it that the runtime shuts down.
struct Driving<'a> {
    connection: &'a Connection,
    reason: String,
}

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        self.connection.end(&self.reason);
    }
}

fn next_ticket() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
