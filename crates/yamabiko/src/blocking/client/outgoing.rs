//! What goes out of a connection: one thread writes for all.
//!
//! A write takes as long as a whole call takes us otherwise, so it is not made
//! under the lock: others put their requests in meanwhile, and the thread that
//! writes takes them along with its next write.

use std::io::{self, ErrorKind, Write};
use std::sync::MutexGuard;
use std::sync::atomic::Ordering;

use mio::net::TcpStream;

use super::connection::{Connection, State};

/// A buffer that has grown larger is given back, in bytes.
const KEPT: usize = 64 * 1024;

/// Bytes that are out of the core and not yet in the socket.
#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    /// A thread writes, and will look again when it has.
    writing: bool,
}

impl State {
    /// Whether there is something to write, and nobody who does.
    pub(super) fn has_output(&self) -> bool {
        let nothing = self.outgoing.bytes.is_empty() && self.core.output().is_empty();
        !(nothing || self.outgoing.writing)
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
            drop(state);
            let written = self.write_all_that_fits(&bytes);
            state = self.lock();
            state.outgoing.writing = false;
            keep_rest(&mut bytes, *written.as_ref().unwrap_or(&0));
            state.outgoing.bytes = bytes;
            if written.is_err() || !state.outgoing.bytes.is_empty() {
                break;
            }
        }
        state
    }

    /// The same under the lock, for what is short and rare.
    pub(super) fn write(&self, state: &mut State) {
        while state.has_output() {
            state.gather();
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
            match (&self.socket as &TcpStream).write(&bytes[count..]) {
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
    /// Takes what the core has, behind what is left.
    fn gather(&mut self) {
        if self.outgoing.bytes.is_empty() {
            self.outgoing.bytes.extend_from_slice(self.core.output());
            let count = self.outgoing.bytes.len();
            self.core.sent(count);
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
