//! The bytes that a driver has read and the core has not yet taken.
//!
//! The driver reads into [`space`](ReceiveBuffer::space) and says how much
//! came with [`filled`](ReceiveBuffer::filled); the core takes whole frames
//! off the front. Events borrow from here, so a message that arrived whole is
//! never copied.

use std::cell::Cell;

/// A buffer between a socket and a connection.
#[derive(Debug, Default)]
pub struct ReceiveBuffer {
    bytes: Vec<u8>,
    /// A cell, so that a frame can be taken while events borrow earlier ones.
    start: Cell<usize>,
    end: usize,
}

impl ReceiveBuffer {
    /// An empty buffer that owns no memory.
    pub const fn new() -> Self {
        ReceiveBuffer { bytes: Vec::new(), start: Cell::new(0), end: 0 }
    }

    /// Room for at least `least` bytes behind the unread ones.
    ///
    /// Moves the unread bytes to the front where that makes the room.
    pub fn space(&mut self, least: usize) -> &mut [u8] {
        let start = self.start.replace(0);
        if start > 0 {
            self.bytes.copy_within(start..self.end, 0);
            self.end -= start;
        }
        if self.bytes.len() < self.end + least {
            self.bytes.resize(self.end + least, 0);
        }
        &mut self.bytes[self.end..]
    }

    /// Says that `count` bytes were written to the front of the last [`space`](Self::space).
    pub fn filled(&mut self, count: usize) {
        self.end = (self.end + count).min(self.bytes.len());
    }

    /// Appends `bytes`, for callers that hold them already.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.space(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.filled(bytes.len());
    }

    /// The bytes that nobody has taken yet.
    pub fn unread(&self) -> &[u8] {
        &self.bytes[self.start.get()..self.end]
    }

    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.start.set(0);
        self.end = 0;
    }

    /// Whether everything has been taken.
    pub fn is_empty(&self) -> bool {
        self.start.get() == self.end
    }

    /// Takes `count` bytes off the front, or nothing if there are fewer.
    pub(crate) fn take(&self, count: usize) -> Option<&[u8]> {
        let start = self.start.get();
        let taken = self.bytes[..self.end].get(start..start + count)?;
        self.start.set(start + count);
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unread_bytes_survive_a_call_for_space() {
        let mut buffer = ReceiveBuffer::new();
        buffer.extend(b"abcdef");
        assert_eq!(buffer.take(4), Some(&b"abcd"[..]));
        assert_eq!(buffer.take(3), None);
        buffer.extend(b"gh");
        assert_eq!(buffer.unread(), b"efgh");
    }
}
