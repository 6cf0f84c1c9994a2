//! One connection of a server on plain threads: read, parsed, flushed, closed,
//! each by whichever thread has the occasion, under its lock.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use yamabiko_core::ReceiveBuffer;
use yamabiko_core::grpc::Status;
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::h2::StreamKey;

use super::call::Call;
use super::calls::{Calls, WhenCancelled};
use super::queue::{Admitted, Job};
use super::shared::{Shared, lock};
use super::socket::{Came, Socket};
use super::worker;
use crate::compression::Incoming;
use crate::memory::Share;
use crate::options::for_connection;
use crate::stream::serving::Wires;
use crate::{CutCall, Peer, read_buffer};

/// What is read from a connection before the others have their turn.
const READS_PER_TURN: usize = 4;
/// Bytes of requests that wait for a worker, at which nothing more is read from their connection.
const MAX_WAITING: usize = 16 * 1024 * 1024;
/// When messages of a stream are sent although their handler goes on.
const FLUSH_AFTER: Duration = Duration::from_micros(100);
/// How long a connection that is over waits for its peer to read our last words.
const LINGER: Duration = Duration::from_secs(1);

/// A connection of a server.
pub(super) struct Connection {
    pub(super) token: usize,
    pub(super) peer: Arc<Peer>,
    pub(super) server: Arc<Shared>,
    /// Bytes of requests that wait for a worker.
    waiting: AtomicUsize,
    state: Mutex<State>,
}

struct State {
    core: ServerConnection,
    input: ReceiveBuffer,
    socket: Socket,
    calls: Calls,
    /// Calls that begin when the client has taken more of its answers.
    held: Vec<Job>,
    stage: Stage,
    /// It is in the server's list of those that have something to send.
    dirty: bool,
    /// When the first message of a stream was put out that may not have left.
    streamed: Instant,
    /// The earliest entry among the timers.
    timer: Option<Instant>,
    _memory: Share,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// Over, but the peer is to read our last words before a reset can outrun them.
    Lingering(Instant),
    Closed,
}

/// What a leader has found and does when it has let go of the locks.
#[derive(Default)]
pub(super) struct Found {
    pub(super) jobs: Vec<Job>,
    pub(super) cancelled: Vec<WhenCancelled>,
}

/// Why a turn ended.
#[derive(PartialEq, Eq)]
enum Turn {
    /// Nothing is left to do until something comes.
    Done,
    /// There is more to read.
    Again,
    /// The connection is over.
    Over,
}

impl Connection {
    pub(super) fn new(
        socket: Socket,
        peer: Arc<Peer>,
        token: usize,
        server: Arc<Shared>,
    ) -> Arc<Self> {
        let settings = &server.settings;
        let core = ServerConnection::new(
            for_connection(&settings.config),
            settings.limits,
            Instant::now(),
        );
        let state = State {
            core,
            input: ReceiveBuffer::new(),
            socket,
            calls: Calls::default(),
            held: Vec::new(),
            stage: Stage::Open,
            dirty: false,
            streamed: Instant::now(),
            timer: None,
            _memory: Share,
        };
        let waiting = AtomicUsize::new(0);
        Arc::new(Connection { token, peer, server, waiting, state: Mutex::new(state) })
    }

    /// Reads and parses what is there, as the leader.
    pub(super) fn turn(self: &Arc<Self>, came: Came, now: Instant, found: &mut Found) {
        let mut guard = self.lock();
        let state = &mut *guard;
        state.socket.came(came);
        if state.timer.is_some_and(|at| at <= now) {
            state.timer = None;
        }
        match state.stage {
            Stage::Closed => return,
            Stage::Lingering(_) => return self.linger(state, now),
            Stage::Open => {}
        }
        read_buffer::lend(&mut state.input);
        let turn = self.read_and_parse(state, now, found);
        read_buffer::take_back(&mut state.input);
        match turn {
            Turn::Over => self.close(state, now, &mut found.cancelled),
            Turn::Again => self.server.look_again(self),
            Turn::Done => {}
        }
        if state.has_room_again() {
            found.jobs.append(&mut state.held);
        }
        if state.stage == Stage::Open && state.socket.has_output(&state.core) {
            self.mark_dirty(state);
        }
        self.arm(state);
    }

    fn read_and_parse(
        self: &Arc<Self>,
        state: &mut State,
        now: Instant,
        found: &mut Found,
    ) -> Turn {
        if state.core.poll_timeout().is_some_and(|at| at <= now)
            && let Err(error) = state.core.handle_timeout(now)
        {
            tracing::debug!(peer = %self.peer, %error, "connection ended");
            return Turn::Over;
        }
        let mut reads = 0;
        loop {
            match self.parse(state, now, found) {
                Parsed::All => {}
                Parsed::Failed => return Turn::Over,
                Parsed::BackedUp => {
                    if state.write().is_err() {
                        return Turn::Over;
                    }
                    if state.core.is_backed_up() {
                        return Turn::Done;
                    }
                    continue;
                }
                // Whoever takes the requests has us look again.
                Parsed::ManyWaiting => return Turn::Done,
            }
            if !state.socket.is_readable() {
                return Turn::Done;
            }
            if reads == READS_PER_TURN {
                return Turn::Again;
            }
            reads += 1;
            let State { socket, input, .. } = &mut *state;
            if !matches!(socket.read(input), Ok(true)) {
                return Turn::Over;
            }
        }
    }

