//! How messages are sent: compressed or not, and how large they may be.

use yamabiko_core::grpc::message;
use yamabiko_core::grpc::{Encoding, Encodings, MessageLimits, Origin, Status};

use super::{SUPPORTED, compress};

/// How messages are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending {
    /// How they are compressed, where that makes them smaller.
    pub(crate) encoding: Option<Encoding>,
    /// The largest one, in bytes, before it is compressed: no more than a prefix can say.
    max_message: usize,
}

impl Default for Sending {
    fn default() -> Self {
        // What a prefix can say.
        Sending { encoding: None, max_message: u32::MAX as usize }
    }
}

impl Sending {
    /// Whether a message of so many bytes may be sent.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED.
    #[inline]
    pub(crate) fn check(self, length: usize) -> Result<(), Status> {
        if length > self.max_message { Err(too_large(length, self.max_message)) } else { Ok(()) }
    }

    /// With this limit, in bytes.
    pub(crate) fn at_most(self, bytes: usize) -> Self {
        Sending { max_message: bytes.min(u32::MAX as usize), ..self }
    }

    /// With messages that are compressed so, if this build can do it.
    pub(crate) fn encoded(self, encoding: Option<Encoding>) -> Self {
        Sending { encoding: encoding.filter(|encoding| SUPPORTED.contains(*encoding)), ..self }
    }

    /// Appends a message with its prefix.
    pub(crate) fn frame(self, bytes: &[u8], out: &mut Vec<u8>) {
        match self.encoding.and_then(|encoding| compress(encoding, bytes)) {
            Some(compressed) => {
                message::write_compressed_prefix(out, compressed.len());
                out.extend_from_slice(&compressed);
            }
            None => {
                message::write_prefix(out, bytes.len());
                out.extend_from_slice(bytes);
            }
        }
    }
}

#[cold]
fn too_large(length: usize, limit: usize) -> Status {
    Status::resource_exhausted(format!(
        "message too large: {length} bytes, the limit for sent messages is {limit}"
    ))
    .with_origin(Origin::Concluded)
}

/// The limits for what a peer sends, with the compressions that this build knows.
pub(crate) fn receiving() -> MessageLimits {
    MessageLimits { accepts: SUPPORTED, ..MessageLimits::default() }
}

/// Those of some compressions that this build knows.
pub(crate) fn supported(encodings: impl IntoIterator<Item = Encoding>) -> Encodings {
    let known = encodings.into_iter().filter(|encoding| SUPPORTED.contains(*encoding));
    known.fold(Encodings::NONE, Encodings::with)
}

#[cfg(any(feature = "tokio", feature = "blocking"))]
/// The methods of a builder of servers or channels: where the limits for what comes are, and
/// [`Sending`].
macro_rules! message_options {
    ($limits:ident, $sending:ident in self $(. $path:ident)*) => {
        /// The largest message that is received, in bytes: 4 MiB by default. A larger one ends its
        /// call with RESOURCE_EXHAUSTED. It holds for a message that was compressed, too, which is
        /// not inflated any further.
        pub fn max_message_size(mut self, bytes: usize) -> Self {
            let limits = &mut self $(. $path)* . $limits;
            limits.max_message = bytes;
            limits.max_assembling = limits.max_assembling.max(bytes);
            self
        }

        /// The largest message that is sent, in bytes before it is compressed: all that a message
        /// can have, 4 GiB, by default. A larger one ends its call with RESOURCE_EXHAUSTED.
        pub fn max_sent_message_size(mut self, bytes: usize) -> Self {
            let sending = &mut self $(. $path)* . $sending;
            *sending = sending.at_most(bytes);
            self
        }

        /// Sends messages compressed so, where the other side understands it and the message gets
        /// smaller by it. Not by default. One that this build does not know changes nothing: gzip
        /// and deflate come with the feature `gzip`, zstd with the feature `zstd`.
        pub fn compression(
            mut self,
            encoding: impl Into<Option<$crate::Encoding>>,
        ) -> Self {
            let sending = &mut self $(. $path)* . $sending;
            *sending = sending.encoded(encoding.into());
            self
        }

        /// How the messages of the other side may be compressed: as this build can decompress, by
        /// default. None means not at all.
        pub fn accept_compression(
            mut self,
            encodings: impl IntoIterator<Item = $crate::Encoding>,
        ) -> Self {
            self $(. $path)* . $limits.accepts = $crate::compression::supported(encodings);
            self
        }
    };
}
#[cfg(any(feature = "tokio", feature = "blocking"))]
pub(crate) use message_options;
