//! The one thread at a time that waits for the sockets: what it is told of,
//! it has read and parsed, and calls are queued.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use super::connection::Found;
use super::shared::Shared;
use super::socket::Came;
use crate::listening;

pub(super) const WAKER: Token = Token(0);
pub(super) const FIRST_LISTENER: usize = 1;
/// More listeners than this nobody has.
pub(super) const FIRST_CONNECTION: usize = 4096;

/// Connections that are accepted before those that there are have their turn.
const ACCEPTS_PER_TURN: usize = 64;
/// How long to wait when the system has no file or memory for another connection.
const OUT_OF_RESOURCES: Duration = Duration::from_millis(50);

/// What only the leader has.
pub(super) struct Leader {
    poll: Poll,
    events: Events,
    /// When to accept again on these listeners, although no event will tell.
    accept_again: Option<(Instant, Vec<usize>)>,
    found: Found,
}

impl Leader {
    pub(super) fn new(poll: Poll) -> Self {
        Leader {
            poll,
            events: Events::with_capacity(1024),
            accept_again: None,
            found: Found::default(),
        }
    }

    /// Waits for the sockets, at most so long, and handles all that has come. Gives whether there
    /// was anything.
    pub(super) fn lead(&mut self, shared: &Arc<Shared>, at_most: Option<Duration>) -> bool {
        self.wait(shared, at_most);
        let now = Instant::now();
        let mut any = false;
        for event in &self.events {
            any = true;
            match event.token() {
                WAKER => {}
                Token(token) if token < FIRST_CONNECTION => {
                    accept(shared, token - FIRST_LISTENER, &mut self.accept_again);
                }
                Token(token) => {
                    let Some(connection) = shared.connection(token) else { continue };
                    let readable = event.is_readable() || event.is_error();
                    let came = Came { readable, hung_up: event.is_read_closed() };
                    connection.turn(came, now, &mut self.found);
                }
            }
        }
        if self.accept_again.as_ref().is_some_and(|(at, _)| *at <= now)
            && let Some((_, listeners)) = self.accept_again.take()
        {
            for listener in listeners {
                accept(shared, listener, &mut self.accept_again);
            }
        }
        while let Some(token) = shared.timers.pop(now) {
            any = true;
            if let Some(connection) = shared.connection(token) {
                connection.turn(Came::default(), now, &mut self.found);
            }
        }
        for connection in shared.to_look_at_again() {
            any = true;
            connection.turn(Came::default(), now, &mut self.found);
        }
        let Found { jobs, cancelled } = &mut self.found;
        if !jobs.is_empty() {
            shared.queue.push(jobs);
        }
        cancelled.drain(..).for_each(|action| action());
        any
    }

    fn wait(&mut self, shared: &Shared, at_most: Option<Duration>) {
        let wakeups = &shared.wakeups;
        // Said before looking, so that whoever adds something after the look wakes us.
        wakeups.polling.store(true, Ordering::SeqCst);
        let next = match (shared.timers.next(), &self.accept_again) {
            (Some(timer), Some((accept, _))) => Some(timer.min(*accept)),
            (timer, accept) => timer.or(accept.as_ref().map(|(at, _)| *at)),
        };
        let until_next = next.map(|at| at.saturating_duration_since(Instant::now()));
        let mut timeout = match (until_next, at_most) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        if shared.has_to_look_again() || shared.is_over() {
            timeout = Some(Duration::ZERO);
        }
        if let Err(error) = self.poll.poll(&mut self.events, timeout)
            && error.kind() != io::ErrorKind::Interrupted
        {
            tracing::error!(%error, "cannot wait for the sockets");
            std::thread::sleep(OUT_OF_RESOURCES);
        }
        wakeups.polling.store(false, Ordering::SeqCst);
    }
}

fn accept(shared: &Arc<Shared>, listener: usize, again: &mut Option<(Instant, Vec<usize>)>) {
    let mut again_at = |at: Instant| {
        let (_, listeners) = again.get_or_insert_with(|| (at, Vec::new()));
        listeners.push(listener);
    };
    for _ in 0..ACCEPTS_PER_TURN {
        match shared.with_listener(listener, |listener| listener.accept()) {
            None => return,
            Some(Ok((socket, peer))) => shared.add(socket, peer),
            Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => return,
            Some(Err(error)) if listening::is_of_one_connection(&error) => {}
            Some(Err(error)) => {
                tracing::warn!(%error, "cannot accept a connection");
                return again_at(Instant::now() + OUT_OF_RESOURCES);
            }
        }
    }
    again_at(Instant::now());
}
