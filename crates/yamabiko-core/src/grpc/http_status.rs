//! What a response means that ends without `grpc-status`: by its HTTP status or by its reset.

use super::Code;
use crate::frame::ErrorCode;

/// The code for a response that has no `grpc-status`, as one from a proxy in between
/// (grpc `doc/http-grpc-status-mapping.md`). For clients only; a 200 is UNKNOWN too.
pub const fn code_for_http_status(status: u16) -> Code {
    match status {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// The code for a call whose stream the peer reset (grpc `doc/PROTOCOL-HTTP2.md`, "HTTP2
/// Transport Mapping"). Only REFUSED_STREAM says that nothing was done, so that a retry is safe.
pub const fn code_for_reset(code: ErrorCode) -> Code {
    match code {
        ErrorCode::REFUSED_STREAM => Code::Unavailable,
        ErrorCode::CANCEL => Code::Cancelled,
        ErrorCode::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        ErrorCode::INADEQUATE_SECURITY => Code::PermissionDenied,
        // The specification lists the others here. STREAM_CLOSED and HTTP_1_1_REQUIRED have no
        // mapping there, and an unknown code may count as INTERNAL_ERROR (RFC 9113 §7).
        _ => Code::Internal,
    }
}
