//! `zstd`.

use std::io;

use zstd::stream::read::Decoder;

use super::read_within;

/// What the window of a message may need while it is decompressed: 8 MiB, which RFC 8878 §3.1.1.1.2
/// recommends for everybody.
const WINDOW_LOG_MAX: u32 = 23;

pub(super) fn compress(message: &[u8]) -> Option<Vec<u8>> {
    zstd::bulk::compress(message, zstd::DEFAULT_COMPRESSION_LEVEL).ok()
}

pub(super) fn decompress(bytes: &[u8], limit: usize) -> io::Result<Vec<u8>> {
    let mut decoder = Decoder::with_buffer(bytes)?;
    decoder.window_log_max(WINDOW_LOG_MAX)?;
    read_within(decoder, limit, bytes.len().saturating_mul(4))
}
