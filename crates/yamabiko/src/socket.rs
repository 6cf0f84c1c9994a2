//! The socket of a connection on tokio, and the timer and the waker of the
//! task that drives it: the same for a server and a client.

use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::Sleep;
use yamabiko_core::ReceiveBuffer;
use yamabiko_core::grpc::client::ClientConnection;
use yamabiko_core::grpc::server::ServerConnection;

use crate::read_buffer;
use crate::spin::Spin;

/// What the socket needs of a core.
pub(crate) trait Core {
    fn output(&self) -> &[u8];
    fn sent(&mut self, count: usize);
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
            fn poll_timeout(&self) -> Option<Instant> {
                <$core>::poll_timeout(self)
            }
        }
    };
}
core!(ServerConnection);
core!(ClientConnection);

/// A socket and what wakes its task.
pub(crate) struct Socket {
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    timer: Option<Pin<Box<Sleep>>>,
    /// Wakes the task, unless it has been woken already.
    waker: Option<Waker>,
    spin: Spin,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        let (reader, writer) = stream.into_split();
        Socket { reader, writer, timer: None, waker: None, spin: Spin::default() }
    }

    /// Reads behind what `input` holds. Zero bytes mean that the peer has closed.
    pub(crate) fn read(
        &mut self,
        input: &mut ReceiveBuffer,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(read_buffer::space(input));
        ready!(Pin::new(&mut self.reader).poll_read(cx, &mut buffer))?;
        let count = buffer.filled().len();
        input.filled(count);
        self.spin.came();
        Poll::Ready(Ok(count))
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
        let socket = SockRef::from(self.reader.as_ref());
        match (&*socket).read(read_buffer::space(input)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
            Ok(count) => {
                input.filled(count);
                self.spin.came();
                Poll::Ready(Ok(count))
            }
        }
    }

    /// Writes what the socket takes. It wakes the task when it takes more.
    pub(crate) fn write(&mut self, core: &mut impl Core, cx: &mut Context<'_>) -> io::Result<()> {
        while !core.output().is_empty() {
            match Pin::new(&mut self.writer).poll_write(cx, core.output())? {
                Poll::Ready(0) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(count) => core.sent(count),
                Poll::Pending => break,
            }
        }
        Ok(())
    }

    /// Writes what the socket takes now. An error shows at the next [`write`](Self::write).
    pub(crate) fn write_now(&mut self, core: &mut impl Core) {
        if !core.output().is_empty()
            && let Ok(count) = self.writer.try_write(core.output())
        {
            core.sent(count);
        }
    }

    /// Sends the last words and waits until the peer has closed as well, so that no reset
    /// outruns them.
    pub(crate) fn poll_close(&mut self, core: &mut impl Core, cx: &mut Context<'_>) -> Poll<()> {
        if self.write(core, cx).is_err() {
            return Poll::Ready(());
        }
        if !core.output().is_empty() || Pin::new(&mut self.writer).poll_shutdown(cx).is_pending() {
            return Poll::Pending;
        }
        let mut unwanted = [0; 4096];
        loop {
            let mut buffer = ReadBuf::new(&mut unwanted);
            match ready!(Pin::new(&mut self.reader).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
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
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if timer.deadline() != at {
            timer.as_mut().reset(at);
        }
        timer.as_mut().poll(cx)
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
