//! Places as editors give them: lines, and columns in UTF-16; and files as
//! addresses.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use lsp_types::{Position, Range, Uri};

/// The byte of a place. What lies behind the end of a line or a text is its
/// end.
pub(super) fn offset(text: &[u8], position: Position) -> usize {
    let mut start = 0;
    for _ in 0..position.line {
        match text[start..].iter().position(|&byte| byte == b'\n') {
            Some(newline) => start += newline + 1,
            None => return text.len(),
        }
    }
    let rest = &text[start..];
    let line = &rest[..rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())];
    let (mut units, mut bytes) = (0, 0);
    for letter in String::from_utf8_lossy(line).chars() {
        if units >= position.character {
            break;
        }
        units += u32::from(letter.len_utf16() > 1) + 1;
        // A byte that is no text stands as one letter of three bytes.
        bytes += if letter == '\u{fffd}' { 1 } else { letter.len_utf8() };
    }
    start + bytes.min(line.len())
}

/// The place of a byte.
pub(super) fn position(text: &[u8], offset: usize) -> Position {
    let before = &text[..offset.min(text.len())];
    let line = before.iter().filter(|&&byte| byte == b'\n').count();
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let units = String::from_utf8_lossy(&before[start..]).encode_utf16().count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Position::new(number(line), number(units))
}

/// The place of some bytes.
pub(super) fn range(text: &[u8], bytes: std::ops::Range<usize>) -> Range {
    Range::new(position(text, bytes.start), position(text, bytes.end))
}

/// The file at an address.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    let path = uri.as_str().strip_prefix("file://")?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            _ => bytes.push(byte),
        }
    }
    let path = PathBuf::from(String::from_utf8(bytes).ok()?);
    // As it is found from within the project; a file may not be there yet.
    Some(path.canonicalize().unwrap_or(path))
}

/// The address of a file.
pub(super) fn uri(path: &Path) -> Option<Uri> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut address = String::from("file://");
    for byte in path.to_str()?.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                address.push(char::from(byte));
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    Uri::from_str(&address).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_utf_16() {
        let text = "a\n山𝄞b\n".as_bytes();
        for (line, character, byte) in [(0, 0, 0), (1, 0, 2), (1, 1, 5), (1, 3, 9), (1, 4, 10)] {
            assert_eq!(offset(text, Position::new(line, character)), byte);
            assert_eq!(position(text, byte), Position::new(line, character));
        }
        assert_eq!(offset(text, Position::new(1, 99)), 10);
        assert_eq!(offset(text, Position::new(9, 0)), text.len());
    }

    #[test]
    fn an_address_is_a_path_with_escapes() {
        let path = Path::new("/a b/山.proto");
        let address = uri(path).expect("it is UTF-8");
        assert_eq!(address.as_str(), "file:///a%20b/%E5%B1%B1.proto");
        assert_eq!(super::path(&address).as_deref(), Some(path));
    }
}
