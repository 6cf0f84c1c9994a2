//! Declared extensions: who has a number of a range is written there.

use std::collections::HashSet;

use buffa_codegen::generated::descriptor::extension_range_options::{
    Declaration, VerificationState,
};
use buffa_codegen::generated::descriptor::{
    DescriptorProto, ExtensionRangeOptions, FieldDescriptorProto,
};

use super::numbers;
use crate::parse::Part;
use crate::resolve::{Builder, FieldId, MessageId, TypeReference, is_qualified_name};

/// The ranges of a message and what they declare.
pub(super) fn ranges(builder: &mut Builder<'_>, id: MessageId, proto: &DescriptorProto) {
    let max = if builder.pool[id].message_set { i32::MAX } else { numbers::MAX };
    let mut names = HashSet::new();
    for (index, range) in proto.extension_range.iter().enumerate() {
        if i64::from(range.end.unwrap_or_default()) > i64::from(max) + 1 {
            let text = format!("Extension numbers cannot be greater than {max}.");
            builder.error(Part::Number, text);
        }
        let Some(options) = range.options.as_option() else { continue };
        if options.declaration.is_empty() {
            continue;
        }
        let numbers = range.start.unwrap_or_default()..range.end.unwrap_or_default();
        let unverified = options.verification == Some(VerificationState::UNVERIFIED);
        builder.at(5, index, |builder| {
            if unverified {
                let text = "Cannot mark the extension range as UNVERIFIED when it has \
                            extension(s) declared.";
                builder.error(Part::Extendee, text);
            } else {
                declared(builder, &options.declaration, &numbers, &mut names);
            }
        });
        if unverified {
            return;
        }
    }
}

fn declared<'p>(
    builder: &mut Builder<'_>,
    declarations: &'p [Declaration],
    range: &std::ops::Range<i32>,
    names: &mut HashSet<&'p str>,
) {
    let mut numbers = HashSet::new();
    for declaration in declarations {
        let number = declaration.number.unwrap_or_default();
        if !range.contains(&number) {
            let text =
                format!("Extension declaration number {number} is not in the extension range.");
            builder.error(Part::Number, text);
        }
        if !numbers.insert(number) {
            let text = format!("Extension declaration number {number} is declared multiple times.");
            builder.error(Part::Number, text);
        }
        let reserved = declaration.reserved.unwrap_or(false);
        let (name, of) = match (&declaration.full_name, &declaration.r#type) {
            (Some(name), Some(of)) => (name, of),
            (None, None) if reserved => continue,
            _ => {
                let text = format!(
                    "Extension declaration #{number} should have both \"full_name\" and \"type\" \
                     set."
                );
                builder.error(Part::Extendee, text);
                continue;
            }
        };
        if !names.insert(name) {
            let text = format!("Extension field name \"{name}\" is declared multiple times.");
            builder.error(Part::Name, text);
            return;
        }
        let bad_type = if is_scalar(of) { None } else { not_absolute(of) };
        for text in not_absolute(name).into_iter().chain(bad_type) {
            builder.error(Part::Name, text);
        }
    }
}

fn not_absolute(name: &str) -> Option<String> {
    if !name.starts_with('.') {
        return Some(format!(
            "\"{name}\" must have a leading dot to indicate the fully-qualified scope."
        ));
    }
    (!is_qualified_name(name)).then(|| format!("\"{name}\" contains invalid identifiers."))
}

fn is_scalar(name: &str) -> bool {
    name == "enum" || crate::hints::lookup::SCALARS.contains(&name)
}

/// An extension is as the range of its number declares it.
pub(super) fn extension(builder: &mut Builder<'_>, id: FieldId, proto: &FieldDescriptorProto) {
    let pool = &builder.pool;
    let field = &pool[id];
    let number = field.number;
    let Some(message) = field.containing else { return };
    let containing = pool[message].full_name.clone();
    let full_name = field.full_name.clone();
    let Some(options) = builder.range_options(message, number) else { return };
    let found = options.declaration.iter().find(|one| one.number.unwrap_or_default() == number);
    let must_be_declared = !options.declaration.is_empty()
        || options.verification == Some(VerificationState::DECLARATION);
    if let Some(declaration) = found.cloned() {
        if declaration.reserved.unwrap_or(false) {
            let text = format!(
                "Cannot use number {number} for extension field {full_name}, as it is reserved in \
                 the extension declarations for message {containing}."
            );
            builder.error(Part::Extendee, text);
            return;
        }
        as_declared(builder, id, proto, &declaration, &containing);
    } else if must_be_declared {
        let text = format!(
            "Missing extension declaration for field {full_name} with number {number} in extendee \
             message {containing}. An extension range must declare for all extension fields if its \
             verification state is DECLARATION or there's any declaration in the range already. \
             Otherwise, consider splitting up the range."
        );
        builder.error(Part::Extendee, text);
    }
}

fn as_declared(
    builder: &mut Builder<'_>,
    id: FieldId,
    proto: &FieldDescriptorProto,
    declaration: &Declaration,
    containing: &str,
) {
    let pool = &builder.pool;
    let field = &pool[id];
    let number = field.number;
    let actual_name = format!(".{}", field.full_name);
    let repeated = field.is_repeated();
    let actual_type = match field.refers_to {
        TypeReference::Message(message) => format!(".{}", pool[message].full_name),
        TypeReference::Enum(of) => format!(".{}", pool[of].full_name),
        TypeReference::None => scalar_name(proto),
    };
    let extension = format!("\"{containing}\" extension field {number} is expected to");
    if let Some(of) = declaration.r#type.as_deref().filter(|of| !of.is_empty())
        && !builder.had_errors
    {
        let dotted = is_scalar(of) || of.starts_with('.');
        let expected = if dotted { of.to_owned() } else { format!(".{of}") };
        if expected != actual_type {
            let text = format!("{extension} be type \"{expected}\", not \"{actual_type}\".");
            builder.error(Part::Extendee, text);
        }
    }
    if let Some(name) = declaration.full_name.as_deref().filter(|name| !name.is_empty())
        && name != actual_name
    {
        let text = format!("{extension} have field name \"{name}\", not \"{actual_name}\".");
        builder.error(Part::Extendee, text);
    }
    if declaration.repeated.unwrap_or(false) != repeated {
        let label = if repeated { "optional" } else { "repeated" };
        builder.error(Part::Extendee, format!("{extension} be {label}."));
    }
}

/// What the language calls a field's type.
fn scalar_name(proto: &FieldDescriptorProto) -> String {
    let name = proto.r#type.map_or_else(String::new, |kind| format!("{kind:?}"));
    name.trim_start_matches("TYPE_").to_lowercase()
}

impl Builder<'_> {
    /// The options of the range that a number of a message is in.
    fn range_options(&mut self, message: MessageId, number: i32) -> Option<&ExtensionRangeOptions> {
        let index = self.extension_ranges(message).first(number)?;
        self.pool[message].range_options.get(index)?.as_ref()
    }
}
