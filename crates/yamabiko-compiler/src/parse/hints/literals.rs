//! What is wrong with the bytes of a file.

use crate::lex::Fault;

/// What to say about a file in UTF-16, in which nothing else makes sense.
pub(in crate::parse) const UTF16: &str =
    "the file is in UTF-16, as Windows PowerShell's `>` writes it: save it as UTF-8";

/// Whether a file is in UTF-16: it starts with the mark of that encoding, or
/// with ASCII of which every second byte is 0.
pub(in crate::parse) fn is_utf16(text: &[u8]) -> bool {
    match *text {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [first, 0, third, 0, ..] | [0, first, 0, third, ..] => first != 0 && third != 0,
        _ => false,
    }
}

/// A hint for what the lexer cannot read.
pub(in crate::parse) fn of_fault(text: &[u8], fault: &Fault) -> Option<String> {
    let hint = match fault.message.as_str() {
        "Multiline strings are not allowed. Did you miss a \"?." => {
            "close the string with the quote that it starts with; a long one is written as several \
             strings after each other"
        }
        "Unexpected end of string." => "close the string with the quote that it starts with",
        "End-of-file inside block comment." => "close the comment with `*/`",
        "Invalid escape sequence in string literal." => {
            "write a backslash as `\\\\`; the escapes are those of C"
        }
        "Numbers starting with leading zero must be in octal." => {
            "write the number without the leading zero"
        }
        "Need space between number and identifier." => "a name does not start with a digit",
        "Invalid control characters encountered in text." => {
            "a byte that cannot be seen stands here: remove it"
        }
        message if message.starts_with("Interpreting non ascii codepoint") => {
            return match letter(text, fault.offset) {
                Some(letter) => Some(not_ascii(letter)),
                // Not within a letter, of which the first byte has been named.
                None if text[fault.offset] >= 0xc0 => {
                    Some("the file is not in UTF-8 here: save it as UTF-8".to_owned())
                }
                None => None,
            };
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

fn not_ascii(letter: char) -> String {
    match letter {
        '“' | '”' | '„' | '«' | '»' => format!("write `\"` in place of `{letter}`"),
        '‘' | '’' => format!("write `'` in place of `{letter}`"),
        '；' => format!("write `;` in place of `{letter}`"),
        '\u{a0}' | '\u{3000}' | '\u{200b}' | '\u{feff}' => {
            "a blank that is not ASCII stands here: write an ordinary one".to_owned()
        }
        _ => format!("names are made of the letters a to z, digits and `_`: `{letter}` is none"),
    }
}

/// The letter that starts at an offset; `None` in the middle of one.
fn letter(text: &[u8], offset: usize) -> Option<char> {
    let end = text.len().min(offset + 4);
    text[offset..end].utf8_chunks().next()?.valid().chars().next()
}
