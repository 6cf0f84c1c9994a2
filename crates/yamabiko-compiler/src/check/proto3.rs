//! What proto3 left out.

use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;
use buffa_codegen::generated::descriptor::{DescriptorProto, FileDescriptorProto};

use crate::parse::Part;
use crate::resolve::{Builder, FieldId, MessageId, TypeReference};

/// The options that may be extended, and what is before their names.
const OPTIONS: [&str; 11] = [
    "FileOptions",
    "MessageOptions",
    "FieldOptions",
    "EnumOptions",
    "EnumValueOptions",
    "ServiceOptions",
    "MethodOptions",
    "OneofOptions",
    "ExtensionRangeOptions",
    "StreamOptions",
    "FeatureSet",
];

/// A whole file.
pub(super) fn file(builder: &mut Builder<'_>, proto: &FileDescriptorProto) {
    for (index, id) in builder.pool[builder.file].extensions.clone().into_iter().enumerate() {
        builder.at(7, index, |builder| field(builder, id));
    }
    let messages = builder.pool[builder.file].messages.clone();
    for (index, (id, declared)) in messages.into_iter().zip(&proto.message_type).enumerate() {
        builder.at(4, index, |builder| message(builder, id, declared));
    }
}

fn message(builder: &mut Builder<'_>, id: MessageId, proto: &DescriptorProto) {
    let nested = builder.pool[id].messages.clone();
    for (index, (id, declared)) in nested.into_iter().zip(&proto.nested_type).enumerate() {
        builder.at(3, index, |builder| message(builder, id, declared));
    }
    for (index, id) in builder.pool[id].fields.clone().into_iter().enumerate() {
        builder.at(2, index, |builder| field(builder, id));
    }
    for (index, id) in builder.pool[id].extensions.clone().into_iter().enumerate() {
        builder.at(6, index, |builder| field(builder, id));
    }
    if !proto.extension_range.is_empty() {
        let text = "Extension ranges are not allowed in proto3.";
        let hint = "leave the range out, or use proto2 or an edition".to_owned();
        builder.at(5, 0, |builder| builder.error_with_hint(Part::Number, text, Some(hint)));
    }
    if builder.pool[id].message_set {
        builder.error(Part::Name, "MessageSet is not supported in proto3.");
    }
}

fn field(builder: &mut Builder<'_>, id: FieldId) {
    let pool = &builder.pool;
    let field = &pool[id];
    let containing = field.containing.map(|message| pool[message].full_name.clone());
    let containing = containing.unwrap_or_default();
    let extends_options = ["google.protobuf.", "proto2."].iter().any(|package| {
        containing.strip_prefix(package).is_some_and(|name| OPTIONS.contains(&name))
    });
    let bad_extension = field.is_extension && !extends_options;
    let (required, has_default) = (field.is_required(), field.has_default);
    let is_group = field.kind == Some(Type::TYPE_GROUP);
    let closed = match field.refers_to {
        TypeReference::Enum(of) if pool[of].features.closed() => Some(pool[of].full_name.clone()),
        _ => None,
    };
    if bad_extension {
        let text = "Extensions in proto3 are only allowed for defining options.";
        builder.error(Part::Extendee, text);
    }
    if required {
        let text = "Required fields are not allowed in proto3.";
        let hint = "leave `required` out; write `optional` to know whether the field was set";
        builder.error_with_hint(Part::Type, text, Some(hint.to_owned()));
    }
    if has_default {
        let text = "Explicit default values are not allowed in proto3.";
        let hint = "leave the default out: fields that are not set are empty or 0";
        builder.error_with_hint(Part::DefaultValue, text, Some(hint.to_owned()));
    }
    if let Some(closed) = closed {
        let text = format!(
            "Enum type \"{closed}\" is not an open enum, but is used in \"{containing}\" which is \
             a proto3 message type."
        );
        builder.error(Part::Type, text);
    }
    if is_group {
        builder.error(Part::Type, "Groups are not supported in proto3 syntax.");
    }
}
