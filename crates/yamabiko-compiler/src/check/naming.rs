//! Names in the style that edition 2024 asks for.

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use crate::parse::Part;
use crate::resolve::{Builder, Element};

/// What protoc says to do otherwise.
const OPT_OUT: &str =
    " (features.enforce_naming_style = STYLE_LEGACY can be used to opt out of this check)";

/// The names of all elements.
pub(crate) fn naming_style(builder: &mut Builder<'_>, proto: &FileDescriptorProto) {
    if builder.had_errors {
        return;
    }
    builder.visit(proto, &mut |builder, element| {
        let pool = &builder.pool;
        let (kind, name, features, fault): (_, &str, _, fn(&str) -> Option<&'static str>) =
            match element {
                Element::File(_) => {
                    let file = &pool[builder.file];
                    ("Package", &file.package, file.features, snake_case)
                }
                Element::Message(id, _) => {
                    ("Message", &pool[id].name, pool[id].features, title_case)
                }
                Element::Enum(id, _) => ("Enum", &pool[id].name, pool[id].features, title_case),
                Element::Value(id, _) => {
                    ("Enum value", &pool[id].name, pool[id].features, upper_snake_case)
                }
                Element::Oneof(id, _) => ("Oneof", &pool[id].name, pool[id].features, snake_case),
                Element::Field(id, _) => ("Field", &pool[id].name, pool[id].features, snake_case),
                Element::Service(id, _) => {
                    ("Service", &pool[id].name, pool[id].features, title_case)
                }
                Element::Method(id, _) => ("Method", &pool[id].name, pool[id].features, title_case),
                Element::Range(..) => return,
            };
        if !features.style_2024() || name.is_empty() {
            return;
        }
        if let Some(fault) = fault(name) {
            let text = format!("{kind} name {name} {fault}{OPT_OUT}");
            builder.error(Part::Name, text);
        }
    });
}

fn title_case(name: &str) -> Option<&'static str> {
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Some("should be TitleCase")
    } else if !name.starts_with(|first: char| first.is_ascii_uppercase()) {
        Some("should begin with a capital letter")
    } else {
        None
    }
}

fn snake_case(name: &str) -> Option<&'static str> {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.')
    };
    if !name.bytes().all(allowed) {
        Some("should be lower_snake_case")
    } else if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        Some("should begin with a lower case letter")
    } else {
        bad_underscores(name)
    }
}

fn upper_snake_case(name: &str) -> Option<&'static str> {
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.bytes().all(allowed) {
        Some("should be UPPER_SNAKE_CASE")
    } else if !name.starts_with(|first: char| first.is_ascii_uppercase()) {
        Some("should begin with an upper case letter")
    } else {
        bad_underscores(name)
    }
}

/// Underscores stand between letters, and before one.
fn bad_underscores(name: &str) -> Option<&'static str> {
    let before_no_letter = |pair: &[u8]| pair[0] == b'_' && !pair[1].is_ascii_alphabetic();
    let bad = name.starts_with('_')
        || name.ends_with('_')
        || name.as_bytes().windows(2).any(before_no_letter);
    bad.then_some("contains style violating underscores")
}
