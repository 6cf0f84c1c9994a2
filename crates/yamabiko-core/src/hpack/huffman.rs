//! Huffman-coded strings (RFC 7541 §5.2).
use std::slice;

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
    out.resize(start + longest.min(max_length), 0);
    let mut symbols = Symbols { bits: 0, count: 0, slots: out[start..].iter_mut() };

    let mut rest = encoded;
    while let Some((word, _)) = rest.split_first_chunk::<8>() {
        symbols.bits |= u64::from_be_bytes(*word) >> symbols.count;
        let taken = (63 - symbols.count) / 8;
        rest = &rest[taken as usize..];
        symbols.count += taken * 8;
        symbols.decode_whole()?;
    }
    // What lies below was read ahead and comes again, octet by octet.
    symbols.bits &= !(u64::MAX >> symbols.count);
    for octet in rest {
        symbols.bits |= u64::from(*octet) << (56 - symbols.count);
        symbols.count += 8;
        symbols.decode_whole()?;
    }
    symbols.decode_end()?;

    let unused = symbols.slots.len();
    out.truncate(out.len() - unused);
    Ok(())
}

/// The symbols on their way from bits to octets.
struct Symbols<'a> {
    /// The next `count` bits at the top; below them zeros or what follows them.
    bits: u64,
    count: u32,
    /// Where the next octets go.
    slots: slice::IterMut<'a, u8>,
}

impl Symbols<'_> {
    /// Decodes as long as the bits hold a whole symbol for certain.
    #[inline]
    fn decode_whole(&mut self) -> Result<(), DecodeError> {
        while self.count >= LONGEST {
            let (symbol, length) = symbol_at(self.bits);
            self.take(symbol, length)?;
        }
        Ok(())
    }

    /// Decodes the last bits, which end in the padding.
    fn decode_end(&mut self) -> Result<(), DecodeError> {
        while self.count > 0 {
            // The padding is the beginning of the end-of-string code, which is all ones: with ones
            // behind it, it decodes as a code that is longer than what is left.
            let padded = self.bits | u64::MAX >> self.count;
            let (symbol, length) = symbol_at(padded);
            if length > self.count {
                // RFC 7541 §5.2: at most seven bits of padding, all ones.
                return if self.count < 8 && padded == u64::MAX {
                    Ok(())
                } else {
                    Err(DecodeError::HuffmanPadding)
                };
            }
            self.take(symbol, length)?;
        }
        Ok(())
    }

    #[inline]
    fn take(&mut self, symbol: u16, length: u32) -> Result<(), DecodeError> {
        let octet = u8::try_from(symbol).map_err(|_| DecodeError::HuffmanEndOfString)?;
        *self.slots.next().ok_or(DecodeError::StringTooLong)? = octet;
        self.bits <<= length;
        self.count -= length;
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_appendix_b() {
        let samples = [
            (0x00, 0x1ff8, 13),
            (0x0a, 0x3fff_fffc, 30),
            (b' ', 0x14, 6),
            (b'0', 0x0, 5),
            (b'A', 0x21, 6),
            (b'Z', 0xfd, 8),
            (b'\\', 0x7fff0, 19),
            (b'a', 0x3, 5),
            (b'z', 0x7b, 7),
            (0x7f, 0xfff_fffc, 28),
            (0x80, 0xfffe6, 20),
            (0xa0, 0x3f_ffda, 22),
            (0xff, 0x3ff_ffee, 26),
        ];
        for (octet, code, length) in samples {
            assert_eq!(CODES[usize::from(octet)], code, "{octet:#x}");
            assert_eq!(LENGTHS[usize::from(octet)], length, "{octet:#x}");
        }
        assert_eq!(CODES[usize::from(END_OF_STRING)], 0x3fff_ffff);
    }

    #[test]
    fn every_octet_after_every_other_comes_back() {
        for first in 0..=u8::MAX {
            let string: Vec<u8> = (0..=u8::MAX).flat_map(|second| [first, second]).collect();
            let mut encoded = Vec::new();
            encode(&string, &mut encoded);
            assert_eq!(encoded.len(), encoded_length(&string));
            let mut decoded = Vec::new();
            assert_eq!(decode(&encoded, string.len(), &mut decoded), Ok(()));
            assert_eq!(decoded, string);
        }
    }

    #[test]
    fn strings_of_every_length_come_back() {
        let string: Vec<u8> = (0..100u8).map(|index| index.wrapping_mul(37)).collect();
        for length in 0..string.len() {
            let mut encoded = Vec::new();
            encode(&string[..length], &mut encoded);
            let mut decoded = Vec::new();
            assert_eq!(decode(&encoded, length, &mut decoded), Ok(()));
            assert_eq!(decoded, string[..length]);
        }
    }

    #[test]
    fn the_maximum_bounds_what_is_allocated() {
        // 0 has a code of five zero bits.
        let mut out = Vec::new();
        assert_eq!(decode(&[0; 1 << 20], 100, &mut out), Err(DecodeError::StringTooLong));
        assert!(out.capacity() < 256, "{}", out.capacity());
    }
}
