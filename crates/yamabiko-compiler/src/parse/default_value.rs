//! `default` and `json_name`, which stand among the options of a field and are
//! none.

use buffa_codegen::generated::descriptor::FieldDescriptorProto;
use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;

use super::{At, Parser, Parsing, Part, locations::text, paths};
use crate::lex::numbers;

impl Parser<'_> {
    /// `json_name = "…"`.
    pub(super) fn json_name(&mut self, field: &mut FieldDescriptorProto, at: At) -> Parsing {
        if field.json_name.is_some() {
            self.error("Already set option \"json_name\".");
            field.json_name = None;
        }
        self.located(at, &[paths::field::JSON_NAME], |parser, name_at| {
            parser.note(at, Part::OptionName, name_at);
            parser.consume("json_name")?;
            parser.consume("=")?;
            parser.located(name_at, &[], |parser, value_at| {
                parser.note(at, Part::OptionValue, value_at);
                let name = parser.string("Expected string for JSON name.")?;
                field.json_name = Some(text(&name));
                Ok(())
            })
        })
    }

    /// `default = …`, checked against the type as far as it is known.
    pub(super) fn default_value(&mut self, field: &mut FieldDescriptorProto, at: At) -> Parsing {
        if field.default_value.is_some() {
            self.error("Already set option \"default\".");
            field.default_value = None;
        }
        self.consume("default")?;
        self.consume("=")?;
        self.located(at, &[paths::field::DEFAULT_VALUE], |parser, default_at| {
            parser.note(at, Part::DefaultValue, default_at);
            let value = field.default_value.insert(String::new());
            let Some(scalar) = field.r#type else {
                // The type has a name: if it is that of an enum, this should
                // be one of its values, which shows when it is looked up.
                *value = text(parser.current().text);
                parser.next();
                return Ok(());
            };
            parser.default_of(scalar, value)
        })
    }

    fn default_of(&mut self, scalar: Type, value: &mut String) -> Parsing {
        match scalar {
            Type::TYPE_INT32 | Type::TYPE_SINT32 | Type::TYPE_SFIXED32 => {
                self.signed_default(i32::MAX.unsigned_abs().into(), value)
            }
            Type::TYPE_INT64 | Type::TYPE_SINT64 | Type::TYPE_SFIXED64 => {
                self.signed_default(i64::MAX.unsigned_abs(), value)
            }
            Type::TYPE_UINT32 | Type::TYPE_FIXED32 => self.unsigned_default(u32::MAX.into(), value),
            Type::TYPE_UINT64 | Type::TYPE_FIXED64 => self.unsigned_default(u64::MAX, value),
            Type::TYPE_FLOAT | Type::TYPE_DOUBLE => {
                if self.try_consume("-") {
                    value.push('-');
                }
                let number = self.number("Expected number.")?;
                value.push_str(&numbers::float_to_text(number));
                Ok(())
            }
            Type::TYPE_BOOL => {
                for word in ["true", "false"] {
                    if self.try_consume(word) {
                        value.push_str(word);
                        return Ok(());
                    }
                }
                Err(self.error("Expected \"true\" or \"false\"."))
            }
            Type::TYPE_STRING => {
                let string = self.string("Expected string for field default value.")?;
                *value = text(&string);
                Ok(())
            }
            Type::TYPE_BYTES => {
                let bytes = self.string("Expected string.")?;
                *value = escaped(&bytes);
                Ok(())
            }
            Type::TYPE_ENUM => {
                *value = self.identifier("Expected enum identifier for field default value.")?;
                Ok(())
            }
            Type::TYPE_MESSAGE | Type::TYPE_GROUP => {
                Err(self.error("Messages can't have default values."))
            }
        }
    }

    fn signed_default(&mut self, max: u64, value: &mut String) -> Parsing {
        let is_negative = self.try_consume("-");
        if is_negative {
            value.push('-');
        }
        // There is one more negative number than there are positive ones.
        let max = max + u64::from(is_negative);
        let number = self.integer64(max, "Expected integer for field default value.")?;
        value.push_str(&number.to_string());
        Ok(())
    }

    fn unsigned_default(&mut self, max: u64, value: &mut String) -> Parsing {
        if self.try_consume("-") {
            self.error("Unsigned field can't have negative default value.");
        }
        let number = self.integer64(max, "Expected integer for field default value.")?;
        value.push_str(&number.to_string());
        Ok(())
    }
}

/// Bytes as descriptors write them: what is not printable ASCII is escaped, in
/// octal if C has no letter for it.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'"' | b'\'' | b'\\' => text.extend(['\\', char::from(byte)]),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text
}
