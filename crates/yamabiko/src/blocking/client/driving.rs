//! Who reads a connection: one of the callers that wait for an answer.
//!
//! There is one seat. The caller that takes it reads for everybody, hands out
//! the answers, and when it has its own, hands the seat to another that waits.
//! When no caller waits, the attendant looks in.

use std::io::{ErrorKind, Read};
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use mio::{Events, Poll as Poller, Token, Waker as Rouser};
use yamabiko_core::ReceiveBuffer;

use super::connection::{Connection, Progress, State, wake};
use crate::answers::{Answer, CallKey, End};
use crate::read_buffer;
use crate::spin::Spin;

/// By which a driver is told that its own call may have ended without a word from the server.
const ROUSED: Token = Token(usize::MAX);
const CLOSED: &str = "the server has closed it";

/// What a driver needs.
pub(super) struct Seat {
    /// Knows the connection's socket.
    poller: Poller,
    events: Events,
    /// What has been read and is not a whole frame.
    input: ReceiveBuffer,
    spin: Spin,
    /// When the core wants to be asked.
    timer: Option<Instant>,
    /// One call is open: what comes next is its answer.
    alone: bool,
}

impl Seat {
    /// A seat, and what rouses whoever sits there. None if the system has no more of these: who
    /// sits there looks up with the next bytes then.
    pub(super) fn new(poller: Poller) -> (Self, Option<Rouser>) {
        let rouser = Rouser::new(poller.registry(), ROUSED).ok();
        let seat = Seat {
            poller,
            events: Events::with_capacity(4),
            input: ReceiveBuffer::new(),
            spin: Spin::default(),
            timer: None,
            alone: false,
        };
        (seat, rouser)
    }
}

