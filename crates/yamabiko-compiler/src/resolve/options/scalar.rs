//! The value of an option, as its field is on the wire.

use buffa_codegen::generated::descriptor::UninterpretedOption;
use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;

use super::interpret::{Mistake, Target};
use crate::hints::similar;
use crate::resolve::builder::Builder;
use crate::resolve::pool::{EnumId, FieldId, Pool, TypeReference};
use crate::resolve::symbols::Symbol;
use crate::resolve::text::{self, low_half, to_float, zigzag};
use crate::resolve::wire::{WireValue, sign_extended};

impl Builder<'_> {
    /// The value that is written for an option.
    pub(super) fn option_value(
        &mut self,
        target: &Target,
        leaf: FieldId,
        option: &UninterpretedOption,
    ) -> Result<WireValue, Mistake> {
        let field = &self.options_pool(target.known)[leaf];
        let name = field.full_name.clone();
        let Some(kind) = field.kind else { return Ok(WireValue::Varint(0)) };
        Ok(match kind {
            Type::TYPE_INT32 => WireValue::Varint(int32(option, &name)?.cast_unsigned()),
            Type::TYPE_SINT32 => WireValue::Varint(zigzag(int32(option, &name)?)),
            Type::TYPE_SFIXED32 => {
                WireValue::Fixed32(low_half(int32(option, &name)?.cast_unsigned()))
            }
            Type::TYPE_INT64 => WireValue::Varint(int64(option, &name)?.cast_unsigned()),
            Type::TYPE_SINT64 => WireValue::Varint(zigzag(int64(option, &name)?)),
            Type::TYPE_SFIXED64 => WireValue::Fixed64(int64(option, &name)?.cast_unsigned()),
            Type::TYPE_UINT32 => WireValue::Varint(uint32(option, &name)?),
            Type::TYPE_FIXED32 => WireValue::Fixed32(low_half(uint32(option, &name)?)),
            Type::TYPE_UINT64 => WireValue::Varint(uint64(option, &name)?),
            Type::TYPE_FIXED64 => WireValue::Fixed64(uint64(option, &name)?),
            Type::TYPE_FLOAT => {
                WireValue::Fixed32(to_float(double(option, "float", &name)?).to_bits())
            }
            Type::TYPE_DOUBLE => WireValue::Fixed64(double(option, "double", &name)?.to_bits()),
            Type::TYPE_BOOL => WireValue::Varint(boolean(option, &name)?),
            Type::TYPE_ENUM => WireValue::Varint(self.enumeration(target, leaf, option)?),
            Type::TYPE_STRING | Type::TYPE_BYTES => {
                let value = option.string_value.clone().ok_or_else(|| {
                    Mistake::value(format!(
                        "Value must be quoted string for string option \"{name}\"."
                    ))
                    .with_hint(Some("put the value in quotation marks".to_owned()))
                })?;
                WireValue::Bytes(value)
            }
            Type::TYPE_MESSAGE => WireValue::Bytes(self.aggregate(target, leaf, option)?),
            Type::TYPE_GROUP => WireValue::Group(self.aggregate(target, leaf, option)?),
        })
    }

    fn enumeration(
        &mut self,
        target: &Target,
        leaf: FieldId,
        option: &UninterpretedOption,
    ) -> Result<u64, Mistake> {
        let field = &self.options_pool(target.known)[leaf];
        let (name, refers_to) = (field.full_name.clone(), field.refers_to);
        let value = option.identifier_value.as_deref().ok_or_else(|| {
            Mistake::value(format!("Value must be identifier for enum-valued option \"{name}\"."))
        })?;
        let TypeReference::Enum(of) = refers_to else { return Ok(0) };
        let found = self.value_of_enum(target.known, of, value);
        let pool = self.options_pool(target.known);
        let enumeration = &pool[of].full_name;
        match found {
            Some(found) if pool[found].owner == of => Ok(sign_extended(pool[found].number)),
            found => {
                let sibling = match found {
                    Some(_) => " This appears to be a value from a sibling type.",
                    None => "",
                };
                let hint = similar_value(pool, of, value);
                Err(Mistake::value(format!(
                    "Enum type \"{enumeration}\" has no value named \"{value}\" for option \
                     \"{name}\".{sibling}"
                ))
                .with_hint(hint))
            }
        }
    }

    /// A value of an enum, or of one beside it.
    fn value_of_enum(
        &mut self,
        known: bool,
        of: EnumId,
        value: &str,
    ) -> Option<crate::resolve::pool::ValueId> {
        if known {
            return self.options_pool(true).value_by_name(of, value);
        }
        // Values are siblings of their enum.
        let full_name = &self.pool[of].full_name;
        let sibling = match full_name.rsplit_once('.') {
            Some((scope, _)) => format!("{scope}.{value}"),
            None => value.to_owned(),
        };
        match self.find_anywhere(&sibling) {
            Some(Symbol::Value(found)) => Some(found),
            _ => None,
        }
    }

    fn aggregate(
        &mut self,
        target: &Target,
        leaf: FieldId,
        option: &UninterpretedOption,
    ) -> Result<Vec<u8>, Mistake> {
        let field = &self.options_pool(target.known)[leaf];
        let (name, full_name, refers_to) =
            (field.name.clone(), field.full_name.clone(), field.refers_to);
        let text = option.aggregate_value.as_deref().ok_or_else(|| {
            Mistake::value(format!(
                "Option \"{full_name}\" is a message. To set the entire message, use syntax like \
                 \"{name} = {{ <proto text format> }}\". To set fields within it, use syntax like \
                 \"{name}.foo = value\"."
            ))
        })?;
        let TypeReference::Message(message) = refers_to else { return Ok(Vec::new()) };
        match text::parse(self, target.known, message, text) {
            Ok(value) => Ok(value.encode(self.options_pool(target.known))),
            Err(error) => Err(Mistake::value(format!(
                "Error while parsing option value for \"{name}\": {error}"
            ))),
        }
    }
}

