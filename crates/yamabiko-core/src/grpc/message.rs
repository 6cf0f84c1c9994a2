//! Messages in a byte stream: a flag, a length, the bytes. DATA frames and
//! messages are not aligned.
//!
//! A message that lies whole in one frame is lent, not copied. One that comes
//! in pieces is assembled, within a limit for the message and one for all
//! messages that a connection is assembling at once.

use bytes::Bytes;

use super::{Encoding, Status};
use crate::Memory;

/// Flag and length.
pub const PREFIX_LEN: usize = 5;
/// The largest message that is received by default, in bytes, as everywhere in gRPC.
pub const MAX_MESSAGE: usize = 4 * 1024 * 1024;
/// Bytes of unfinished messages on one connection, by default.
pub const MAX_ASSEMBLING: usize = 64 * 1024 * 1024;
/// Up to here room is made for eight times of what has come, as far as the message is that long: a
/// frame of the usual size is followed by more of them. Beyond it, for twice as much.
const FIRST_ROOM: usize = 66 * 1024;

/// A received message.
#[derive(Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// It lies in the receive buffer.
    Borrowed(&'a [u8]),
    /// It was put together from pieces.
    Owned(Bytes),
    /// It has to be decompressed first.
    Compressed(Encoding, Bytes),
}

impl Payload<'_> {
    /// The same, copied if it lies in the receive buffer.
    pub fn into_owned(self) -> Payload<'static> {
        match self {
            Payload::Borrowed(bytes) => Payload::Owned(Bytes::copy_from_slice(bytes)),
            Payload::Owned(bytes) => Payload::Owned(bytes),
            Payload::Compressed(encoding, bytes) => Payload::Compressed(encoding, bytes),
        }
    }
}

/// The bytes as they came.
impl std::ops::Deref for Payload<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Payload::Borrowed(bytes) => bytes,
            Payload::Owned(bytes) | Payload::Compressed(_, bytes) => bytes,
        }
    }
}

/// Messages that came together and whole, none of them compressed: a stream's small messages are
/// handed on so, at a cost for all of them and not for each.
#[derive(Debug, PartialEq, Eq)]
pub struct Run<'a> {
    /// The messages, each behind its prefix.
    pub framed: Payload<'a>,
    /// How many they are.
    pub count: usize,
}

impl Run<'_> {
    /// Bytes of all messages, without their prefixes.
    pub fn message_bytes(&self) -> usize {
        self.framed.len() - self.count * PREFIX_LEN
    }

    /// The same, copied if it lies in the receive buffer.
    pub fn into_owned(self) -> Run<'static> {
        Run { framed: self.framed.into_owned(), count: self.count }
    }
}

/// The first message of a [`Run`], or of what is left of one, and what follows it.
#[inline]
pub fn split_first(framed: &[u8]) -> Option<(&[u8], &[u8])> {
    let (prefix, rest) = framed.split_first_chunk::<PREFIX_LEN>()?;
    let (_, length) = parse_prefix(*prefix);
    rest.split_at_checked(length)
}

/// How many bytes at the front of `data` are whole messages that are neither compressed nor over
/// the limit, and how many messages.
#[inline]
pub(super) fn whole_messages(data: &[u8], limit: usize) -> (usize, usize) {
    let (mut end, mut count) = (0, 0);
    while let Some((prefix, rest)) = data[end..].split_first_chunk::<PREFIX_LEN>() {
        let (flag, length) = parse_prefix(*prefix);
        if flag != 0 || length > limit || length > rest.len() {
            break;
        }
        end += PREFIX_LEN + length;
        count += 1;
    }
    (end, count)
}

/// Appends the prefix of an uncompressed message of `length` bytes.
#[inline]
pub fn write_prefix(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&prefix(0, length));
}

/// Appends the prefix of a message that has `length` bytes now that it is compressed.
pub fn write_compressed_prefix(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&prefix(1, length));
}

#[inline]
fn prefix(flag: u8, length: usize) -> [u8; PREFIX_LEN] {
    let length = u32::try_from(length).expect("the caller has checked that a prefix can say it");
    let [a, b, c, d] = length.to_be_bytes();
    [flag, a, b, c, d]
}

/// A message while it arrives.
#[derive(Debug, Default)]
pub struct Assembler {
    /// The prefix and what has come of the message. Grows with what comes, not with what the
    /// prefix promises.
    bytes: Vec<u8>,
}

