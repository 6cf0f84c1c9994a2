//! The descriptors of fields and extensions.

use buffa_codegen::generated::descriptor::FieldDescriptorProto;
use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};

use super::{KEY, full_name};
use crate::descriptors::{Named as _, Pool};
use crate::python::text::Text;
use crate::python::{escape, options};

/// Writes the `fields` of the message `scope` as the argument `list`.
pub(super) fn write(
    text: &mut Text,
    pool: &Pool<'_>,
    scope: &str,
    list: &str,
    fields: &[FieldDescriptorProto],
) {
    text.line(format!("{list}=["));
    for (index, field) in fields.iter().enumerate() {
        let name = field.name();
        let options = options::literal(&field.options).unwrap_or_else(|| "None".to_owned());
        let json_name = field
            .json_name
            .as_ref()
            .map(|name| format!(", json_name='{name}'"))
            .unwrap_or_default();
        let r#type = field.r#type.unwrap_or(Type::TYPE_INT32);
        text.line("  _descriptor.FieldDescriptor(");
        text.line(format!(
            "    name='{name}', full_name='{}', index={index},",
            full_name(scope, name)
        ));
        text.line(format!(
            "    number={}, type={}, cpp_type={}, label={},",
            field.number.unwrap_or_default(),
            r#type as i32,
            cpp_type(r#type),
            field.label.unwrap_or(Label::LABEL_OPTIONAL) as i32,
        ));
        text.line(format!(
            "    has_default_value={}, default_value={},",
            python_bool(field.default_value.is_some()),
            default_value(pool, field, r#type),
        ));
        text.line("    message_type=None, enum_type=None, containing_type=None,");
        text.line(format!(
            "    is_extension={}, extension_scope=None,",
            python_bool(field.extendee.is_some())
        ));
        text.line(format!(
            "    serialized_options={options}{json_name}, file=DESCRIPTOR,  {KEY}),"
        ));
    }
    text.line("],");
}

fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// The number of the type that holds the value in C++.
fn cpp_type(r#type: Type) -> u8 {
    match r#type {
        Type::TYPE_INT32 | Type::TYPE_SINT32 | Type::TYPE_SFIXED32 => 1,
        Type::TYPE_INT64 | Type::TYPE_SINT64 | Type::TYPE_SFIXED64 => 2,
        Type::TYPE_UINT32 | Type::TYPE_FIXED32 => 3,
        Type::TYPE_UINT64 | Type::TYPE_FIXED64 => 4,
        Type::TYPE_DOUBLE => 5,
        Type::TYPE_FLOAT => 6,
        Type::TYPE_BOOL => 7,
        Type::TYPE_ENUM => 8,
        Type::TYPE_STRING | Type::TYPE_BYTES => 9,
        Type::TYPE_MESSAGE | Type::TYPE_GROUP => 10,
    }
}

fn default_value(pool: &Pool<'_>, field: &FieldDescriptorProto, r#type: Type) -> String {
    if field.label == Some(Label::LABEL_REPEATED) {
        return "[]".to_owned();
    }
    let given = field.default_value.as_deref();
    match r#type {
        Type::TYPE_MESSAGE | Type::TYPE_GROUP => "None".to_owned(),
        Type::TYPE_DOUBLE | Type::TYPE_FLOAT => match given.unwrap_or("0") {
            "inf" => "1e10000".to_owned(),
            "-inf" => "-1e10000".to_owned(),
            "nan" => "(1e10000 * 0)".to_owned(),
            number => format!("float({number})"),
        },
        Type::TYPE_BOOL => python_bool(given == Some("true")).to_owned(),
        Type::TYPE_STRING => {
            format!("b\"{}\".decode('utf-8')", escape::octal(given.unwrap_or("").as_bytes()))
        }
        // Descriptors have the default of bytes escaped already.
        Type::TYPE_BYTES => format!("b\"{}\"", given.unwrap_or("")),
        Type::TYPE_ENUM => {
            let values = pool
                .enumeration(field.type_name.as_deref().unwrap_or_default())
                .map(|found| found.proto.value.as_slice())
                .unwrap_or_default();
            values
                .iter()
                .find(|value| given.is_none_or(|given| value.name() == given))
                .and_then(|value| value.number)
                .unwrap_or_default()
                .to_string()
        }
        _ => given.unwrap_or("0").to_owned(),
    }
}
