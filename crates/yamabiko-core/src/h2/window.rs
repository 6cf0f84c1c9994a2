//! Flow control as arithmetic (RFC 9113 §5.2 and §6.9).

use crate::frame::{ErrorCode, LARGEST_WINDOW};

/// The window of every stream and connection before anybody says otherwise.
pub const DEFAULT_WINDOW: u32 = 65_535;

/// How much we may send. Below zero after the peer has shrunk it under what was in flight.
#[derive(Clone, Copy, Debug)]
pub struct SendWindow(i64);

impl SendWindow {
    /// A window of `size` bytes.
    pub fn new(size: u32) -> Self {
        SendWindow(i64::from(size))
    }

    /// Bytes that may be sent now.
    #[inline]
    pub fn available(self) -> usize {
        usize::try_from(self.0).unwrap_or(0)
    }

    /// Takes `count` bytes, which the caller has found to be available.
    #[inline]
    pub fn take(&mut self, count: usize) {
        debug_assert!(count <= self.available(), "sent more than the window");
        self.0 -= i64::try_from(count).unwrap_or(i64::MAX);
    }

    /// The peer has granted `increment` more.
    ///
    /// # Errors
    /// FLOW_CONTROL_ERROR above 2^31-1 (RFC 9113 §6.9.1).
    pub fn grant(&mut self, increment: u32) -> Result<(), ErrorCode> {
        self.change(i64::from(increment))
    }

    /// The initial size has changed by `delta` (RFC 9113 §6.9.2).
    ///
    /// # Errors
    /// FLOW_CONTROL_ERROR above 2^31-1.
    pub fn change(&mut self, delta: i64) -> Result<(), ErrorCode> {
        let size = self.0 + delta;
        if size > i64::from(LARGEST_WINDOW) {
            return Err(ErrorCode::FLOW_CONTROL_ERROR);
        }
        self.0 = size;
        Ok(())
    }
}

/// How much the peer may send, and what we owe it back.
#[derive(Clone, Copy, Debug)]
pub struct ReceiveWindow {
    open: i64,
    released: u32,
    /// The size that the peer began with.
    initial: u32,
    /// What it has grown by since.
    grown: u32,
}

impl ReceiveWindow {
    /// A window of `size` bytes.
    pub fn new(size: u32) -> Self {
        ReceiveWindow { open: i64::from(size), released: 0, initial: size, grown: 0 }
    }

    /// The peer has sent `count` bytes.
    ///
    /// # Errors
    /// FLOW_CONTROL_ERROR for more than it was granted.
    #[inline]
    pub fn receive(&mut self, count: u32) -> Result<(), ErrorCode> {
        if i64::from(count) > self.open {
            return Err(ErrorCode::FLOW_CONTROL_ERROR);
        }
        self.open -= i64::from(count);
        Ok(())
    }

    /// `count` bytes have been used. Returns the increment to announce: nothing until half the
    /// window is owed, so that small messages do not cost a frame each.
    #[inline]
    pub fn release(&mut self, count: u32) -> Option<u32> {
        self.released = self.released.saturating_add(count);
        if self.released < self.size() / 2 || self.released == 0 {
            return None;
        }
        let increment = std::mem::take(&mut self.released);
        self.open += i64::from(increment);
        Some(increment)
    }

    /// The initial size that the peer knows of has changed (RFC 9113 §6.9.2).
    pub fn retarget(&mut self, size: u32) {
        self.open += i64::from(size) - i64::from(self.initial);
        self.initial = size;
    }

    /// Its size when nothing is in it.
    #[inline]
    pub fn size(self) -> u32 {
        self.initial.saturating_add(self.grown)
    }

    /// Whether it has grown.
    #[inline]
    pub fn has_grown(self) -> bool {
        self.grown > 0
    }

    /// Grows the window at once and returns the increment to announce.
    pub fn grow_to(&mut self, size: u32) -> Option<u32> {
        let increment = size.checked_sub(self.size()).filter(|&increment| increment > 0)?;
        self.grown += increment;
        self.open += i64::from(increment);
        Some(increment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shrunk_window_can_be_negative_and_recovers() {
        let mut window = SendWindow::new(10);
        window.take(10);
        window.change(-5).expect("in range");
        assert_eq!(window.available(), 0);
        window.grant(8).expect("in range");
        assert_eq!(window.available(), 3);
    }

    #[test]
    fn a_window_above_the_largest_is_refused() {
        let mut window = SendWindow::new(LARGEST_WINDOW);
        assert_eq!(window.grant(1), Err(ErrorCode::FLOW_CONTROL_ERROR));
    }

    #[test]
    fn half_a_window_is_owed_before_it_is_announced() {
        let mut window = ReceiveWindow::new(100);
        window.receive(60).expect("granted");
        assert_eq!(window.release(49), None);
        assert_eq!(window.release(11), Some(60));
        assert_eq!(window.receive(101), Err(ErrorCode::FLOW_CONTROL_ERROR));
        window.receive(100).expect("granted again");
    }
}
