//! Metadata (grpc `doc/PROTOCOL-HTTP2.md`, "Custom-Metadata").

use proptest::prelude::*;
use yamabiko_core::field::{Field, FieldKind};
use yamabiko_core::grpc::{Metadata, MetadataRule, Value};

fn received(name: &str, value: &[u8]) -> Metadata {
    let mut metadata = Metadata::new();
    metadata.push_field(Field::new(name.as_bytes(), value));
    metadata
}

#[test]
fn values_keep_their_order_and_names_their_values() {
    let mut metadata = Metadata::new();
    metadata.append("a", "1").unwrap();
    metadata.append("b", "2").unwrap();
    metadata.append("a", "3").unwrap();
    assert_eq!(metadata.get("a"), Some("1"));
    assert_eq!(metadata.get_all("a").collect::<Vec<_>>(), ["1", "3"]);
    assert_eq!(metadata.get("c"), None);
    let all: Vec<_> = metadata.iter().collect();
    let expected = [("a", Value::Ascii("1")), ("b", Value::Ascii("2")), ("a", Value::Ascii("3"))];
    assert_eq!(all, expected);
    assert_eq!(metadata.len(), 3);
}

#[test]
fn insert_replaces_every_value_and_remove_takes_them() {
    let mut metadata = Metadata::new();
    metadata.append("a", "1").unwrap();
    metadata.append("A", "2").unwrap();
    metadata.insert("a", "3").unwrap();
    assert_eq!(metadata.get_all("a").collect::<Vec<_>>(), ["3"]);
    assert!(metadata.remove("A"));
    assert!(!metadata.remove("a"));
    assert!(metadata.is_empty());
}

#[test]
fn names_are_lower_case_on_the_wire_and_found_in_any_case() {
    let mut metadata = Metadata::new();
    metadata.insert("X-Request-ID", "7").unwrap();
    metadata.insert_bin("Trace-BIN", b"t").unwrap();
    assert_eq!(metadata.fields()[0].name(), b"x-request-id");
    assert_eq!(metadata.get("x-ReQuest-id"), Some("7"));
    assert_eq!(metadata.get_bin("TRACE-bin"), Some(b"t".to_vec()));
}

#[test]
fn text_with_commas_is_one_value() {
    let metadata = received("x-list", b"a, b");
    assert_eq!(metadata.get_all("x-list").collect::<Vec<_>>(), ["a, b"]);
    assert_eq!(metadata.iter().count(), 1);
}

#[test]
fn empty_text_is_a_value() {
    let mut metadata = Metadata::new();
    metadata.insert("a", "").unwrap();
    assert_eq!(metadata.get("a"), Some(""));
}

#[test]
fn bytes_go_as_base64_without_padding() {
    let mut metadata = Metadata::new();
    metadata.insert_bin("a-bin", &[0xff]).unwrap();
    metadata.append_bin("a-bin", b"").unwrap();
    let values: Vec<_> = metadata.fields().iter().map(Field::value).collect();
    assert_eq!(values, [&b"/w"[..], b""]);
    assert_eq!(metadata.get_all_bin("a-bin").collect::<Vec<_>>(), [vec![0xff], vec![]]);
    metadata.insert_bin("a-bin", b"one").unwrap();
    assert_eq!(metadata.get_all_bin("a-bin").collect::<Vec<_>>(), [b"one"]);
}

#[test]
fn base64_is_read_with_and_without_padding() {
    for value in [&b"AQI="[..], b"AQI"] {
        assert_eq!(received("a-bin", value).get_bin("a-bin"), Some(vec![1, 2]));
    }
}

#[test]
fn joined_bytes_are_split_at_commas() {
    let metadata = received("a-bin", b"AQ==,Ag, Aw==");
    let expected = [vec![1], vec![2], vec![3]];
    assert_eq!(metadata.get_all_bin("a-bin").collect::<Vec<_>>(), expected);
    let all: Vec<_> = metadata.iter().collect();
    assert_eq!(all, expected.map(|bytes| ("a-bin", Value::Binary(bytes))));
}

#[test]
fn invalid_values_of_a_peer_are_kept_and_read_as_absent() {
    let mut metadata = received("x", b"caf\xc3\xa9");
    assert_eq!(metadata.get("x"), None);
    assert_eq!(metadata.iter().next(), Some(("x", Value::Invalid(b"caf\xc3\xa9"))));
    metadata.push_field(Field::new(b"x", b"fine"));
    assert_eq!(metadata.get("x"), Some("fine"));
    assert_eq!(metadata.len(), 2);

    let metadata = received("a-bin", b"AQ,!!");
    assert_eq!(metadata.get_all_bin("a-bin").collect::<Vec<_>>(), [[1]]);
    assert_eq!(metadata.iter().nth(1), Some(("a-bin", Value::Invalid(b"!!"))));
}

#[test]
fn text_is_not_read_as_bytes_nor_bytes_as_text() {
    assert_eq!(received("a-bin", b"AQ").get("a-bin"), None);
    assert_eq!(received("a", b"AQ").get_bin("a"), None);
}

