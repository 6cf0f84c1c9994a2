//! Bytes that wait for the socket.

/// Memory that an empty output keeps for the next batch.
const KEPT: usize = 16 * 1024;

/// What has been written and not been sent.
#[derive(Debug, Default)]
pub struct Output {
    /// Frames are appended here.
    pub bytes: Vec<u8>,
    sent: usize,
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

    /// Drops everything that waits.
    pub fn clear(&mut self) {
        self.sent = 0;
        self.bytes.clear();
    }

    /// The driver has sent `count` of them.
    pub fn sent(&mut self, count: usize) {
        self.sent = (self.sent + count).min(self.bytes.len());
        if self.sent == self.bytes.len() {
            self.sent = 0;
            self.bytes.clear();
            if self.bytes.capacity() > KEPT {
                self.bytes = Vec::new();
            }
        } else if self.sent > self.bytes.len() / 2 {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }
}
