//! Large, deep and circular files: they end, and without a panic.

use std::collections::HashMap;

use super::support::{line, link};

/// Files named `0.proto` and so on.
fn files(count: usize, text: impl Fn(usize) -> String) -> HashMap<String, String> {
    (0..count).map(|index| (format!("{index}.proto"), text(index))).collect()
}

#[test]
fn a_cycle_of_a_thousand_files_is_found() {
    let mut files = files(1000, |index| {
        let next = (index + 1) % 1000;
        format!("syntax = \"proto3\";\nimport \"{next}.proto\";\nmessage M{index} {{}}\n")
    });
    let (linked, problems) = link(&["0.proto"], &mut files);
    assert!(linked.is_none());
    let first = line(&problems[0]);
    let expected = "0.proto:2:1: File recursively imports itself: 0.proto -> 1.proto -> ";
    assert!(first.starts_with(expected), "{first}");
    assert!(first.ends_with(" -> 999.proto -> 0.proto"), "{first}");
    // Each file says that its import is broken; so does protoc.
    assert_eq!(problems.len(), 1001);
}

#[test]
fn a_chain_of_ten_thousand_files_is_linked() {
    let mut files = files(10_000, |index| match index {
        9_999 => "syntax = \"proto3\"; package p; message M9999 {}".to_owned(),
        _ => format!(
            "syntax = \"proto3\"; package p; import public \"{0}.proto\"; message M{index} {{ \
             M{0} next = 1; M9999 last = 2; }}",
            index + 1
        ),
    });
    let files: &mut HashMap<String, String> = &mut files;
    // What is public is seen through all files, so that few of them are asked for it.
    for index in (0..9_000).rev() {
        files.insert(
            format!("{index}.proto"),
            format!(
                "syntax = \"proto3\"; package p; import \"{0}.proto\"; message M{index} {{ M{0} \
                 next = 1; }}",
                index + 1
            ),
        );
    }
    let (linked, problems) = link(&["0.proto"], files);
    assert_eq!(problems, []);
    let linked = linked.expect("the files are good");
    assert_eq!(linked.files.len(), 10_000);
    assert_eq!(linked.files[0].name.as_deref(), Some("9999.proto"));
}

#[test]
fn a_file_that_imports_a_thousand_others_is_linked() {
    let mut files = files(1001, |index| match index {
        1000 => {
            let imports: String =
                (0..1000).map(|index| format!("import \"{index}.proto\";\n")).collect();
            let fields: String =
                (0..1000).map(|index| format!("p{index}.M m{index} = {};\n", index + 1)).collect();
            format!("syntax = \"proto3\";\n{imports}message All {{ {fields} }}")
        }
        _ => format!("syntax = \"proto3\"; package p{index}; message M {{}}"),
    });
    let (linked, problems) = link(&["1000.proto"], &mut files);
    assert_eq!(problems, []);
    assert!(linked.is_some());
}

#[test]
fn messages_are_nested_as_deep_as_in_protoc() {
    let nested = |depth: usize| {
        let open: String = (0..depth).map(|index| format!("message M{index} {{ ")).collect();
        HashMap::from([(
            "a.proto".to_owned(),
            format!("syntax = \"proto3\"; {open}{}", "}".repeat(depth)),
        )])
    };
    assert!(link(&["a.proto"], &mut nested(31)).0.is_some());
    let (linked, problems) = link(&["a.proto"], &mut nested(32));
    assert!(linked.is_none());
    let message = "Reached maximum recursion limit for nested messages.";
    assert!(problems.iter().any(|problem| problem.message == message), "{problems:?}");
    assert!(link(&["a.proto"], &mut nested(10_000)).0.is_none());
}

#[test]
fn values_of_options_are_nested_as_deep_as_in_protoc() {
    let text = |depth: usize, open: &str, close: &str| {
        HashMap::from([
            (
                "google/protobuf/descriptor.proto".to_owned(),
                "syntax = \"proto2\"; package google.protobuf; message MessageOptions { extensions \
                 1000 to max; }"
                    .to_owned(),
            ),
            (
                "a.proto".to_owned(),
                format!(
                    "syntax = \"proto2\"; import \"google/protobuf/descriptor.proto\"; message N {{ \
                     optional N n = 1; reserved \"old\"; }} extend google.protobuf.MessageOptions \
                     {{ optional N n = 1000; }} message M {{ option (n) = {{ {}{} }}; }}",
                    open.repeat(depth),
                    close.repeat(depth)
                ),
            ),
        ])
    };
    assert_eq!(link(&["a.proto"], &mut text(90, "n { ", "}")).1, []);
    for (open, close) in [("n { ", "}"), ("old { a { ", "} }"), ("old: [ { a: [ { ", "} ] } ]")] {
        let (linked, problems) = link(&["a.proto"], &mut text(100_000, open, close));
        assert!(linked.is_none());
        let first = line(&problems[0]);
        assert!(first.contains("Message is too deep"), "{first}");
    }
}

#[test]
fn a_name_of_many_parts_is_looked_up() {
    let name = vec!["a"; 5_000].join(".");
    let text = format!("syntax = \"proto3\"; package p; message M {{ {name} f = 1; }}");
    let mut files = HashMap::from([("a.proto".to_owned(), text)]);
    let (linked, problems) = link(&["a.proto"], &mut files);
    assert!(linked.is_none());
    assert_eq!(problems.len(), 1);
}

#[test]
fn large_messages_and_enums_take_little_time() {
    let fields: String = (1..=18_000).map(|i| format!("int32 f{i} = {i};\n")).collect();
    let values: String = (0..30_000).map(|i| format!("V{i} = {i};\n")).collect();
    let text = format!(
        "syntax = \"proto3\"; message M {{ {fields} }} enum E {{ {values} }} message N {{ E e = 1; }}"
    );
    let mut files = HashMap::from([("a.proto".to_owned(), text)]);
    let start = std::time::Instant::now();
    let (linked, problems) = link(&["a.proto"], &mut files);
    assert_eq!(problems, []);
    assert!(linked.is_some());
    // Quadratic work would take minutes here.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn ranges_and_names_are_not_each_held_against_each() {
    let list = |piece: fn(usize) -> String| (1..30_000).map(piece).collect::<Vec<_>>().join(", ");
    let even = list(|index| (2 * index).to_string());
    let same = list(|_| "1".to_owned());
    let names = list(|index| format!("\"n{index}\""));
    for (block, most) in [
        (format!("message M {{ reserved {even}; }}"), 0),
        (format!("message M {{ reserved {same}; }}"), 2_000),
        (format!("message M {{ reserved {names}; }}"), 0),
        (format!("message M {{ extensions {even}; }}"), 0),
        (format!("enum E {{ V = 1; reserved {even}; }}"), 0),
        (format!("enum E {{ V = 0; reserved {same}; }}"), 2_000),
    ] {
        let text = format!("syntax = \"proto2\"; {block}");
        let mut files = HashMap::from([("a.proto".to_owned(), text)]);
        let start = std::time::Instant::now();
        let (_, problems) = link(&["a.proto"], &mut files);
        assert!(problems.len() <= most, "{}: {:?}", problems.len(), problems[0]);
        // Each with each are 450 million pairs.
        assert!(start.elapsed().as_secs() < 10, "{:?} for {}", start.elapsed(), &block[..40]);
    }
}
