//! The options of all elements, held against what they are for.

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use super::{element, known};
use crate::resolve::dynamic::Dynamic;
use crate::resolve::pool::Pool;
use crate::resolve::symbols::Symbol;

/// The kinds of elements, by their number in
/// `google.protobuf.FieldOptions.OptionTargetType`.
const KINDS: [&str; 10] = [
    "",
    "file",
    "extension range",
    "message",
    "field",
    "oneof",
    "enum",
    "enum entry",
    "service",
    "method",
];

/// The options that stand at elements which they are not for, each with the
/// kind of the element. The file stays as it is.
pub(crate) fn options_with_targets(
    pool: &Pool,
    proto: &mut FileDescriptorProto,
) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for path in element::paths(proto) {
        let Some(options) = element::find(proto, &path) else { continue };
        if !options.has_custom() && !options.has_source_fields() {
            continue;
        }
        let kind = match options.type_name() {
            "google.protobuf.FileOptions" => 1,
            "google.protobuf.ExtensionRangeOptions" => 2,
            "google.protobuf.MessageOptions" => 3,
            "google.protobuf.FieldOptions" => 4,
            "google.protobuf.OneofOptions" => 5,
            "google.protobuf.EnumOptions" => 6,
            "google.protobuf.EnumValueOptions" => 7,
            "google.protobuf.ServiceOptions" => 8,
            _ => 9,
        };
        let (pool, message) = match pool.symbols.find(options.type_name()) {
            Some(Symbol::Message(message)) => (pool, message),
            _ => match known::message(options.type_name()) {
                Some(message) => (known::pool(), message),
                None => continue,
            },
        };
        if let Some(dynamic) = Dynamic::decode(pool, message, &options.bytes()) {
            dynamic.misplaced(pool, kind, &mut |option| found.push((option, KINDS[kind])));
        }
    }
    found
}
