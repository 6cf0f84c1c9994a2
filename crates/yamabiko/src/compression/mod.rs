//! What compressions do to the bytes of a message (grpc `doc/compression.md`).
//!
//! Each message is compressed by itself. What comes is inflated no further than
//! the limit for a message, so that a few bytes cannot become gigabytes.

#[cfg(feature = "gzip")]
mod deflate;
mod sending;
#[cfg(feature = "zstd")]
mod zstandard;

use std::io::Read;

use bytes::Bytes;
use yamabiko_core::grpc::message::{Payload, too_large};
use yamabiko_core::grpc::{Encoding, Encodings, Origin, Status};

pub(crate) use sending::Sending;
#[cfg(any(feature = "tokio", feature = "blocking"))]
pub(crate) use sending::{message_options, receiving, supported};

/// What this build understands, and accepts without being told.
pub(crate) const SUPPORTED: Encodings = {
    let mut supported = Encodings::NONE;
    if cfg!(feature = "gzip") {
        supported = supported.with(Encoding::Gzip).with(Encoding::Deflate);
    }
    if cfg!(feature = "zstd") {
        supported = supported.with(Encoding::Zstd);
    }
    supported
};

/// Shorter messages are not worth a try, in bytes.
const WORTHWHILE: usize = 64;

/// The bytes of a message with fewer bytes, if there is a way.
pub(crate) fn compress(encoding: Encoding, message: &[u8]) -> Option<Vec<u8>> {
    if message.len() < WORTHWHILE {
        return None;
    }
    let compressed: Option<Vec<u8>> = match encoding {
        #[cfg(feature = "gzip")]
        Encoding::Gzip => deflate::gzip(message),
        #[cfg(feature = "gzip")]
        Encoding::Deflate => deflate::zlib(message),
        #[cfg(feature = "zstd")]
        Encoding::Zstd => zstandard::compress(message),
        #[cfg(not(all(feature = "gzip", feature = "zstd")))]
        _ => None,
    };
    compressed.filter(|compressed| compressed.len() < message.len())
}

/// A received message of at most `limit` bytes.
///
/// # Errors
/// RESOURCE_EXHAUSTED for more bytes, INTERNAL for bytes that are not compressed so.
pub(crate) fn decompress(encoding: Encoding, bytes: &[u8], limit: usize) -> Result<Bytes, Status> {
    let inflated: std::io::Result<Vec<u8>> = match encoding {
        #[cfg(feature = "gzip")]
        Encoding::Gzip => deflate::gunzip(bytes, limit),
        #[cfg(feature = "gzip")]
        Encoding::Deflate => deflate::inflate(bytes, limit),
        #[cfg(feature = "zstd")]
        Encoding::Zstd => zstandard::decompress(bytes, limit),
        // What is not supported is not accepted.
        #[cfg(not(all(feature = "gzip", feature = "zstd")))]
        _ => {
            let length = bytes.len();
            Err(std::io::Error::other(format!("this build cannot: {length} bytes")))
        }
    };
    match inflated {
        Ok(message) if message.len() > limit => {
            Err(too_large(message.len(), limit).with_origin(Origin::Concluded))
        }
        Ok(message) => Ok(message.into()),
        Err(error) => {
            let message = format!("the message cannot be decompressed, {encoding}: {error}");
            Err(Status::internal(message).with_source(error).with_origin(Origin::Concluded))
        }
    }
}

/// A message as it came.
#[derive(Debug)]
pub(crate) struct Incoming {
    encoding: Option<Encoding>,
    bytes: Bytes,
}

impl Incoming {
    /// Its length on the wire.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it is compressed.
    pub(crate) fn is_compressed(&self) -> bool {
        self.encoding.is_some()
    }

    /// The message, of at most `limit` bytes if it has to be decompressed first.
    ///
    /// # Errors
    /// As for [`decompress`].
    pub(crate) fn plain(self, limit: usize) -> Result<Bytes, Status> {
        match self.encoding {
            None => Ok(self.bytes),
            Some(encoding) => decompress(encoding, &self.bytes, limit),
        }
    }
}

