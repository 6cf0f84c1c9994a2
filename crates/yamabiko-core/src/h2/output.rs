//! Bytes that wait for the socket: frames that are written here, and between
//! them, for a driver that gathers, large payloads that stay where they are.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// Memory that an empty output keeps for the next batch.
const KEPT: usize = 16 * 1024;

/// What has been written and not been sent.
#[derive(Debug, Default)]
pub struct Output {
    /// Frames are appended here.
    pub bytes: Vec<u8>,
    sent: usize,
    /// In their order.
    shared: VecDeque<Shared>,
    /// Bytes of all of them.
    shared_len: usize,
    /// Of all that ever was in here, what is no more.
    taken: u64,
}

/// Bytes that are sent from where they are.
#[derive(Debug)]
struct Shared {
    /// They go before this index of the others.
    at: usize,
    bytes: Bytes,
}

impl Output {
    /// Appends bytes that stay where they are.
    pub fn share(&mut self, bytes: Bytes) {
        self.shared_len += bytes.len();
        self.shared.push_back(Shared { at: self.bytes.len(), bytes });
    }

    /// What the driver is to send next: all, unless something is [shared](Self::share).
    #[inline]
    pub fn unsent(&self) -> &[u8] {
        match self.shared.front() {
            None => &self.bytes[self.sent..],
            Some(shared) if shared.at == self.sent => &shared.bytes,
            Some(shared) => &self.bytes[self.sent..shared.at],
        }
    }

    /// What the driver is to send next, in pieces: as many as there is room for. Says how many.
    pub fn gather<'a>(&'a self, pieces: &mut [IoSlice<'a>]) -> usize {
        let mut from = self.sent;
        let mut count = 0;
        let mut push = |piece: &'a [u8]| match pieces.get_mut(count) {
            Some(place) if !piece.is_empty() => {
                *place = IoSlice::new(piece);
                count += 1;
                true
            }
            place => place.is_some(),
        };
        for shared in &self.shared {
            if !push(&self.bytes[from..shared.at]) || !push(&shared.bytes) {
                return count;
            }
            from = shared.at;
        }
        push(&self.bytes[from..]);
        count
    }

    /// Whether there is more than one piece.
    #[inline]
    pub fn is_scattered(&self) -> bool {
        !self.shared.is_empty()
    }

    /// How many bytes wait.
    #[inline]
    pub fn len(&self) -> usize {
        self.bytes.len() - self.sent + self.shared_len
    }

    /// How many bytes have ever been taken.
    pub fn taken(&self) -> u64 {
        self.taken + self.sent as u64
    }

    /// How many bytes have ever been written.
    pub fn written(&self) -> u64 {
        self.taken + (self.bytes.len() + self.shared_len) as u64
    }

    /// Drops everything that waits.
    pub fn clear(&mut self) {
        self.taken += self.shared_len as u64;
        self.shared.clear();
        self.shared_len = 0;
        self.forget(self.bytes.len());
        self.bytes.clear();
    }

    fn forget(&mut self, count: usize) {
        self.taken += count as u64;
        self.sent = 0;
    }

    /// The driver has sent `count` of them.
    pub fn sent(&mut self, count: usize) {
        let own = if self.shared.is_empty() { count } else { self.sent_shared(count) };
        self.sent = (self.sent + own).min(self.bytes.len());
        if self.sent == self.bytes.len() && self.shared.is_empty() {
            self.forget(self.sent);
            self.bytes.clear();
            if self.bytes.capacity() > KEPT {
                self.bytes = Vec::new();
            }
        } else if self.sent > self.bytes.len() / 2 {
            self.bytes.drain(..self.sent);
            self.shared.iter_mut().for_each(|shared| shared.at -= self.sent);
            self.forget(self.sent);
        }
    }

    /// Lets go of what was sent up to the last shared byte. Gives how much of `count` is left.
    fn sent_shared(&mut self, mut count: usize) -> usize {
        while let Some(shared) = self.shared.front_mut() {
            let before = shared.at - self.sent;
            if count < before {
                break;
            }
            self.sent = shared.at;
            count -= before;
            let part = count.min(shared.bytes.len());
            count -= part;
            self.shared_len -= part;
            self.taken += part as u64;
            shared.bytes.advance(part);
            if !shared.bytes.is_empty() {
                break;
            }
            self.shared.pop_front();
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> (Output, Vec<u8>) {
        let mut output = Output::default();
        let mut all = Vec::new();
        for round in 0..40_u8 {
            let own = vec![round; usize::from(round % 7)];
            let shared = vec![100 + round; usize::from(round % 5) * 3];
            output.bytes.extend_from_slice(&own);
            all.extend(own);
            if !shared.is_empty() {
                all.extend_from_slice(&shared);
                output.share(shared.into());
            }
        }
        (output, all)
    }

    #[test]
    fn the_order_is_kept_however_much_is_sent_at_once() {
        for step in [1, 2, 3, 5, 17, 1000] {
            let (mut output, all) = filled();
            let mut seen = Vec::new();
            while output.len() > 0 {
                assert_eq!(output.taken(), seen.len() as u64);
                assert_eq!(output.written(), all.len() as u64);
                let mut pieces = [IoSlice::new(&[]); 8];
                let count = output.gather(&mut pieces);
                let gathered: Vec<u8> =
                    pieces[..count].iter().flat_map(|piece| piece.to_vec()).collect();
                assert!(gathered.starts_with(output.unsent()) && !output.unsent().is_empty());
                let now = gathered.len().min(step);
                seen.extend_from_slice(&gathered[..now]);
                output.sent(now);
            }
            assert_eq!(seen, all, "{step} at once");
            assert!(!output.is_scattered());
        }
    }

    #[test]
    fn what_is_cleared_counts_as_taken() {
        let (mut output, all) = filled();
        output.sent(20);
        output.clear();
        assert_eq!((output.len(), output.taken()), (0, all.len() as u64));
        assert_eq!(output.written(), output.taken());
    }
}
