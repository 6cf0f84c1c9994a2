//! Rules about the names and values of messages, fields and enums.

use super::context::Context;
use super::names::{lower_snake_case, pascal_case, upper_snake_case};
use crate::descriptors::Named as _;
use crate::elements::{Definition, Element, joined};
use crate::parse::paths;
use buffa_codegen::generated::descriptor::feature_set::FieldPresence;
use buffa_codegen::generated::descriptor::field_descriptor_proto::Label;

/// The number of a name in a path, which is the same for whatever has one.
pub(super) const NAME: i32 = paths::message::NAME;

/// Asks about each element; the answer is what to say, and about which part.
pub(super) fn each<'a>(
    context: &mut Context<'a>,
    mut ask: impl FnMut(&Element<'a>) -> Option<(String, &'static [i32])>,
) {
    let mut found = Vec::new();
    for (index, file) in context.files.iter().enumerate() {
        for element in &file.elements {
            if let Some((message, part)) = ask(element) {
                found.push((index, joined(&element.path, part), message));
            }
        }
    }
    for (file, path, message) in found {
        context.report(file, &path, message);
    }
}

/// Complains about a name that is not spelt as it should be.
fn spelling(what: &str, name: &str, style: &str, best: &str) -> Option<(String, &'static [i32])> {
    let message = || format!("{what} name \"{name}\" should be {style}, such as \"{best}\".");
    (name != best).then(|| (message(), &[NAME][..]))
}

pub(super) fn enum_pascal_case(context: &mut Context<'_>) {
    each(context, |element| match element.definition {
        Definition::Enum(proto) => {
            let name = proto.name();
            spelling("Enum", name, "PascalCase", &pascal_case(name))
        }
        _ => None,
    });
}

pub(super) fn message_pascal_case(context: &mut Context<'_>) {
    each(context, |element| match element.definition {
        Definition::Message(proto) => {
            let name = proto.name();
            spelling("Message", name, "PascalCase", &pascal_case(name))
        }
        _ => None,
    });
}

pub(super) fn service_pascal_case(context: &mut Context<'_>) {
    each(context, |element| match element.definition {
        Definition::Service(proto) => {
            let name = proto.name();
            spelling("Service", name, "PascalCase", &pascal_case(name))
        }
        _ => None,
    });
}

pub(super) fn rpc_pascal_case(context: &mut Context<'_>) {
    each(context, |element| match element.definition {
        Definition::Method(proto, _) => {
            let name = proto.name();
            spelling("RPC", name, "PascalCase", &pascal_case(name))
        }
        _ => None,
    });
}

pub(super) fn oneof_lower_snake_case(context: &mut Context<'_>) {
    each(context, |element| match element.definition {
        Definition::Oneof(proto) => {
            let name = proto.name();
            spelling("Oneof", name, "lower_snake_case", &lower_snake_case(name))
        }
        _ => None,
    });
}

pub(super) fn field_lower_snake_case(context: &mut Context<'_>) {
    each(context, |element| match element.definition {
        Definition::Field(proto) => {
            let name = proto.name();
            spelling("Field", name, "lower_snake_case", &lower_snake_case(name))
        }
        _ => None,
    });
}

pub(super) fn enum_value_upper_snake_case(context: &mut Context<'_>) {
    each(context, |element| match element.definition {
        Definition::Value(proto, _) => {
            let name = proto.name();
            spelling("Enum value", name, "UPPER_SNAKE_CASE", &upper_snake_case(name))
        }
        _ => None,
    });
}

pub(super) fn enum_value_prefix(context: &mut Context<'_>) {
    each(context, |element| {
        let Definition::Value(value, of) = element.definition else { return None };
        let prefix = format!("{}_", upper_snake_case(of.name()));
        let name = value.name();
        let message =
            || format!("Enum value name \"{name}\" should be prefixed with \"{prefix}\".");
        (!name.starts_with(&prefix)).then(|| (message(), &[NAME][..]))
    });
}

pub(super) fn enum_zero_value_suffix(context: &mut Context<'_>) {
    each(context, |element| {
        let Definition::Value(value, _) = element.definition else { return None };
        let name = value.name();
        let is_wrong = value.number == Some(0) && !name.ends_with("_UNSPECIFIED");
        let message =
            || format!("Enum zero value name \"{name}\" should be suffixed with \"_UNSPECIFIED\".");
        is_wrong.then(|| (message(), &[NAME][..]))
    });
}

pub(super) fn enum_first_value_zero(context: &mut Context<'_>) {
    each(context, |element| {
        let Definition::Value(value, of) = element.definition else { return None };
        let is_first = of.value.first().is_some_and(|first| std::ptr::eq(first, value));
        let name = value.name();
        let message = || format!("First enum value \"{name}\" should have a numeric value of 0.");
        (is_first && value.number != Some(0)).then(|| (message(), &[paths::value::NUMBER][..]))
    });
}

pub(super) fn enum_no_allow_alias(context: &mut Context<'_>) {
    /// The number of `allow_alias` in `EnumOptions`.
    const ALLOW_ALIAS: i32 = 2;
    each(context, |element| {
        let Definition::Enum(proto) = element.definition else { return None };
        let name = proto.name();
        let message = || format!("Enum option \"allow_alias\" on enum \"{name}\" must be false.");
        let part = &[paths::enumeration::OPTIONS, ALLOW_ALIAS][..];
        (proto.options.allow_alias == Some(true)).then(|| (message(), part))
    });
}

pub(super) fn field_not_required(context: &mut Context<'_>) {
    each(context, |element| {
        let Definition::Field(field) = element.definition else { return None };
        let message = || format!("Field named \"{}\" should not be required.", field.name());
        is_required(field).then(|| (message(), &[NAME][..]))
    });
}

/// Whether a field must be there.
pub(super) fn is_required(
    field: &buffa_codegen::generated::descriptor::FieldDescriptorProto,
) -> bool {
    field.label == Some(Label::LABEL_REQUIRED)
        || field.options.features.field_presence == Some(FieldPresence::LEGACY_REQUIRED)
}
