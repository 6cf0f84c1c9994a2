//! Integers that begin in the low bits of an octet (RFC 7541 §5.1).
use super::DecodeError;

/// Reads the integer whose first octet is `first`, taking its further octets from `rest`. Values
/// above `u32::MAX` and encodings of more than six octets are errors.
#[inline]
pub(super) fn decode(first: u8, prefix: u32, rest: &mut &[u8]) -> Result<usize, DecodeError> {
    let all_ones = (1u8 << prefix) - 1;
    let value = first & all_ones;
    if value < all_ones {
        return Ok(usize::from(value));
    }
    decode_continuation(u64::from(value), rest)
}

fn decode_continuation(mut value: u64, rest: &mut &[u8]) -> Result<usize, DecodeError> {
    for shift in [0, 7, 14, 21, 28] {
        let (&octet, after) = rest.split_first().ok_or(DecodeError::Unfinished)?;
        *rest = after;
        value += u64::from(octet & 0x7f) << shift;
        if octet & 0x80 == 0 {
            let value = u32::try_from(value).map_err(|_| DecodeError::IntegerOverflow)?;
            return usize::try_from(value).map_err(|_| DecodeError::IntegerOverflow);
        }
    }
    Err(DecodeError::IntegerOverflow)
}

/// Appends `value`, its first octet having the bits of `pattern` above the prefix.
#[inline]
pub(super) fn encode(mut value: usize, prefix: u32, pattern: u8, out: &mut Vec<u8>) {
    let all_ones = (1u8 << prefix) - 1;
    if value < usize::from(all_ones) {
        out.push(pattern | value as u8);
        return;
    }
    out.push(pattern | all_ones);
    value -= usize::from(all_ones);
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
