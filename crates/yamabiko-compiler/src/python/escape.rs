//! Bytes as the inside of a Python literal, in the two ways that protoc has.

/// Escapes as C does, other bytes than printable ASCII in octal.
pub(crate) fn octal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        if !common(byte, &mut text) {
            text.push_str(&format!("\\{byte:03o}"));
        }
    }
    text
}

/// Escapes as C does, other bytes than printable ASCII in hexadecimal. A
/// digit after such an escape is escaped too, as C would read it as a part.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    let mut after_hexadecimal = false;
    for &byte in bytes {
        let continues = after_hexadecimal && byte.is_ascii_hexdigit();
        after_hexadecimal = false;
        if continues || !common(byte, &mut text) {
            text.push_str(&format!("\\x{byte:02x}"));
            after_hexadecimal = true;
        }
    }
    text
}

fn common(byte: u8, text: &mut String) -> bool {
    match byte {
        b'\n' => text.push_str("\\n"),
        b'\r' => text.push_str("\\r"),
        b'\t' => text.push_str("\\t"),
        b'"' => text.push_str("\\\""),
        b'\'' => text.push_str("\\'"),
        b'\\' => text.push_str("\\\\"),
        b' '..=b'~' => text.push(char::from(byte)),
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_after_a_hexadecimal_escape_is_escaped() {
        assert_eq!(hexadecimal(b"\x124b g"), "\\x12\\x34\\x62 g");
        assert_eq!(octal(b"\x124b g"), "\\0224b g");
    }

    #[test]
    fn quotes_and_lines_are_escaped() {
        assert_eq!(octal(b"'\"\\\n\r\t\xff"), "\\'\\\"\\\\\\n\\r\\t\\377");
    }
}
