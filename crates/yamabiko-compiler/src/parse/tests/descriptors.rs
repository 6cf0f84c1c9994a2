//! What the parser makes of good files, where `SourceCodeInfo` does not show
//! it and linking hides it.

use buffa::Message as _;
use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::{DescriptorProto, Edition, SymbolVisibility};

use super::{good, parse};
use crate::parse::Part;
use crate::problem::Place;

fn message(text: &str) -> DescriptorProto {
    good(text).file.message_type.swap_remove(0)
}

#[test]
fn the_tutorials_file_is_read() {
    let file = good(
        "syntax = \"proto3\";\npackage hello;\nservice HelloService {\n  \
         rpc SayHello (HelloRequest) returns (stream HelloReply) {}\n}\n\
         message HelloRequest { string name = 1; }\nmessage HelloReply { string message = 1; }\n",
    )
    .file;
    assert_eq!(file.syntax.as_deref(), Some("proto3"));
    assert_eq!(file.package.as_deref(), Some("hello"));
    let [request, reply] = &file.message_type[..] else { panic!("two messages") };
    assert_eq!(request.name.as_deref(), Some("HelloRequest"));
    assert_eq!(request.field[0].r#type, Some(Type::TYPE_STRING));
    assert_eq!(request.field[0].label, Some(Label::LABEL_OPTIONAL));
    assert_eq!(reply.field[0].number, Some(1));
    let method = &file.service[0].method[0];
    assert_eq!(method.input_type.as_deref(), Some("HelloRequest"));
    assert_eq!(method.client_streaming, None);
    assert_eq!(method.server_streaming, Some(true));
}

#[test]
fn defaults_are_written_as_descriptors_want_them() {
    let message = message(
        "syntax = \"proto2\"; message M {\n\
         optional int32 a = 1 [default = -0x80000000];\n\
         optional uint64 b = 2 [default = 01777777777777777777777];\n\
         optional double c = 3 [default = -1.5e10];\n\
         optional float d = 4 [default = inf];\n\
         optional double e = 5 [default = -nan];\n\
         optional bool f = 6 [default = true];\n\
         optional string g = 7 [default = \"a\" 'b\\n'];\n\
         optional bytes h = 8 [default = \"\\0\\xff'\\\"\\n\"];\n\
         optional E i = 9 [default = E1];\n\
         optional double j = 10 [default = 18446744073709551616];\n\
         optional int64 k = 11 [default = -0];\n}",
    );
    let defaults: Vec<_> = message
        .field
        .iter()
        .map(|field| field.default_value.as_deref().expect("it is there"))
        .collect();
    assert_eq!(
        defaults,
        [
            "-2147483648",
            "18446744073709551615",
            "-15000000000",
            "inf",
            "-nan",
            "true",
            "ab\n",
            "\\000\\377\\'\\\"\\n",
            "E1",
            "1.8446744073709552e+19",
            "-0",
        ],
    );
}

#[test]
fn options_keep_the_sort_of_their_value() {
    let file = good(
        "syntax = \"proto2\";\noption a = b;\noption (c.d).e.(.f) = 1;\noption g = -1;\n\
         option h = -inf;\noption i = 1.5;\noption j = 'x' \"y\";\n\
         option k = { l: \"}\" m { n: [1, -2] } };\noption o = -18446744073709551615;\n\
         option p = {};\n",
    )
    .file;
    let options = &file.options.uninterpreted_option;
    assert_eq!(options[0].identifier_value.as_deref(), Some("b"));
    let names: Vec<_> =
        options[1].name.iter().map(|part| (part.name_part.as_str(), part.is_extension)).collect();
    assert_eq!(names, [("c.d", true), ("e", false), (".f", true)]);
    assert_eq!(options[1].positive_int_value, Some(1));
    assert_eq!(options[2].negative_int_value, Some(-1));
    assert_eq!(options[3].double_value, Some(f64::NEG_INFINITY));
    assert_eq!(options[4].double_value, Some(1.5));
    assert_eq!(options[5].string_value.as_deref(), Some(&b"xy"[..]));
    assert_eq!(options[6].aggregate_value.as_deref(), Some("l : \"}\" m { n : [ 1 , - 2 ] }"),);
    assert_eq!(options[7].double_value, Some(-18446744073709551615.0));
    assert_eq!(options[8].aggregate_value.as_deref(), Some(""));
}

#[test]
fn a_map_makes_its_entry_with_the_features_of_the_field() {
    let message = message(
        "edition = \"2023\"; message M { map<string, N.O> foo_bar2_baz = 1 \
         [features.utf8_validation = NONE, deprecated = true]; }",
    );
    let [field] = &message.field[..] else { panic!("one field") };
    assert_eq!(field.type_name.as_deref(), Some("FooBar2BazEntry"));
    assert_eq!(field.label, Some(Label::LABEL_REPEATED));
    let [entry] = &message.nested_type[..] else { panic!("one entry") };
    assert_eq!(entry.options.map_entry, Some(true));
    let [key, value] = &entry.field[..] else { panic!("key and value") };
    assert_eq!(key.r#type, Some(Type::TYPE_STRING));
    assert_eq!(value.type_name.as_deref(), Some("N.O"));
    for part in [key, value] {
        let [option] = &part.options.uninterpreted_option[..] else { panic!("one option") };
        assert_eq!(option.name[0].name_part, "features");
    }
}

#[test]
fn optional_makes_oneofs_in_proto3_with_names_of_their_own() {
    let message = message(
        "syntax = \"proto3\"; message M { optional string a = 1; optional string _a = 2; \
         oneof X_a { string b = 3; } optional M _c = 4; }",
    );
    let names: Vec<_> =
        message.oneof_decl.iter().map(|oneof| oneof.name.as_deref().expect("a name")).collect();
    assert_eq!(names, ["X_a", "XX_a", "XXX_a", "X_c"]);
    let indices: Vec<_> = message.field.iter().map(|field| field.oneof_index).collect();
    assert_eq!(indices, [Some(1), Some(2), Some(0), Some(3)]);
}

#[test]
fn max_depends_on_the_options_of_the_message() {
    let text = |option: &str| {
        format!(
            "syntax = \"proto2\"; message M {{ extensions 4 to max; reserved 5, 7 to max; {option} }}"
        )
    };
    let ends = |message: &DescriptorProto| {
        (
            message.extension_range[0].end,
            message.reserved_range[0].end,
            message.reserved_range[1].end,
        )
    };
    assert_eq!(ends(&message(&text(""))), (Some(0x2000_0000), Some(6), Some(0x2000_0000)));
    let message_set = message(&text("option message_set_wire_format = true;"));
    assert_eq!(ends(&message_set), (Some(i32::MAX), Some(6), Some(i32::MAX)));
}

#[test]
fn options_of_extension_ranges_hold_for_all_of_them() {
    let message = message(
        "syntax = \"proto2\"; message M { extensions 1, 3 to 4 [verification = UNVERIFIED]; }",
    );
    for range in &message.extension_range {
        assert_eq!(range.options.uninterpreted_option.len(), 1);
    }
}

#[test]
fn a_group_is_a_message_and_a_field() {
    let message = message(
        "syntax = \"proto2\"; message M { repeated group MyGroup = 1 [deprecated = true] { \
         optional int32 a = 2; } }",
    );
    assert_eq!(message.field[0].name.as_deref(), Some("mygroup"));
    assert_eq!(message.field[0].type_name.as_deref(), Some("MyGroup"));
    assert_eq!(message.field[0].r#type, Some(Type::TYPE_GROUP));
    assert_eq!(message.nested_type[0].field[0].number, Some(2));
}

#[test]
fn editions_are_named_and_numbered() {
    let parsed = good("edition = \"2024\"; export message A { local enum B { C = 0; } }");
    assert_eq!(parsed.file.edition, Some(Edition::EDITION_2024));
    let message = &parsed.file.message_type[0];
    assert_eq!(message.visibility, Some(SymbolVisibility::VISIBILITY_EXPORT));
    assert_eq!(message.enum_type[0].visibility, Some(SymbolVisibility::VISIBILITY_LOCAL));
    // Field 14, which the descriptor types have no value for.
    let parsed = good("edition = \"2026\";");
    assert_eq!(parsed.file.edition, None);
    assert!(parsed.file.encode_to_vec().ends_with(&[14 << 3, 0xea, 0x07]));
}

#[test]
fn words_of_the_language_can_be_names() {
    let message = message(
        "syntax = \"proto3\"; message message { map map = 1; repeated message.message message = 2; \
         string string = 3; .stream stream = 4; local export = 5; optional to max = 6; }",
    );
    let types: Vec<_> = message.field.iter().map(|field| field.type_name.as_deref()).collect();
    assert_eq!(
        types,
        [Some("map"), Some("message.message"), None, Some(".stream"), Some("local"), Some("to")],
    );
}

#[test]
fn the_places_of_parts_can_be_asked_for() {
    let parsed = good(
        "syntax = \"proto2\";\nimport \"b.proto\";\nmessage A {\n  optional B b = 1 [default = X];\n}\n\
         extend A {\n  optional int32 c = 2 [json_name = \"d\"];\n  optional int32 e = 3 [f = 1];\n}\n\
         service S {\n  rpc M (A) returns (stream B);\n}\n",
    );
    let at = |line, column| Some(Place { line, column });
    let find = |path: &[i32], part| parsed.places.find(path, part);
    assert_eq!(find(&[], Part::Edition), at(0, 0));
    assert_eq!(find(&[3, 0], Part::Import), at(1, 0));
    assert_eq!(parsed.places.import("b.proto"), at(1, 0));
    assert_eq!(find(&[4, 0], Part::Name), at(2, 8));
    assert_eq!(find(&[4, 0, 2, 0], Part::Type), at(3, 11));
    assert_eq!(find(&[4, 0, 2, 0], Part::Name), at(3, 13));
    assert_eq!(find(&[4, 0, 2, 0], Part::Number), at(3, 17));
    assert_eq!(find(&[4, 0, 2, 0], Part::DefaultValue), at(3, 30));
    assert_eq!(find(&[6, 0, 2, 0], Part::InputType), at(10, 9));
    assert_eq!(find(&[6, 0, 2, 0], Part::Other), at(10, 21));
    assert_eq!(find(&[6, 0, 2, 0], Part::OutputType), at(10, 28));
    assert_eq!(find(&[7, 0], Part::Extendee), at(5, 7));
    assert_eq!(find(&[7, 1], Part::Extendee), None);
    assert_eq!(find(&[7, 0], Part::OptionName), at(6, 24));
    assert_eq!(find(&[7, 0], Part::OptionValue), at(6, 36));
    assert_eq!(find(&[7, 1, 8, 999, 0], Part::OptionName), at(7, 24));
    assert_eq!(find(&[7, 1, 8, 999, 0], Part::OptionValue), at(7, 28));
}

#[test]
fn a_file_of_garbage_has_a_thousand_problems_and_no_more() {
    let mut problems = Vec::new();
    let parsed = parse("test.proto", &b"\xff ".repeat(5000), &mut problems);
    assert!(parsed.had_errors);
    assert_eq!(problems.len(), 1000);
}

#[test]
fn a_file_in_utf16_has_one_problem() {
    for text in [&b"\xff\xfea\0\n\0"[..], b"\xfe\xff\0a\0\n", b"a\0b\0\n\0", b"\0a\0b\0\n"] {
        let mut problems = Vec::new();
        parse("test.proto", text, &mut problems);
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert!(problem.hint.as_deref().is_some_and(|hint| hint.contains("UTF-16")));
    }
}
