//! The socket of a connection on tokio, with TLS or without, and the timer and
//! the waker of the task that drives it: the same for a server and a client.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use tokio::time::Sleep;
use yamabiko_core::ReceiveBuffer;
use yamabiko_core::grpc::client::ClientConnection;
use yamabiko_core::grpc::server::ServerConnection;

use crate::read_buffer;
use crate::spin::Spin;
use crate::tls::{self, Session};
use crate::transport::Wire;

/// How many pieces of output are written at once. A frame of the usual size is two, so that they are
/// more than the core makes ready.
const PIECES: usize = 64;

/// What the socket needs of a core.
pub(crate) trait Core {
    fn output(&self) -> &[u8];
    fn sent(&mut self, count: usize);
    fn is_scattered(&self) -> bool;
    fn gather<'a>(&'a self, pieces: &mut [IoSlice<'a>]) -> usize;
    fn poll_timeout(&self) -> Option<Instant>;
}

macro_rules! core {
    ($core:ty) => {
        impl Core for $core {
            #[inline]
            fn output(&self) -> &[u8] {
                <$core>::output(self)
            }
            #[inline]
            fn sent(&mut self, count: usize) {
                <$core>::sent(self, count);
            }
            #[inline]
            fn is_scattered(&self) -> bool {
                <$core>::is_scattered(self)
            }
            fn gather<'a>(&'a self, pieces: &mut [IoSlice<'a>]) -> usize {
                <$core>::gather(self, pieces)
            }
            fn poll_timeout(&self) -> Option<Instant> {
                <$core>::poll_timeout(self)
            }
        }
    };
}
core!(ServerConnection);
core!(ClientConnection);

/// What a connection runs over, and what wakes its task.
pub(crate) struct Socket {
    wire: Wire,
    tls: Option<Box<Session>>,
    /// With the task that it wakes.
    timer: Option<(Pin<Box<Sleep>>, Waker)>,
    /// Wakes the task, unless it has been woken already.
    waker: Option<Waker>,
    spin: Spin,
    /// Without TLS, and nothing is held back.
    is_plain: bool,
    /// What was written may not have left: a stream of the application's is to be asked again.
    unflushed: bool,
    /// Our side says nothing more.
    closed: bool,
}

impl Socket {
    pub(crate) fn new(wire: Wire, tls: Option<Session>) -> Self {
        Socket {
            is_plain: tls.is_none() && !matches!(wire, Wire::Custom(_)),
            wire,
            tls: tls.map(Box::new),
            timer: None,
            waker: None,
            spin: Spin::default(),
            unflushed: false,
            closed: false,
        }
    }

    /// Whether it writes output from several places at once.
    pub(crate) fn gathers(&self) -> bool {
        self.tls.is_none() && self.wire.gathers()
    }

    /// Reads behind what `input` holds. Zero bytes mean that the peer has closed.
    #[inline]
    pub(crate) fn read(
        &mut self,
        input: &mut ReceiveBuffer,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let count = match self.tls {
            None => {
                let count = ready!(self.wire.poll_read(cx, read_buffer::space(input)))?;
                input.filled(count);
                count
            }
            Some(_) => ready!(self.read_sealed(input, cx))?,
        };
        self.spin.came(count);
        Poll::Ready(Ok(count))
    }

