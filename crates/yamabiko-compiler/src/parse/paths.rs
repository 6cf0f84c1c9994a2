//! The numbers of fields in `descriptor.proto`, from which paths are made.

/// Fields of `FileDescriptorProto`.
pub(crate) mod file {
    pub(crate) const PACKAGE: i32 = 2;
    pub(crate) const DEPENDENCY: i32 = 3;
    pub(crate) const MESSAGE: i32 = 4;
    pub(crate) const ENUM: i32 = 5;
    pub(crate) const SERVICE: i32 = 6;
    pub(crate) const EXTENSION: i32 = 7;
    pub(crate) const OPTIONS: i32 = 8;
    pub(crate) const PUBLIC_DEPENDENCY: i32 = 10;
    pub(crate) const WEAK_DEPENDENCY: i32 = 11;
    pub(crate) const SYNTAX: i32 = 12;
    pub(crate) const OPTION_DEPENDENCY: i32 = 15;
}

/// Fields of `DescriptorProto`.
pub(crate) mod message {
    pub(crate) const NAME: i32 = 1;
    pub(crate) const FIELD: i32 = 2;
    pub(crate) const MESSAGE: i32 = 3;
    pub(crate) const ENUM: i32 = 4;
    pub(crate) const EXTENSION_RANGE: i32 = 5;
    pub(crate) const EXTENSION: i32 = 6;
    pub(crate) const OPTIONS: i32 = 7;
    pub(crate) const ONEOF: i32 = 8;
    pub(crate) const RESERVED_RANGE: i32 = 9;
    pub(crate) const RESERVED_NAME: i32 = 10;
}

/// Fields of the ranges of messages and enums.
pub(crate) mod range {
    pub(crate) const START: i32 = 1;
    pub(crate) const END: i32 = 2;
    pub(crate) const OPTIONS: i32 = 3;
}

/// Fields of `FieldDescriptorProto`.
pub(crate) mod field {
    pub(crate) const NAME: i32 = 1;
    pub(crate) const EXTENDEE: i32 = 2;
    pub(crate) const NUMBER: i32 = 3;
    pub(crate) const LABEL: i32 = 4;
    pub(crate) const TYPE: i32 = 5;
    pub(crate) const TYPE_NAME: i32 = 6;
    pub(crate) const DEFAULT_VALUE: i32 = 7;
    pub(crate) const OPTIONS: i32 = 8;
    pub(crate) const JSON_NAME: i32 = 10;
}

/// Fields of `OneofDescriptorProto`.
pub(crate) mod oneof {
    pub(crate) const NAME: i32 = 1;
    pub(crate) const OPTIONS: i32 = 2;
}

/// Fields of `EnumDescriptorProto`.
pub(crate) mod enumeration {
    pub(crate) const NAME: i32 = 1;
    pub(crate) const VALUE: i32 = 2;
    pub(crate) const OPTIONS: i32 = 3;
    pub(crate) const RESERVED_RANGE: i32 = 4;
    pub(crate) const RESERVED_NAME: i32 = 5;
}

/// Fields of `EnumValueDescriptorProto`.
pub(crate) mod value {
    pub(crate) const NAME: i32 = 1;
    pub(crate) const NUMBER: i32 = 2;
    pub(crate) const OPTIONS: i32 = 3;
}

/// Fields of `ServiceDescriptorProto`.
pub(crate) mod service {
    pub(crate) const NAME: i32 = 1;
    pub(crate) const METHOD: i32 = 2;
    pub(crate) const OPTIONS: i32 = 3;
}

/// Fields of `MethodDescriptorProto`.
pub(crate) mod method {
    pub(crate) const NAME: i32 = 1;
    pub(crate) const INPUT_TYPE: i32 = 2;
    pub(crate) const OUTPUT_TYPE: i32 = 3;
    pub(crate) const OPTIONS: i32 = 4;
    pub(crate) const CLIENT_STREAMING: i32 = 5;
    pub(crate) const SERVER_STREAMING: i32 = 6;
}

/// The field of every options message that holds what nobody has interpreted.
pub(crate) const UNINTERPRETED_OPTION: i32 = 999;

/// Fields of `UninterpretedOption`.
pub(crate) mod option {
    pub(crate) const NAME: i32 = 2;
    pub(crate) const IDENTIFIER_VALUE: i32 = 3;
    pub(crate) const POSITIVE_INT_VALUE: i32 = 4;
    pub(crate) const NEGATIVE_INT_VALUE: i32 = 5;
    pub(crate) const DOUBLE_VALUE: i32 = 6;
    pub(crate) const STRING_VALUE: i32 = 7;
    pub(crate) const AGGREGATE_VALUE: i32 = 8;
    /// Of `NamePart`.
    pub(crate) const NAME_PART: i32 = 1;
}
