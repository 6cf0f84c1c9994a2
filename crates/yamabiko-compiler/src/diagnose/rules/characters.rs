//! What the bytes of a file cannot mean: encodings, characters, strings and
//! comments that are not closed, numbers.

use super::Verdict;
use crate::diagnose::context::Context;
use crate::diagnose::finding::Finding;
use crate::diagnose::mended::Change;
use crate::explain::codes;
use crate::lex::Kind;

/// What the bytes 0x80 to 0x9f mean in Windows-1252; the others are as in Latin-1.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];
/// So many bytes are mended at most.
const MAX_BYTES: usize = 10_000;

/// Looks at the bytes of a whole file, before anything is read.
pub(in crate::diagnose) fn characters(bytes: &[u8]) -> Option<Finding> {
    if let Some(text) = utf16(bytes) {
        let finding = Finding::new(
            codes::UTF16,
            "the file is UTF-16, but a `.proto` file must be UTF-8",
            0..0,
        )
        .help("in Windows PowerShell, `>` writes UTF-16: use `Out-File -Encoding utf8`");
        return Some(match text {
            Some(text) => finding.replace("save it as UTF-8", 0..bytes.len(), text),
            None => finding.help("save it as UTF-8").edit("", vec![(0..bytes.len(), Vec::new())]),
        });
    }
    let error = std::str::from_utf8(bytes).err()?;
    let first = error.valid_up_to();
    let mut changes = Vec::new();
    let mut at = 0;
    for chunk in bytes.utf8_chunks().take(MAX_BYTES) {
        at += chunk.valid().len();
        for byte in chunk.invalid() {
            changes.push((at..at + 1, letter(*byte).to_string().into_bytes()));
            at += 1;
        }
    }
    let (byte, meant) = (bytes[first], letter(bytes[first]));
    let finding = Finding::new(
        codes::NOT_UTF8,
        format!("the file is not UTF-8: found byte 0x{byte:02X}"),
        first..first + 1,
    )
    .label(format!("`{meant}` in Latin-1"));
    Some(finding.edit("save the file as UTF-8", changes))
}

fn letter(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// The text of a file in UTF-16; `Some(None)` if it is broken even so.
fn utf16(bytes: &[u8]) -> Option<Option<String>> {
    let is_little = match *bytes {
        [0xff, 0xfe, ..] => true,
        [0xfe, 0xff, ..] => false,
        [first, 0, third, 0, ..] if first != 0 && third != 0 => true,
        [0, second, 0, fourth, ..] if second != 0 && fourth != 0 => false,
        _ => return None,
    };
    let pairs = bytes.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Some(None);
    }
    let units = pairs.map(|pair| match is_little {
        true => u16::from_le_bytes([pair[0], pair[1]]),
        false => u16::from_be_bytes([pair[0], pair[1]]),
    });
    let text: Option<String> = char::decode_utf16(units).map(Result::ok).collect();
    Some(text.map(|text| text.trim_start_matches('\u{feff}').to_owned()))
}

pub(super) fn explain(context: &mut Context<'_>) -> Verdict {
    match context.message() {
        "Multiline strings are not allowed. Did you miss a \"?." | "Unexpected end of string." => {
            open_string(context).into()
        }
        "End-of-file inside block comment." => open_comment(context).into(),
        "  Comment started here." => Verdict::Follows,
        "\"/*\" inside block comment.  Block comments cannot be nested." => Finding::new(
            codes::OPEN_COMMENT,
            "a comment inside of a comment",
            context.offset.saturating_sub(1)..context.offset + 1,
        )
        .help("comments do not lie in each other: the first `*/` ends both")
        .without(context.offset..context.offset)
        .into(),
        "Numbers starting with leading zero must be in octal." => leading_zero(context).into(),
        "Invalid control characters encountered in text." => control(context).into(),
        "Need space between number and identifier." => {
            let token = context.token.saturating_sub(1);
            let range = context.text().span(token..context.token + 1);
            let written = context.text().slice(range.clone()).to_owned();
            Finding::new(
                codes::BAD_NAME,
                format!("`{written}` is neither a number nor a name"),
                range,
            )
            .help("a name does not start with a digit")
            .into()
        }
        message if message.starts_with("Interpreting non ascii codepoint") => odd(context),
        message
            if message.contains("escape sequence") && message != "Expected escape sequence." =>
        {
            escape(context).into()
        }
        _ => Verdict::Unknown,
    }
}

