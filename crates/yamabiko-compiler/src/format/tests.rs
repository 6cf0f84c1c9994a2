//! What formatting does to files, and that it does nothing else.

mod corpus;

use super::try_format;

fn formatted(text: &str) -> String {
    let bytes = try_format("a.proto", text.as_bytes()).expect("the file is sound");
    String::from_utf8(bytes).expect("it was UTF-8")
}

/// What formatting makes of the rest of a proto3 file.
fn assert_formats_body(text: &str, expected: &str) {
    let head = "syntax = \"proto3\";\n\n";
    assert_formats(&format!("{head}{text}"), &format!("{head}{expected}"));
}

/// What is expected is a fixed point, too.
fn assert_formats(text: &str, expected: &str) {
    assert_eq!(formatted(text), expected);
    assert_eq!(formatted(expected), expected);
}

#[test]
fn white_space_is_made_regular() {
    assert_formats(
        "syntax=\"proto3\";package  a . b ;message A{repeated .x.B b=1[deprecated=true];\
         map < string,.x.B > m = 2;oneof o{int32 i=3;}reserved 4 , 5 to max;}\
         service S{rpc M(stream A)returns(.a.b.A);rpc N(A)returns(A){}\nrpc O(A)returns(A){option \
         deprecated=true;}}",
        r#"syntax = "proto3";

package a.b;

message A {
  repeated .x.B b = 1 [deprecated = true];
  map<string, .x.B> m = 2;
  oneof o {
    int32 i = 3;
  }
  reserved 4, 5 to max;
}

service S {
  rpc M(stream A) returns (.a.b.A);
  rpc N(A) returns (A) {}
  rpc O(A) returns (A) {
    option deprecated = true;
  }
}
"#,
    );
}

#[test]
fn the_prelude_is_sorted_and_its_comments_move_along() {
    assert_formats(
        r#"// Licence.

syntax = "proto3";
option java_package = "x";
import "c.proto"; // c
// about b
import public "b.proto";

import "a.proto";
package p;
message M {}
"#,
        r#"// Licence.

syntax = "proto3";

package p;

import "a.proto";
// about b
import public "b.proto";
import "c.proto"; // c

option java_package = "x";

message M {}
"#,
    );
}

#[test]
fn imports_in_groups_with_titles_stay_in_their_groups() {
    let text = r#"syntax = "proto3";

// Ours:

import "z.proto";

// Theirs:

import "b.proto";
import "c.proto";
"#;
    assert_formats(text, text);
    let unsorted = text.replace("\"b.proto\"", "\"d.proto\"");
    assert_formats(&unsorted, &unsorted);
}

#[test]
fn values_keep_to_the_lines_they_were_given() {
    assert_formats_body(
        r#"option (a).b.(c.d) = {x:1 y : - 2, z<q:"s" 't'>[e.f/g.H]{}l:[1,2]};
option (b) = {
x : 1;

y { z : [
1 , 2 ] }
};
message M { int32 i = 1 [ (a) = 1,
deprecated = true ]; int32 j = 2 [(a) = {
x : 1 }]; }
"#,
        r#"option (a).b.(c.d) = {x: 1 y: -2, z <q: "s" 't'> [e.f/g.H] {} l: [1, 2]};
option (b) = {
  x: 1;

  y {
    z: [
      1,
      2
    ]
  }
};

message M {
  int32 i = 1 [
    (a) = 1,
    deprecated = true
  ];
  int32 j = 2 [(a) = {
    x: 1
  }];
}
"#,
    );
}

#[test]
fn what_would_be_too_long_is_broken() {
    let long = "a_name_that_makes_a_line_long_enough_to_be_broken";
    assert_formats_body(
        &format!(
            "message M {{\nint32 {long} = 1 [deprecated = true, (some.option).name = \"and a \
             value\"];\n}}\nservice S {{\nrpc {long}({long})\n      returns (stream {long});\n}}\n"
        ),
        &format!(
            "message M {{\n  int32 {long} = 1 [\n    deprecated = true,\n    (some.option).name = \
             \"and a value\"\n  ];\n}}\n\nservice S {{\n  rpc {long}({long})\n      returns \
             (stream {long});\n}}\n"
        ),
    );
}

#[test]
fn comments_stay_where_they_belong() {
    let text = r#"// Of the file.

// Of M.
message M { // Of M, too.
  // Of i.
  int32 i = 1; // Behind i.
  // Below i.

  // Of nothing.

  /* Of j,
   * with asterisks. */
  int32 /* the type */ j = 2 [
    // Of the option.
    deprecated = true, // behind it
    packed = false
  ];
  // Of the end.
}

message N { /* nothing */ }
// The last one.
"#;
    assert_formats_body(text, text);
    assert_formats_body(
        "/* a */ message M { int32 i = 1; /* b */ int32 j = 2; }",
        r"/* a */
message M {
  int32 i = 1;

  /* b */

  int32 j = 2;
}
",
    );
}

#[test]
fn lines_of_a_block_comment_move_together() {
    assert_formats_body(
        "message M {\n      /* a\n           b\n    c */\n\tint32 i = 1;\n/*\n* d\n*/\n}\r\n",
        "message M {\n  /* a\n       b\n  c */\n  int32 i = 1;\n  /*\n   * d\n   */\n}\n",
    );
}

#[test]
fn statements_that_say_nothing_go_unless_a_comment_is_there() {
    assert_formats_body("message M {;int32 i = 1;;};\n;", "message M {\n  int32 i = 1;\n}\n");
    assert_formats_body("message M {\n  // c\n  ;\n}\n", "message M {\n  // c\n  ;\n}\n");
    assert_formats("", "");
    assert_formats("\u{feff}\n// only this", "// only this\n");
}

#[test]
fn a_broken_file_is_left_alone() {
    let problems =
        try_format("a.proto", b"message M { optional int32 i = ; }").expect_err("it is broken");
    assert_eq!(problems[0].message, "Expected field number.");
}

#[test]
fn what_would_become_something_else_is_kept_apart() {
    // Nothing that protoc takes, but the formatter does not know that.
    assert_formats_body("option (a) = { b:. 0.5 };\n", "option (a) = {b: . 0.5};\n");
}
