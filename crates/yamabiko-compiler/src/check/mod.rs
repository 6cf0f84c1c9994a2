//! The rules of the language that a file must follow, one file for each kind.
//!
//! `resolve` asks for them where protoc does, so that messages come in the same
//! order; nothing here changes a file.

mod advice;
mod declarations;
mod defaults;
mod editions;
mod enums;
mod feature_support;
mod features;
mod fields;
mod files;
mod json_names;
mod lifetimes;
mod maps;
mod naming;
mod numbers;
mod oneofs;
mod overlaps;
mod proto3;
mod ranges;
mod targets;
mod visibility;

pub(crate) use advice::{may_guess, meant_type, prefixed_value, similar_import, similar_value};
pub(crate) use editions::{edition, unstable_edition};
pub(crate) use enums::reserved_in_enum;
pub(crate) use feature_support::feature_support;
pub(crate) use fields::declared_field;
pub(crate) use files::unused_imports;
pub(crate) use lifetimes::lifetimes;
pub(crate) use maps::map_conflicts;
pub(crate) use naming::naming_style;
pub(crate) use numbers::{
    Wanted, not_an_extension_number, number_used_twice, reserved_numbers, suggest_numbers,
};
pub(crate) use oneofs::oneofs;
pub(crate) use overlaps::Ranges;
pub(crate) use ranges::{enum_reserved_range, extension_range, ranges_of_message, reserved_range};
pub(crate) use targets::targets;
pub(crate) use visibility::{hidden, visibility};

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use crate::resolve::{Builder, Element};

/// The rules that depend on options.
pub(crate) fn after_options(builder: &mut Builder<'_>, proto: &FileDescriptorProto) {
    builder.visit(proto, &mut |builder, element| match element {
        Element::File(proto) => files::options(builder, proto),
        Element::Message(id, message) => {
            json_names::unique(builder, id, message);
            declarations::ranges(builder, id, message);
        }
        Element::Field(id, field) => fields::options(builder, id, field),
        Element::Enum(id, declared) => enums::values(builder, id, declared),
        Element::Service(_, _) => files::lite_service(builder, proto),
        _ => {}
    });
}