impl Assembler {
    /// How many bytes it holds.
    #[inline]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether no message has begun.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The message that `data` is, if no other has begun and it is just that.
    /// [`take`](Self::take) would give the same.
    #[inline]
    pub fn whole<'a>(&self, data: &'a [u8], limit: usize) -> Option<&'a [u8]> {
        let (prefix, message) = data.split_first_chunk::<PREFIX_LEN>()?;
        let (flag, length) = parse_prefix(*prefix);
        let whole = self.is_empty() && flag == 0 && length == message.len() && length <= limit;
        whole.then_some(message)
    }

    /// Takes the next message off the front of `data`, or takes all of it and waits for more.
    /// `encoding` is how messages may be compressed, `memory` where those in pieces are assembled.
    ///
    /// # Errors
    /// The status that the call ends with: a message over `limit` bytes, or one that is compressed
    /// and may not be.
    pub fn take<'a>(
        &mut self,
        data: &mut &'a [u8],
        limit: usize,
        encoding: Option<Encoding>,
        memory: Memory,
    ) -> Result<Option<Payload<'a>>, Status> {
        if self.bytes.is_empty() {
            let mut whole = 0;
            if let Some((prefix, rest)) = data.split_first_chunk::<PREFIX_LEN>() {
                let (encoding, length) = message_length(*prefix, limit, encoding)?;
                if rest.len() >= length {
                    let (message, rest) = rest.split_at(length);
                    *data = rest;
                    return Ok(Some(match encoding {
                        None => Payload::Borrowed(message),
                        Some(by) => Payload::Compressed(by, Bytes::copy_from_slice(message)),
                    }));
                }
                whole = PREFIX_LEN + length;
            }
            self.make_room(data.len(), whole, memory);
            self.bytes.extend_from_slice(data);
            *data = &[];
            return Ok(None);
        }
        self.fill(data, PREFIX_LEN, memory);
        let Some(prefix) = self.bytes.first_chunk::<PREFIX_LEN>() else { return Ok(None) };
        let (encoding, length) = message_length(*prefix, limit, encoding)?;
        let whole = PREFIX_LEN + length;
        self.fill(data, whole, memory);
        if self.bytes.len() < whole {
            return Ok(None);
        }
        let message = (memory.seal)(std::mem::take(&mut self.bytes)).slice(PREFIX_LEN..);
        Ok(Some(match encoding {
            None => Payload::Owned(message),
            Some(by) => Payload::Compressed(by, message),
        }))
    }

    /// The stream has ended: nothing may be left.
    ///
    /// # Errors
    /// INTERNAL for a truncated message, with both lengths.
    pub fn finish(&self) -> Result<(), Status> {
        let have = self.bytes.len();
        if have == 0 {
            return Ok(());
        }
        Err(Status::internal(match self.bytes.first_chunk::<PREFIX_LEN>() {
            Some([_, length @ ..]) => {
                let (have, length) = (have - PREFIX_LEN, u32::from_be_bytes(*length));
                format!("truncated message: the stream ended after {have} of {length} bytes")
            }
            None => format!("truncated message: the stream ended after {have} of 5 prefix bytes"),
        }))
    }

    /// Makes room for `count` bytes of a message that will have `whole`: not more than that, so
    /// that it is neither moved nor cut at the end, and not much more than has come, whatever the
    /// prefix promises.
    fn make_room(&mut self, count: usize, whole: usize, memory: Memory) {
        let needed = self.bytes.len() + count;
        if needed > self.bytes.capacity() {
            let room = (2 * needed).max(FIRST_ROOM.min(8 * needed));
            let room = whole.min(room).max(needed);
            if self.bytes.capacity() == 0 {
                self.bytes = (memory.lend)(room, whole.max(room));
            } else {
                self.bytes.reserve_exact(room - self.bytes.len());
            }
        }
    }

    fn fill(&mut self, data: &mut &[u8], up_to: usize, memory: Memory) {
        let missing = up_to.saturating_sub(self.bytes.len()).min(data.len());
        let (piece, rest) = data.split_at(missing);
        self.make_room(missing, up_to, memory);
        self.bytes.extend_from_slice(piece);
        *data = rest;
    }
}

#[inline]
fn parse_prefix([flag, length @ ..]: [u8; PREFIX_LEN]) -> (u8, usize) {
    (flag, u32::from_be_bytes(length) as usize)
}

/// How the message is compressed, and how many bytes it has as it comes.
fn message_length(
    prefix: [u8; PREFIX_LEN],
    limit: usize,
    encoding: Option<Encoding>,
) -> Result<(Option<Encoding>, usize), Status> {
    let (flag, length) = parse_prefix(prefix);
    let encoding = match (flag, encoding) {
        (0, _) => None,
        (1, Some(encoding)) => Some(encoding),
        // grpc doc/compression.md: the flag without an encoding to go with it is INTERNAL.
        (1, None) => return Err(Status::internal("compressed message without grpc-encoding")),
        _ => {
            let message = format!("invalid message flag: {flag}, must be 0 or 1");
            return Err(Status::internal(message));
        }
    };
    if length > limit { Err(too_large(length, limit)) } else { Ok((encoding, length)) }
}

/// The status of a call with a message that is larger than this side receives.
#[cold]
pub fn too_large(length: usize, limit: usize) -> Status {
    Status::resource_exhausted(format!(
        "message too large: {length} bytes, the limit for received messages is {limit}"
    ))
}
