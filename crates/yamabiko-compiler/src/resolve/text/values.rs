//! Scalars in the text format.

use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;

use super::Parser;
use crate::lex::{Kind, numbers, strings};
use crate::resolve::pool::{EnumId, FieldId, TypeReference};
use crate::resolve::wire::{WireValue, sign_extended};

impl Parser<'_, '_, '_> {
    /// A value of a field that holds no messages, as it is on the wire.
    pub(super) fn scalar(&mut self, id: FieldId) -> Result<WireValue, String> {
        let field = &self.pool()[id];
        let kind = field.kind.unwrap_or(Type::TYPE_BYTES);
        let refers_to = field.refers_to;
        Ok(match kind {
            Type::TYPE_INT32 => WireValue::Varint(self.signed(i32::MAX as u64)?.cast_unsigned()),
            Type::TYPE_INT64 => WireValue::Varint(self.signed(i64::MAX as u64)?.cast_unsigned()),
            Type::TYPE_SINT32 | Type::TYPE_SINT64 => {
                let max = if kind == Type::TYPE_SINT32 { i32::MAX as u64 } else { i64::MAX as u64 };
                WireValue::Varint(zigzag(self.signed(max)?))
            }
            Type::TYPE_SFIXED32 => {
                WireValue::Fixed32(low_half(self.signed(i32::MAX as u64)?.cast_unsigned()))
            }
            Type::TYPE_SFIXED64 => {
                WireValue::Fixed64(self.signed(i64::MAX as u64)?.cast_unsigned())
            }
            Type::TYPE_UINT32 => WireValue::Varint(self.unsigned(u32::MAX.into())?),
            Type::TYPE_UINT64 => WireValue::Varint(self.unsigned(u64::MAX)?),
            Type::TYPE_FIXED32 => WireValue::Fixed32(low_half(self.unsigned(u32::MAX.into())?)),
            Type::TYPE_FIXED64 => WireValue::Fixed64(self.unsigned(u64::MAX)?),
            Type::TYPE_FLOAT => WireValue::Fixed32(to_float(self.double()?).to_bits()),
            Type::TYPE_DOUBLE => WireValue::Fixed64(self.double()?.to_bits()),
            Type::TYPE_BOOL => WireValue::Varint(self.boolean(id)?.into()),
            Type::TYPE_ENUM => match refers_to {
                TypeReference::Enum(of) => self.enumeration(id, of)?,
                _ => return Err("Expected integer or identifier, got: ".to_owned()),
            },
            _ => WireValue::Bytes(self.string()?),
        })
    }

    fn string(&mut self) -> Result<Vec<u8>, String> {
        if self.kind() != Kind::String {
            return Err(format!("Expected string, got: {}", self.found()));
        }
        let mut value = Vec::new();
        while self.kind() == Kind::String {
            strings::unescape(self.lexer.current().text, &mut value);
            self.next();
        }
        Ok(value)
    }

    fn unsigned(&mut self, max: u64) -> Result<u64, String> {
        if self.kind() != Kind::Integer {
            return Err(format!("Expected integer, got: {}", self.found()));
        }
        let value = numbers::integer(self.lexer.current().text, max)
            .ok_or_else(|| format!("Integer out of range ({})", self.found()))?;
        self.next();
        Ok(value)
    }

    fn signed(&mut self, max: u64) -> Result<i64, String> {
        if self.try_consume("-") {
            Ok(self.unsigned(max + 1)?.wrapping_neg().cast_signed())
        } else {
            Ok(self.unsigned(max)?.cast_signed())
        }
    }

    fn double(&mut self) -> Result<f64, String> {
        let negative = self.try_consume("-");
        let text = self.lexer.current().text;
        let value = match self.kind() {
            Kind::Integer if text.len() > 1 && text[0] == b'0' => {
                return Err(format!("Expect a decimal number, got: {}", self.found()));
            }
            Kind::Integer | Kind::Float => numbers::float(text).unwrap_or_default(),
            Kind::Identifier => match self.found().to_lowercase().as_str() {
                "inf" | "infinity" => f64::INFINITY,
                "nan" => f64::NAN,
                other => return Err(format!("Expected double, got: {other}")),
            },
            _ => return Err(format!("Expected double, got: {}", self.found())),
        };
        self.next();
        Ok(if negative { -value } else { value })
    }

    fn boolean(&mut self, id: FieldId) -> Result<bool, String> {
        if self.kind() == Kind::Integer {
            return Ok(self.unsigned(1)? == 1);
        }
        let value = self.identifier()?;
        match value.as_str() {
            "true" | "True" | "t" => Ok(true),
            "false" | "False" | "f" => Ok(false),
            _ => Err(format!(
                "Invalid value for boolean field \"{}\". Value: \"{value}\".",
                self.pool()[id].name
            )),
        }
    }

    fn enumeration(&mut self, id: FieldId, of: EnumId) -> Result<WireValue, String> {
        let (text, number) = if self.kind() == Kind::Identifier {
            let name = self.identifier()?;
            let pool = self.pool();
            let value = pool.value_by_name(of, &name).map(|value| pool[value].number);
            (name, value)
        } else if self.is("-") || self.kind() == Kind::Integer {
            let number = self.signed(i32::MAX as u64)?;
            let known = |number: &i32| {
                let pool = self.pool();
                !pool[of].features.closed()
                    || pool[of].values.iter().any(|value| pool[*value].number == *number)
            };
            (number.to_string(), i32::try_from(number).ok().filter(known))
        } else {
            return Err(format!("Expected integer or identifier, got: {}", self.found()));
        };
        let number = number.ok_or_else(|| {
            format!(
                "Unknown enumeration value of \"{text}\" for field \"{}\".",
                self.pool()[id].name
            )
        })?;
        Ok(WireValue::Varint(sign_extended(number)))
    }

    /// Passes over a value of a field that is reserved.
    pub(super) fn skip_value(&mut self) -> Result<(), String> {
        self.deeper()?;
        if self.kind() == Kind::String {
            while self.kind() == Kind::String {
                self.next();
            }
        } else if self.try_consume("[") {
            self.skip_list()?;
        } else {
            let negative = self.try_consume("-");
            if !matches!(self.kind(), Kind::Integer | Kind::Float | Kind::Identifier) {
                let found = self.found();
                return Err(format!("Cannot skip field value, unexpected token: {found}"));
            }
            let text = self.found().to_lowercase();
            let number = ["inf", "infinity", "nan"].contains(&text.as_str());
            if negative && self.kind() == Kind::Identifier && !number {
                return Err(format!("Invalid float number: {text}"));
            }
            self.next();
        }
        self.depth += 1;
        Ok(())
    }

    fn skip_list(&mut self) -> Result<(), String> {
        if self.try_consume("]") {
            return Ok(());
        }
        loop {
            if self.is("{") || self.is("<") {
                self.skip_message()?;
            } else {
                self.skip_value()?;
            }
            if self.try_consume("]") {
                return Ok(());
            }
            self.consume(",")?;
        }
    }

    /// Passes over a message that is the value of a reserved field.
    pub(super) fn skip_message(&mut self) -> Result<(), String> {
        self.deeper()?;
        let delimiter = self.open()?;
        while !self.is(">") && !self.is("}") {
            if self.is("[") {
                self.bracketed()?;
            } else {
                self.identifier()?;
            }
            if self.try_consume(":") && !self.is("{") && !self.is("<") {
                self.skip_value()?;
            } else {
                self.skip_message()?;
            }
            let _ = self.try_consume(";") || self.try_consume(",");
        }
        self.consume(delimiter)?;
        self.depth += 1;
        Ok(())
    }
}

/// A signed number so that small ones are short.
pub(in crate::resolve) fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

/// The lower 32 bits.
pub(in crate::resolve) fn low_half(value: u64) -> u32 {
    u32::try_from(value & u64::from(u32::MAX)).unwrap_or_default()
}

/// The nearest float; what is too large becomes infinite only where rounding
/// says so.
#[expect(clippy::cast_possible_truncation, reason = "the field holds a float")]
pub(in crate::resolve) fn to_float(value: f64) -> f32 {
    value as f32
}
