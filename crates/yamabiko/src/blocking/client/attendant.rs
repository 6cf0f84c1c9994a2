//! The thread that looks after what no caller looks after: connections that
//! are idle, so that a server that leaves is heard, and calls whose callers
//! went on with something else.
//!
//! It starts with the first connection and ends with the last. It never waits
//! for a lock that is held for long, and runs no code of users.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token, Waker};

use super::connection::Connection;
use super::started::Running;

/// A connection that no call has used for so long is looked after.
const IDLE: Duration = Duration::from_millis(250);
/// The token of the waker: no connection has it.
const WAKER: Token = Token(usize::MAX);
/// Alarms of calls that have ended are swept out when there are more than this.
const SLACK: usize = 64;

/// Looks after connections, for all channels that share it.
///
/// Channels share one unless they are [given](super::ChannelBuilder::attendant) another. A process
/// that was forked off has no thread of its parent's: channels that are made in it need a new one.
pub struct Attendant {
    room: Mutex<Room>,
}

/// What the attendant and those who ask for it share.
#[derive(Default)]
struct Room {
    /// There while the thread runs.
    bell: Option<Arc<Bell>>,
    connections: BTreeMap<usize, Entry>,
    last_token: usize,
    /// Calls that may go on.
    woken: Vec<Arc<Running>>,
    /// Calls that have a deadline, the next one first.
    alarms: BinaryHeap<Reverse<Alarm>>,
    sweep_at: usize,
    /// How many calls have not ended.
    running: usize,
    /// When it looks after those again that were in use.
    round_at: Option<Instant>,
    /// When the thread looks up by itself.
    sleeps_until: Option<Instant>,
}

struct Bell {
    registry: Registry,
    waker: Waker,
}

struct Entry {
    connection: Weak<Connection>,
    attended: bool,
    /// How many calls it had begun when it was last looked at.
    seen: u64,
    /// When its core wants to be asked.
    timer: Option<Instant>,
}

struct Alarm {
    at: Instant,
    call: Weak<Running>,
}

/// How the attendant knows a connection.
#[derive(Debug)]
pub(super) struct Charge(usize);

impl Attendant {
    /// One that has nothing to do yet.
    pub fn new() -> Arc<Self> {
        Arc::new(Attendant { room: Mutex::default() })
    }

    /// The one that channels share.
    pub(super) fn shared() -> Arc<Self> {
        static SHARED: LazyLock<Arc<Attendant>> = LazyLock::new(Attendant::new);
        Arc::clone(&SHARED)
    }

    /// A connection has been made.
    pub(super) fn take_in(self: &Arc<Self>, connection: Weak<Connection>) -> Charge {
        let mut room = self.lock();
        room.last_token += 1;
        let token = room.last_token;
        let entry = Entry { connection, attended: false, seen: 0, timer: None };
        room.connections.insert(token, entry);
        self.call(&mut room, Some(Instant::now() + IDLE));
        Charge(token)
    }

    /// A connection is gone.
    pub(super) fn discharge(self: &Arc<Self>, charge: &Charge) {
        let mut room = self.lock();
        room.connections.remove(&charge.0);
        if room.is_empty() {
            self.call(&mut room, Some(Instant::now()));
        }
    }

    /// Nobody drives the connection: the attendant is to read from it, and to ask its core at that
    /// time.
    pub(super) fn attend(
        self: &Arc<Self>,
        charge: &Charge,
        socket: &impl AsRawFd,
        timer: Option<Instant>,
    ) {
        let mut room = self.lock();
        self.call(&mut room, timer);
        let Some(bell) = room.bell.clone() else { return };
        let Some(entry) = room.connections.get_mut(&charge.0) else { return };
        entry.attended = bell.listen_to(socket.as_raw_fd(), charge.0).is_ok();
        entry.timer = timer;
    }

    /// Somebody drives the connection again.
    pub(super) fn leave(self: &Arc<Self>, charge: &Charge, socket: &impl AsRawFd) {
        let mut room = self.lock();
        if let Some(bell) = &room.bell {
            let _ = bell.registry.deregister(&mut SourceFd(&socket.as_raw_fd()));
        }
        if let Some(entry) = room.connections.get_mut(&charge.0) {
            entry.attended = false;
        }
        self.call(&mut room, Some(Instant::now() + IDLE));
    }

    /// A call has begun that nobody waits for.
    pub(super) fn begin(self: &Arc<Self>, call: &Arc<Running>) {
        let mut room = self.lock();
        room.running += 1;
        let at = call.deadline();
        if let Some(at) = at {
            if room.alarms.len() >= room.sweep_at.max(SLACK) {
                room.alarms.retain(|Reverse(alarm)| alarm.call.strong_count() > 0);
                room.sweep_at = 2 * room.alarms.len();
            }
            room.alarms.push(Reverse(Alarm { at, call: Arc::downgrade(call) }));
        }
        self.call(&mut room, at);
    }

    /// Such a call has ended.
    pub(super) fn ended(self: &Arc<Self>) {
        let mut room = self.lock();
        room.running -= 1;
        if room.is_empty() {
            self.call(&mut room, Some(Instant::now()));
        }
    }

    /// Such a call may go on.
    pub(super) fn wake(self: &Arc<Self>, call: Arc<Running>) {
        let mut room = self.lock();
        room.woken.push(call);
        if room.woken.len() == 1 {
            self.call(&mut room, Some(Instant::now()));
        }
    }

