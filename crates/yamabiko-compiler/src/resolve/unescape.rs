//! C escapes in the default values of bytes fields.

/// The bytes that an escaped text stands for; `None` if an escape is broken.
pub(crate) fn unescape(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let escaped = *bytes.get(at)?;
        at += 1;
        match escaped {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'\\' | b'?' | b'\'' | b'"' => out.push(escaped),
            b'0'..=b'7' => {
                let digits = digits(&bytes[at - 1..], 3, 8);
                let value = number(&bytes[at - 1..at - 1 + digits], 8);
                at += digits - 1;
                out.push(u8::try_from(value).ok()?);
            }
            b'x' | b'X' => {
                let digits = digits(&bytes[at..], usize::MAX, 16);
                let value = number(&bytes[at..at + digits], 16);
                at += digits;
                out.push(u8::try_from(value).ok().filter(|_| digits > 0)?);
            }
            b'u' | b'U' => {
                let wanted = if escaped == b'u' { 4 } else { 8 };
                if digits(&bytes[at..], wanted, 16) != wanted {
                    return None;
                }
                let letter = char::from_u32(number(&bytes[at..at + wanted], 16))?;
                at += wanted;
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return None,
        }
    }
    Some(out)
}

/// How many digits come next, at most `limit`.
fn digits(bytes: &[u8], limit: usize, base: u32) -> usize {
    bytes.iter().take(limit).take_while(|byte| char::from(**byte).is_digit(base)).count()
}

/// Their value; too large a one saturates.
fn number(digits: &[u8], base: u32) -> u32 {
    digits.iter().fold(0, |value: u32, digit| {
        value.saturating_mul(base).saturating_add(char::from(*digit).to_digit(base).unwrap_or(0))
    })
}
