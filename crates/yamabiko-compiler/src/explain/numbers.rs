//! P03xx: the numbers of fields.

use super::table;

table! {
    NUMBER_TOO_SMALL = 301, "a field number below 1",
        "Field numbers start at 1: 0 and negative ones cannot be encoded. Take the next free one; \
         the order of fields does not matter.",
        "message User {\n  string name = 0;\n}" => "message User {\n  string name = 1;\n}";
    NUMBER_TOO_BIG = 302, "a field number above 536870911",
        "A field number has 29 bits, so the largest is 536,870,911. The numbers 1 to 15 take one \
         byte on the wire, those up to 2047 two: small ones are better.",
        "message User {\n  string name = 536870912;\n}" => "message User {\n  string name = 1;\n}";
    NUMBER_KEPT = 303, "a field number that protobuf keeps for itself",
        "The numbers 19000 to 19999 belong to the implementations of protobuf. Take another one.",
        "message User {\n  string name = 19500;\n}" => "message User {\n  string name = 1;\n}";
    NUMBER_TWICE = 304, "two fields with one number",
        "The number stands for the field in the encoded message, so two fields of a message cannot \
         share it. If the older of the two is in use anywhere, it keeps its number and the newer one \
         takes a free one.",
        "message User {\n  string name = 1;\n  string email = 1;\n}" =>
        "message User {\n  string name = 1;\n  string email = 2;\n}";
    NUMBER_RESERVED = 305, "a field with a reserved number",
        "`reserved` says that a number was used by a field that is gone. Old data and old programs \
         may still have it, and would take the new field for the old one. Take a number that was \
         never used.",
        "message User {\n  reserved 1 to 3;\n  string name = 2;\n}" =>
        "message User {\n  reserved 1 to 3;\n  string name = 4;\n}";
    NAME_RESERVED = 306, "a field with a reserved name",
        "`reserved` says that a name was used by a field that is gone. JSON and text that was \
         written with it would be read wrongly. Take another name.",
        "message User {\n  reserved \"name\";\n  string name = 1;\n}" =>
        "message User {\n  reserved \"name\";\n  string full_name = 1;\n}";
    RANGES_OVERLAP = 307, "ranges of numbers that overlap",
        "Reserved ranges and ranges of extensions do not overlap each other. Both ends belong to a \
         range: `5 to 9` has five numbers.",
        "message User {\n  reserved 1 to 5, 5 to 9;\n}" => "message User {\n  reserved 1 to 9;\n}";
    BAD_RANGE = 308, "a range that makes no sense",
        "A range goes from a smaller number to a larger one, `5 to 9`, or to the end, `5 to max`. \
         Numbers of fields start at 1.",
        "message User {\n  reserved 9 to 5;\n}" => "message User {\n  reserved 5 to 9;\n}";
    NOT_AN_EXTENSION_NUMBER = 309, "a number that extensions of the message do not have",
        "The author of a message says which numbers its extensions may have: `extensions 100 to \
         199;`. Take one of those.",
        "syntax = \"proto2\";\nmessage User {\n  extensions 100 to 199;\n}\nextend User {\n  \
         optional string note = 5;\n}" =>
        "syntax = \"proto2\";\nmessage User {\n  extensions 100 to 199;\n}\nextend User {\n  \
         optional string note = 100;\n}";
    EXTENSION_RANGE = 310, "a field or declaration in the way of extensions",
        "A range of extensions holds numbers that the message itself does not use. If it declares \
         its extensions, each must be as declared.",
        "syntax = \"proto2\";\nmessage User {\n  extensions 1 to 9;\n  optional string name = 5;\n}" =>
        "syntax = \"proto2\";\nmessage User {\n  extensions 1 to 9;\n  optional string name = 10;\n}";
}