    /// Starts the thread if there is none, and wakes it if it would sleep past `at`.
    fn call(self: &Arc<Self>, room: &mut Room, at: Option<Instant>) {
        match &room.bell {
            Some(bell) => {
                let Some(at) = at else { return };
                if room.sleeps_until.is_none_or(|until| at < until) {
                    room.sleeps_until = Some(at);
                    let _ = bell.waker.wake();
                }
            }
            None if room.is_empty() => {}
            None => match Bell::new() {
                Ok((bell, poll)) => {
                    room.bell = Some(Arc::new(bell));
                    room.sleeps_until = Some(Instant::now());
                    let attendant = Arc::clone(self);
                    let thread = thread::Builder::new().name("yamabiko-attend".to_owned());
                    if let Err(error) = thread.spawn(move || attendant.run(poll)) {
                        room.bell = None;
                        tracing::error!(%error, "no thread for what runs in the background");
                    }
                }
                Err(error) => tracing::error!(%error, "no poller for what runs in the background"),
            },
        }
    }

    fn run(self: Arc<Self>, mut poll: Poll) {
        let mut events = Events::with_capacity(64);
        loop {
            let timeout = {
                let mut room = self.lock();
                if room.is_empty() {
                    room.bell = None;
                    return;
                }
                let now = Instant::now();
                let at = room.next_look(now);
                room.sleeps_until = at;
                at.map(|at| at.saturating_duration_since(now))
            };
            if let Err(error) = poll.poll(&mut events, timeout)
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "cannot wait for what runs in the background");
                thread::sleep(IDLE);
            }
            for event in &events {
                if event.token() != WAKER {
                    self.look_in(event.token().0);
                }
            }
            self.go_on();
            self.make_the_round();
        }
    }

    fn look_in(&self, token: usize) {
        let connection =
            self.lock().connections.get(&token).map(|entry| entry.connection.upgrade());
        let Some(Some(connection)) = connection else { return };
        let timer = connection.look_in();
        if let Some(entry) = self.lock().connections.get_mut(&token) {
            entry.timer = timer;
        }
        // Not under the lock: it may be the last of it.
        drop(connection);
    }

    /// Goes on with the calls that may, or whose time is up.
    fn go_on(&self) {
        loop {
            let mut calls = {
                let mut room = self.lock();
                let mut calls = std::mem::take(&mut room.woken);
                let now = Instant::now();
                while room.alarms.peek().is_some_and(|Reverse(alarm)| alarm.at <= now) {
                    calls.extend(room.alarms.pop().and_then(|Reverse(alarm)| alarm.call.upgrade()));
                }
                calls
            };
            if calls.is_empty() {
                return;
            }
            for call in calls.drain(..) {
                call.go_on();
            }
        }
    }

    /// Looks after connections that have come to rest, and those whose core wants to be asked.
    fn make_the_round(&self) {
        let now = Instant::now();
        let due = {
            let mut room = self.lock();
            if room.next_round(now).is_none_or(|at| now < at) {
                return;
            }
            let due = |entry: &Entry| !entry.attended || entry.timer.is_some_and(|at| at <= now);
            let found = room.connections.iter().filter(|(_, entry)| due(entry));
            let found =
                found.map(|(token, entry)| (*token, entry.connection.upgrade(), entry.seen));
            let found: Vec<_> = found.collect();
            room.round_at = Some(now + IDLE);
            found
        };
        for (token, connection, seen) in due {
            let Some(connection) = connection else { continue };
            let mut state = connection.lock();
            let begun = state.begun;
            if begun == seen && state.seat.is_some() {
                connection.attend(&mut state);
            }
            drop(state);
            if let Some(entry) = self.lock().connections.get_mut(&token) {
                entry.seen = begun;
            }
            self.look_in_if_timed(token, now);
        }
    }

    fn look_in_if_timed(&self, token: usize, now: Instant) {
        let timed = {
            let mut room = self.lock();
            let entry = room.connections.get_mut(&token);
            entry.is_some_and(|entry| entry.timer.take_if(|at| *at <= now).is_some())
        };
        if timed {
            self.look_in(token);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Room> {
        // Nothing in here panics halfway, so a poisoned lock still guards whole data.
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    fn is_empty(&self) -> bool {
        self.connections.is_empty() && self.running == 0 && self.woken.is_empty()
    }

    fn next_round(&self, now: Instant) -> Option<Instant> {
        let in_use = self.connections.values().any(|entry| !entry.attended);
        let round = in_use.then(|| self.round_at.unwrap_or(now));
        let timer = self.connections.values().filter_map(|entry| entry.timer).min();
        [round, timer].into_iter().flatten().min()
    }

    fn next_look(&self, now: Instant) -> Option<Instant> {
        if !self.woken.is_empty() {
            return Some(now);
        }
        let alarm = self.alarms.peek().map(|Reverse(alarm)| alarm.at);
        [alarm, self.next_round(now)].into_iter().flatten().min()
    }
}

impl Bell {
    fn new() -> io::Result<(Self, Poll)> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = Waker::new(&registry, WAKER)?;
        Ok((Bell { registry, waker }, poll))
    }

    fn listen_to(&self, socket: RawFd, token: usize) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.registry.register(&mut SourceFd(&socket), Token(token), interest)
    }
}

impl std::fmt::Debug for Attendant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let room = self.lock();
        f.debug_struct("Attendant").field("connections", &room.connections.len()).finish()
    }
}

impl Ord for Alarm {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Alarm {}
