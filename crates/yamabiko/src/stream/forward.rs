//! A stream of messages on its way to the wire: many small ones are packed, so
//! that they cost one lock, one frame and one write together.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use yamabiko_core::grpc::{Status, message};

use super::channel::marked;
use super::wire::Sink;
use crate::Codec;
use crate::compression::Sending;

/// Bytes that are packed before they are sent: what fits into a frame of the usual size.
pub(crate) const PACK: usize = 16 * 1024 - 512;
/// How often a stream that is always ready is sent before its neighbours on the thread have their
/// turn.
const PACKS_PER_TURN: u32 = 16;

/// Appends a message with its prefix.
///
/// # Errors
/// RESOURCE_EXHAUSTED for one that is too large.
pub(crate) fn frame<C: Codec<T>, T>(
    message: &T,
    sending: Sending,
    out: &mut Vec<u8>,
) -> Result<(), Status> {
    let (length, sizes) = C::size(message);
    sending.check(length)?;
    if sending.encoding.is_some() {
        let mut bytes = Vec::with_capacity(length);
        C::encode(message, sizes, &mut bytes);
        if bytes.len() != length {
            return Err(faithless());
        }
        sending.frame(&bytes, out);
        return Ok(());
    }
    out.reserve(message::PREFIX_LEN + length);
    message::write_prefix(out, length);
    let start = out.len();
    C::encode(message, sizes, out);
    if out.len() - start == length {
        return Ok(());
    }
    out.truncate(start - message::PREFIX_LEN);
    Err(faithless())
}

#[cold]
pub(crate) fn faithless() -> Status {
    Status::internal("the codec wrote another number of bytes than it had measured")
}

/// Sends a stream of messages to its end, which is not said on the wire.
///
/// # Errors
/// The status that the stream gave instead of a message, or how the call has ended meanwhile.
pub(crate) async fn forward<C, T, S>(stream: S, sink: &mut dyn Sink) -> Result<(), Status>
where
    C: Codec<T>,
    S: Stream<Item = Result<T, Status>>,
{
    let mut stream = pin!(stream);
    let mut packed =
        Packed::<C, T> { bytes: Vec::new(), end: None, codec: std::marker::PhantomData };
    poll_fn(|cx| packed.poll(stream.as_mut(), sink, cx)).await
}

struct Packed<C, T> {
    bytes: Vec<u8>,
    /// How the stream has ended. What is packed leaves first.
    end: Option<Result<(), Status>>,
    codec: std::marker::PhantomData<fn(C, T)>,
}

impl<C: Codec<T>, T> Packed<C, T> {
    fn poll<S: Stream<Item = Result<T, Status>>>(
        &mut self,
        mut stream: Pin<&mut S>,
        sink: &mut dyn Sink,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let mut packs = 0;
        loop {
            if self.bytes.len() >= PACK || (self.end.is_some() && !self.bytes.is_empty()) {
                ready!(sink.poll_send(cx, &mut self.bytes))?;
                packs += 1;
            }
            if let Some(end) = self.end.take() {
                return Poll::Ready(end);
            }
            if packs >= PACKS_PER_TURN {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match stream.as_mut().poll_next(cx) {
                Poll::Ready(Some(Ok(message))) => {
                    let sending = marked(sink.sending());
                    if let Err(status) = frame::<C, T>(&message, sending, &mut self.bytes) {
                        self.end = Some(Err(status));
                    }
                }
                Poll::Ready(Some(Err(status))) => self.end = Some(Err(status)),
                Poll::Ready(None) => self.end = Some(Ok(())),
                Poll::Pending => {
                    if self.bytes.is_empty() {
                        sink.begin();
                    } else {
                        ready!(sink.poll_send(cx, &mut self.bytes))?;
                    }
                    let gone = ready!(sink.poll_gone(cx));
                    return Poll::Ready(Err(gone));
                }
            }
        }
    }
}
