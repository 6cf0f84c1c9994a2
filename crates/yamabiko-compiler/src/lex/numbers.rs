//! Numbers: how far one reaches, and what it is worth.

use super::{Kind, Lexer, is_letter};

/// What a number started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// A zero: the number may be octal or hexadecimal.
    Zero,
    /// Another digit.
    Digit,
    /// A point and a digit.
    Point,
}

impl Lexer<'_> {
    /// Passes over the rest of a number.
    pub(super) fn number(&mut self, begin: Begin) -> Kind {
        let kind = if begin == Begin::Zero
            && self.cursor.advance_if(|byte| matches!(byte, b'x' | b'X'))
        {
            self.digits(|byte| byte.is_ascii_hexdigit(), "\"0x\" must be followed by hex digits.");
            Kind::Integer
        } else if begin == Begin::Zero && self.cursor.peek().is_ascii_digit() {
            self.cursor.skip_while(|byte| matches!(byte, b'0'..=b'7'));
            if self.cursor.peek().is_ascii_digit() {
                self.fault("Numbers starting with leading zero must be in octal.");
                self.cursor.skip_while(|byte| byte.is_ascii_digit());
            }
            Kind::Integer
        } else {
            self.decimal(begin)
        };

        if is_letter(self.cursor.peek()) {
            self.fault("Need space between number and identifier.");
        } else if self.cursor.peek() == b'.' {
            self.fault(if kind == Kind::Float {
                "Already saw decimal point or exponent; can't have another one."
            } else {
                "Hex and octal numbers must be integers."
            });
        }
        kind
    }

    fn decimal(&mut self, begin: Begin) -> Kind {
        self.cursor.skip_while(|byte| byte.is_ascii_digit());
        let mut kind = Kind::Integer;
        if begin == Begin::Point {
            kind = Kind::Float;
        } else if self.cursor.advance_over(b'.') {
            kind = Kind::Float;
            self.cursor.skip_while(|byte| byte.is_ascii_digit());
        }
        if self.cursor.advance_if(|byte| matches!(byte, b'e' | b'E')) {
            kind = Kind::Float;
            self.cursor.advance_if(|byte| matches!(byte, b'-' | b'+'));
            self.digits(|byte| byte.is_ascii_digit(), "\"e\" must be followed by exponent.");
        }
        kind
    }

    /// At least one digit.
    fn digits(&mut self, class: impl Fn(u8) -> bool, missing: &str) {
        if class(self.cursor.peek()) {
            self.cursor.skip_while(class);
        } else {
            self.fault(missing);
        }
    }
}

/// What an integer token is worth; `None` if that is more than `max` or if a
/// digit is not one of its base.
pub(crate) fn integer(text: &[u8], max: u64) -> Option<u64> {
    let (base, digits) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', digits @ ..] => (8, digits),
        digits => (10, digits),
    };
    let mut value = 0_u64;
    for &byte in digits {
        let digit = char::from(byte).to_digit(base)?;
        value = value.checked_mul(base.into())?.checked_add(digit.into())?;
    }
    (value <= max).then_some(value)
}

/// What a number token is worth as a floating point number; `None` if it is
/// none. A missing exponent has been complained about and counts as 0.
pub(crate) fn float(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.strip_suffix(['-', '+']).unwrap_or(text);
    let text = text.strip_suffix(['e', 'E']).unwrap_or(text);
    text.parse().ok()
}

/// A floating point number as protoc writes it into descriptors: with 15
/// significant digits if they lead back to the same number, else with 17.
pub(crate) fn float_to_text(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let short = significant_digits(value, 15);
    if short.parse() == Ok(value) { short } else { significant_digits(value, 17) }
}

/// What C calls `%.{digits}g`.
pub(crate) fn significant_digits(value: f64, digits: usize) -> String {
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').expect("Rust writes an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    let limit = i32::try_from(digits).expect("the digits are few");
    if exponent < -4 || exponent >= limit {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.unsigned_abs())
    } else {
        let decimals =
            usize::try_from(limit - 1 - exponent).expect("the exponent is below the limit");
        without_zeros(&format!("{value:.decimals$}")).to_owned()
    }
}

/// A decimal fraction without the zeros that say nothing.
fn without_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}