    /// Takes all events of what has been read.
    fn parse(self: &Arc<Self>, state: &mut State, now: Instant, found: &mut Found) -> Parsed {
        let State { core, input, calls, .. } = state;
        loop {
            if core.is_backed_up() {
                // Nobody reads the answers, but a deadline still holds.
                while let Some((stream, _)) = core.next_cancelled() {
                    calls.cancel(stream, &mut found.cancelled);
                }
                return Parsed::BackedUp;
            }
            if self.waiting.load(Ordering::Relaxed) > MAX_WAITING {
                core.stopped_reading(now);
                return Parsed::ManyWaiting;
            }
            let event = match core.next_event(input, now) {
                Ok(Some(event)) => event,
                Ok(None) => {
                    calls.tell_room(core);
                    return Parsed::All;
                }
                Err(error) => {
                    tracing::debug!(peer = %self.peer, %error, "connection failed");
                    return Parsed::Failed;
                }
            };
            let received = calls.receive(event, core, &self.server, &mut found.cancelled);
            let Some(complete) = received else { continue };
            if !self.server.admit() {
                calls.answered(complete.stream);
                let status = Status::resource_exhausted("Concurrent RPC limit exceeded!");
                core.finish(complete.stream, &status);
                continue;
            }
            let length = complete.request.as_ref().map_or(0, Incoming::len);
            self.waiting.fetch_add(length, Ordering::Relaxed);
            let place = complete.place;
            let (call, request) = Call::new(Arc::clone(self), complete);
            found.jobs.push(Job { call, request, counted: length, place });
        }
    }

    /// A worker has taken a request of so many bytes.
    pub(super) fn taken(self: &Arc<Self>, bytes: usize) {
        let before = self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        if before > MAX_WAITING && before - bytes <= MAX_WAITING {
            self.server.look_again(self);
            self.server.wake_leader();
        }
    }

    /// Writes what there is to send, and closes the connection if it is over.
    pub(super) fn flush(self: &Arc<Self>) {
        let mut cancelled = Vec::new();
        let mut guard = self.lock();
        let state = &mut *guard;
        state.dirty = false;
        if state.stage != Stage::Open {
            return;
        }
        let backed_up = state.core.is_backed_up();
        let written = state.write();
        let drained = state.core.is_drained() && state.core.output().is_empty();
        if written.is_err() || drained {
            self.close(state, Instant::now(), &mut cancelled);
            self.arm(state);
            self.server.wake_leader();
        } else if backed_up && !state.core.is_backed_up() || state.has_room_again() {
            self.server.look_again(self);
            self.server.wake_leader();
        } else if !state.core.output().is_empty() && self.arm(state) {
            // The socket is full: somebody has to notice when it stays so.
            self.server.wake_leader();
        }
        drop(guard);
        cancelled.into_iter().for_each(|action| action());
    }

    /// Answers a call: `answer` gives the commands. False if nobody waits for it any more.
    pub(super) fn answer(
        self: &Arc<Self>,
        stream: StreamKey,
        answer: impl FnOnce(&mut ServerConnection),
    ) -> bool {
        let mut state = self.lock();
        let wanted = state.calls.answered(stream);
        if wanted.is_some() {
            answer(&mut state.core);
            self.mark_dirty(&mut state);
        }
        drop(state);
        wanted.is_some()
    }

    /// Gives commands for a call that goes on. None if nobody waits for its answer any more.
    pub(super) fn command<T>(
        self: &Arc<Self>,
        stream: StreamKey,
        command: impl FnOnce(&mut ServerConnection) -> T,
    ) -> Option<T> {
        let mut state = self.lock();
        let outcome = state.calls.is_running(stream).then(|| command(&mut state.core));
        if outcome.is_some() {
            self.mark_dirty(&mut state);
        }
        outcome
    }

    /// Whether a job may run, or has to wait until the client has taken more of its answers.
    pub(super) fn admit(self: &Arc<Self>, mut job: Job) -> Admitted {
        let mut state = self.lock();
        let State { core, calls, held, .. } = &mut *state;
        if !calls.is_running(job.call.stream()) {
            return Admitted::Over(job);
        }
        if !core.is_full() {
            return Admitted::Run(job);
        }
        let mut over = Vec::new();
        if held.len() >= core.live_calls() {
            // Some have been cancelled meanwhile.
            let all = std::mem::take(held).into_iter();
            (*held, over) = all.partition(|job| calls.is_running(job.call.stream()));
        }
        // It waits for the client now, and what the client says of its windows has to be read.
        self.taken(std::mem::take(&mut job.counted));
        held.push(job);
        Admitted::Held(over)
    }

