//! The content type of gRPC (grpc `doc/PROTOCOL-HTTP2.md`, "Content-Type").

use proptest::prelude::*;
use yamabiko_core::grpc::content_type::is_grpc;

#[test]
fn content_types_of_grpc_name_the_encoding() {
    let cases = [
        ("application/grpc", "proto"),
        ("application/grpc+proto", "proto"),
        ("application/grpc+json", "json"),
        ("application/grpc+thrift.v2", "thrift.v2"),
        ("application/grpc+", "proto"),
        ("application/grpc;charset=utf-8", "proto"),
        ("application/grpc ; charset=utf-8", "proto"),
        ("application/grpc+json;charset=utf-8", "json"),
        ("application/grpc+json ; charset=utf-8", "json"),
        ("Application/gRPC+proto", "proto"),
    ];
    for (value, subtype) in cases {
        assert_eq!(is_grpc(value.as_bytes()), Some(subtype.as_bytes()), "{value}");
    }
}

#[test]
fn other_content_types_are_not_grpc() {
    let cases = [
        "",
        "application",
        "application/grp",
        "application/grpcx",
        "application/grpc-web",
        "application/grpc-web+proto",
        "application/grpc-web-text",
        "application/grpc/proto",
        "application/grpc proto",
        "application/json",
        "application/proto",
        " application/grpc",
        "text/html; application/grpc",
    ];
    for value in cases {
        assert_eq!(is_grpc(value.as_bytes()), None, "{value}");
    }
}

proptest! {
    #[test]
    fn no_value_panics(prefix in "(application/grpc)?", rest: Vec<u8>) {
        let mut value = prefix.into_bytes();
        value.extend_from_slice(&rest);
        for end in 0..=value.len() {
            let _ = is_grpc(&value[..end]);
        }
    }
}
