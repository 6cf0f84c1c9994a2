//! P02xx: how statements are built.

use super::table;

table! {
    MISSING_SEMICOLON = 201, "a statement has no `;`",
        "Each statement ends with `;`, unless it ends with a block in braces. Line breaks mean \
         nothing, so the compiler notices only at the next word; the mark is where the `;` belongs.",
        "message User {\n  string name = 1\n}" => "message User {\n  string name = 1;\n}";
    COMMA_FOR_SEMICOLON = 202, "a `,` where a `;` belongs",
        "Fields, enum values and other statements end with `;`. Commas stand only in lists: between \
         options in brackets, and between reserved numbers or names.",
        "message User {\n  string name = 1,\n  int32 age = 2,\n}" =>
        "message User {\n  string name = 1;\n  int32 age = 2;\n}";
    OPEN_BLOCK = 203, "a `{` is not closed",
        "Each `{` needs its `}`. The end of the file was reached while a block was open; which \
         block lacks its end is judged by the indentation.",
        "message User {\n  string name = 1;\n\nmessage Group {\n  string name = 1;\n}" =>
        "message User {\n  string name = 1;\n}\n\nmessage Group {\n  string name = 1;\n}";
    EXTRA_BRACE = 204, "a `}` that closes nothing",
        "There is one `}` more than there are blocks to close. Either it is one too many, or the \
         `{` before it got lost.",
        "message User {\n  string name = 1;\n}\n}" => "message User {\n  string name = 1;\n}";
    NO_SYNTAX = 205, "the file does not say which syntax it is in",
        "The first statement of a file says which language it is in: `syntax = \"proto3\";`, \
         `syntax = \"proto2\";` or `edition = \"2023\";`. A file without one is read as proto2, in \
         which each field needs `optional`, `repeated` or `required`. Whoever leaves it out today \
         mostly means proto3.",
        "message User {\n  string name = 1;\n}" =>
        "syntax = \"proto3\";\n\nmessage User {\n  string name = 1;\n}";
    UNKNOWN_SYNTAX = 206, "a syntax or edition that does not exist",
        "There are `syntax = \"proto2\";`, `syntax = \"proto3\";`, `edition = \"2023\";` and \
         `edition = \"2024\";`, in double or single quotes and in lower case. There is no proto4: \
         editions come after proto3.",
        "syntax = \"proto4\";" => "syntax = \"proto3\";";
    LABEL_MISSING = 207, "a field of proto2 without a label",
        "In proto2 each field outside of a oneof starts with `optional`, `required` or `repeated`. \
         In proto3 and in editions it need not.",
        "syntax = \"proto2\";\nmessage User {\n  string name = 1;\n}" =>
        "syntax = \"proto2\";\nmessage User {\n  optional string name = 1;\n}";
    WRONG_PLACE = 208, "a statement that does not belong here",
        "A file holds `import`, `package`, `option`, `message`, `enum`, `service` and `extend`. \
         Fields, `oneof` and `reserved` stand inside a message; `rpc` stands inside a service; \
         `syntax` stands before everything else.",
        "rpc Greeter {\n  rpc Hello (Request) returns (Request);\n}\nmessage Request {}" =>
        "service Greeter {\n  rpc Hello (Request) returns (Request);\n}\nmessage Request {}";
    UNKNOWN_KEYWORD = 209, "a word that starts no statement",
        "Keywords are written in lower case: `message`, `enum`, `service`, `rpc`. What other \
         languages call `struct` or `class` is a `message`, an `interface` is a `service`, a `func` \
         is an `rpc`.",
        "struct User {\n  string name = 1;\n}" => "message User {\n  string name = 1;\n}";
    PACKAGE_NAME = 210, "a package that cannot be named so",
        "The name of a package consists of words with dots between them, `shop.orders.v1`; a word \
         is made of letters, digits and `_`, and does not start with a digit. Hyphens, slashes and \
         quotes are not part of it, and a file has one package.",
        "package my-app.v1;" => "package my_app.v1;";
    TRAILING_COMMA = 211, "a `,` with nothing after it",
        "In the brackets of a field's options, elements are separated by commas; after the last one \
         there is none.",
        "message User {\n  string name = 1 [deprecated = true,];\n}" =>
        "message User {\n  string name = 1 [deprecated = true];\n}";
    TYPE_AFTER_NAME = 212, "the name stands before the type",
        "A field is written as in C or Java: first its type, then its name, then `=` and its \
         number. There is no colon.",
        "message User {\n  name: string = 1;\n}" => "message User {\n  string name = 1;\n}";
    NO_NUMBER = 213, "a field without a number",
        "Each field has a number, which stands for it in the encoded message; names are not sent. \
         It must stay as it is for as long as there are data or programs that use it, so it is \
         written and not counted. The numbers 1 to 15 take one byte.",
        "message User {\n  string name;\n}" => "message User {\n  string name = 1;\n}";
    NOT_A_FIELD = 214, "a field that is not written as one",
        "A field is `type name = number;`. A list is `repeated Type name = 1;`, a map is \
         `map<string, Type> name = 1;`, and what may be absent is `optional Type name = 1;`.",
        "message User {\n  list<string> names = 1;\n}" =>
        "message User {\n  repeated string names = 1;\n}";
    NO_RETURNS = 215, "a method without `returns`",
        "A method names the message that it takes and the one that it gives: `rpc Name (Request) \
         returns (Reply);`. If there is nothing to say, that is `google.protobuf.Empty`, or better \
         an empty message of its own, which can grow.",
        "service Greeter {\n  rpc Hello (Text);\n}\nmessage Text {}" =>
        "service Greeter {\n  rpc Hello (Text) returns (Text);\n}\nmessage Text {}";
    STREAM_OUTSIDE = 216, "`stream` stands outside of the parentheses",
        "`stream` belongs to the message that is sent many times: `rpc Watch (Query) returns \
         (stream Event);`.",
        "service Greeter {\n  rpc Hello (Text) returns stream (Text);\n}\nmessage Text {}" =>
        "service Greeter {\n  rpc Hello (Text) returns (stream Text);\n}\nmessage Text {}";
    SCALAR_IN_METHOD = 217, "a method that takes or gives something that is not a message",
        "A method takes one message and gives one message, never a `string` or an enum by itself: a \
         message can get more fields later without breaking anybody. Wrap the value in a message of \
         its own, or take one of `google/protobuf/wrappers.proto`.",
        "service Greeter {\n  rpc Hello (Text) returns (string);\n}\nmessage Text {}" =>
        "service Greeter {\n  rpc Hello (Text) returns (HelloResponse);\n}\nmessage Text {}\n\
         message HelloResponse {\n  string value = 1;\n}";
    SYNTAX_ERROR = 218, "something else was expected here",
        "The statement cannot be read: at the mark stands something that cannot follow what is \
         before it. The rest of the file is read without the statement.",
        "message {\n}" => "message User {\n}";
    TOO_DEEP = 219, "messages nested too deeply",
        "Messages may lie in each other 31 deep at most, groups included. Move inner ones to the top \
         level; a name such as `OuterInner` does what the nesting did.", "" => "";
    VALUE_WITHOUT_NUMBER = 220, "an enum value without a number",
        "Each value of an enum has a number, which is what is sent: `RED = 1;`. The first one is 0.",
        "enum Color {\n  COLOR_UNKNOWN;\n}" => "enum Color {\n  COLOR_UNKNOWN = 0;\n}";
    RESERVED_NAME_QUOTES = 221, "a reserved name in the wrong form",
        "In proto2 and proto3 reserved names are strings, `reserved \"name\";`. In editions they are \
         identifiers, `reserved name;`.",
        "message User {\n  reserved name;\n}" => "message User {\n  reserved \"name\";\n}";
    TOO_MANY = 222, "too much is wrong with the file",
        "So many errors were found that reading on makes no sense: perhaps the file is not a .proto \
         file at all. Mend the first ones and try again.", "" => "";
    NOT_QUOTED = 223, "a string without quotes",
        "The syntax, the edition, imported files and the values of string options stand in quotes.",
        "syntax = proto3;" => "syntax = \"proto3\";";
    BAD_NAME = 224, "a name with characters that names do not have",
        "Names consist of letters, digits and `_`, and do not start with a digit. What would be \
         `user-name` elsewhere is `user_name` here; in JSON it becomes `userName`.",
        "message User {\n  string user-name = 1;\n}" => "message User {\n  string user_name = 1;\n}";
}
