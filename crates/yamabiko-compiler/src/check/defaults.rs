//! Default values: of the right form for the type.

use buffa_codegen::generated::descriptor::FieldDescriptorProto;
use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;

use crate::parse::Part;
use crate::resolve::{Builder, FieldId, unescape};

/// The default value of a field whose type is part of the language.
pub(super) fn default_value(builder: &mut Builder<'_>, id: FieldId, proto: &FieldDescriptorProto) {
    let Some(default) = proto.default_value.as_deref() else { return };
    if builder.pool[id].is_repeated() {
        builder.error(Part::DefaultValue, "Repeated fields can't have default values.");
    }
    let message = match proto.r#type {
        Some(Type::TYPE_BOOL) if default != "true" && default != "false" => {
            "Boolean default must be true or false.".to_owned()
        }
        Some(Type::TYPE_BYTES) if unescape(default).is_none() => {
            "Invalid escaping in default value.".to_owned()
        }
        Some(Type::TYPE_MESSAGE | Type::TYPE_GROUP) => {
            builder.pool[id].has_default = false;
            "Messages can't have default values.".to_owned()
        }
        Some(kind) if is_number(kind) && !reads_as(kind, default) => {
            format!("Couldn't parse default value \"{default}\".")
        }
        _ => return,
    };
    builder.error(Part::DefaultValue, message);
}

fn is_number(kind: Type) -> bool {
    !matches!(
        kind,
        Type::TYPE_BOOL
            | Type::TYPE_ENUM
            | Type::TYPE_STRING
            | Type::TYPE_BYTES
            | Type::TYPE_MESSAGE
            | Type::TYPE_GROUP
    )
}

/// Whether nothing is left over when the text is read as a number; its size
/// was looked at by the parser.
fn reads_as(kind: Type, text: &str) -> bool {
    if matches!(kind, Type::TYPE_FLOAT | Type::TYPE_DOUBLE) {
        return text.parse::<f64>().is_ok();
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (digits, base) = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if digits.starts_with('0') => (digits, 8),
        None => (digits, 10),
    };
    !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base))
}
