//! Huffman-coded strings (RFC 7541 §5.2).
use super::DecodeError;
use super::huffman_table::{
    CODES, END_OF_STRING, GROUPS, LENGTHS, LONGEST, SHORT, SHORT_BITS, SHORTEST, SORTED,
};

/// Appends what `encoded` says to `out`, at most `max_length` octets.
pub(super) fn decode(
    encoded: &[u8],
    max_length: usize,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    let start = out.len();
    let longest = encoded.len().saturating_mul(8) / SHORTEST as usize;
    out.reserve(longest.min(max_length.saturating_add(SYMBOLS_PER_WORD)));

    // The next `count` bits are at the top of `bits`, zeros (or bits that come again) below them.
    let mut bits = 0u64;
    let mut count = 0u32;
    let mut rest = encoded;
    while let Some((word, _)) = rest.split_first_chunk::<8>() {
        bits |= u64::from_be_bytes(*word) >> count;
        let taken = (63 - count) / 8;
        rest = &rest[taken as usize..];
        count += taken * 8;
        while count >= LONGEST {
            let (symbol, length) = symbol_at(bits);
            out.push(octet(symbol)?);
            bits <<= length;
            count -= length;
        }
        if out.len() - start > max_length {
            return Err(DecodeError::StringTooLong);
        }
        // What lies below was read ahead and comes again with the next word.
        bits &= !(u64::MAX >> count);
    }

    for octet in rest {
        bits |= u64::from(*octet) << (56 - count);
        count += 8;
        if count >= LONGEST {
            decode_one(&mut bits, &mut count, out)?;
        }
    }
    decode_end(bits, count, out)?;
    if out.len() - start > max_length {
        return Err(DecodeError::StringTooLong);
    }
    Ok(())
}

/// The symbols that a 64-bit word may hold: how far the loop may go beyond the maximum.
const SYMBOLS_PER_WORD: usize = 64 / SHORTEST as usize;

#[inline]
fn decode_one(bits: &mut u64, count: &mut u32, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    let (symbol, length) = symbol_at(*bits);
    out.push(octet(symbol)?);
    *bits <<= length;
    *count -= length;
    Ok(())
}

/// Decodes the last `count` bits, which end in the padding.
fn decode_end(mut bits: u64, mut count: u32, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    while count > 0 {
        // The padding is the beginning of the end-of-string code, which is all ones: with ones
        // behind it, it decodes as a code that is longer than what is left.
        let padded = bits | u64::MAX >> count;
        let (symbol, length) = symbol_at(padded);
        if length > count {
            // RFC 7541 §5.2: at most seven bits of padding, all ones.
            return if count < 8 && padded == u64::MAX {
                Ok(())
            } else {
                Err(DecodeError::HuffmanPadding)
            };
        }
        out.push(octet(symbol)?);
        bits <<= length;
        count -= length;
    }
    Ok(())
}

#[inline]
fn octet(symbol: u16) -> Result<u8, DecodeError> {
    u8::try_from(symbol).map_err(|_| DecodeError::HuffmanEndOfString)
}

/// The symbol whose code begins `bits`, and the code's length.
#[inline]
fn symbol_at(bits: u64) -> (u16, u32) {
    let short = SHORT[(bits >> (64 - SHORT_BITS)) as usize];
    if short != 0 { (short >> 8, u32::from(short & 0xff)) } else { long_symbol_at(bits) }
}

fn long_symbol_at(bits: u64) -> (u16, u32) {
    let word = bits >> 32;
    for length in SHORT_BITS + 1..LONGEST {
        let group = &GROUPS[length as usize];
        if word < group.end {
            let position = group.position + ((word - group.first) >> (32 - length)) as usize;
            return (SORTED[position], length);
        }
    }
    let group = &GROUPS[LONGEST as usize];
    let position = group.position + ((word - group.first) >> (32 - LONGEST)) as usize;
    (SORTED.get(position).copied().unwrap_or(END_OF_STRING), LONGEST)
}

/// The octets that [`encode`] makes of `octets`.
pub(super) fn encoded_length(octets: &[u8]) -> usize {
    let bits: usize = octets.iter().map(|&octet| usize::from(LENGTHS[usize::from(octet)])).sum();
    bits.div_ceil(8)
}

/// Appends `octets`, Huffman-coded and padded, to `out`.
pub(super) fn encode(octets: &[u8], out: &mut Vec<u8>) {
    // The last `count` bits of `bits` are not yet written.
    let mut bits = 0u64;
    let mut count = 0u32;
    for &octet in octets {
        let length = u32::from(LENGTHS[usize::from(octet)]);
        bits = bits << length | u64::from(CODES[usize::from(octet)]);
        count += length;
        if count >= 32 {
            count -= 32;
            out.extend_from_slice(&((bits >> count) as u32).to_be_bytes());
        }
    }
    let padding = count.next_multiple_of(8) - count;
    bits = bits << padding | ((1 << padding) - 1);
    count += padding;
    while count > 0 {
        count -= 8;
        out.push((bits >> count) as u8);
    }
}