    #[inline(never)]
    fn read_sealed(
        &mut self,
        input: &mut ReceiveBuffer,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let Socket { wire, tls: Some(session), .. } = self else { return Poll::Pending };
        let was_open = session.is_open();
        let read = tls::read(session, input, |space| blocking(wire.poll_read(cx, space)));
        match read {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let _ = self.write_sealed(cx)?;
                if !was_open && self.is_open() {
                    // What has waited for the handshake can be written.
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Err(error) => {
                // The last words, an alert.
                let _ = self.write_sealed(cx);
                Poll::Ready(Err(error))
            }
            Ok(count) => Poll::Ready(Ok(count)),
        }
    }

    /// Where [`read`](Self::read) has to wait: looks once more, past the runtime, which has not
    /// asked the system again. Pending, it has woken the task if it is worth another look.
    pub(crate) fn read_awake(
        &mut self,
        input: &mut ReceiveBuffer,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if !self.spin.goes_on(Instant::now()) {
            return Poll::Pending;
        }
        let Socket { wire, tls, .. } = self;
        let would_block = || Err(io::ErrorKind::WouldBlock.into());
        let mut look = |space: &mut [u8]| wire.read_past_runtime(space).unwrap_or_else(would_block);
        let read = match tls {
            None => look(read_buffer::space(input)).inspect(|count| input.filled(*count)),
            Some(session) => tls::read(session, input, look),
        };
        match read {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
            Ok(count) => {
                self.spin.came(count);
                Poll::Ready(Ok(count))
            }
        }
    }

    /// Writes what the socket takes. It wakes the task when it takes more.
    #[inline]
    pub(crate) fn write(&mut self, core: &mut impl Core, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.is_plain {
            return self.write_more(core, cx);
        }
        while !core.output().is_empty() {
            let written = if core.is_scattered() {
                let mut pieces = [IoSlice::new(&[]); PIECES];
                let count = core.gather(&mut pieces);
                self.wire.poll_write_vectored(cx, &pieces[..count])
            } else {
                self.wire.poll_write(cx, core.output())
            };
            match written? {
                Poll::Ready(0) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(count) => core.sent(count),
                Poll::Pending => break,
            }
        }
        Ok(())
    }

    /// The same with TLS, or for a stream of the application's that wants to be flushed.
    #[inline(never)]
    fn write_more(&mut self, core: &mut impl Core, cx: &mut Context<'_>) -> io::Result<()> {
        let mut wrote = false;
        loop {
            if self.write_sealed(cx)?.is_pending() {
                return Ok(());
            }
            if core.output().is_empty() {
                break;
            }
            match &mut self.tls {
                None => match self.wire.poll_write(cx, core.output())? {
                    Poll::Ready(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Poll::Ready(count) => core.sent(count),
                    Poll::Pending => return Ok(()),
                },
                Some(session) => match session.seal(core.output()) {
                    0 => break,
                    count => core.sent(count),
                },
            }
            wrote = true;
        }
        if wrote || self.unflushed {
            self.unflushed = self.wire.poll_flush(cx)?.is_pending();
        }
        Ok(())
    }

    /// Writes what the TLS session has to say.
    fn write_sealed(&mut self, cx: &mut Context<'_>) -> io::Result<Poll<()>> {
        let Some(session) = &mut self.tls else { return Ok(Poll::Ready(())) };
        if session.output().is_empty() {
            return Ok(Poll::Ready(()));
        }
        while !session.output().is_empty() {
            match self.wire.poll_write(cx, session.output())? {
                Poll::Ready(0) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(count) => session.sent(count),
                Poll::Pending => return Ok(Poll::Pending),
            }
        }
        self.unflushed = self.wire.poll_flush(cx)?.is_pending();
        Ok(Poll::Ready(()))
    }

    /// Writes what the socket takes now. An error shows at the next [`write`](Self::write).
    pub(crate) fn write_now(&mut self, core: &mut impl Core) {
        if core.output().is_empty() {
            return;
        }
        match &mut self.tls {
            None => {
                let written = if core.is_scattered() {
                    let mut pieces = [IoSlice::new(&[]); PIECES];
                    let count = core.gather(&mut pieces);
                    self.wire.try_write_vectored(&pieces[..count])
                } else {
                    self.wire.try_write(core.output())
                };
                if let Ok(count) = written {
                    core.sent(count);
                }
            }
            Some(session) => {
                let count = session.seal(core.output());
                core.sent(count);
                if let Ok(count) = self.wire.try_write(session.output()) {
                    session.sent(count);
                }
            }
        }
    }

    /// Whether something waits to be written.
    pub(crate) fn has_unsent(&self, core: &impl Core) -> bool {
        !core.output().is_empty() || self.tls.as_ref().is_some_and(|tls| !tls.output().is_empty())
    }

    fn is_open(&self) -> bool {
        self.tls.as_ref().is_none_or(|session| session.is_open())
    }

    /// Sends the last words and waits until the peer has closed as well, so that no reset
    /// outruns them.
    pub(crate) fn poll_close(&mut self, core: &mut impl Core, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.write(core, cx).is_err() {
                return Poll::Ready(());
            }
            // Who has not done the handshake cannot be told anything.
            if self.is_open() && self.has_unsent(core) {
                return Poll::Pending;
            }
            if self.closed {
                break;
            }
            self.closed = true;
            if let Some(session) = &mut self.tls {
                session.close();
            }
        }
        if self.wire.poll_shutdown(cx).is_pending() {
            return Poll::Pending;
        }
        let mut unwanted = [0; 4096];
        loop {
            match ready!(self.wire.poll_read(cx, &mut unwanted)) {
                Ok(1..) => {}
                _ => return Poll::Ready(()),
            }
        }
    }

    /// Ready when the core's time has come; else it wakes the task then.
    pub(crate) fn poll_timer(&mut self, core: &impl Core, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = core.poll_timeout() else {
            self.timer = None;
            return Poll::Pending;
        };
        let at = tokio::time::Instant::from_std(at);
        let (timer, waker) = self
            .timer
            .get_or_insert_with(|| (Box::pin(tokio::time::sleep_until(at)), Waker::noop().clone()));
        if timer.deadline() != at {
            timer.as_mut().reset(at);
        } else if waker.will_wake(cx.waker()) && !timer.is_elapsed() {
            // Most batches leave the time as it was, and the timer knows whom to wake.
            return Poll::Pending;
        }
        waker.clone_from(cx.waker());
        // A poll that its budget cuts short would not remember whom to wake.
        pin!(tokio::task::unconstrained(timer.as_mut())).poll(cx)
    }

    /// Remembers the task that is to be woken.
    pub(crate) fn driven_by(&mut self, cx: &Context<'_>) {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
        }
    }

    /// Goes to the end of the runtime's queue once: whoever is in it may be about to write too,
    /// and one write serves them all.
    pub(crate) fn let_others_go_first(&mut self, cx: &Context<'_>) {
        self.waker = None;
        cx.waker().wake_by_ref();
    }

    /// Wakes the task, once until it has run.
    pub(crate) fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// What is not ready as the system says it.
fn blocking<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}
