//! Messages in a byte stream: a flag, a length, the bytes. DATA frames and
//! messages are not aligned.
//!
//! A message that lies whole in one frame is lent, not copied. One that comes
//! in pieces is assembled, within a limit for the message and one for all
//! messages that a connection is assembling at once.

use bytes::Bytes;

use super::Status;

/// Flag and length.
pub const PREFIX_LEN: usize = 5;
/// The largest message that is received by default, in bytes, as everywhere in gRPC.
pub const MAX_MESSAGE: usize = 4 * 1024 * 1024;
/// Bytes of unfinished messages on one connection, by default.
pub const MAX_ASSEMBLING: usize = 64 * 1024 * 1024;

/// A received message.
#[derive(Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// It lies in the receive buffer.
    Borrowed(&'a [u8]),
    /// It was put together from pieces.
    Owned(Bytes),
}

impl std::ops::Deref for Payload<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Payload::Borrowed(bytes) => bytes,
            Payload::Owned(bytes) => bytes,
        }
    }
}

/// Appends the prefix of an uncompressed message of `length` bytes.
#[inline]
pub fn write_prefix(out: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).expect("the caller has checked that a prefix can say it");
    let [a, b, c, d] = length.to_be_bytes();
    out.extend_from_slice(&[0, a, b, c, d]);
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
    ///
    /// # Errors
    /// The status that the call ends with: a message over `limit` bytes or a compressed one.
    pub fn take<'a>(
        &mut self,
        data: &mut &'a [u8],
        limit: usize,
    ) -> Result<Option<Payload<'a>>, Status> {
        if self.bytes.is_empty() {
            if let Some((prefix, rest)) = data.split_first_chunk::<PREFIX_LEN>() {
                let length = message_length(*prefix, limit)?;
                if rest.len() >= length {
                    let (message, rest) = rest.split_at(length);
                    *data = rest;
                    return Ok(Some(Payload::Borrowed(message)));
                }
            }
            self.bytes.extend_from_slice(data);
            *data = &[];
            return Ok(None);
        }
        self.fill(data, PREFIX_LEN);
        let Some(prefix) = self.bytes.first_chunk::<PREFIX_LEN>() else { return Ok(None) };
        let whole = PREFIX_LEN + message_length(*prefix, limit)?;
        self.fill(data, whole);
        if self.bytes.len() < whole {
            return Ok(None);
        }
        let message = Bytes::from(std::mem::take(&mut self.bytes));
        Ok(Some(Payload::Owned(message.slice(PREFIX_LEN..))))
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

    fn fill(&mut self, data: &mut &[u8], up_to: usize) {
        let missing = up_to.saturating_sub(self.bytes.len()).min(data.len());
        let (piece, rest) = data.split_at(missing);
        self.bytes.extend_from_slice(piece);
        *data = rest;
    }
}

#[inline]
fn parse_prefix([flag, length @ ..]: [u8; PREFIX_LEN]) -> (u8, usize) {
    (flag, u32::from_be_bytes(length) as usize)
}

fn message_length(prefix: [u8; PREFIX_LEN], limit: usize) -> Result<usize, Status> {
    let (flag, length) = parse_prefix(prefix);
    match flag {
        0 if length <= limit => Ok(length),
        0 => Err(Status::resource_exhausted(format!(
            "message too large: {length} bytes, the limit for received messages is {limit}"
        ))),
        1 => Err(Status::internal("compressed message without grpc-encoding")),
        _ => Err(Status::internal(format!("invalid message flag: {flag}, must be 0 or 1"))),
    }
}
