//! The buffer that a thread reads into, lent to the connection that it is
//! driving. An idle connection holds none.

use std::cell::Cell;

use yamabiko_core::ReceiveBuffer;

/// What is read in one go, in bytes.
const SIZE: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<Option<ReceiveBuffer>> = const { Cell::new(None) };
}

/// Lends the thread's buffer, with what `input` still holds at its front.
pub(crate) fn lend(input: &mut ReceiveBuffer) {
    let mut buffer = BUFFER.take().unwrap_or_default();
    if !input.is_empty() {
        buffer.extend(input.unread());
    }
    *input = buffer;
}

/// Room for the next read.
pub(crate) fn space(input: &mut ReceiveBuffer) -> &mut [u8] {
    // A frame is at most 16 KiB and its head, so this does not grow past a frame and a read.
    input.space(SIZE)
}

/// Takes the buffer back and leaves the connection a small one with what is unfinished.
pub(crate) fn take_back(input: &mut ReceiveBuffer) {
    let mut left = ReceiveBuffer::new();
    if !input.is_empty() {
        left.extend(input.unread());
    }
    let mut buffer = std::mem::replace(input, left);
    buffer.clear();
    BUFFER.set(Some(buffer));
}

/// Runs `action` with room for what is read before it is decrypted.
#[cfg(any(feature = "tls", feature = "blocking"))]
pub(crate) fn with_sealed<T>(action: impl FnOnce(&mut [u8]) -> T) -> T {
    thread_local! {
        static SEALED: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    let mut buffer = SEALED.take();
    buffer.resize(SIZE, 0);
    let outcome = action(&mut buffer);
    SEALED.set(buffer);
    outcome
}
