//! Two ends joined in memory: what a server and a client in one process talk
//! over. It needs no runtime but those who poll it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Bytes that wait in one direction, at most.
const ROOM: usize = 256 * 1024;
/// A buffer that has grown larger is given back when it is empty, in bytes.
const KEPT: usize = 32 * 1024;

/// One end. Dropping it closes both directions.
#[derive(Debug)]
pub(crate) struct End {
    incoming: Arc<Pipe>,
    outgoing: Arc<Pipe>,
}

/// One direction.
#[derive(Debug, Default)]
struct Pipe {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    /// How many of them have been read.
    taken: usize,
    /// Nothing more will be written.
    ended: bool,
    /// Nothing more will be read.
    abandoned: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Two ends: what goes into one comes out of the other.
pub(crate) fn pair() -> (End, End) {
    let (there, back) = (Arc::<Pipe>::default(), Arc::<Pipe>::default());
    let far = End { incoming: Arc::clone(&there), outgoing: Arc::clone(&back) };
    (End { incoming: back, outgoing: there }, far)
}

impl End {
    /// Reads what there is. Zero bytes mean that the other end has closed.
    pub(crate) fn poll_read(
        &mut self,
        cx: &Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.incoming.lock();
        let waiting = &state.bytes[state.taken..];
        if waiting.is_empty() {
            if state.ended {
                return Poll::Ready(Ok(0));
            }
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = waiting.len().min(space.len());
        space[..count].copy_from_slice(&waiting[..count]);
        state.taken += count;
        if state.taken == state.bytes.len() {
            state.taken = 0;
            if state.bytes.capacity() > KEPT {
                state.bytes = Vec::new();
            } else {
                state.bytes.clear();
            }
        }
        let writer = state.writer.take();
        drop(state);
        wake(writer);
        Poll::Ready(Ok(count))
    }

    /// Writes as much as there is room for.
    pub(crate) fn poll_write(&mut self, cx: &Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let mut state = self.outgoing.lock();
                if state.room() > 0 || state.abandoned {
                    // There has come room meanwhile.
                    drop(state);
                    return self.poll_write(cx, bytes);
                }
                state.writer = Some(cx.waker().clone());
                Poll::Pending
            }
            written => Poll::Ready(written),
        }
    }

    /// The same for now: [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.outgoing.lock();
        if state.abandoned {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(state.room());
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if state.taken > 0 && state.bytes.len() + count > ROOM {
            let taken = std::mem::take(&mut state.taken);
            state.bytes.drain(..taken);
        }
        state.bytes.extend_from_slice(&bytes[..count]);
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        Ok(count)
    }

    /// Writes nothing more.
    pub(crate) fn shut_down(&mut self) {
        let mut state = self.outgoing.lock();
        state.ended = true;
        let reader = state.reader.take();
        drop(state);
        wake(reader);
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.shut_down();
        let mut state = self.incoming.lock();
        state.abandoned = true;
        state.bytes = Vec::new();
        state.taken = 0;
        let writer = state.writer.take();
        drop(state);
        wake(writer);
    }
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics halfway, so a poisoned lock still guards whole data.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn room(&self) -> usize {
        ROOM.saturating_sub(self.bytes.len() - self.taken)
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Flag(AtomicBool);

    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    fn flag() -> (Arc<Flag>, Waker) {
        let flag = Arc::<Flag>::default();
        (Arc::clone(&flag), flag.into())
    }

    #[test]
    fn bytes_arrive_in_order_and_wake_their_reader() {
        let (mut near, mut far) = pair();
        let (woken, waker) = flag();
        let cx = Context::from_waker(&waker);
        let mut space = [0; 4];
        assert!(far.poll_read(&cx, &mut space).is_pending());
        assert!(matches!(near.poll_write(&cx, b"abcdef"), Poll::Ready(Ok(6))));
        assert!(woken.0.load(Ordering::SeqCst));
        assert!(matches!(far.poll_read(&cx, &mut space), Poll::Ready(Ok(4))));
        assert_eq!(&space, b"abcd");
        assert!(matches!(far.poll_read(&cx, &mut space), Poll::Ready(Ok(2))));
        assert_eq!(&space[..2], b"ef");
    }

    #[test]
    fn a_writer_waits_for_room_and_never_holds_more_than_the_limit() {
        let (mut near, mut far) = pair();
        let (woken, waker) = flag();
        let cx = Context::from_waker(&waker);
        let much = vec![7; ROOM + 1];
        assert!(matches!(near.poll_write(&cx, &much), Poll::Ready(Ok(ROOM))));
        assert!(near.poll_write(&cx, b"x").is_pending());
        let mut space = vec![0; 1000];
        assert!(matches!(far.poll_read(&cx, &mut space), Poll::Ready(Ok(1000))));
        assert!(woken.0.load(Ordering::SeqCst));
        assert!(matches!(near.poll_write(&cx, &much), Poll::Ready(Ok(1000))));
        assert!(near.outgoing.lock().bytes.len() <= ROOM);
    }

    #[test]
    fn the_end_is_seen_behind_the_last_bytes_and_by_who_still_writes() {
        let (mut near, mut far) = pair();
        let (_, waker) = flag();
        let cx = Context::from_waker(&waker);
        assert!(matches!(near.poll_write(&cx, b"a"), Poll::Ready(Ok(1))));
        drop(near);
        let mut space = [0; 4];
        assert!(matches!(far.poll_read(&cx, &mut space), Poll::Ready(Ok(1))));
        assert!(matches!(far.poll_read(&cx, &mut space), Poll::Ready(Ok(0))));
        assert!(matches!(far.poll_write(&cx, b"b"), Poll::Ready(Err(_))));
    }
}