fn similar_value(pool: &Pool, of: EnumId, value: &str) -> Option<String> {
    let names = pool[of].values.iter().map(|value| pool[*value].name.as_str());
    let meant = similar::best(value, names)?;
    Some(format!("did you mean `{meant}`?"))
}

fn out_of_range(min: i64, max: u64, kind: &str, name: &str) -> Mistake {
    Mistake::value(format!("Value out of range, {min} to {max}, for {kind} option \"{name}\"."))
}

fn no_integer(min: i64, max: u64, kind: &str, name: &str) -> Mistake {
    Mistake::value(format!(
        "Value must be integer, from {min} to {max}, for {kind} option \"{name}\"."
    ))
}

/// A value of a type that goes from `min` to `max`.
fn signed(
    option: &UninterpretedOption,
    (min, max): (i64, i64),
    kind: &str,
    name: &str,
) -> Result<i64, Mistake> {
    let limit = max.unsigned_abs();
    match (option.positive_int_value, option.negative_int_value) {
        (Some(value), _) => i64::try_from(value)
            .ok()
            .filter(|value| *value <= max)
            .ok_or_else(|| out_of_range(min, limit, kind, name)),
        (None, Some(value)) if value < min => Err(out_of_range(min, limit, kind, name)),
        (None, Some(value)) => Ok(value),
        (None, None) => Err(no_integer(min, limit, kind, name)),
    }
}

fn int32(option: &UninterpretedOption, name: &str) -> Result<i64, Mistake> {
    signed(option, (i32::MIN.into(), i32::MAX.into()), "int32", name)
}

fn int64(option: &UninterpretedOption, name: &str) -> Result<i64, Mistake> {
    signed(option, (i64::MIN, i64::MAX), "int64", name)
}

fn uint32(option: &UninterpretedOption, name: &str) -> Result<u64, Mistake> {
    let max = u32::MAX.into();
    let value = option.positive_int_value.ok_or_else(|| no_integer(0, max, "uint32", name))?;
    if value > max { Err(out_of_range(0, max, "uint32", name)) } else { Ok(value) }
}

fn uint64(option: &UninterpretedOption, name: &str) -> Result<u64, Mistake> {
    option.positive_int_value.ok_or_else(|| no_integer(0, u64::MAX, "uint64", name))
}

#[expect(clippy::cast_precision_loss, reason = "the nearest number is what is meant")]
fn double(option: &UninterpretedOption, kind: &str, name: &str) -> Result<f64, Mistake> {
    if let Some(value) = option.double_value {
        return Ok(value);
    }
    if let Some(value) = option.positive_int_value {
        return Ok(value as f64);
    }
    if let Some(value) = option.negative_int_value {
        return Ok(value as f64);
    }
    match option.identifier_value.as_deref() {
        Some("inf") => Ok(f64::INFINITY),
        Some("nan") => Ok(f64::NAN),
        _ => Err(Mistake::value(format!("Value must be number for {kind} option \"{name}\"."))),
    }
}

fn boolean(option: &UninterpretedOption, name: &str) -> Result<u64, Mistake> {
    match option.identifier_value.as_deref() {
        Some("true") => Ok(1),
        Some("false") => Ok(0),
        Some(_) => Err(Mistake::value(format!(
            "Value must be \"true\" or \"false\" for boolean option \"{name}\"."
        ))),
        None => {
            Err(Mistake::value(format!("Value must be identifier for boolean option \"{name}\"."))
                .with_hint(Some("write `true` or `false`, without quotation marks".to_owned())))
        }
    }
}
