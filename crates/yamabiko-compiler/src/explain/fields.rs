//! P04xx: what a field may be.

use super::table;

table! {
    LABEL_IN_ONEOF = 401, "a label inside a oneof",
        "Of the fields of a oneof at most one is set; each holds one value, so there is no \
         `repeated`, `optional` or `required` in front. To choose a list, put it into a message.",
        "message User {\n  oneof contact {\n    repeated string mail = 1;\n  }\n}" =>
        "message User {\n  oneof contact {\n    Mails mail = 1;\n  }\n}\nmessage Mails {\n  \
         repeated string mail = 1;\n}";
    LABEL_ON_MAP = 402, "a label before a map",
        "A map holds any number of entries, so it has no `repeated`, and it is never absent, so it \
         has no `optional`.",
        "message User {\n  repeated map<string, string> tags = 1;\n}" =>
        "message User {\n  map<string, string> tags = 1;\n}";
    MAP_MISPLACED = 403, "a map where none can be",
        "A map cannot be in a oneof and cannot be an extension. Put it into a message, and use that.",
        "message User {\n  oneof more {\n    map<string, string> tags = 1;\n  }\n}" =>
        "message User {\n  oneof more {\n    Tags tags = 1;\n  }\n}\nmessage Tags {\n  \
         map<string, string> tags = 1;\n}";
    MAP_KEY = 404, "a map with keys that cannot be keys",
        "The keys of a map are integers, `bool` or `string`: types that are equal in one way only. \
         For other keys, write a message for the entry and repeat it.",
        "message Prices {\n  map<float, string> names = 1;\n}" =>
        "message Prices {\n  map<string, string> names = 1;\n}";
    REQUIRED = 405, "`required` in proto3 or an edition",
        "proto3 has no required fields: a program that adds or drops one could not talk to older \
         ones. Leave the word out, or write `optional` to know whether the field was set; check in \
         your program that it is. Editions write `features.field_presence = LEGACY_REQUIRED`.",
        "message User {\n  required string name = 1;\n}" => "message User {\n  string name = 1;\n}";
    DEFAULT = 406, "a default value in proto3",
        "In proto3 a field that is not set is empty, 0 or false, always. Write `optional` and \
         choose in your program, or use proto2 or an edition.",
        "message User {\n  int32 age = 1 [default = 18];\n}" => "message User {\n  int32 age = 1;\n}";
    OLD_FEATURE = 407, "something that proto3 or an edition no longer has",
        "Groups, extension ranges and message sets are from proto2. In place of a group, declare a \
         message and a field of that type.",
        "message User {\n  extensions 100 to 199;\n}" => "message User {\n}";
    JSON_NAMES = 408, "two fields with one name in JSON",
        "In JSON, `user_name` is called `userName`. Two fields whose names differ only in \
         underscores and capitals would be the same there. Rename one, or give it another name by \
         `[json_name = \"…\"]`.",
        "message User {\n  string user_name = 1;\n  string userName = 2;\n}" =>
        "message User {\n  string user_name = 1;\n  string login_name = 2;\n}";
    BAD_DEFAULT = 409, "a default value that the field cannot have",
        "A default value is written like a value of the field's type: a number without quotes, \
         `true` or `false`, a string in quotes, the name of an enum value. Messages and repeated \
         fields have none.",
        "syntax = \"proto2\";\nmessage User {\n  optional int32 age = 1 [default = \"18\"];\n}" =>
        "syntax = \"proto2\";\nmessage User {\n  optional int32 age = 1 [default = 18];\n}";
    EMPTY_ONEOF = 410, "a oneof without fields",
        "A oneof has at least one field.",
        "message User {\n  oneof contact {\n  }\n}" =>
        "message User {\n  oneof contact {\n    string mail = 1;\n  }\n}";
    LABEL_IN_EDITION = 411, "a label that editions do not have",
        "In editions a field has presence unless told otherwise, so there is no `optional`, and \
         `required` is the feature `field_presence = LEGACY_REQUIRED`.",
        "edition = \"2023\";\nmessage User {\n  optional string name = 1;\n}" =>
        "edition = \"2023\";\nmessage User {\n  string name = 1;\n}";
    MAP_ENTRY_NAME = 412, "a name that a map needs for its entries",
        "A map `tags` stands for a message `TagsEntry` inside of the same message, so nothing else \
         can have that name there.",
        "message User {\n  map<string, string> tags = 1;\n  message TagsEntry {}\n}" =>
        "message User {\n  map<string, string> tags = 1;\n  message Tag {}\n}";
    NEVER_COMPLETE = 413, "a message that can never be complete",
        "A required field whose type is the message itself, directly or by way of others, would \
         need messages without end. Make one of the fields `optional`.",
        "syntax = \"proto2\";\nmessage Node {\n  required Node next = 1;\n}" =>
        "syntax = \"proto2\";\nmessage Node {\n  optional Node next = 1;\n}";
}
