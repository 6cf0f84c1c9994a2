//! Names in JSON: no two fields of a message share one.

use std::collections::HashMap;

use buffa_codegen::generated::descriptor::{DescriptorProto, FieldDescriptorProto};

use crate::parse::Part;
use crate::resolve::{Builder, MessageId, json_name};

/// A field's name in JSON.
struct JsonName<'p> {
    field: &'p str,
    name: String,
    /// Written in the file, and not what would be derived.
    is_custom: bool,
}

/// The names of a message's fields, both as derived (field masks use them) and
/// as they are.
pub(super) fn unique(builder: &mut Builder<'_>, id: MessageId, proto: &DescriptorProto) {
    if proto.options.deprecated_legacy_json_field_conflicts.unwrap_or(false) {
        return;
    }
    pass(builder, id, proto, false);
    pass(builder, id, proto, true);
}

fn pass(builder: &mut Builder<'_>, id: MessageId, proto: &DescriptorProto, with_custom: bool) {
    let mut seen: HashMap<String, JsonName<'_>> = HashMap::new();
    for (index, field) in proto.field.iter().enumerate() {
        let this = details(field, with_custom);
        if this.is_custom && this.name.starts_with('[') && this.name.ends_with(']') {
            let message = format!(
                "The custom JSON name of field \"{}\" (\"{}\") is invalid: JSON names may not \
                 start with '[' and end with ']'.",
                this.field, this.name
            );
            builder.at(2, index, |builder| builder.error(Part::Name, message));
            continue;
        }
        let Some(other) = seen.get(&this.name) else {
            seen.insert(this.name.clone(), this);
            continue;
        };
        if with_custom && !this.is_custom && !other.is_custom {
            // The other pass has said so.
            continue;
        }
        let kind = |name: &JsonName<'_>| if name.is_custom { "custom" } else { "default" };
        let message = format!(
            "The {} JSON name of field \"{}\" (\"{}\") conflicts with the {} JSON name of field \
             \"{}\".",
            kind(&this),
            this.field,
            this.name,
            kind(other),
            other.field
        );
        let involves_default = !this.is_custom || !other.is_custom;
        let tolerated = builder.pool[id].features.json_at_best() && involves_default;
        builder.at(2, index, |builder| {
            if tolerated {
                builder.warning(Part::Name, message);
            } else {
                builder.error(Part::Name, message);
            }
        });
    }
}

fn details(field: &FieldDescriptorProto, with_custom: bool) -> JsonName<'_> {
    let name = field.name.as_deref().unwrap_or_default();
    let derived = json_name(name);
    match field.json_name.as_deref() {
        Some(custom) if with_custom && custom != derived => {
            JsonName { field: name, name: custom.to_owned(), is_custom: true }
        }
        _ => JsonName { field: name, name: derived, is_custom: false },
    }
}