/// A string runs into the end of its line.
fn open_string(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let line = text.line(context.offset.min(text.bytes.len()));
    // protoc points at the end of the line; the string begins before it.
    let token = (0..text.tokens().len()).rev().find(|token| {
        let range = text.range(*token);
        range.start <= context.offset && text.kind(*token) == Kind::String
    })?;
    let range = text.range(token);
    let quote = text.slice(range.start..range.start + 1).to_owned();
    let end = text.line_end(line).min(range.end.max(range.start + 1));
    // The signs that end the statement are not meant to be in the string.
    let inside = &text.bytes[range.start + 1..end.max(range.start + 1)];
    let is_sign = |byte: &u8| matches!(byte, b';' | b']' | b',' | b' ' | b'\t' | b'\r' | b'}');
    let kept = inside.len() - inside.iter().rev().take_while(|byte| is_sign(byte)).count();
    let at = range.start + 1 + kept;
    let signs = text.bytes[at..end].trim_ascii_start();
    let finding = Finding::new(codes::OPEN_STRING, "the string is not closed", range.start..end)
        .label("starts here");
    // Blanks before the signs are left where they are.
    let _ = signs;
    Some(finding.replace(format!("close it with `{quote}`"), at..at, quote))
}

fn open_comment(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let started = context.rest.first()?.place?;
    let start = text.offset(started);
    // Some lines of a comment may start with a `*` each.
    let mut line = text.line(start);
    loop {
        let next = text.line_start(line + 1);
        let rest = text.bytes.get(next..text.line_end(line + 1).max(next)).unwrap_or_default();
        if next >= text.bytes.len() || !rest.trim_ascii_start().starts_with(b"*") {
            break;
        }
        line += 1;
    }
    let end = text.line_end(line);
    let finding = Finding::new(codes::OPEN_COMMENT, "the comment is not closed", start..start + 2)
        .label("starts here")
        .without(start..text.bytes.len());
    Some(finding.replace("close it with `*/`", end..end, " */"))
}

fn leading_zero(context: &Context<'_>) -> Finding {
    // protoc points behind the zero.
    let mut range = context.here();
    if context.token > 0 && context.text().range(context.token - 1).end == range.start {
        range = context.text().range(context.token - 1).start..range.end;
    }
    let written = context.text().slice(range.clone()).to_owned();
    let finding = Finding::new(
        codes::BAD_NUMBER,
        format!("`{written}` is not a number: one that starts with 0 is octal"),
        range.clone(),
    );
    let digits = written.trim_start_matches('0');
    let is_decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_decimal { finding.replace(format!("write `{digits}`"), range, digits) } else { finding }
}

fn control(context: &Context<'_>) -> Finding {
    let bytes = &context.text().bytes;
    let is_control = |byte: &u8| *byte < b' ' && !byte.is_ascii_whitespace() && *byte != 0x0b;
    let start = context.offset.min(bytes.len());
    let length = bytes[start..].iter().take_while(|byte| is_control(byte)).count();
    let range = start..start + length.max(1).min(bytes.len() - start);
    Finding::new(codes::ODD_CHARACTER, "a character that cannot be seen", range.clone()).replace(
        "remove it",
        range,
        "",
    )
}

