//! The percent-encoding of `grpc-message` (grpc `doc/PROTOCOL-HTTP2.md`, "Responses").

const HEX_DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// Appends the message as UTF-8, with everything but printable ASCII, and `%` itself, as `%XX`.
///
/// A space at either end is encoded as well: it would be legal for gRPC, but RFC 9113 §8.2.1 makes
/// the whole response malformed for it.
pub fn encode(message: &str, out: &mut Vec<u8>) {
    out.reserve(message.len());
    let last = message.len().saturating_sub(1);
    for (index, &byte) in message.as_bytes().iter().enumerate() {
        match byte {
            b' ' if index == 0 || index == last => out.extend_from_slice(b"%20"),
            b' '..=b'~' if byte != b'%' => out.push(byte),
            _ => out.extend_from_slice(&[
                b'%',
                HEX_DIGITS[usize::from(byte >> 4)],
                HEX_DIGITS[usize::from(byte & 0xf)],
            ]),
        }
    }
}

/// The message as it was meant, as far as that can be told. It never fails, as the specification
/// demands: what is no escape is kept as it stands, what is no UTF-8 becomes U+FFFD.
pub fn decode(value: &[u8]) -> String {
    if !value.contains(&b'%') {
        return String::from_utf8_lossy(value).into_owned();
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&first, tail)) = rest.split_first() {
        match escape(rest) {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[3..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The octet that the escape at the beginning stands for, if there is one.
fn escape(value: &[u8]) -> Option<u8> {
    let &[b'%', high, low, ..] = value else { return None };
    let high = char::from(high).to_digit(16)?;
    let low = char::from(low).to_digit(16)?;
    u8::try_from(high << 4 | low).ok()
}
