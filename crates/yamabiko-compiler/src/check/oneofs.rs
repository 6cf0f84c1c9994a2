//! Oneofs: they have fields, which stand together.

use crate::parse::Part;
use crate::resolve::{Builder, MessageId};

/// The oneofs of a message. Their fields are entered on the way.
pub(crate) fn oneofs(builder: &mut Builder<'_>, id: MessageId) {
    let fields = builder.pool[id].fields.clone();
    for (index, field) in fields.iter().enumerate() {
        let Some(oneof) = builder.pool[*field].oneof else { continue };
        if let Some(before) = index.checked_sub(1).map(|before| fields[before])
            && !builder.pool[oneof].fields.is_empty()
            && builder.pool[before].oneof != Some(oneof)
        {
            let message = format!(
                "Fields in the same oneof must be defined consecutively. \"{}\" cannot be defined \
                 before the completion of the \"{}\" oneof definition.",
                builder.pool[before].name, builder.pool[oneof].name
            );
            builder.at(2, index - 1, |builder| builder.error(Part::Type, message));
        }
        builder.pool[oneof].fields.push(*field);
    }
    let declared = builder.pool[id].oneofs.clone();
    for (index, oneof) in declared.iter().enumerate() {
        if builder.pool[*oneof].fields.is_empty() {
            let message = "Oneof must have at least one field.";
            builder.at(8, index, |builder| builder.error(Part::Name, message));
        }
    }
    for (index, field) in fields.iter().enumerate() {
        let field = &builder.pool[*field];
        let alone = field.oneof.is_some_and(|oneof| builder.pool.is_synthetic(oneof));
        if field.proto3_optional && !alone {
            let message = "Fields with proto3_optional set must be a member of a one-field oneof";
            builder.at(2, index, |builder| builder.error(Part::Other, message));
        }
    }
    let mut synthetic = false;
    for (index, oneof) in declared.iter().enumerate() {
        if builder.pool.is_synthetic(*oneof) {
            synthetic = true;
        } else if synthetic {
            let message = "Synthetic oneofs must be after all other oneofs";
            builder.at(8, index, |builder| builder.error(Part::Other, message));
        }
    }
}
