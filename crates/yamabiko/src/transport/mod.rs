//! What a connection on tokio runs over: TCP, a unix socket, memory, or
//! whatever the application brings.

mod accept;
mod custom;
pub(crate) mod memory;

use std::any::Any;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

pub use accept::Accept;
pub(crate) use custom::{Connector, Duplex};

/// Bytes in and out. An enum and not a trait object: TCP, which most connections are, costs a
/// predictable branch and no allocation.
pub(crate) enum Wire {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    Memory(memory::End),
    Custom(Pin<Box<dyn Duplex>>),
}

impl Wire {
    /// A connected socket, ready for small messages.
    pub(crate) fn tcp(socket: TcpStream) -> Self {
        // What is sent is written whole: nothing is gained by waiting for more.
        let _ = socket.set_nodelay(true);
        Wire::Tcp(socket)
    }

    /// Whatever the application brings, which may well be one of the others.
    pub(crate) fn of<S: AsyncRead + AsyncWrite + Send + 'static>(stream: S) -> Self {
        let mut stream = Some(stream);
        let any: &mut dyn Any = &mut stream;
        if let Some(socket) = any.downcast_mut::<Option<TcpStream>>().and_then(Option::take) {
            return Wire::tcp(socket);
        }
        #[cfg(unix)]
        if let Some(socket) = any.downcast_mut::<Option<UnixStream>>().and_then(Option::take) {
            return Wire::Unix(socket);
        }
        Wire::Custom(Box::pin(stream.expect("nobody has taken it")))
    }

    /// Reads what there is. Zero bytes mean that the peer has closed.
    #[inline]
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(space);
        match self {
            Wire::Tcp(socket) => ready!(Pin::new(socket).poll_read(cx, &mut buffer))?,
            #[cfg(unix)]
            Wire::Unix(socket) => ready!(Pin::new(socket).poll_read(cx, &mut buffer))?,
            Wire::Memory(end) => return end.poll_read(cx, space),
            Wire::Custom(stream) => ready!(stream.as_mut().poll_read(cx, &mut buffer))?,
        }
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Asks the system past the runtime, if there is a system to ask.
    pub(crate) fn read_past_runtime(&mut self, space: &mut [u8]) -> Option<io::Result<usize>> {
        let socket = match self {
            Wire::Tcp(socket) => SockRef::from(&*socket),
            #[cfg(unix)]
            Wire::Unix(socket) => SockRef::from(&*socket),
            Wire::Memory(_) | Wire::Custom(_) => return None,
        };
        Some(io::Read::read(&mut &*socket, space))
    }

    #[inline]
    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Wire::Tcp(socket) => Pin::new(socket).poll_write(cx, bytes),
            #[cfg(unix)]
            Wire::Unix(socket) => Pin::new(socket).poll_write(cx, bytes),
            Wire::Memory(end) => end.poll_write(cx, bytes),
            Wire::Custom(stream) => stream.as_mut().poll_write(cx, bytes),
        }
    }

    /// Whether it takes bytes from several places at once.
    pub(crate) fn gathers(&self) -> bool {
        !matches!(self, Wire::Memory(_) | Wire::Custom(_))
    }

    /// The same for bytes from several places, where it [gathers](Self::gathers) them.
    pub(crate) fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Wire::Tcp(socket) => Pin::new(socket).poll_write_vectored(cx, pieces),
            #[cfg(unix)]
            Wire::Unix(socket) => Pin::new(socket).poll_write_vectored(cx, pieces),
            Wire::Memory(_) | Wire::Custom(_) => {
                self.poll_write(cx, pieces.first().map_or(&[], |piece| piece))
            }
        }
    }

    /// What was written is to leave: a stream of the application may hold it back.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Wire::Custom(stream) => stream.as_mut().poll_flush(cx),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Writes without waiting. A stream of the application's own never takes anything so.
    #[inline]
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Tcp(socket) => socket.try_write(bytes),
            #[cfg(unix)]
            Wire::Unix(socket) => socket.try_write(bytes),
            Wire::Memory(end) => end.try_write(bytes),
            Wire::Custom(_) => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// The same for bytes from several places, where it [gathers](Self::gathers) them.
    pub(crate) fn try_write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Wire::Tcp(socket) => socket.try_write_vectored(pieces),
            #[cfg(unix)]
            Wire::Unix(socket) => socket.try_write_vectored(pieces),
            Wire::Memory(_) | Wire::Custom(_) => {
                self.try_write(pieces.first().map_or(&[], |piece| piece))
            }
        }
    }

    /// Closes our side.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Wire::Tcp(socket) => Pin::new(socket).poll_shutdown(cx),
            #[cfg(unix)]
            Wire::Unix(socket) => Pin::new(socket).poll_shutdown(cx),
            Wire::Memory(end) => {
                end.shut_down();
                Poll::Ready(Ok(()))
            }
            Wire::Custom(stream) => stream.as_mut().poll_shutdown(cx),
        }
    }
}
