//! From DATA to messages, the same for a server and a client: which stream
//! was being read, what is left of its frame, how much is being assembled.

use bytes::Bytes;

use super::Status;
use super::message::{Assembler, MAX_ASSEMBLING, MAX_MESSAGE, Payload};
use crate::h2::StreamKey;

/// How much a peer may send.
#[derive(Clone, Copy, Debug)]
pub struct MessageLimits {
    /// Bytes of one message: [`MAX_MESSAGE`].
    pub max_message: usize,
    /// Bytes of all unfinished messages of a connection: [`MAX_ASSEMBLING`].
    pub max_assembling: usize,
}

impl Default for MessageLimits {
    fn default() -> Self {
        MessageLimits { max_message: MAX_MESSAGE, max_assembling: MAX_ASSEMBLING }
    }
}

/// What a piece of DATA has brought.
#[derive(Debug)]
pub(super) enum Brought<'a> {
    /// A message; `last` if the peer has ended its side behind it.
    Message { message: Payload<'a>, last: bool },
    /// The peer has ended its side.
    End,
    /// Nothing yet.
    Nothing,
}

/// The rest of a frame that held more than one message.
#[derive(Debug)]
struct Rest {
    stream: StreamKey,
    data: Bytes,
    end_stream: bool,
}

/// The receiving half of all calls of a connection.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    limits: MessageLimits,
    assembling: usize,
    rest: Option<Rest>,
}

impl Inbound {
    pub(super) fn new(limits: MessageLimits) -> Self {
        Inbound { limits, ..Inbound::default() }
    }

    /// The stream whose frame still holds messages.
    pub(super) fn unfinished(&self) -> Option<StreamKey> {
        self.rest.as_ref().map(|rest| rest.stream)
    }

    /// The message that a new piece of DATA is, if it is just that, as most are.
    #[inline]
    pub(super) fn whole<'a>(&self, assembler: &Assembler, data: &'a [u8]) -> Option<&'a [u8]> {
        assembler.whole(data, self.limits.max_message)
    }

    /// The next message of a new piece of DATA.
    ///
    /// # Errors
    /// The status that the call ends with.
    #[inline]
    pub(super) fn receive<'a>(
        &mut self,
        stream: StreamKey,
        assembler: &mut Assembler,
        mut data: &'a [u8],
        end_stream: bool,
    ) -> Result<Brought<'a>, Status> {
        let brought = self.advance(assembler, &mut data, end_stream)?;
        if !data.is_empty() {
            self.rest = Some(Rest { stream, data: Bytes::copy_from_slice(data), end_stream });
        }
        Ok(brought)
    }

    /// The next message of the frame that was begun.
    ///
    /// # Errors
    /// The status that the call ends with.
    pub(super) fn carry_on(
        &mut self,
        assembler: &mut Assembler,
    ) -> Result<Brought<'static>, Status> {
        let Some(Rest { stream, data, end_stream }) = self.rest.take() else {
            return Ok(Brought::Nothing);
        };
        let mut left = &data[..];
        let brought = match self.advance(assembler, &mut left, end_stream)? {
            // Lent from our own copy: shared, not copied again.
            Brought::Message { message: Payload::Borrowed(slice), last } => {
                Brought::Message { message: Payload::Owned(data.slice_ref(slice)), last }
            }
            Brought::Message { message: Payload::Owned(bytes), last } => {
                Brought::Message { message: Payload::Owned(bytes), last }
            }
            Brought::End => Brought::End,
            Brought::Nothing => Brought::Nothing,
        };
        if !left.is_empty() {
            let data = data.slice(data.len() - left.len()..);
            self.rest = Some(Rest { stream, data, end_stream });
        }
        Ok(brought)
    }

    #[inline]
    fn advance<'a>(
        &mut self,
        assembler: &mut Assembler,
        data: &mut &'a [u8],
        end_stream: bool,
    ) -> Result<Brought<'a>, Status> {
        let before = assembler.len();
        let taken = assembler.take(data, self.limits.max_message);
        self.assembling = self.assembling + assembler.len() - before;
        match taken? {
            Some(message) => Ok(Brought::Message { message, last: end_stream && data.is_empty() }),
            None if end_stream => assembler.finish().map(|()| Brought::End),
            None if self.assembling > self.limits.max_assembling => {
                let limit = self.limits.max_assembling;
                Err(Status::resource_exhausted(format!(
                    "too many unfinished messages on the connection: over {limit} bytes"
                )))
            }
            None => Ok(Brought::Nothing),
        }
    }

    /// The rest of a frame is of no use: its call is over.
    pub(super) fn drop_rest(&mut self) {
        self.rest = None;
    }

    /// A call is over: what it was assembling is freed.
    pub(super) fn forget(&mut self, assembler: &Assembler) {
        self.assembling -= assembler.len();
    }
}