#[test]
fn names_that_may_not_be_set_are_refused_with_the_rule() {
    use MetadataRule::*;
    let cases = [
        ("", EmptyKey),
        ("grpc-timeout", ReservedForGrpc),
        ("GRPC-Anything", ReservedForGrpc),
        ("grpc-status-details-bin", ReservedForGrpc),
        (":path", ReservedForHttp),
        (":", ReservedForHttp),
        ("te", ReservedForHttp),
        ("TE", ReservedForHttp),
        ("connection", ReservedForHttp),
        ("keep-alive", ReservedForHttp),
        ("proxy-connection", ReservedForHttp),
        ("transfer-encoding", ReservedForHttp),
        ("upgrade", ReservedForHttp),
        ("content-type", ReservedForHttp),
        ("content-length", ReservedForHttp),
        ("user-agent", ReservedForHttp),
        ("host", ReservedForHttp),
        ("a b", KeyCharacter),
        ("a:b", KeyCharacter),
        ("é", KeyCharacter),
        ("a\n", KeyCharacter),
    ];
    let mut metadata = Metadata::new();
    for (key, rule) in cases {
        for error in [
            metadata.insert(key, "x").unwrap_err(),
            metadata.append(key, "x").unwrap_err(),
            metadata.insert_bin(key, b"x").unwrap_err(),
            metadata.append_bin(key, b"x").unwrap_err(),
        ] {
            assert_eq!((error.key(), error.rule()), (key, rule));
        }
    }
    assert_eq!(metadata.insert("a-bin", "x").unwrap_err().rule(), BinaryKey);
    assert_eq!(metadata.append("A-Bin", "x").unwrap_err().rule(), BinaryKey);
    assert_eq!(metadata.insert_bin("a", b"x").unwrap_err().rule(), AsciiKey);
    assert_eq!(metadata.append_bin("a", b"x").unwrap_err().rule(), AsciiKey);
    assert!(metadata.is_empty());
}

#[test]
fn values_that_may_not_be_sent_are_refused_and_change_nothing() {
    use MetadataRule::*;
    let mut metadata = Metadata::new();
    metadata.insert("a", "before").unwrap();
    let cases = [
        ("caf\u{e9}", ValueCharacter),
        ("a\tb", ValueCharacter),
        ("a\r\nb: c", ValueCharacter),
        ("\0", ValueCharacter),
        ("\u{7f}", ValueCharacter),
        (" a", ValueSpace),
        ("a ", ValueSpace),
        (" ", ValueSpace),
    ];
    for (value, rule) in cases {
        assert_eq!(metadata.insert("a", value).unwrap_err().rule(), rule, "{value:?}");
        assert_eq!(metadata.append("a", value).unwrap_err().rule(), rule, "{value:?}");
    }
    assert_eq!(metadata.get_all("a").collect::<Vec<_>>(), ["before"]);
}

#[test]
fn error_names_the_rule_and_the_key() {
    let error = Metadata::new().insert("Grpc-X", "x").unwrap_err();
    let text = "metadata name is reserved for gRPC (it begins with 'grpc-'): \"Grpc-X\"";
    assert_eq!(error.to_string(), text);
}

#[test]
fn secrets_stay_out_of_debug() {
    let mut metadata = Metadata::new();
    metadata.insert("authorization", "Bearer hunter2").unwrap();
    assert!(!format!("{metadata:?}").contains("hunter2"));
}

proptest! {
    #[test]
    fn whatever_can_be_set_is_well_formed_on_the_wire(key: String, value: String) {
        let mut metadata = Metadata::new();
        if metadata.insert(&key, &value).is_ok() {
            prop_assert_eq!(metadata.get(&key), Some(&*value));
            prop_assert_eq!(metadata.fields()[0].kind(), FieldKind::Metadata);
        }
    }

    #[test]
    fn likely_metadata_can_be_set(key in "x-[a-zA-Z0-9_.-]{0,20}[a-z]", value in "([!-~]([ -~]*[!-~])?)?") {
        prop_assume!(!key.ends_with("-bin"));
        let mut metadata = Metadata::new();
        metadata.insert(&key, &value).unwrap();
        prop_assert_eq!(metadata.get(&key), Some(&*value));
        prop_assert_eq!(metadata.fields()[0].kind(), FieldKind::Metadata);
    }

    #[test]
    fn bytes_come_back(first: Vec<u8>, second: Vec<u8>) {
        let mut metadata = Metadata::new();
        metadata.append_bin("a-bin", &first).unwrap();
        metadata.append_bin("a-bin", &second).unwrap();
        prop_assert_eq!(metadata.get_bin("a-bin"), Some(first.clone()));
        let joined = metadata.fields().iter().map(Field::value).collect::<Vec<_>>().join(&b","[..]);
        let joined: Vec<_> = received("a-bin", &joined).get_all_bin("a-bin").collect();
        prop_assert_eq!(joined, [first, second]);
    }

    #[test]
    fn nothing_received_panics(name: Vec<u8>, binary: bool, value: Vec<u8>) {
        let mut name = name;
        if binary {
            name.extend_from_slice(b"-bin");
        }
        let mut metadata = Metadata::new();
        metadata.push_field(Field::new(&name, &value));
        let key = String::from_utf8_lossy(&name);
        let _ = (metadata.get(&key), metadata.get_bin(&key), metadata.iter().count());
        let _ = format!("{metadata:?}");
    }
}
