//! The types of protobuf, where they are defined, and what others call them.

/// The types that are part of the language.
pub(crate) const SCALARS: [&str; 15] = [
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
    "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes",
];

/// What other languages call them.
pub(crate) const FOREIGN: [(&str, &str); 22] = [
    ("int", "`int32` or `int64`"),
    ("integer", "`int32` or `int64`"),
    ("short", "`int32`"),
    ("long", "`int64`"),
    ("int8", "`int32`"),
    ("int16", "`int32`"),
    ("i32", "`int32`"),
    ("i64", "`int64`"),
    ("uint", "`uint32` or `uint64`"),
    ("u32", "`uint32`"),
    ("u64", "`uint64`"),
    ("float32", "`float`"),
    ("float64", "`double`"),
    ("f32", "`float`"),
    ("f64", "`double`"),
    ("boolean", "`bool`"),
    ("str", "`string`"),
    ("char", "`string`"),
    ("byte", "`bytes`, or `uint32` for a single one"),
    ("date", "`google.protobuf.Timestamp`"),
    ("datetime", "`google.protobuf.Timestamp`"),
    ("object", "`google.protobuf.Struct`"),
];

/// The files that come with protobuf, and what is in them.
pub(crate) const WELL_KNOWN: [(&str, &[&str]); 9] = [
    ("any", &["Any"]),
    ("descriptor", &["FileDescriptorProto", "MethodOptions", "FieldOptions", "MessageOptions"]),
    ("duration", &["Duration"]),
    ("empty", &["Empty"]),
    ("field_mask", &["FieldMask"]),
    ("source_context", &["SourceContext"]),
    ("struct", &["Struct", "Value", "ListValue", "NullValue"]),
    ("timestamp", &["Timestamp"]),
    (
        "wrappers",
        &[
            "DoubleValue",
            "FloatValue",
            "Int64Value",
            "UInt64Value",
            "Int32Value",
            "UInt32Value",
            "BoolValue",
            "StringValue",
            "BytesValue",
        ],
    ),
];

/// The file that defines a name of `google.protobuf`, written with the package.
pub(crate) fn well_known(name: &str) -> Option<String> {
    let simple = name.trim_start_matches('.').strip_prefix("google.protobuf.")?;
    let (file, _) = WELL_KNOWN.iter().find(|(_, names)| names.contains(&simple))?;
    Some(format!("google/protobuf/{file}.proto"))
}
