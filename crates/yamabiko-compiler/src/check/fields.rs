//! Fields and extensions: by themselves, and with their options.

use buffa_codegen::generated::descriptor::FieldDescriptorProto;
use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::field_options::JSType;

use super::{declarations, defaults, features, maps, numbers};
use crate::parse::Part;
use crate::resolve::{Builder, FieldId, edition, json_name};

/// A field as it is declared.
pub(crate) fn declared_field(builder: &mut Builder<'_>, id: FieldId, proto: &FieldDescriptorProto) {
    let field = &builder.pool[id];
    let full_name = field.full_name.clone();
    let (is_extension, required) = (field.is_extension, field.label == Label::LABEL_REQUIRED);
    if field.proto3_optional && builder.edition != edition::PROTO3 {
        let text = format!(
            "The [proto3_optional=true] option may only be set on proto3fields, not {full_name}"
        );
        builder.error(Part::Type, text);
    }
    if required && is_extension {
        builder.error(Part::Type, format!("The extension {full_name} cannot be required."));
    }
    defaults::default_value(builder, id, proto);
    numbers::number(builder, id);
    if is_extension {
        if proto.extendee.is_none() {
            let text = "FieldDescriptorProto.extendee not set for extension field.";
            builder.error(Part::Extendee, text);
        }
        if proto.oneof_index.is_some() {
            let text = "FieldDescriptorProto.oneof_index should not be set for extensions.";
            builder.error(Part::Type, text);
        }
        return;
    }
    if proto.extendee.is_some() {
        let text = "FieldDescriptorProto.extendee set for non-extension field.";
        builder.error(Part::Extendee, text);
    }
    let field = &builder.pool[id];
    if let (Some(index), None, Some(message)) = (proto.oneof_index, field.oneof, field.scope) {
        let name = &builder.pool[message].name;
        let text = format!(
            "FieldDescriptorProto.oneof_index {index} is out of range for type \"{name}\"."
        );
        builder.error(Part::Type, text);
    }
}

/// A field with its options.
pub(super) fn options(builder: &mut Builder<'_>, id: FieldId, proto: &FieldDescriptorProto) {
    features::field(builder, id, proto);
    let options = &proto.options;
    let field = &builder.pool[id];
    let kind = field.kind;
    let lazy = options.lazy.unwrap_or(false) || options.unverified_lazy.unwrap_or(false);
    let packed = options.packed.unwrap_or(false) && !field.is_packable();
    if builder.edition >= edition::E2024 && options.ctype.is_some() {
        let text = "ctype option is not allowed under edition 2024 and beyond. Use the feature \
                    string_type = VIEW|CORD|STRING|... instead.";
        builder.error(Part::Type, text);
    }
    if lazy && kind != Some(Type::TYPE_MESSAGE) {
        let text = "[lazy = true] can only be specified for submessage fields.";
        builder.error(Part::Type, text);
    }
    if options.unverified_lazy.unwrap_or(false) && builder.pool[id].is_extension {
        builder.error(Part::Type, "Extensions cannot be marked as unverified_lazy.");
    }
    if packed {
        let text = "[packed = true] can only be specified for repeated primitive fields.";
        builder.error(Part::Type, text);
    }
    message_set(builder, id);
    lite(builder, id);
    maps::entry(builder, id);
    js_type(builder, kind, options.jstype.unwrap_or(JSType::JS_NORMAL));
    let field = &builder.pool[id];
    if field.is_extension && field.explicit_json_name && field.json_name != json_name(&field.name) {
        let text = "option json_name is not allowed on extension fields.";
        builder.error(Part::OptionName, text);
    }
    if builder.pool[id].json_name.contains('\0') {
        let text = "json_name cannot have embedded null characters.";
        builder.error(Part::OptionName, text);
    }
    if builder.pool[id].is_extension {
        declarations::extension(builder, id, proto);
    }
}

fn message_set(builder: &mut Builder<'_>, id: FieldId) {
    let field = &builder.pool[id];
    if !field.containing.is_some_and(|message| builder.pool[message].message_set) {
        return;
    }
    if !field.is_extension {
        builder.error(Part::Name, "MessageSets cannot have fields, only extensions.");
    } else if field.label != Label::LABEL_OPTIONAL || field.kind != Some(Type::TYPE_MESSAGE) {
        builder.error(Part::Type, "Extensions of MessageSets must be optional messages.");
    }
}

fn lite(builder: &mut Builder<'_>, id: FieldId) {
    let pool = &builder.pool;
    let Some(message) = pool[id].containing else { return };
    if pool[builder.file].lite && !pool[pool[message].file].lite {
        let text = "Extensions to non-lite types can only be declared in non-lite files.  Note \
                    that you cannot extend a non-lite type to contain a lite type, but the reverse \
                    is allowed.";
        builder.error(Part::Extendee, text);
    }
}

fn js_type(builder: &mut Builder<'_>, kind: Option<Type>, js_type: JSType) {
    let is_long = matches!(
        kind,
        Some(
            Type::TYPE_UINT64
                | Type::TYPE_INT64
                | Type::TYPE_SINT64
                | Type::TYPE_FIXED64
                | Type::TYPE_SFIXED64
        )
    );
    if js_type != JSType::JS_NORMAL && !is_long {
        let text = "jstype is only allowed on int64, uint64, sint64, fixed64 or sfixed64 fields.";
        builder.error(Part::Type, text);
    }
}
