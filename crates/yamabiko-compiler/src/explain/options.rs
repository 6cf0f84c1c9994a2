//! P07xx: options and features; P09xx: the rest.

use super::table;

table! {
    UNKNOWN_OPTION = 701, "an option that does not exist",
        "The options of files, messages, fields and so on are those of \
         google/protobuf/descriptor.proto; others are extensions, which stand in parentheses and are \
         imported: `option (google.api.http) = { … };`.",
        "option go_pakage = \"example.com/user\";" => "option go_package = \"example.com/user\";";
    OPTION_VALUE = 702, "a value that the option cannot have",
        "Options have types. A string stands in quotes, `true` and `false` do not, an enum's value \
         is written as its name, and a message stands in braces.",
        "option java_multiple_files = \"true\";" => "option java_multiple_files = true;";
    OPTION_TWICE = 703, "an option is set twice",
        "An option has one value; remove one of the two. A repeated option is written once for each \
         element.",
        "option go_package = \"a\";\noption go_package = \"b\";" => "option go_package = \"a\";";
    OPTION_PLACE = 704, "an option that is not for this",
        "The option exists, but not for what it is set on here: some are for certain types of \
         fields, some for files only, some not in this syntax or edition.",
        "message User {\n  string name = 1 [packed = true];\n}" => "message User {\n  string name = 1;\n}";
    FEATURE = 705, "a feature that cannot be set so",
        "Features say in editions what proto2 and proto3 settled by themselves. Each has its values, \
         the elements that it is for, and the editions in which it exists.", "" => "";
    DEPRECATED_USE = 706, "something that is deprecated or not there yet",
        "The option or feature has been deprecated or removed in this edition, or comes in a later \
         one.", "" => "";
    OTHER = 901, "something else that is wrong",
        "There is no page about this yet. The line that starts with `protoc:` is what Google's \
         compiler says about it.", "" => "";
}
