//! One connection of a channel on plain threads: what callers ask of it.
//!
//! Callers put their requests into it and write them themselves. Who reads the
//! answers is in `driving.rs`.

use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use yamabiko_core::grpc::client::{CallOptions, ClientConnection};
use yamabiko_core::grpc::{Code, MessageLimits, Origin, Status, Target};
use yamabiko_core::h2::{CannotOpen, Config};

use super::attendant::{Attendant, Charge};
use super::changes::Changes;
use super::driving::Seat;
use super::opening::Start;
use super::outgoing::Outgoing;
use crate::answers::{Answers, CallKey, End};
use crate::blocking::wire::Wire;
use crate::memory::Share;
use crate::options::Calmed;
use crate::tls::Session;

/// A connection of a channel.
pub(super) struct Connection {
    address: String,
    pub(super) socket: Wire,
    /// Whether what is read is for the TLS session.
    pub(super) is_sealed: bool,
    /// Cleared when it takes no new calls.
    open: AtomicBool,
    /// Output waits until the socket takes more.
    pub(super) stuck: AtomicBool,
    /// Rouses whoever drives.
    rouser: Option<mio::Waker>,
    pub(super) attendant: Arc<Attendant>,
    /// How the attendant knows it.
    pub(super) charge: Charge,
    changes: Arc<Changes>,
    pub(super) calmed: Calmed,
    state: Mutex<State>,
}

/// What is behind the lock. No system call that waits is made under it, and no code of users runs.
pub(super) struct State {
    pub(super) core: ClientConnection,
    pub(super) tls: Option<Box<Session>>,
    pub(super) answers: Answers,
    /// Where a driver sits. Whoever takes it reads, for everybody.
    pub(super) seat: Option<Seat>,
    /// The attendant reads when nobody sits there.
    pub(super) attended: bool,
    pub(super) progress: Progress,
    pub(super) outgoing: Outgoing,
    /// How many calls were begun, by which the attendant sees whether it is in use.
    pub(super) begun: u64,
    _memory: Share,
}

/// How far the connection has come.
pub(super) enum Progress {
    /// The server's SETTINGS have not come.
    Opening,
    Open,
    /// It has ended, and why.
    Ended(String),
}

/// What a connection is made with.
pub(super) struct Terms {
    /// The server, as it stands in messages.
    pub(super) name: String,
    pub(super) tls: Option<Box<Session>>,
    pub(super) config: Config,
    pub(super) calmed: Calmed,
    pub(super) limits: MessageLimits,
    pub(super) target: Target,
    pub(super) attendant: Arc<Attendant>,
    pub(super) changes: Arc<Changes>,
}

impl Connection {
    pub(super) fn new(socket: Wire, poller: mio::Poll, terms: Terms) -> Arc<Self> {
        let (seat, rouser) = Seat::new(poller);
        let Terms { name, tls, config, calmed, limits, target, attendant, changes } = terms;
        Arc::new_cyclic(|connection| Connection {
            address: name,
            charge: attendant.take_in(Weak::clone(connection)),
            socket,
            is_sealed: tls.is_some(),
            open: AtomicBool::new(true),
            stuck: AtomicBool::new(false),
            rouser,
            attendant,
            changes,
            calmed,
            state: Mutex::new(State {
                core: ClientConnection::new(config, limits, target, Instant::now()),
                tls,
                answers: Answers::default(),
                seat: Some(seat),
                attended: false,
                progress: Progress::Opening,
                outgoing: Outgoing::default(),
                begun: 0,
                _memory: Share,
            }),
        })
    }