impl Connection {
    /// Waits for the answer of a call, and reads if nobody else does. None when the time has come,
    /// or a signal.
    pub(super) fn wait(
        &self,
        key: CallKey,
        cx: &Context<'_>,
        until: Option<Instant>,
    ) -> Option<(Answer, End)> {
        self.wait_until(until, |state| match state.answers.poll(key, cx) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        })
    }

    /// Waits until `done`, and reads if nobody else does. None when the time has come, or a
    /// signal; or when the thread has been woken, and is to ask again.
    pub(super) fn wait_until<T>(
        &self,
        until: Option<Instant>,
        mut done: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        let mut state = self.lock();
        if let Some(outcome) = done(&mut state) {
            return Some(outcome);
        }
        match self.sit(&mut state) {
            Some(seat) => {
                drop(state);
                self.drive(seat, until, done)
            }
            None => {
                drop(state);
                match until {
                    None => std::thread::park(),
                    Some(until) => {
                        let left = until.saturating_duration_since(Instant::now());
                        std::thread::park_timeout(left);
                    }
                }
                None
            }
        }
    }

    /// Waits until the server has shown that it speaks HTTP/2.
    ///
    /// # Errors
    /// Why there is no connection.
    pub(super) fn wait_until_open(
        &self,
        until: Instant,
        mut given_up: impl FnMut() -> bool,
    ) -> Result<(), String> {
        /// How long nobody asks whether it is still wanted.
        const SLICE: Duration = Duration::from_millis(50);
        let mut state = self.lock();
        self.write(&mut state);
        loop {
            if let Some(opened) = self.opened(&state.progress) {
                return opened;
            }
            let now = Instant::now();
            if now >= until || given_up() {
                let words = if now >= until { "no SETTINGS in time" } else { "given up" };
                let mut woken = Vec::new();
                self.lose(&mut state, words, &mut woken);
                drop(state);
                wake(woken);
                return Err(words.to_owned());
            }
            let Some(seat) = self.sit(&mut state) else {
                return Err("another drives a connection that nobody has".to_owned());
            };
            drop(state);
            let slice = until.min(now + SLICE);
            self.drive(seat, Some(slice), |state| self.opened(&state.progress));
            state = self.lock();
        }
    }

    fn opened(&self, progress: &Progress) -> Option<Result<(), String>> {
        match progress {
            Progress::Opening => None,
            Progress::Open if self.takes_calls() => Some(Ok(())),
            Progress::Open => Some(Err("the server is leaving".to_owned())),
            Progress::Ended(reason) => Some(Err(reason.clone())),
        }
    }

    /// Takes the seat, if it is free and the attendant does not need it for others.
    fn sit(&self, state: &mut State) -> Option<Seat> {
        if state.attended {
            if state.answers.carried() > 0 {
                return None;
            }
            state.attended = false;
            self.attendant.leave(&self.charge, &self.socket);
        }
        let mut seat = state.seat.take()?;
        seat.alone = state.core.live_calls() == 1;
        seat.timer = state.core.poll_timeout();
        Some(seat)
    }

    /// Reads, and hands out what has come, until `done` or until the time has come, or a signal.
    fn drive<T>(
        &self,
        mut seat: Seat,
        until: Option<Instant>,
        mut done: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        let mut woken = Vec::new();
        read_buffer::lend(&mut seat.input);
        loop {
            let lost = match self.read(&mut seat.input, None) {
                Ok(true) => {
                    seat.spin.came(seat.input.unread().len());
                    None
                }
                Ok(false) => {
                    if seat.alone && seat.spin.goes_on(Instant::now()) {
                        std::thread::yield_now();
                        continue;
                    }
                    match self.sleep(&mut seat, until) {
                        // Cleared, so that a thread that writes just now sees it and goes on.
                        Slept::Woken if self.stuck.swap(false, Ordering::SeqCst) => None,
                        Slept::Woken => continue,
                        Slept::Timer => None,
                        Slept::TimeUp => {
                            self.rise(seat, self.lock(), woken);
                            return None;
                        }
                    }
                }
                Err(reason) => Some(reason),
            };
            let mut state = self.lock();
            self.advance(&mut state, &mut seat, lost, &mut woken);
            if state.has_output() {
                state = self.flush(state);
            }
            self.end_if_drained(&mut state, &mut woken);
            if let Some(answer) = done(&mut state) {
                self.rise(seat, state, woken);
                return Some(answer);
            }
            drop(state);
            wake(woken.drain(..));
        }
    }

    /// Gives the seat up, to another that waits.
    fn rise(
        &self,
        mut seat: Seat,
        mut state: std::sync::MutexGuard<'_, State>,
        mut woken: Vec<Waker>,
    ) {
        read_buffer::take_back(&mut seat.input);
        state.seat = Some(seat);
        self.call_driver(&mut state, &mut woken);
        drop(state);
        wake(woken);
    }

    /// The seat is free: somebody who waits takes it, or the attendant looks in.
    pub(super) fn call_driver(&self, state: &mut State, woken: &mut Vec<Waker>) {
        if state.attended || matches!(state.progress, Progress::Ended(_)) {
            return;
        }
        match state.answers.next_driver() {
            Some(waker) => woken.push(waker.clone()),
            None if state.answers.carried() > 0 || state.has_output() => {
                self.attend(state);
            }
            None => {}
        }
    }

    /// From now on the attendant reads when nobody sits there.
    pub(super) fn attend(&self, state: &mut State) {
        if !state.attended && !matches!(state.progress, Progress::Ended(_)) {
            state.attended = true;
            self.attendant.attend(&self.charge, &self.socket, state.core.poll_timeout());
        }
    }

    /// Reads what is there, without waiting, if nobody drives. When the core wants to be asked.
    pub(super) fn look_in(&self) -> Option<Instant> {
        let mut woken = Vec::new();
        let mut state = self.lock();
        let timer = self.glance_for(&mut state, &mut woken);
        drop(state);
        wake(woken);
        timer
    }

    /// The same under the lock, when no call is open.
    pub(super) fn glance(&self, state: &mut State) {
        let mut woken = Vec::new();
        self.glance_for(state, &mut woken);
        // With no call open there is nobody but those who wait for a place.
        wake(woken);
    }

    fn glance_for(&self, state: &mut State, woken: &mut Vec<Waker>) -> Option<Instant> {
        let mut seat = state.seat.take()?;
        read_buffer::lend(&mut seat.input);
        seat.timer = state.core.poll_timeout();
        loop {
            let lost = match self.read(&mut seat.input, Some(state)) {
                Ok(true) => None,
                Ok(false) if self.stuck.swap(false, Ordering::SeqCst) || is_due(seat.timer) => {
                    self.advance(state, &mut seat, None, woken);
                    self.write(state);
                    self.end_if_drained(state, woken);
                    break;
                }
                Ok(false) => break,
                Err(reason) => Some(reason),
            };
            let is_lost = lost.is_some();
            self.advance(state, &mut seat, lost, woken);
            self.write(state);
            if is_lost || matches!(state.progress, Progress::Ended(_)) {
                break;
            }
        }
        read_buffer::take_back(&mut seat.input);
        let timer = seat.timer;
        state.seat = Some(seat);
        timer
    }

    /// Whether anything came.
    ///
    /// # Errors
    /// The connection is lost.
    fn read(&self, input: &mut ReceiveBuffer, held: Option<&mut State>) -> Result<bool, String> {
        if self.is_sealed {
            return self.read_sealed(input, held);
        }
        let count = self.read_some(read_buffer::space(input))?;
        input.filled(count);
        Ok(count > 0)
    }

    /// The same through TLS, whose session is behind the lock, which the caller may have.
    fn read_sealed(
        &self,
        input: &mut ReceiveBuffer,
        held: Option<&mut State>,
    ) -> Result<bool, String> {
        read_buffer::with_sealed(|space| {
            let count = self.read_some(space)?;
            let mut receive = |state: &mut State| {
                let Some(session) = &mut state.tls else { return Ok(()) };
                let opened = session.receive(&space[..count], input);
                match opened.map_err(|error| error.to_string())? {
                    0 if session.has_ended() => Err(CLOSED.to_owned()),
                    _ => Ok(()),
                }
            };
            match held {
                _ if count == 0 => {}
                Some(state) => receive(state)?,
                None => receive(&mut self.lock())?,
            }
            Ok(count > 0)
        })
    }

    /// How many bytes have come, none if there are none now.
    fn read_some(&self, space: &mut [u8]) -> Result<usize, String> {
        loop {
            match (&self.socket).read(space) {
                Ok(0) => return Err(CLOSED.to_owned()),
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    fn sleep(&self, seat: &mut Seat, until: Option<Instant>) -> Slept {
        let now = Instant::now();
        if until.is_some_and(|until| until <= now) {
            return Slept::TimeUp;
        }
        if is_due(seat.timer) {
            return Slept::Timer;
        }
        let first = [until, seat.timer].into_iter().flatten().min();
        let timeout = first.map(|first| first.saturating_duration_since(now));
        match seat.poller.poll(&mut seat.events, timeout) {
            Ok(()) if seat.events.iter().any(|event| event.token() == ROUSED) => Slept::Timer,
            Ok(()) => Slept::Woken,
            // EINTR, which the caller may have a use for.
            Err(_) => Slept::TimeUp,
        }
    }

    /// Our last words have left: what remains to be done is to close.
    fn end_if_drained(&self, state: &mut State, woken: &mut Vec<Waker>) {
        let open = !matches!(state.progress, Progress::Ended(_));
        if open && state.core.is_drained() && state.outgoing.is_empty() {
            self.lose(state, "it was left", woken);
        }
    }

    /// Takes what has been read, and collects who is to be told.
    fn advance(
        &self,
        state: &mut State,
        seat: &mut Seat,
        lost: Option<String>,
        woken: &mut Vec<Waker>,
    ) {
        if matches!(state.progress, Progress::Ended(_)) {
            return;
        }
        let lost = lost.or_else(|| self.take_events(state, &seat.input, woken).err());
        // The last words.
        if lost.is_some() {
            self.write(state);
        }
        if let Some(reason) = lost {
            self.lose(state, &reason, woken);
        }
        seat.timer = state.core.poll_timeout();
        seat.alone = state.core.live_calls() == 1;
    }

    fn take_events(
        &self,
        state: &mut State,
        input: &ReceiveBuffer,
        woken: &mut Vec<Waker>,
    ) -> Result<(), String> {
        let State { core, answers, progress, .. } = state;
        let now = Instant::now();
        core.handle_timeout(now).map_err(|error| error.to_string())?;
        loop {
            match core.next_event(input, now) {
                Ok(Some(event)) => {
                    // The first thing that a server sends is its SETTINGS.
                    *progress = Progress::Open;
                    answers.receive(event, woken);
                }
                Ok(None) => break,
                Err(error) => {
                    self.calmed.hear(&error);
                    return Err(error.to_string());
                }
            }
        }
        answers.tell_room(core, woken);
        if core.is_leaving() {
            self.takes_no_more_calls();
            answers.let_all_in(woken);
        }
        if core.is_drained() { Err("the server has left".to_owned()) } else { Ok(()) }
    }
}

/// What a driver wakes for.
enum Slept {
    /// The socket has changed.
    Woken,
    /// The core wants to be asked, and so does the call.
    Timer,
    /// The time has come, or a signal.
    TimeUp,
}

fn is_due(at: Option<Instant>) -> bool {
    at.is_some_and(|at| at <= Instant::now())
}
