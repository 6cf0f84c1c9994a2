//! Calls that end without `grpc-status` (grpc `doc/http-grpc-status-mapping.md` and
//! `doc/PROTOCOL-HTTP2.md`, "HTTP2 Transport Mapping").

use yamabiko_core::frame::ErrorCode;
use yamabiko_core::grpc::{Code, code_for_http_status, code_for_reset};

#[test]
fn http_statuses_have_the_codes_of_the_table_and_the_others_unknown() {
    for status in 0..=999 {
        let expected = match status {
            400 => Code::Internal,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            404 => Code::Unimplemented,
            429 | 502 | 503 | 504 => Code::Unavailable,
            _ => Code::Unknown,
        };
        assert_eq!(code_for_http_status(status), expected, "{status}");
    }
}

#[test]
fn resets_have_the_codes_of_the_table() {
    let cases = [
        (ErrorCode::NO_ERROR, Code::Internal),
        (ErrorCode::PROTOCOL_ERROR, Code::Internal),
        (ErrorCode::INTERNAL_ERROR, Code::Internal),
        (ErrorCode::FLOW_CONTROL_ERROR, Code::Internal),
        (ErrorCode::SETTINGS_TIMEOUT, Code::Internal),
        (ErrorCode::FRAME_SIZE_ERROR, Code::Internal),
        (ErrorCode::REFUSED_STREAM, Code::Unavailable),
        (ErrorCode::CANCEL, Code::Cancelled),
        (ErrorCode::COMPRESSION_ERROR, Code::Internal),
        (ErrorCode::CONNECT_ERROR, Code::Internal),
        (ErrorCode::ENHANCE_YOUR_CALM, Code::ResourceExhausted),
        (ErrorCode::INADEQUATE_SECURITY, Code::PermissionDenied),
    ];
    for (error, code) in cases {
        assert_eq!(code_for_reset(error), code, "{error}");
    }
}

#[test]
fn resets_without_a_mapping_are_internal() {
    for error in [ErrorCode::STREAM_CLOSED, ErrorCode::HTTP_1_1_REQUIRED, ErrorCode(0xffff)] {
        assert_eq!(code_for_reset(error), Code::Internal, "{error}");
    }
}