/// A character that is not ASCII, outside of strings and comments.
fn odd(context: &Context<'_>) -> Verdict {
    let bytes = &context.text().bytes;
    let start = crate::diagnostic::letter_start(bytes, context.offset);
    if start < context.offset {
        // The rest of a character that was told of.
        return Verdict::Follows;
    }
    let end = bytes.len().min(start + 4);
    let letter =
        bytes[start..end].utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    let Some(letter) = letter else { return Verdict::Unknown };
    let range = start..start + letter.len_utf8();
    let meant = match letter {
        '“' | '”' | '„' | '«' | '»' | '＂' => Some("\""),
        '‘' | '’' | '‚' => Some("'"),
        '；' => Some(";"),
        '，' | '、' => Some(","),
        '＝' => Some("="),
        '｛' => Some("{"),
        '｝' => Some("}"),
        '（' => Some("("),
        '）' => Some(")"),
        '：' => Some(":"),
        '．' | '。' => Some("."),
        '–' | '—' | '−' => Some("-"),
        '\u{a0}' | '\u{3000}' | '\u{2002}' | '\u{2003}' | '\u{2009}' | '\u{202f}' => Some(" "),
        '\u{200b}' | '\u{feff}' | '\u{200e}' | '\u{200f}' | '\u{2060}' => Some(""),
        _ => None,
    };
    let invisible = letter.is_whitespace() || meant == Some("");
    let shown = if invisible { format!("U+{:04X}", u32::from(letter)) } else { letter.to_string() };
    let headline = if invisible {
        format!("a character that cannot be seen: {shown}")
    } else {
        format!("`{shown}` means nothing here")
    };
    let finding = Finding::new(codes::ODD_CHARACTER, headline, range.clone());
    match meant {
        Some("") => finding.replace("remove it", range, "").into(),
        Some(" ") => finding.replace("write an ordinary blank", range, " ").into(),
        // Both quotes of a string are odd if one is.
        Some(quote @ ("\"" | "'")) => {
            finding.edit(format!("write `{quote}`"), quotes(context, start, quote)).into()
        }
        Some(sign) => finding.replace(format!("write `{sign}`"), range, sign).into(),
        None => word(context, finding, start).into(),
    }
}

/// All odd quotes of a line.
fn quotes(context: &Context<'_>, start: usize, quote: &str) -> Vec<Change> {
    let text = context.text();
    let line = text.slice(start..text.line_end(text.line(start)));
    let is_odd =
        |letter: &char| matches!(letter, '“' | '”' | '„' | '«' | '»' | '＂' | '‘' | '’' | '‚');
    line.char_indices()
        .filter(|(_, letter)| is_odd(letter))
        .map(|(at, letter)| (start + at..start + at + letter.len_utf8(), quote.as_bytes().to_vec()))
        .collect()
}

/// A letter with an accent or of another script, in a name.
fn word(context: &Context<'_>, finding: Finding, start: usize) -> Finding {
    let text = context.text();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    let before = text.bytes[..start].iter().rev().take_while(|byte| is_part(byte)).count();
    let after = text.bytes[start..].iter().take_while(|byte| is_part(byte)).count();
    let range = start - before..start + after;
    let written = text.slice(range.clone()).to_owned();
    let plain: String = written.chars().filter_map(without_accent).collect();
    let mut finding = finding.help("names are made of the letters a to z, digits and `_`");
    finding.code = codes::BAD_NAME;
    finding.headline = format!("`{written}` cannot be a name");
    finding.range = range.clone();
    if plain.starts_with(|first: char| first.is_ascii_alphabetic())
        && plain.len() * 2 > written.len()
    {
        return finding.replace(format!("write `{plain}`"), range, plain);
    }
    finding.covers(range)
}

fn without_accent(letter: char) -> Option<char> {
    Some(match letter {
        _ if letter.is_ascii() => letter,
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        'À'..='Å' => 'A',
        'È'..='Ë' => 'E',
        'Ò'..='Ö' | 'Ø' => 'O',
        'Ù'..='Ü' => 'U',
        _ => return None,
    })
}

fn escape(context: &Context<'_>) -> Finding {
    // protoc points behind the backslash.
    let bytes = &context.text().bytes;
    let before = &bytes[..context.offset.min(bytes.len())];
    let start = before.iter().rposition(|byte| *byte == b'\\').unwrap_or(context.offset);
    let end = (start + 2).min(bytes.len());
    let written = context.text().slice(start..end).to_owned();
    Finding::new(codes::BAD_ESCAPE, format!("`{written}` is no escape"), start..end).replace(
        "write a backslash as `\\\\`",
        start..start,
        "\\",
    )
}
