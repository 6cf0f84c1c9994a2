//! Bytes that wait for the socket.

/// Memory that an empty output keeps for the next batch.
const KEPT: usize = 16 * 1024;

/// What has been written and not been sent.
#[derive(Debug, Default)]
pub struct Output {
    /// Frames are appended here.
    pub bytes: Vec<u8>,
    sent: usize,
    /// Of all that ever was in here, what is no more.
    taken: u64,
}

impl Output {
    /// What the driver is to send next.
    pub fn unsent(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// How many bytes wait.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// How many bytes have ever been taken.
    pub fn taken(&self) -> u64 {
        self.taken + self.sent as u64
    }

    /// How many bytes have ever been written.
    pub fn written(&self) -> u64 {
        self.taken + self.bytes.len() as u64
    }

    /// Drops everything that waits.
    pub fn clear(&mut self) {
        self.forget(self.bytes.len());
        self.bytes.clear();
    }

    fn forget(&mut self, count: usize) {
        self.taken += count as u64;
        self.sent = 0;
    }

    /// The driver has sent `count` of them.
    pub fn sent(&mut self, count: usize) {
        self.sent = (self.sent + count).min(self.bytes.len());
        if self.sent == self.bytes.len() {
            self.forget(self.sent);
            self.bytes.clear();
            if self.bytes.capacity() > KEPT {
                self.bytes = Vec::new();
            }
        } else if self.sent > self.bytes.len() / 2 {
            self.bytes.drain(..self.sent);
            self.forget(self.sent);
        }
    }
}
