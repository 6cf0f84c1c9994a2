//! What to do about a mistake is said where we know it.

use std::collections::HashMap;

use super::support::link;

/// The first hint about a file, which may use `other.proto`.
fn hint(text: &str) -> String {
    let other = "syntax = \"proto3\"; package shop.v1; message Money {} enum Currency { USD = 0; }";
    let mut files = HashMap::from([
        ("other.proto".to_owned(), other.to_owned()),
        ("a.proto".to_owned(), format!("syntax = \"proto3\"; {text}")),
    ]);
    let (linked, problems) = link(&["a.proto"], &mut files);
    assert!(linked.is_none());
    problems.into_iter().find_map(|problem| problem.hint).unwrap_or_default()
}

#[test]
fn names_that_are_meant_are_offered() {
    let use_other = "import \"other.proto\";";
    for (text, expected) in [
        (
            "message HelloRequest {} message M { HelloRequst r = 1; }",
            "did you mean `HelloRequest`?",
        ),
        ("message M { strng s = 1; }", "did you mean `string`?"),
        ("message M { String s = 1; }", "did you mean `string`?"),
        ("message M { int s = 1; }", "did you mean `int32` or `int64`?"),
        (
            "message M { google.protobuf.Timestamp t = 1; }",
            "add `import \"google/protobuf/timestamp.proto\";`, which defines it",
        ),
        ("import \"othre.proto\";", ""),
        (
            "import \"google/protobuf/timestmap.proto\";",
            "did you mean \"google/protobuf/timestamp.proto\"?",
        ),
        ("option go_pakage = \"x\";", "did you mean `go_package`?"),
        ("message M { option depricated = true; }", "did you mean `deprecated`?"),
        ("enum Color { RED = 1; }", "insert `COLOR_UNSPECIFIED = 0;` as the first value"),
        ("enum A { NONE = 0; } enum B { NONE = 0; }", "rename it, as in `B_NONE`"),
    ] {
        assert_eq!(hint(text), expected, "{text}");
    }
    assert_eq!(
        hint(&format!("{use_other} message M {{ Money m = 1; }}")),
        "`shop.v1.Money` is defined; write it in full"
    );
    assert_eq!(
        hint(&format!("package a.shop; {use_other} message M {{ shop.v1.Money m = 1; }}")),
        "write `.shop.v1.Money`, which is looked up from the outermost scope"
    );
}
