//! P06xx: enums.

use super::table;

table! {
    FIRST_VALUE = 601, "an enum that does not start with 0",
        "The first value of an enum is what a field holds that was never set, and that is 0. Give 0 \
         to a value that says nothing, `COLOR_UNSPECIFIED`, and not to one that means something.",
        "enum Color {\n  RED = 1;\n}" => "enum Color {\n  COLOR_UNSPECIFIED = 0;\n  RED = 1;\n}";
    ALIAS = 602, "two enum values with one number",
        "Two names for one number are a mistake as a rule. If it is meant, say so by `option \
         allow_alias = true;` in the enum; if not, take a free number.",
        "enum Color {\n  RED = 0;\n  CRIMSON = 0;\n}" => "enum Color {\n  RED = 0;\n  CRIMSON = 1;\n}";
    VALUE_SCOPE = 603, "enum values share the scope around the enum",
        "As in C, the values of an enum are names beside the enum and not inside it: two enums of \
         one file cannot both have `UNKNOWN`. Put the enum's name in front, `COLOR_UNKNOWN`; \
         generators take it off where the language has better scopes.",
        "enum Color {\n  UNKNOWN = 0;\n}\nenum Size {\n  UNKNOWN = 0;\n}" =>
        "enum Color {\n  COLOR_UNKNOWN = 0;\n}\nenum Size {\n  SIZE_UNKNOWN = 0;\n}";
    SAME_WITHOUT_PREFIX = 604, "enum values that are the same in generated code",
        "Generators take the enum's name off its values and write them in their language's case. \
         Two values that differ only in that would become one.",
        "enum Color {\n  COLOR_RED = 0;\n  RED = 1;\n}" => "enum Color {\n  COLOR_RED = 0;\n  DARK_RED = 1;\n}";
    NO_VALUES = 605, "an enum without values",
        "An enum has at least one value, the one for 0.",
        "enum Color {\n}" => "enum Color {\n  COLOR_UNSPECIFIED = 0;\n}";
    USELESS_ALIAS = 606, "`allow_alias` where there is no alias",
        "`option allow_alias = true;` is for enums in which two values share a number. This one has \
         none, so the option only hides mistakes to come; and `false` is the default.",
        "enum Color {\n  option allow_alias = true;\n  RED = 0;\n}" => "enum Color {\n  RED = 0;\n}";
    CLOSED_ENUM = 607, "an enum of proto2 in a message of proto3",
        "Enums of proto2 are closed: values that they do not know are not values. Fields of proto3 \
         cannot hold such enums. Move the enum to a file in proto3 or an edition.", "" => "";
    ENUM_RESERVED = 608, "an enum value with a reserved name or number",
        "`reserved` says that the name or number was used by a value that is gone; old data may \
         still have it. Take another one.",
        "enum Color {\n  reserved 1;\n  RED = 0;\n  GREEN = 1;\n}" =>
        "enum Color {\n  reserved 1;\n  RED = 0;\n  GREEN = 2;\n}";
}
