//! The options that protobuf itself defines, for files that do not import
//! `google/protobuf/descriptor.proto`: their names, numbers and types, as of
//! libprotoc 35. Files that import it are held against what they imported.

use std::sync::OnceLock;

use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::field_options::{OptionRetention, OptionTargetType};
use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto,
};

use crate::parse::Places;
use crate::resolve::builder::Builder;
use crate::resolve::pool::{MessageId, Pool, edition};
use crate::resolve::symbols::Symbol;

/// A field: its name, number and type. A type that begins with `*` is a list,
/// one that begins with `-` is only for the source.
type Row = (&'static str, i32, &'static str);

/// A type, with a dot before the name if it is inside the message before it.
enum Definition {
    Message(&'static str, &'static [Row]),
    Enum(&'static str, &'static [(&'static str, i32)]),
}
use Definition::{Enum, Message};

const DEFINITIONS: &[Definition] = &[
    Message("UninterpretedOption", &[]),
    Enum(
        "Edition",
        &[
            ("EDITION_UNKNOWN", 0),
            ("EDITION_LEGACY", 900),
            ("EDITION_PROTO2", 998),
            ("EDITION_PROTO3", 999),
            ("EDITION_2023", 1000),
            ("EDITION_2024", 1001),
            ("EDITION_2026", 1002),
            ("EDITION_UNSTABLE", 9999),
            ("EDITION_1_TEST_ONLY", 1),
            ("EDITION_2_TEST_ONLY", 2),
            ("EDITION_99997_TEST_ONLY", 99997),
            ("EDITION_99998_TEST_ONLY", 99998),
            ("EDITION_99999_TEST_ONLY", 99999),
            ("EDITION_MAX", i32::MAX),
        ],
    ),
    Message(
        "FileOptions",
        &[
            ("java_package", 1, "string"),
            ("java_outer_classname", 8, "string"),
            ("java_multiple_files", 10, "bool"),
            ("java_generate_equals_and_hash", 20, "bool"),
            ("java_string_check_utf8", 27, "bool"),
            ("optimize_for", 9, "OptimizeMode"),
            ("go_package", 11, "string"),
            ("cc_generic_services", 16, "bool"),
            ("java_generic_services", 17, "bool"),
            ("py_generic_services", 18, "bool"),
            ("deprecated", 23, "bool"),
            ("cc_enable_arenas", 31, "bool"),
            ("objc_class_prefix", 36, "string"),
            ("csharp_namespace", 37, "string"),
            ("swift_prefix", 39, "string"),
            ("php_class_prefix", 40, "string"),
            ("php_namespace", 41, "string"),
            ("php_metadata_namespace", 44, "string"),
            ("ruby_package", 45, "string"),
            ("features", 50, "FeatureSet"),
            ("uninterpreted_option", 999, "*UninterpretedOption"),
        ],
    ),
    Enum(".OptimizeMode", &[("SPEED", 1), ("CODE_SIZE", 2), ("LITE_RUNTIME", 3)]),
    Message(
        "MessageOptions",
        &[
            ("message_set_wire_format", 1, "bool"),
            ("no_standard_descriptor_accessor", 2, "bool"),
            ("deprecated", 3, "bool"),
            ("map_entry", 7, "bool"),
            ("deprecated_legacy_json_field_conflicts", 11, "bool"),
            ("features", 12, "FeatureSet"),
            ("uninterpreted_option", 999, "*UninterpretedOption"),
        ],
    ),
    Message(
        "FieldOptions",
        &[
            ("ctype", 1, "CType"),
            ("packed", 2, "bool"),
            ("jstype", 6, "JSType"),
            ("lazy", 5, "bool"),
            ("unverified_lazy", 15, "bool"),
            ("deprecated", 3, "bool"),
            ("weak", 10, "bool"),
            ("debug_redact", 16, "bool"),
            ("retention", 17, "OptionRetention"),
            ("targets", 19, "*OptionTargetType"),
            ("edition_defaults", 20, "*EditionDefault"),
            ("features", 21, "FeatureSet"),
            ("feature_support", 22, "FeatureSupport"),
            ("uninterpreted_option", 999, "*UninterpretedOption"),
        ],
    ),
    Enum(".CType", &[("STRING", 0), ("CORD", 1), ("STRING_PIECE", 2)]),
    Enum(".JSType", &[("JS_NORMAL", 0), ("JS_STRING", 1), ("JS_NUMBER", 2)]),
    Enum(
        ".OptionRetention",
        &[("RETENTION_UNKNOWN", 0), ("RETENTION_RUNTIME", 1), ("RETENTION_SOURCE", 2)],
    ),
    Enum(
        ".OptionTargetType",
        &[
            ("TARGET_TYPE_UNKNOWN", 0),
            ("TARGET_TYPE_FILE", 1),
            ("TARGET_TYPE_EXTENSION_RANGE", 2),
            ("TARGET_TYPE_MESSAGE", 3),
            ("TARGET_TYPE_FIELD", 4),
            ("TARGET_TYPE_ONEOF", 5),
            ("TARGET_TYPE_ENUM", 6),
            ("TARGET_TYPE_ENUM_ENTRY", 7),
            ("TARGET_TYPE_SERVICE", 8),
            ("TARGET_TYPE_METHOD", 9),
        ],
    ),
    Message(".EditionDefault", &[("edition", 3, "Edition"), ("value", 2, "string")]),
    Message(
        ".FeatureSupport",
        &[
            ("edition_introduced", 1, "Edition"),
            ("edition_deprecated", 2, "Edition"),
            ("deprecation_warning", 3, "string"),
            ("edition_removed", 4, "Edition"),
            ("removal_error", 5, "string"),
        ],
    ),
    Message(
        "OneofOptions",
        &[("features", 1, "FeatureSet"), ("uninterpreted_option", 999, "*UninterpretedOption")],
    ),
    Message(
        "EnumOptions",
        &[
            ("allow_alias", 2, "bool"),
            ("deprecated", 3, "bool"),
            ("deprecated_legacy_json_field_conflicts", 6, "bool"),
            ("features", 7, "FeatureSet"),
            ("uninterpreted_option", 999, "*UninterpretedOption"),
        ],
    ),
    Message(
        "EnumValueOptions",
        &[
            ("deprecated", 1, "bool"),
            ("features", 2, "FeatureSet"),
            ("debug_redact", 3, "bool"),
            ("feature_support", 4, "FieldOptions.FeatureSupport"),
            ("uninterpreted_option", 999, "*UninterpretedOption"),
        ],
    ),
    Message(
        "ServiceOptions",
        &[
            ("features", 34, "FeatureSet"),
            ("deprecated", 33, "bool"),
            ("uninterpreted_option", 999, "*UninterpretedOption"),
        ],
    ),
    Message(
        "MethodOptions",
        &[
            ("deprecated", 33, "bool"),
            ("idempotency_level", 34, "IdempotencyLevel"),
            ("features", 35, "FeatureSet"),
            ("uninterpreted_option", 999, "*UninterpretedOption"),
        ],
    ),
    Enum(
        ".IdempotencyLevel",
        &[("IDEMPOTENCY_UNKNOWN", 0), ("NO_SIDE_EFFECTS", 1), ("IDEMPOTENT", 2)],
    ),
    Message(
        "ExtensionRangeOptions",
        &[
            ("declaration", 2, "-*Declaration"),
            ("verification", 3, "-VerificationState"),
            ("features", 50, "FeatureSet"),
            ("uninterpreted_option", 999, "*UninterpretedOption"),
        ],
    ),
    Message(
        ".Declaration",
        &[
            ("number", 1, "int32"),
            ("full_name", 2, "string"),
            ("type", 3, "string"),
            ("reserved", 5, "bool"),
            ("repeated", 6, "bool"),
        ],
    ),
    Enum(".VerificationState", &[("DECLARATION", 0), ("UNVERIFIED", 1)]),
    Message(
        "FeatureSet",
        &[
            ("field_presence", 1, "FieldPresence"),
            ("enum_type", 2, "EnumType"),
            ("repeated_field_encoding", 3, "RepeatedFieldEncoding"),
            ("utf8_validation", 4, "Utf8Validation"),
            ("message_encoding", 5, "MessageEncoding"),
            ("json_format", 6, "JsonFormat"),
            ("enforce_naming_style", 7, "-EnforceNamingStyle"),
            ("default_symbol_visibility", 8, "-VisibilityFeature.DefaultSymbolVisibility"),
        ],
    ),
    Enum(
        ".FieldPresence",
        &[("FIELD_PRESENCE_UNKNOWN", 0), ("EXPLICIT", 1), ("IMPLICIT", 2), ("LEGACY_REQUIRED", 3)],
    ),
    Enum(".EnumType", &[("ENUM_TYPE_UNKNOWN", 0), ("OPEN", 1), ("CLOSED", 2)]),
    Enum(
        ".RepeatedFieldEncoding",
        &[("REPEATED_FIELD_ENCODING_UNKNOWN", 0), ("PACKED", 1), ("EXPANDED", 2)],
    ),
    Enum(".Utf8Validation", &[("UTF8_VALIDATION_UNKNOWN", 0), ("VERIFY", 2), ("NONE", 3)]),
    Enum(
        ".MessageEncoding",
        &[("MESSAGE_ENCODING_UNKNOWN", 0), ("LENGTH_PREFIXED", 1), ("DELIMITED", 2)],
    ),
    Enum(".JsonFormat", &[("JSON_FORMAT_UNKNOWN", 0), ("ALLOW", 1), ("LEGACY_BEST_EFFORT", 2)]),
    Enum(
        ".EnforceNamingStyle",
        &[
            ("ENFORCE_NAMING_STYLE_UNKNOWN", 0),
            ("STYLE2024", 1),
            ("STYLE_LEGACY", 2),
            ("STYLE2026", 3),
        ],
    ),
    Message(".VisibilityFeature", &[]),
    Enum(
        "..DefaultSymbolVisibility",
        &[
            ("DEFAULT_SYMBOL_VISIBILITY_UNKNOWN", 0),
            ("EXPORT_ALL", 1),
            ("EXPORT_TOP_LEVEL", 2),
            ("LOCAL_ALL", 3),
            ("STRICT", 4),
        ],
    ),
];

/// The kinds of elements that a feature of `google.protobuf.FeatureSet` is for,
/// by the numbers of `google.protobuf.FieldOptions.OptionTargetType`.
const FEATURE_TARGETS: [&[OptionTargetType]; 8] = [
    &[OptionTargetType::TARGET_TYPE_FIELD, OptionTargetType::TARGET_TYPE_FILE],
    &[OptionTargetType::TARGET_TYPE_ENUM, OptionTargetType::TARGET_TYPE_FILE],
    &[OptionTargetType::TARGET_TYPE_FIELD, OptionTargetType::TARGET_TYPE_FILE],
    &[OptionTargetType::TARGET_TYPE_FIELD, OptionTargetType::TARGET_TYPE_FILE],
    &[OptionTargetType::TARGET_TYPE_FIELD, OptionTargetType::TARGET_TYPE_FILE],
    &[
        OptionTargetType::TARGET_TYPE_MESSAGE,
        OptionTargetType::TARGET_TYPE_ENUM,
        OptionTargetType::TARGET_TYPE_FILE,
    ],
    // For everything.
    &[],
    &[OptionTargetType::TARGET_TYPE_FILE],
];

/// The edition that brought a feature of `google.protobuf.FeatureSet`.
pub(super) fn introduced(feature: i32) -> i32 {
    if feature >= 7 { edition::E2024 } else { edition::E2023 }
}

/// The pool of these options.
pub(super) fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| {
        let mut pool = Pool::default();
        let places = Places::default();
        let proto = file();
        let mut problems = Vec::new();
        let builder = Builder::new(&mut pool, &mut problems, &places, &proto, false);
        // Its options are plain fields already.
        let built = builder.build(proto);
        debug_assert!(built.is_some(), "the table is sound: {problems:?}");
        pool
    })
}

/// The message of an element's options.
pub(super) fn message(type_name: &str) -> Option<MessageId> {
    match pool().symbols.find(type_name)? {
        Symbol::Message(id) => Some(id),
        _ => None,
    }
}

fn file() -> FileDescriptorProto {
    let mut file = FileDescriptorProto {
        name: Some("google/protobuf/descriptor.proto".to_owned()),
        package: Some("google.protobuf".to_owned()),
        ..Default::default()
    };
    for definition in DEFINITIONS {
        let (Message(name, _) | Enum(name, _)) = definition;
        let depth = name.len() - name.trim_start_matches('.').len();
        let (messages, enums) = level(&mut file, depth);
        match definition {
            Message(name, rows) => messages.push(message_of(name.trim_start_matches('.'), rows)),
            Enum(name, values) => enums.push(enum_of(name.trim_start_matches('.'), values)),
        }
    }
    file
}

/// Where a definition of a depth goes: into the last message of the one before.
fn level(
    file: &mut FileDescriptorProto,
    depth: usize,
) -> (&mut Vec<DescriptorProto>, &mut Vec<EnumDescriptorProto>) {
    let mut lists = (&mut file.message_type, &mut file.enum_type);
    for _ in 0..depth {
        let inner = lists.0.last_mut().expect("a message comes before what is inside it");
        lists = (&mut inner.nested_type, &mut inner.enum_type);
    }
    lists
}

fn message_of(name_of_message: &str, rows: &[Row]) -> DescriptorProto {
    let field = |(name, number, of): &Row| {
        let source_only = of.starts_with('-');
        let of = of.trim_start_matches('-');
        let label = match of.strip_prefix('*') {
            Some(_) => Label::LABEL_REPEATED,
            None => Label::LABEL_OPTIONAL,
        };
        let scalar = match of {
            "string" => Some(Type::TYPE_STRING),
            "bool" => Some(Type::TYPE_BOOL),
            "int32" => Some(Type::TYPE_INT32),
            _ => None,
        };
        let mut field = FieldDescriptorProto {
            name: Some((*name).to_owned()),
            number: Some(*number),
            label: Some(label),
            r#type: scalar,
            type_name: scalar.is_none().then(|| of.trim_start_matches('*').to_owned()),
            ..Default::default()
        };
        if source_only {
            let options = field.options.get_or_insert_default();
            options.retention = Some(OptionRetention::RETENTION_SOURCE);
        }
        if name_of_message == "FeatureSet"
            && let Some(targets) = FEATURE_TARGETS.get(number.unsigned_abs() as usize - 1)
        {
            field.options.get_or_insert_default().targets = targets.to_vec();
        }
        field
    };
    DescriptorProto {
        name: Some(name_of_message.to_owned()),
        field: rows.iter().map(field).collect(),
        ..Default::default()
    }
}

fn enum_of(name: &str, values: &[(&str, i32)]) -> EnumDescriptorProto {
    let value = |(name, number): &(&str, i32)| EnumValueDescriptorProto {
        name: Some((*name).to_owned()),
        number: Some(*number),
        ..Default::default()
    };
    EnumDescriptorProto {
        name: Some(name.to_owned()),
        value: values.iter().map(value).collect(),
        ..Default::default()
    }
}
