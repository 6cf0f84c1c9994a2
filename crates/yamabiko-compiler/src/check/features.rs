//! Features of editions: where they make sense.

use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::{FieldDescriptorProto, FileDescriptorProto};

use crate::parse::Part;
use crate::resolve::{Builder, FeatureField, Features, FieldId, TypeReference, edition};

/// The features of a file.
pub(super) fn file(builder: &mut Builder<'_>, proto: &FileDescriptorProto) {
    if builder.edition < edition::E2023 {
        return;
    }
    if builder.pool[builder.file].features.required() {
        builder.error(Part::Edition, "Required presence can't be specified by default.");
    }
    if proto.options.java_string_check_utf8.unwrap_or(false) {
        let text = "File option java_string_check_utf8 is not allowed under editions. Use the \
                    (pb.java).utf8_validation feature to control this behavior.";
        builder.error(Part::Edition, text);
    }
}

/// The features of a field.
pub(super) fn field(builder: &mut Builder<'_>, id: FieldId, proto: &FieldDescriptorProto) {
    if builder.edition < edition::E2023 {
        return;
    }
    for text in old_syntax(proto).into_iter().chain(resolved(builder, id)) {
        builder.error(Part::Name, text);
    }
    let in_entry =
        builder.pool[id].containing.is_some_and(|message| builder.pool[message].map_entry);
    // The fields of an entry have the features of the map.
    if in_entry {
        return;
    }
    if let Some(explicit) = proto.options.features.as_option() {
        for text in written(builder, id, Features::explicit(explicit)) {
            builder.error(Part::Name, text);
        }
    }
}

fn old_syntax(proto: &FieldDescriptorProto) -> Vec<&'static str> {
    let mut found = Vec::new();
    if proto.label == Some(Label::LABEL_REQUIRED) {
        found.push(
            "Required label is not allowed under editions.  Use the feature field_presence = \
             LEGACY_REQUIRED to control this behavior.",
        );
    }
    if proto.r#type == Some(Type::TYPE_GROUP) {
        found.push(
            "Group types are not allowed under editions.  Use the feature message_encoding = \
             DELIMITED to control this behavior.",
        );
    }
    if proto.options.packed.is_some() {
        found.push(
            "Field option packed is not allowed under editions.  Use the repeated_field_encoding \
             feature to control this behavior.",
        );
    }
    found
}

/// What does not go together with the features that the field has in the end.
fn resolved(builder: &Builder<'_>, id: FieldId) -> Vec<&'static str> {
    let pool = &builder.pool;
    let field = &pool[id];
    let mut found = Vec::new();
    if !field.is_repeated() && !field.has_presence() {
        if field.has_default {
            found.push("Implicit presence fields can't specify defaults.");
        }
        if matches!(field.refers_to, TypeReference::Enum(of) if pool[of].features.closed()) {
            found.push("Implicit presence enum fields must always be open.");
        }
    }
    if field.is_extension && field.is_required() {
        found.push("Extensions can't be required.");
    }
    found
}

/// What does not go together with the features that are written at the field.
fn written(builder: &Builder<'_>, id: FieldId, own: Features) -> Vec<&'static str> {
    let pool = &builder.pool;
    let field = &pool[id];
    let of_message = matches!(field.refers_to, TypeReference::Message(_));
    let entry = match field.refers_to {
        TypeReference::Message(message) if pool[message].map_entry => Some(message),
        _ => None,
    };
    let is_string_map = entry.is_some_and(|entry| {
        pool[entry].fields.iter().any(|field| pool[*field].kind == Some(Type::TYPE_STRING))
    });
    let mut found = Vec::new();
    if own.get(FeatureField::FieldPresence).is_some() {
        if field.oneof.is_some() {
            found.push("Oneof fields can't specify field presence.");
        } else if field.is_repeated() {
            found.push("Repeated fields can't specify field presence.");
        } else if field.is_extension && !own.required() {
            found.push("Extensions can't specify field presence.");
        } else if of_message && own.implicit_presence() {
            found.push("Message fields can't specify implicit presence.");
        }
    }
    if !field.is_repeated() && own.get(FeatureField::RepeatedFieldEncoding).is_some() {
        found.push("Only repeated fields can specify repeated field encoding.");
    }
    let is_string = field.kind == Some(Type::TYPE_STRING) || is_string_map;
    if !is_string && own.get(FeatureField::Utf8Validation).is_some() {
        found.push("Only string fields can specify utf8 validation.");
    }
    if !field.is_packable() && own.packed() {
        found.push("Only repeated primitive fields can specify PACKED repeated field encoding.");
    }
    if (!of_message || entry.is_some()) && own.get(FeatureField::MessageEncoding).is_some() {
        found.push("Only message fields can specify message encoding.");
    }
    found
}
