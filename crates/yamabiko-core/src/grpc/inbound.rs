//! From DATA to messages, the same for a server and a client: which stream
//! was being read, what is left of its frame, how much is being assembled, and
//! when the windows are opened again.

use bytes::{Buf, Bytes};

use super::assembling::Assembling;
use super::message::{Assembler, MAX_ASSEMBLING, MAX_MESSAGE, Payload, Run, whole_messages};
use super::pace::{MAX_UNREAD, Pace, Unread};
use super::{Encoding, Encodings, Status};
use crate::Memory;
use crate::h2::{Config, StreamKey};

/// What a peer may send.
#[derive(Clone, Copy, Debug)]
pub struct MessageLimits {
    /// Bytes of one message: [`MAX_MESSAGE`].
    pub max_message: usize,
    /// Bytes of all unfinished messages of a connection, above which they are finished one after
    /// the other: [`MAX_ASSEMBLING`].
    pub max_assembling: usize,
    /// Bytes of all messages of a connection that wait for their reader: [`MAX_UNREAD`].
    pub max_unread: usize,
    /// How its messages may be compressed: not at all.
    pub accepts: Encodings,
}

impl Default for MessageLimits {
    fn default() -> Self {
        MessageLimits {
            max_message: MAX_MESSAGE,
            max_assembling: MAX_ASSEMBLING,
            max_unread: MAX_UNREAD,
            accepts: Encodings::NONE,
        }
    }
}

/// What a piece of DATA has brought.
#[derive(Debug)]
pub(super) enum Brought<'a> {
    /// A message; `last` if the peer has ended its side behind it.
    Message { message: Payload<'a>, last: bool },
    /// Several at once, of a call whose messages are read as somebody asks for them.
    Messages { run: Run<'a>, last: bool },
    /// The peer has ended its side.
    End,
    /// Nothing yet.
    Nothing,
}

impl Brought<'_> {
    /// The same, without what it was lent from.
    fn into_owned(self) -> Brought<'static> {
        match self {
            Brought::Message { message, last } => {
                Brought::Message { message: message.into_owned(), last }
            }
            Brought::Messages { run, last } => Brought::Messages { run: run.into_owned(), last },
            Brought::End => Brought::End,
            Brought::Nothing => Brought::Nothing,
        }
    }
}

/// The rest of a frame that held more than one message.
#[derive(Debug)]
struct Rest {
    stream: StreamKey,
    data: Bytes,
    end_stream: bool,
}

/// The receiving half of one call.
#[derive(Debug, Default)]
pub(super) struct Receiving {
    pub(super) assembler: Assembler,
    /// There is one if messages are read as somebody asks for them.
    pub(super) pace: Option<Pace>,
    /// How messages may be compressed.
    pub(super) encoding: Option<Encoding>,
    /// A limit for each message of this call alone.
    pub(super) max_message: Option<usize>,
}

/// The receiving half of all calls of a connection.
#[derive(Debug)]
pub(super) struct Inbound {
    limits: MessageLimits,
    pub(super) assembling: Assembling,
    pub(super) unread: Unread,
    rest: Option<Rest>,
    memory: Memory,
}

impl Inbound {
    pub(super) fn new(limits: MessageLimits, config: &Config) -> Self {
        let assembling = Assembling::new(limits.max_assembling);
        let unread = Unread::new(limits.max_unread, config.grown_window);
        Inbound { limits, assembling, unread, rest: None, memory: config.memory }
    }

    /// How messages may be compressed.
    pub(super) fn accepts(&self) -> Encodings {
        self.limits.accepts
    }

    /// The stream whose frame still holds messages.
    pub(super) fn unfinished(&self) -> Option<StreamKey> {
        self.rest.as_ref().map(|rest| rest.stream)
    }

    /// The message that a new piece of DATA is, if it is just that, as most are.
    #[inline]
    pub(super) fn whole<'a>(&self, receiving: &Receiving, data: &'a [u8]) -> Option<&'a [u8]> {
        if receiving.pace.is_some() {
            return None;
        }
        receiving.assembler.whole(data, self.limits.max_message)
    }

    /// The next message of a new piece of DATA.
    ///
    /// # Errors
    /// The status that the call ends with.
    #[inline]
    pub(super) fn receive<'a>(
        &mut self,
        stream: StreamKey,
        receiving: &mut Receiving,
        mut data: &'a [u8],
        end_stream: bool,
    ) -> Result<Brought<'a>, Status> {
        let brought = self.advance(stream, receiving, &mut data, end_stream)?;
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
        receiving: &mut Receiving,
    ) -> Result<Brought<'static>, Status> {
        let Some(Rest { stream, mut data, end_stream }) = self.rest.take() else {
            return Ok(Brought::Nothing);
        };
        let mut left = &data[..];
        let brought = self.advance(stream, receiving, &mut left, end_stream)?;
        let taken = data.len() - left.len();
        let brought = match brought {
            // Lent from our own copy: split off, not copied again.
            Brought::Message { message: Payload::Borrowed(message), last } => {
                let length = message.len();
                data.advance(taken - length);
                Brought::Message { message: Payload::Owned(data.split_to(length)), last }
            }
            Brought::Messages { run: Run { count, .. }, last } => {
                let run = Run { framed: Payload::Owned(data.split_to(taken)), count };
                Brought::Messages { run, last }
            }
            other => {
                let other = other.into_owned();
                data.advance(taken);
                other
            }
        };
        if !data.is_empty() {
            self.rest = Some(Rest { stream, data, end_stream });
        }
        Ok(brought)
    }

    #[inline]
    fn advance<'a>(
        &mut self,
        stream: StreamKey,
        receiving: &mut Receiving,
        data: &mut &'a [u8],
        end_stream: bool,
    ) -> Result<Brought<'a>, Status> {
        let Receiving { assembler, pace, encoding, max_message } = receiving;
        let before = assembler.len();
        let limit = max_message.unwrap_or(self.limits.max_message);
        if before == 0
            && let Some(pace) = pace
            && let (end, count @ 2..) = whole_messages(data, limit)
        {
            let (framed, rest) = data.split_at(end);
            *data = rest;
            let run = Run { framed: Payload::Borrowed(framed), count };
            self.unread.handed(pace, count, run.message_bytes());
            return Ok(Brought::Messages { run, last: end_stream && rest.is_empty() });
        }
        let taken = assembler.take(data, limit, *encoding, self.memory);
        self.assembling.changed(before, assembler.len());
        match taken? {
            Some(message) => {
                self.assembling.is_whole(stream);
                if let Some(pace) = pace {
                    self.unread.handed(pace, 1, message.len());
                }
                Ok(Brought::Message { message, last: end_stream && data.is_empty() })
            }
            None if end_stream => assembler.finish().map(|()| Brought::End),
            None => Ok(Brought::Nothing),
        }
    }

    /// The rest of a frame is of no use: its call is over.
    pub(super) fn drop_rest(&mut self) {
        self.rest = None;
    }

    /// A call is over: what it was assembling is freed.
    pub(super) fn forget(&mut self, stream: StreamKey, receiving: &Receiving) {
        self.assembling.forget(stream, receiving.assembler.len());
        if let Some(pace) = &receiving.pace {
            self.unread.forget(pace);
        }
    }
}