    /// What a handler that streams messages does with its connection. What it puts out leaves when
    /// its thread waits, when a while has passed, or when nobody gets on.
    pub(super) fn with_wires<T>(
        self: &Arc<Self>,
        stream: StreamKey,
        action: impl FnOnce(&mut ServerConnection, Option<&mut Wires>) -> T,
    ) -> T {
        let mut guard = self.lock();
        let state = &mut *guard;
        let before = state.core.output().len();
        let outcome = action(&mut state.core, state.calls.wires(stream));
        if state.core.output().len() > before {
            let now = Instant::now();
            if !state.dirty {
                state.streamed = now;
            }
            self.mark_dirty(state);
            if now - state.streamed > FLUSH_AFTER || !worker::works_for(&self.server) {
                drop(guard);
                self.server.flush();
            }
        }
        outcome
    }

    pub(super) fn is_running(&self, stream: StreamKey) -> bool {
        self.lock().calls.is_running(stream)
    }

    pub(super) fn when_cancelled(&self, stream: StreamKey, action: WhenCancelled) -> bool {
        self.lock().calls.when_cancelled(stream, action)
    }

    /// Begins to leave: what the client has sent until it hears of it is still answered.
    pub(super) fn shut_down(self: &Arc<Self>) {
        self.lock().core.shut_down();
        self.flush();
        self.server.look_again(self);
    }

    /// Ends the connection and its calls at once.
    pub(super) fn cut(self: &Arc<Self>) {
        let mut cancelled = Vec::new();
        let mut state = self.lock();
        if state.stage == Stage::Open {
            // What has been answered may still leave.
            let _ = state.write();
            state.cancel_all(&mut cancelled);
        }
        self.end(&mut state);
        drop(state);
        cancelled.into_iter().for_each(|action| action());
    }

    /// The calls that have no answer.
    pub(super) fn unanswered(&self) -> Vec<CutCall> {
        let state = self.lock();
        let cut = state.calls.unanswered();
        cut.map(|method| CutCall { method, peer: Arc::clone(&self.peer) }).collect()
    }

    /// How many calls have no answer yet.
    pub(super) fn live_calls(&self) -> usize {
        self.lock().core.live_calls()
    }

    /// Lets go of the socket without telling anybody, as far as nobody is in the way.
    pub(super) fn abandon(&self) {
        if let Ok(mut state) = self.state.try_lock() {
            drop(state.socket.take());
        }
    }

    fn mark_dirty(self: &Arc<Self>, state: &mut State) {
        if !state.dirty {
            state.dirty = true;
            // Within the lock: whoever finds it marked may rely on its being listed.
            lock(&self.server.dirty).push(Arc::clone(self));
        }
    }

    /// Sees that the connection is looked at when its time comes. Whether that is earlier than it
    /// was.
    fn arm(&self, state: &mut State) -> bool {
        let at = match state.stage {
            Stage::Open => state.core.poll_timeout(),
            Stage::Lingering(until) => Some(until),
            Stage::Closed => None,
        };
        let earlier = at.filter(|at| state.timer.is_none_or(|earliest| *at < earliest));
        if let Some(at) = earlier {
            state.timer = Some(at);
            self.server.timers.add(at, self.token);
        }
        earlier.is_some()
    }

    /// The connection is over: its calls end, its last words leave.
    fn close(&self, state: &mut State, now: Instant, cancelled: &mut Vec<WhenCancelled>) {
        state.cancel_all(cancelled);
        state.stage = Stage::Lingering(now + LINGER);
        self.linger(state, now);
    }

    fn linger(&self, state: &mut State, now: Instant) {
        let Stage::Lingering(until) = state.stage else { return };
        let State { core, socket, .. } = &mut *state;
        match socket.close(core) {
            Ok(false) if now < until => {
                self.arm(state);
            }
            _ => self.end(state),
        }
    }

    fn end(&self, state: &mut State) {
        state.stage = Stage::Closed;
        if let Some(mut socket) = state.socket.take() {
            let _ = self.server.registry.deregister(&mut socket);
            drop(socket);
            self.server.remove(self.token);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// How far parsing got.
enum Parsed {
    All,
    /// The peer does not read: nothing is handled until it does.
    BackedUp,
    /// Requests wait for workers: nothing more is taken until some are served.
    ManyWaiting,
    /// The peer has broken a rule of the connection.
    Failed,
}

impl State {
    /// Whether calls that were held back may begin.
    fn has_room_again(&self) -> bool {
        !self.held.is_empty() && !self.core.is_full()
    }

    fn cancel_all(&mut self, cancelled: &mut Vec<WhenCancelled>) {
        self.calls.cancel_all(cancelled);
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            // Their end asks for the lock.
            cancelled.push(Box::new(|| held.into_iter().for_each(Job::discard)));
        }
    }

    /// Writes what the socket takes.
    fn write(&mut self) -> io::Result<()> {
        let State { core, socket, calls, .. } = self;
        let written = socket.write(core);
        calls.tell_room(core);
        written
    }
}
