//! P05xx: names and imports.

use super::table;

table! {
    UNKNOWN_TYPE = 501, "a type that does not exist",
        "A field's type is one of protobuf's (`double`, `float`, `int32`, `int64`, `uint32`, \
         `uint64`, `sint32`, `sint64`, `fixed32`, `fixed64`, `sfixed32`, `sfixed64`, `bool`, \
         `string`, `bytes`), or a message or enum of this file or of one that it imports. Names are \
         looked up from the inside out and are case-sensitive.",
        "message User {\n  strng name = 1;\n}" => "message User {\n  string name = 1;\n}";
    NOT_IMPORTED = 502, "a type from a file that is not imported",
        "What another file defines can be used only if that file is imported, directly or by `import \
         public`. That an imported file imports it in turn does not count.",
        "message Event {\n  google.protobuf.Timestamp at = 1;\n}" =>
        "import \"google/protobuf/timestamp.proto\";\n\nmessage Event {\n  \
         google.protobuf.Timestamp at = 1;\n}";
    OTHER_PACKAGE = 503, "a type of another package without its package",
        "A type of another package is written with the package, `common.v1.Money`, or with as much \
         of it as differs from where it is used. Importing the file is not enough.",
        "import \"google/protobuf/timestamp.proto\";\n\nmessage Event {\n  Timestamp at = 1;\n}" =>
        "import \"google/protobuf/timestamp.proto\";\n\nmessage Event {\n  \
         google.protobuf.Timestamp at = 1;\n}";
    IMPORT_NOT_FOUND = 504, "an imported file that is not there",
        "The name in an import is a path with `/`, relative to one of the include directories (not \
         to the importing file). Name more of them with `-I`. The files of `google/protobuf` are \
         always there.",
        "import \"google/protobuf/timestmap.proto\";\n\nmessage Event {\n  \
         google.protobuf.Timestamp at = 1;\n}" =>
        "import \"google/protobuf/timestamp.proto\";\n\nmessage Event {\n  \
         google.protobuf.Timestamp at = 1;\n}";
    IMPORT_CYCLE = 505, "files that import each other",
        "Files are read after what they import, so imports cannot go round. Move what the files \
         share to a file of its own, and import that from both; or make one file of them.",
        "" => "";
    IMPORT_TWICE = 506, "a file is imported twice",
        "One import of a file is enough; remove the other.",
        "import \"google/protobuf/any.proto\";\nimport \"google/protobuf/any.proto\";\nmessage A \
         {\n  google.protobuf.Any a = 1;\n}" =>
        "import \"google/protobuf/any.proto\";\nmessage A {\n  google.protobuf.Any a = 1;\n}";
    IMPORT_UNUSED = 507, "an import that nothing needs",
        "Nothing in the file comes from the imported one. Remove the import, unless others rely on \
         getting it through this file: then write `import public`.", "" => "";
    NAME_TWICE = 508, "two things with one name",
        "Messages, enums, services, fields and oneofs of one scope share their names, and so do \
         files of the same package. Rename or remove one of the two.",
        "message User {}\nmessage User {}" => "message User {}\nmessage Group {}";
    NOT_A_MESSAGE = 509, "a message is needed here, and this is something else",
        "The name exists, but names an enum, a service, a field or a package. Methods and \
         extensions need a message; fields need a message or an enum.",
        "enum Color {\n  RED = 0;\n}\nmessage Paper {}\nservice S {\n  rpc Paint (Color) returns (Paper);\n}" =>
        "message Color {}\nmessage Paper {}\nservice S {\n  rpc Paint (Color) returns (Paper);\n}";
    NAME_SHADOWED = 510, "a name that is found too early",
        "Names are looked up from the inside out, and the first part decides: inside `a.b.a`, the \
         name `a.X` means `a.b.a.X`. A dot in front starts from the outermost scope: `.a.X`.",
        "" => "";
    NOT_VISIBLE = 511, "a type that its file keeps to itself",
        "From edition 2024 on, a message or enum is seen in other files only if it is exported: by \
         the word `export`, or by the file's `option features.default_symbol_visibility`.", "" => "";
    NAME_STYLE = 512, "a name that breaks the style that the file asks for",
        "The edition, or `features.enforce_naming_style`, asks for names of a certain form: \
         `UpperCamelCase` for messages, enums, services and methods, `lower_snake_case` for fields \
         and packages, `UPPER_SNAKE_CASE` for enum values.", "" => "";
}
