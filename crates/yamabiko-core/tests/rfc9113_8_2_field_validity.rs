//! RFC 9113 §8.2: which fields are malformed, which belong to a connection, and which kind the
//! others are.
use yamabiko_core::field::{Field, FieldKind, FieldRef, is_sensitive};

fn kind(name: &[u8], value: &[u8]) -> FieldKind {
    FieldKind::classify(name, value)
}

#[test]
fn known_names_have_kinds() {
    let known = [
        (":method", FieldKind::Method),
        (":scheme", FieldKind::Scheme),
        (":authority", FieldKind::Authority),
        (":path", FieldKind::Path),
        (":status", FieldKind::Status),
        (":protocol", FieldKind::UnknownPseudo),
        (":", FieldKind::UnknownPseudo),
        ("content-type", FieldKind::ContentType),
        ("user-agent", FieldKind::UserAgent),
        ("content-length", FieldKind::ContentLength),
        ("grpc-timeout", FieldKind::GrpcTimeout),
        ("grpc-encoding", FieldKind::GrpcEncoding),
        ("grpc-accept-encoding", FieldKind::GrpcAcceptEncoding),
        ("grpc-status", FieldKind::GrpcStatus),
        ("grpc-message", FieldKind::GrpcMessage),
        ("grpc-status-details-bin", FieldKind::GrpcStatusDetails),
        ("connection", FieldKind::ConnectionSpecific),
        ("keep-alive", FieldKind::ConnectionSpecific),
        ("proxy-connection", FieldKind::ConnectionSpecific),
        ("transfer-encoding", FieldKind::ConnectionSpecific),
        ("upgrade", FieldKind::ConnectionSpecific),
        ("host", FieldKind::Metadata),
        ("x-request-id", FieldKind::Metadata),
        ("grpc-statu", FieldKind::Metadata),
        ("trace-bin", FieldKind::Metadata),
    ];
    for (name, expected) in known {
        assert_eq!(kind(name.as_bytes(), b"value"), expected, "{name}");
        assert_eq!(kind(name.as_bytes(), b""), expected, "{name}");
    }
}

#[test]
fn te_may_only_be_trailers() {
    assert_eq!(kind(b"te", b"trailers"), FieldKind::Te);
    assert_eq!(kind(b"te", b"Trailers"), FieldKind::Te);
    for value in ["", "gzip", "trailer", "trailers2", "trailers, gzip"] {
        assert_eq!(kind(b"te", value.as_bytes()), FieldKind::ConnectionSpecific, "{value}");
    }
}

#[test]
fn a_name_is_neither_empty_nor_upper_case_nor_binary() {
    assert_eq!(kind(b"", b"value"), FieldKind::Malformed);
    for octet in 0..=u8::MAX {
        let allowed = !matches!(octet, 0..=0x20 | b'A'..=b'Z' | b':' | 0x7f..);
        for name in [[b'a', octet, b'b'], [b'a', b'b', octet], [b':', octet, b'b']] {
            let malformed = kind(&name, b"value") == FieldKind::Malformed;
            assert_eq!(malformed, !allowed, "{}", name.escape_ascii());
        }
    }
}

#[test]
fn a_value_has_no_line_ends_or_nul() {
    for octet in 0..=u8::MAX {
        let forbidden = matches!(octet, 0 | b'\n' | b'\r');
        let expected = if forbidden { FieldKind::Malformed } else { FieldKind::Metadata };
        assert_eq!(kind(b"a", &[b'1', octet, b'2']), expected, "{octet:#x}");
        let expected = if forbidden { FieldKind::Malformed } else { FieldKind::Path };
        assert_eq!(kind(b":path", &[b'/', octet, b'2']), expected, "{octet:#x}");
    }
}

#[test]
fn a_value_may_begin_and_end_with_space_as_grpc_message_does() {
    for value in [" ", "\t", " a", "a ", "\ta", "a\t"] {
        assert_eq!(kind(b"a", value.as_bytes()), FieldKind::Metadata, "{value:?}");
        assert_eq!(kind(b"grpc-message", value.as_bytes()), FieldKind::GrpcMessage, "{value:?}");
    }
    assert_eq!(kind(b"a", b"a b\tc"), FieldKind::Metadata);
    assert_eq!(kind(b"a", b""), FieldKind::Metadata);
}

#[test]
fn a_field_owns_what_it_was_made_of() {
    let field = Field::new(b"grpc-timeout", b"1S");
    assert_eq!(field.name(), b"grpc-timeout");
    assert_eq!(field.value(), b"1S");
    assert_eq!(field.kind(), FieldKind::GrpcTimeout);
    assert_eq!(field.size(), 12 + 2 + 32);
    assert_eq!(field, FieldRef::new(b"grpc-timeout", b"1S").to_field());
    assert_ne!(field, Field::new(b"grpc-timeout1", b"S"));
    assert_eq!(field.as_field_ref().size(), field.size());
}

#[test]
fn a_field_of_the_table_is_shared_not_copied() {
    let field = Field::new(b"name", b"value");
    let shared = field.as_field_ref().to_field();
    assert_eq!(shared.name().as_ptr(), field.name().as_ptr());
}

#[test]
fn a_secret_stays_out_of_debug() {
    assert_eq!(format!("{:?}", Field::new(b"a", b"1\xff")), "a: 1\\xff");
    for name in ["authorization", "proxy-authorization", "cookie", "set-cookie"] {
        assert!(is_sensitive(name.as_bytes()));
        let shown = format!("{:?}", Field::new(name.as_bytes(), b"Bearer abc"));
        assert!(!shown.contains("abc"), "{shown}");
    }
}
