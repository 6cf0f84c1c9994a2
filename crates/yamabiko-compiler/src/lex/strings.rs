//! Strings: how far one reaches, and what its escapes mean.

use super::Lexer;

impl Lexer<'_> {
    /// Passes over the rest of a string that `quote` opened.
    pub(super) fn string(&mut self, quote: u8) {
        loop {
            match self.cursor.peek() {
                // The end of the file, or a byte that is not allowed in it.
                0 => return self.fault("Unexpected end of string."),
                b'\n' => {
                    return self.fault("Multiline strings are not allowed. Did you miss a \"?.");
                }
                b'\\' => {
                    self.cursor.advance();
                    self.escape();
                }
                byte => {
                    self.cursor.advance();
                    if byte == quote {
                        return;
                    }
                }
            }
        }
    }

    /// Passes over what follows a backslash, as far as it must be there:
    /// further digits look like any other letters of the string.
    fn escape(&mut self) {
        let hexadecimal = |byte: u8| byte.is_ascii_hexdigit();
        let cursor = &mut self.cursor;
        if cursor.advance_if(|byte| is_simple_escape(byte) || is_octal(byte)) {
            return;
        }
        let missing = if cursor.advance_if(|byte| matches!(byte, b'x' | b'X')) {
            (!cursor.advance_if(hexadecimal)).then_some("Expected hex digits for escape sequence.")
        } else if cursor.advance_over(b'u') {
            let complete = (0..4).all(|_| cursor.advance_if(hexadecimal));
            (!complete).then_some("Expected four hex digits for \\u escape sequence.")
        } else if cursor.advance_over(b'U') {
            let complete = cursor.advance_over(b'0')
                && cursor.advance_over(b'0')
                && cursor.advance_if(|byte| matches!(byte, b'0' | b'1'))
                && (0..5).all(|_| cursor.advance_if(hexadecimal));
            (!complete).then_some("Expected eight hex digits up to 10ffff for \\U escape sequence")
        } else {
            Some("Invalid escape sequence in string literal.")
        };
        if let Some(message) = missing {
            self.fault(message);
        }
    }
}

fn is_simple_escape(byte: u8) -> bool {
    matches!(byte, b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'?' | b'\'' | b'"')
}

fn is_octal(byte: u8) -> bool {
    matches!(byte, b'0'..=b'7')
}

/// Appends what a string token means. Whatever is wrong with it has been
/// complained about; something is made of it all the same.
pub(crate) fn unescape(token: &[u8], output: &mut Vec<u8>) {
    let Some((&quote, mut rest)) = token.split_first() else { return };
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'\\' if !after.is_empty() => unescape_one(after, output),
            _ if byte == quote && after.is_empty() => after,
            _ => {
                output.push(byte);
                after
            }
        };
    }
}

/// Appends what follows a backslash, and gives the rest.
fn unescape_one<'a>(escape: &'a [u8], output: &mut Vec<u8>) -> &'a [u8] {
    let (&code, after) = escape.split_first().expect("a backslash at the end escapes nothing");
    match code {
        b'0'..=b'7' => {
            let (value, rest) = digits(escape, 8, 3);
            // Three octal digits may say more than a byte holds; the rest is
            // lost, as in C.
            output.push(value.to_le_bytes()[0]);
            rest
        }
        b'x' | b'X' => {
            let (value, rest) = digits(after, 16, 2);
            output.push(value.to_le_bytes()[0]);
            rest
        }
        b'u' => code_point(escape, after, 4, output),
        b'U' => code_point(escape, after, 8, output),
        _ => {
            output.push(simple_escape(code));
            after
        }
    }
}

/// Up to `most` digits of a base, and what follows them.
fn digits(text: &[u8], base: u32, most: usize) -> (u32, &[u8]) {
    let mut value = 0_u32;
    let mut used = 0;
    for &byte in text.iter().take(most) {
        let Some(digit) = char::from(byte).to_digit(base) else { break };
        value = value * base + digit;
        used += 1;
    }
    (value, &text[used..])
}

fn simple_escape(code: u8) -> u8 {
    match code {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' | b'?' | b'\'' | b'"' => code,
        _ => b'?',
    }
}

/// Appends the code point that `count` hexadecimal digits name; two of them
/// can be the halves of a UTF-16 pair, the second one written with `\u`.
fn code_point<'a>(
    escape: &'a [u8],
    after: &'a [u8],
    count: usize,
    output: &mut Vec<u8>,
) -> &'a [u8] {
    let Some((mut value, mut rest)) = hexadecimal(after, count) else {
        output.push(escape[0]);
        return after;
    };
    if let (0xd800..0xdc00, Some(second)) = (value, rest.strip_prefix(b"\\u"))
        && let Some((low @ 0xdc00..0xe000, remainder)) = hexadecimal(second, 4)
    {
        value = 0x10000 + (((value - 0xd800) << 10) | (low - 0xdc00));
        rest = remainder;
    }
    append_utf8(value, output);
    rest
}

fn hexadecimal(text: &[u8], count: usize) -> Option<(u32, &[u8])> {
    let (value, rest) = digits(text, 16, count);
    (text.len() - rest.len() == count).then_some((value, rest))
}

/// Appends a code point as UTF-8. Half a UTF-16 pair is no character, but has
/// three bytes all the same, as protoc makes them.
fn append_utf8(value: u32, output: &mut Vec<u8>) {
    if let Some(character) = char::from_u32(value) {
        output.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    } else if value < 0x10000 {
        let [low, high, ..] = value.to_le_bytes();
        output.extend_from_slice(&[
            0xe0 | (high >> 4),
            0x80 | ((high & 0x0f) << 2) | (low >> 6),
            0x80 | (low & 0x3f),
        ]);
    } else {
        output.extend_from_slice(format!("\\U{value:08x}").as_bytes());
    }
}
