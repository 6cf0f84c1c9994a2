//! A stream of the application's own: it takes and gives a few bytes at a
//! time, and is no socket that the library knows.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use yamabiko::{Accept, PeerAddress};

/// At most, in one go.
const PIECE: usize = 1000;

pub struct Slow(pub TcpStream);

pub struct SlowListener(pub TcpListener);

impl AsyncRead for Slow {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut piece = [0; PIECE];
        let room = buffer.remaining().min(PIECE);
        let mut part = ReadBuf::new(&mut piece[..room]);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut part))?;
        buffer.put_slice(part.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Slow {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = bytes.len().min(PIECE);
        Pin::new(&mut self.0).poll_write(cx, &bytes[..count])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl Accept for SlowListener {
    type Connection = Slow;

    async fn accept(&mut self) -> io::Result<(Slow, PeerAddress)> {
        let (socket, address) = self.0.accept().await?;
        socket.set_nodelay(true)?;
        Ok((Slow(socket), PeerAddress::Ip(address)))
    }
}
