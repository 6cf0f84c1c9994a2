//! What goes out of a connection: one thread writes for all.
//!
//! A write takes as long as a whole call takes us otherwise, so it is not made
//! under the lock: others put their requests in meanwhile, and the thread that
//! writes takes them along with its next write.

use std::io::{self, ErrorKind, Write};
use std::sync::MutexGuard;
use std::sync::atomic::Ordering;
use std::task::Waker;

use super::connection::{Connection, State, wake};
use crate::tls::Session;

/// A buffer that has grown larger is given back, in bytes.
const KEPT: usize = 64 * 1024;

/// Bytes that are out of the core and not yet in the socket.
#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    /// A thread writes, and will look again when it has.
    writing: bool,
}

impl Outgoing {
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && !self.writing
    }
}

impl State {
    /// Whether there is something to write, and nobody who does.
    pub(super) fn has_output(&self) -> bool {
        // What the core has to say waits for the handshake.
        let from_core =
            self.tls.as_deref().is_none_or(Session::is_open) && !self.core.output().is_empty();
        let from_tls = self.tls.as_ref().is_some_and(|session| !session.output().is_empty());
        let something = from_core || from_tls || !self.outgoing.bytes.is_empty();
        something && !self.outgoing.writing
    }
}

impl Connection {
    /// Writes what the socket takes, without the lock in between. An error shows when it is read
    /// from.
    pub(super) fn flush<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        while state.has_output() {
            state.gather();
            state.outgoing.writing = true;
            let mut bytes = std::mem::take(&mut state.outgoing.bytes);
            let woken = state.room_found();
            drop(state);
            wake(woken);
            let written = self.write_all_that_fits(&bytes);
            state = self.lock();
            state.outgoing.writing = false;
            keep_rest(&mut bytes, *written.as_ref().unwrap_or(&0));
            state.outgoing.bytes = bytes;
            // There may have been room again before we had the lock, and whoever was told of it
            // has left the rest to us.
            let is_stuck = self.stuck.load(Ordering::SeqCst);
            if written.is_err() || (!state.outgoing.bytes.is_empty() && is_stuck) {
                break;
            }
        }
        state
    }

    /// The same under the lock, for what is short and rare.
    pub(super) fn write(&self, state: &mut State) {
        while state.has_output() {
            state.gather();
            wake(state.room_found());
            let bytes = &mut state.outgoing.bytes;
            match self.write_all_that_fits(bytes) {
                Ok(count) => keep_rest(bytes, count),
                Err(_) => break,
            }
            if !bytes.is_empty() {
                break;
            }
        }
    }

    /// How many bytes the socket has taken: all, or as many as it could.
    fn write_all_that_fits(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut count = 0;
        while count < bytes.len() {
            match (&self.socket).write(&bytes[count..]) {
                Ok(more) => count += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // The driver, which is told once when there is room again, may have been told
                    // before it could see that we wait for it: so look again.
                    if self.stuck.swap(true, Ordering::SeqCst) {
                        return Ok(count);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        self.stuck.store(false, Ordering::SeqCst);
        Ok(count)
    }
}

impl State {
    /// Whom to wake, who may send more now.
    fn room_found(&mut self) -> Vec<Waker> {
        let mut woken = Vec::new();
        self.answers.tell_room(&mut self.core, &mut woken);
        woken
    }

    /// Takes what the core has, behind what is left.
    fn gather(&mut self) {
        let State { core, tls, outgoing, .. } = self;
        if !outgoing.bytes.is_empty() {
            return;
        }
        match tls {
            None => {
                outgoing.bytes.extend_from_slice(core.output());
                core.sent(outgoing.bytes.len());
            }
            Some(session) => {
                let count = session.seal(core.output());
                core.sent(count);
                outgoing.bytes.extend_from_slice(session.output());
                session.sent(outgoing.bytes.len());
            }
        }
    }
}

fn keep_rest(bytes: &mut Vec<u8>, count: usize) {
    if count < bytes.len() {
        bytes.drain(..count);
    } else if bytes.capacity() > KEPT {
        *bytes = Vec::new();
    } else {
        bytes.clear();
    }
}