    pub(super) fn takes_calls(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    pub(super) fn takes_no_more_calls(&self) {
        self.open.store(false, Ordering::Relaxed);
    }

    /// Begins a call. A connection that is full gives a ticket, and wakes the caller when it may
    /// try again.
    pub(super) fn start(
        &self,
        call: &Start<'_>,
        timeout: Option<Duration>,
        ticket: &mut Option<u64>,
        cx: &Context<'_>,
    ) -> Result<CallKey, CannotOpen> {
        // Before the lock: it may take its time.
        let (encoding, message) = call.body();
        let options = CallOptions { encoding, max_message: call.max_message };
        let mut state = self.lock();
        if state.core.live_calls() == 0 {
            // Nobody has listened for a while: the server may have left.
            self.glance(&mut state);
        }
        if !self.takes_calls() {
            return Err(CannotOpen::Closed);
        }
        let State { core, answers, begun, .. } = &mut *state;
        let stream = match core.open_with(call.path, timeout, call.metadata, options) {
            Ok(stream) => stream,
            Err(CannotOpen::Full) => {
                answers.wait_outside(*ticket.get_or_insert_with(next_ticket), cx.waker());
                return Err(CannotOpen::Full);
            }
            Err(CannotOpen::Closed) => {
                // It may have run out of stream identifiers: then it closes behind its last call.
                self.takes_no_more_calls();
                core.shut_down();
                self.write(&mut state);
                return Err(CannotOpen::Closed);
            }
            Err(too_large) => return Err(too_large),
        };
        if let Some(message) = message {
            // A stream that has just been opened takes its message.
            let _ = match encoding {
                None => {
                    let write = |out: &mut Vec<u8>| out.extend_from_slice(&message);
                    core.send_message(stream, message.len(), true, write)
                }
                Some(_) => core.send_compressed(stream, &message, true),
            };
        }
        *ticket = None;
        *begun += 1;
        let key = if call.is_stream {
            core.read_on_demand(stream);
            answers.expect_stream(stream, call.drives)
        } else {
            answers.expect(stream, cx.waker(), call.drives)
        };
        state = self.flush(state);
        if !call.drives && state.seat.is_some() {
            self.attend(&mut state);
        } else if call.is_stream {
            self.see_to_output(state);
        }
        Ok(key)
    }

    /// What the socket has not taken leaves although the caller may do something else now.
    pub(super) fn see_to_output(&self, mut state: MutexGuard<'_, State>) {
        if state.seat.is_some() && state.has_output() {
            let mut woken = Vec::new();
            self.call_driver(&mut state, &mut woken);
            drop(state);
            wake(woken);
        }
    }

    /// Gives up a call, on the wire too.
    pub(super) fn cancel(&self, key: CallKey) {
        let mut state = self.lock();
        let State { core, answers, .. } = &mut *state;
        core.cancel(key.stream);
        let mut woken: Vec<Waker> = answers.forget(key).into_iter().collect();
        self.write(&mut state);
        if state.seat.is_some() {
            // It may have been woken to drive.
            self.call_driver(&mut state, &mut woken);
        }
        drop(state);
        wake(woken);
    }

    /// The sender of a stream of requests ends its call, on the wire too.
    pub(super) fn fail(&self, key: CallKey, status: Status) {
        let mut woken = Vec::new();
        let mut state = self.lock();
        let State { core, answers, .. } = &mut *state;
        core.cancel(key.stream);
        answers.fail(key, status, &mut woken);
        self.write(&mut state);
        if state.seat.is_some() {
            // The one that waited may have been woken to drive.
            self.call_driver(&mut state, &mut woken);
        } else if let Some(rouser) = &self.rouser {
            // The one that drives may be the one whose call has ended.
            let _ = rouser.wake();
        }
        drop(state);
        wake(woken);
    }

    /// A caller that waited for a place does so no more.
    pub(super) fn stop_waiting(&self, ticket: u64) {
        let next = self.lock().answers.stop_waiting(ticket);
        wake(next);
    }

    /// Closes. Every call that has not ended ends with `status`.
    pub(super) fn close(&self, status: &Status) {
        let mut woken = Vec::new();
        let mut state = self.lock();
        state.core.shut_down();
        self.write(&mut state);
        if let Some(session) = &mut state.tls {
            session.close();
            self.write(&mut state);
        }
        let end = || End { status: status.clone(), unprocessed: false };
        self.end(&mut state, "the channel was closed", end, &mut woken);
        drop(state);
        wake(woken);
    }

    /// The connection is lost: every call that has no status yet gets one.
    pub(super) fn lose(&self, state: &mut State, reason: &str, woken: &mut Vec<Waker>) {
        let end = || {
            let message = format!("connection to {} lost: {reason}", self.address);
            let status = Status::new(Code::Unavailable, message).with_origin(Origin::Concluded);
            End { status, unprocessed: false }
        };
        self.end(state, reason, end, woken);
    }

    fn end(&self, state: &mut State, reason: &str, end: impl Fn() -> End, woken: &mut Vec<Waker>) {
        self.takes_no_more_calls();
        state.answers.end_all(end, woken);
        if state.attended {
            state.attended = false;
            self.attendant.leave(&self.charge, &self.socket);
        }
        if let Progress::Ended(_) = state.progress {
            return;
        }
        state.progress = Progress::Ended(reason.to_owned());
        // Not only closed: a process that was forked off may hold the socket open. It also wakes
        // the driver.
        let _ = self.socket.shutdown(Shutdown::Both);
        self.changes.tell();
    }

    /// Where it is connected to.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic inside would be a bug of ours; the other calls need not suffer for it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.attendant.discharge(&self.charge);
    }
}

/// Wakes those who were collected under the lock, which they want first of all.
pub(super) fn wake(woken: impl IntoIterator<Item = Waker>) {
    for waker in woken {
        waker.wake();
    }
}

fn next_ticket() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
