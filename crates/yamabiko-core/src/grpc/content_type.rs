//! The content type of gRPC (grpc `doc/PROTOCOL-HTTP2.md`, "Content-Type").

/// The content type of a call whose messages are protobuf, as we send it.
pub const APPLICATION_GRPC: &[u8] = b"application/grpc";
/// The encoding of the messages when the content type does not name one.
pub const DEFAULT_SUBTYPE: &[u8] = b"proto";

/// For the content type of a gRPC call, the encoding of its messages (`proto`, `json`, …), as
/// written; `None` for every other content type, gRPC-Web among them, which a server answers with
/// HTTP status 415.
///
/// Media types are compared without case, and parameters are ignored (RFC 9110 §8.3.1).
#[inline]
pub fn is_grpc(value: &[u8]) -> Option<&[u8]> {
    if value == APPLICATION_GRPC {
        return Some(DEFAULT_SUBTYPE);
    }
    let (media_type, after) = value.split_at_checked(APPLICATION_GRPC.len())?;
    if !media_type.eq_ignore_ascii_case(APPLICATION_GRPC) {
        return None;
    }
    let end = after.iter().position(|&byte| byte == b';').unwrap_or(after.len());
    match after[..end].trim_ascii_end() {
        [] | [b'+'] => Some(DEFAULT_SUBTYPE),
        [b'+', subtype @ ..] => Some(subtype),
        _ => None,
    }
}
