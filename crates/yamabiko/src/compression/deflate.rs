//! `gzip` and `deflate`. A thread keeps its compressors: their tables are
//! larger than most messages.

use std::cell::RefCell;
use std::io::{self, BufRead};

use flate2::bufread::{GzDecoder, ZlibDecoder};
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use super::read_within;

/// RFC 1952 §2.3: a member without a name, a time or a system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// How much larger a message is than its compressed form, at a guess.
const RATIO: usize = 4;

thread_local! {
    static RAW: RefCell<Compress> = RefCell::new(Compress::new(Compression::default(), false));
    static ZLIB: RefCell<Compress> = RefCell::new(Compress::new(Compression::default(), true));
}

pub(super) fn gzip(message: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(GZIP_HEADER.len() + message.len() + 8);
    out.extend_from_slice(&GZIP_HEADER);
    RAW.with_borrow_mut(|compress| append(compress, message, &mut out))?;
    let mut check = Crc::new();
    check.update(message);
    out.extend_from_slice(&check.sum().to_le_bytes());
    // Of the length, the lower 32 bits.
    out.extend_from_slice(&check.amount().to_le_bytes());
    Some(out)
}

pub(super) fn zlib(message: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(message.len());
    ZLIB.with_borrow_mut(|compress| append(compress, message, &mut out))?;
    Some(out)
}

/// Compresses into the room that `out` has. None if it does not suffice: it is not worth it then.
fn append(compress: &mut Compress, message: &[u8], out: &mut Vec<u8>) -> Option<()> {
    compress.reset();
    match compress.compress_vec(message, out, FlushCompress::Finish) {
        Ok(Status::StreamEnd) => Some(()),
        _ => None,
    }
}

pub(super) fn gunzip(mut bytes: &[u8], limit: usize) -> io::Result<Vec<u8>> {
    let expected = expected(bytes);
    let message = read_within(GzDecoder::new(&mut bytes), limit, expected)?;
    nothing_left(message, limit, bytes)
}

pub(super) fn inflate(mut bytes: &[u8], limit: usize) -> io::Result<Vec<u8>> {
    let expected = expected(bytes);
    let message = read_within(ZlibDecoder::new(&mut bytes), limit, expected)?;
    nothing_left(message, limit, bytes)
}

fn expected(bytes: &[u8]) -> usize {
    bytes.len().saturating_mul(RATIO)
}

/// A message that is whole has nothing behind it.
fn nothing_left(message: Vec<u8>, limit: usize, mut rest: &[u8]) -> io::Result<Vec<u8>> {
    // Beyond the limit nobody has looked for the end.
    if message.len() <= limit && !rest.fill_buf()?.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "something follows its end"));
    }
    Ok(message)
}
