//! One connection of a server on plain threads: read, parsed, flushed, closed,
//! each by whichever thread has the occasion, under its lock.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use yamabiko_core::ReceiveBuffer;
use yamabiko_core::grpc::Status;
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::h2::StreamKey;

use super::call::Call;
use super::calls::{Calls, WhenCancelled};
use super::queue::Job;
use super::shared::{Shared, lock};
use crate::read_buffer;

/// What is read from a connection before the others have their turn.
const READS_PER_TURN: usize = 4;
/// Bytes of requests that wait for a worker, at which nothing more is read from their connection.
const MAX_WAITING: usize = 16 * 1024 * 1024;
/// How long a connection that is over waits for its peer to read our last words.
const LINGER: Duration = Duration::from_secs(1);

/// A connection of a server.
pub(super) struct Connection {
    pub(super) token: usize,
    pub(super) peer: SocketAddr,
    pub(super) server: Arc<Shared>,
    /// Bytes of requests that wait for a worker.
    waiting: AtomicUsize,
    state: Mutex<State>,
}

struct State {
    core: ServerConnection,
    input: ReceiveBuffer,
    socket: Option<TcpStream>,
    calls: Calls,
    stage: Stage,
    /// The socket may hold something that has not been read.
    readable: bool,
    /// The peer has closed its side: everything is to be read, to the end.
    hung_up: bool,
    /// It is in the server's list of those that have something to send.
    dirty: bool,
    /// The earliest entry among the timers.
    timer: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// Over, but the peer is to read our last words before a reset can outrun them.
    Lingering(Instant),
    Closed,
}

/// What the system says of a socket.
#[derive(Clone, Copy, Default)]
pub(super) struct Came {
    pub(super) readable: bool,
    pub(super) hung_up: bool,
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
        socket: TcpStream,
        peer: SocketAddr,
        token: usize,
        server: Arc<Shared>,
    ) -> Arc<Self> {
        let settings = &server.settings;
        let core = ServerConnection::new(settings.config.clone(), settings.limits, Instant::now());
        let state = State {
            core,
            input: ReceiveBuffer::new(),
            socket: Some(socket),
            calls: Calls::default(),
            stage: Stage::Open,
            readable: true,
            hung_up: false,
            dirty: false,
            timer: None,
        };
        let waiting = AtomicUsize::new(0);
        Arc::new(Connection { token, peer, server, waiting, state: Mutex::new(state) })
    }

    /// Reads and parses what is there, as the leader.
    pub(super) fn turn(self: &Arc<Self>, came: Came, now: Instant, found: &mut Found) {
        let mut guard = self.lock();
        let state = &mut *guard;
        state.readable |= came.readable;
        state.hung_up |= came.hung_up;
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
        if state.stage == Stage::Open && !state.core.output().is_empty() {
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
            && state.core.handle_timeout(now).is_err()
        {
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
            if !state.readable {
                return Turn::Done;
            }
            if reads == READS_PER_TURN {
                return Turn::Again;
            }
            reads += 1;
            let State { input, socket: Some(socket), .. } = state else { return Turn::Over };
            let space = read_buffer::space(input);
            let room = space.len();
            match socket.read(space) {
                Ok(0) => return Turn::Over,
                Ok(count) => {
                    input.filled(count);
                    // A short read has emptied the socket; what comes next is told. Unless the
                    // end has been told already, which is to be read too.
                    state.readable = count == room || state.hung_up;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => state.readable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Turn::Over,
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
                return Parsed::ManyWaiting;
            }
            let event = match core.next_event(input, now) {
                Ok(Some(event)) => event,
                Ok(None) => return Parsed::All,
                Err(error) => {
                    tracing::debug!(peer = %self.peer, %error, "connection failed");
                    return Parsed::Failed;
                }
            };
            let paces = &self.server.paces;
            let Some(complete) = calls.receive(event, core, paces, &mut found.cancelled) else {
                continue;
            };
            if !self.server.admit() {
                calls.answered(complete.stream);
                let status = Status::resource_exhausted("Concurrent RPC limit exceeded!");
                core.finish(complete.stream, &status);
                continue;
            }
            self.waiting.fetch_add(complete.request.len(), Ordering::Relaxed);
            let place = complete.place;
            let (call, request) = Call::new(Arc::clone(self), complete);
            found.jobs.push(Job { call, request, place });
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
        } else if backed_up && !state.core.is_backed_up() {
            self.server.look_again(self);
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
            state.calls.cancel_all(&mut cancelled);
        }
        self.end(&mut state);
        drop(state);
        cancelled.into_iter().for_each(|action| action());
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

    /// Sees that the connection is looked at when its time comes.
    fn arm(&self, state: &mut State) {
        let at = match state.stage {
            Stage::Open => state.core.poll_timeout(),
            Stage::Lingering(until) => Some(until),
            Stage::Closed => None,
        };
        if let Some(at) = at
            && state.timer.is_none_or(|earliest| at < earliest)
        {
            state.timer = Some(at);
            self.server.timers.add(at, self.token);
        }
    }

    /// The connection is over: its calls end, its last words leave.
    fn close(&self, state: &mut State, now: Instant, cancelled: &mut Vec<WhenCancelled>) {
        state.calls.cancel_all(cancelled);
        state.stage = Stage::Lingering(now + LINGER);
        state.readable = true;
        self.linger(state, now);
    }

    fn linger(&self, state: &mut State, now: Instant) {
        let Stage::Lingering(until) = state.stage else { return };
        if state.write().is_err() || now >= until {
            return self.end(state);
        }
        let Some(socket) = &mut state.socket else { return };
        if !state.core.output().is_empty() {
            return;
        }
        let _ = socket.shutdown(Shutdown::Write);
        let mut unwanted = [0; 4096];
        loop {
            match socket.read(&mut unwanted) {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return self.arm(state),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => return self.end(state),
            }
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
    /// Writes what the socket takes.
    fn write(&mut self) -> io::Result<()> {
        let State { core, socket: Some(socket), .. } = self else { return Ok(()) };
        while !core.output().is_empty() {
            match socket.write(core.output()) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => core.sent(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