impl From<Bytes> for Incoming {
    fn from(bytes: Bytes) -> Self {
        Incoming { encoding: None, bytes }
    }
}

impl From<Payload<'_>> for Incoming {
    #[inline]
    fn from(payload: Payload<'_>) -> Self {
        let (encoding, bytes) = match payload {
            Payload::Owned(bytes) => (None, bytes),
            Payload::Borrowed(bytes) => (None, Bytes::copy_from_slice(bytes)),
            Payload::Compressed(encoding, bytes) => (Some(encoding), bytes),
        };
        Incoming { encoding, bytes }
    }
}

/// Reads all that `from` gives, and no more than one byte beyond the limit.
#[cfg_attr(
    not(any(feature = "gzip", feature = "zstd")),
    expect(dead_code, reason = "nothing is compressed in this build")
)]
fn read_within(from: impl Read, limit: usize, expected: usize) -> std::io::Result<Vec<u8>> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut out = Vec::with_capacity(expected.min(limit));
    from.take(most).read_to_end(&mut out)?;
    Ok(out)
}

#[cfg(all(test, any(feature = "gzip", feature = "zstd")))]
mod tests {
    use yamabiko_core::grpc::Code;

    use super::*;

    fn text(length: usize) -> Vec<u8> {
        b"yamabiko, the mountain echo; ".iter().copied().cycle().take(length).collect()
    }

    #[test]
    fn what_is_compressed_comes_back() {
        for encoding in SUPPORTED.iter() {
            for length in [WORTHWHILE, 100, 1000, 100_000, 3_000_000] {
                let message = text(length);
                let small = compress(encoding, &message).expect("text is worth it");
                assert!(small.len() < message.len(), "{encoding} {length}");
                let back = decompress(encoding, &small, length).expect("it is ours");
                assert!(back == message, "{encoding} {length}");
            }
        }
    }

    #[test]
    fn what_would_not_shrink_is_left_alone() {
        // Every three bytes once: nothing repeats.
        let noise: Vec<u8> =
            (0..2000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        for encoding in SUPPORTED.iter() {
            assert_eq!(compress(encoding, &noise), None, "{encoding}");
            assert_eq!(compress(encoding, b"aaaaaaaaaaaaaaaa"), None, "{encoding}");
            assert_eq!(compress(encoding, b""), None, "{encoding}");
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        for encoding in SUPPORTED.iter() {
            let bomb = compress(encoding, &vec![0; 16 << 20]).expect("zeros are worth it");
            assert!(bomb.len() < 100_000, "{encoding}: {} bytes", bomb.len());
            for limit in [0, 1, 1000, 4 << 20] {
                let status = decompress(encoding, &bomb, limit).expect_err("too large");
                assert_eq!(status.code(), Code::ResourceExhausted, "{encoding} {limit}");
            }
            let exactly = compress(encoding, &text(1000)).expect("text is worth it");
            assert!(decompress(encoding, &exactly, 1000).is_ok());
            assert!(decompress(encoding, &exactly, 999).is_err());
        }
    }

    #[test]
    fn other_bytes_are_an_internal_error_that_says_why() {
        for encoding in SUPPORTED.iter() {
            let good = compress(encoding, &text(1000)).expect("text is worth it");
            for length in 0..good.len() {
                let status = decompress(encoding, &good[..length], 2000).expect_err("cut short");
                assert_eq!(status.code(), Code::Internal, "{encoding} {length}");
            }
            let beyond = [&good[..], b"more"].concat();
            let status = decompress(encoding, &beyond, 2000).expect_err("something follows");
            assert_eq!(status.code(), Code::Internal, "{encoding}");
            let status = decompress(encoding, b"plain text, not compressed", 2000);
            let status = status.expect_err("not compressed");
            assert!(status.message().contains(encoding.name()), "{status}");
            // A changed byte gives an error or other bytes, and no more than the limit.
            for index in 0..good.len() {
                let mut changed = good.clone();
                changed[index] ^= 0x55;
                if let Ok(message) = decompress(encoding, &changed, 2000) {
                    assert!(message.len() <= 2000);
                }
            }
        }
    }
}
