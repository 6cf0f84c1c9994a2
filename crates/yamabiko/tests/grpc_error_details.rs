//! `grpc-status-details-bin` (grpc doc/PROTOCOL-HTTP2.md) and the messages of
//! `google/rpc/error_details.proto`. That Google's protobuf reads and writes
//! the same bytes is shown in `conformance/tests/error_details.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use yamabiko::buffa::Message;
use yamabiko::error_details::{
    BadRequest, DebugInfo, Detail, ErrorInfo, FieldViolation, Help, LocalizedMessage,
    PreconditionFailure, PreconditionViolation, QuotaFailure, QuotaViolation, RequestInfo,
    ResourceInfo, RetryInfo, StatusDetails,
};
use yamabiko::{Code, Status};

fn comes_back<D: Detail + Clone + PartialEq + std::fmt::Debug>(detail: &D) {
    let status = Status::not_found("none").with_detail(detail.clone());
    assert_eq!(status.detail::<D>().as_ref(), Some(detail));
    assert_eq!(D::decode(&detail.encode()).as_ref(), Some(detail));
}

#[test]
fn every_message_comes_back_as_it_was() {
    comes_back(&ErrorInfo::new("TOO_LONG", "hello.example").with("limit", "20").with("", ""));
    comes_back(&RetryInfo::after(Duration::new(5, 250_000_000)));
    comes_back(&RetryInfo::default());
    comes_back(&DebugInfo { stack_entries: vec!["a".into(), String::new()], detail: "d".into() });
    comes_back(&QuotaFailure {
        violations: vec![
            QuotaViolation {
                subject: "project:hello".into(),
                description: "greetings a day".into(),
                api_service: "hello.example".into(),
                quota_metric: "greetings".into(),
                quota_id: "PerDay".into(),
                quota_dimensions: BTreeMap::from([("region".into(), "山".into())]),
                quota_value: -1,
                future_quota_value: Some(0),
            },
            QuotaViolation::default(),
        ],
    });
    comes_back(&PreconditionFailure {
        violations: vec![PreconditionViolation {
            r#type: "TOS".into(),
            subject: "example.com".into(),
            description: "accept them".into(),
        }],
    });
    comes_back(&BadRequest {
        field_violations: vec![FieldViolation {
            field: "name".into(),
            description: "too long".into(),
            reason: "TOO_LONG".into(),
            localized_message: Some(LocalizedMessage::new("ja-JP", "長すぎます")),
        }],
    });
    comes_back(&RequestInfo { request_id: "7".into(), serving_data: "s".into() });
    comes_back(&ResourceInfo {
        resource_type: "book".into(),
        resource_name: "山彦".into(),
        owner: "me".into(),
        description: "lent".into(),
    });
    comes_back(&Help::link("the manual", "https://hello.example/"));
    comes_back(&LocalizedMessage::new("ja-JP", "長すぎます"));
}

#[test]
fn details_say_the_code_and_the_message_again_and_keep_their_order() {
    let status = Status::invalid_argument("short")
        .with_detail(RetryInfo::after(Duration::from_secs(1)))
        .with_detail(BadRequest::field("name", "too long").and_field("age", "negative"))
        .with_detail(RetryInfo::after(Duration::from_secs(2)));
    // google/rpc/status.proto: int32 code = 1; string message = 2; repeated Any details = 3.
    assert!(status.details().starts_with(b"\x08\x03\x12\x05short\x1a"), "{:?}", status.details());
    let all = status.all_details();
    let types: Vec<&str> = all.iter().map(|detail| detail.type_url.as_str()).collect();
    assert_eq!(
        types,
        [
            "type.googleapis.com/google.rpc.RetryInfo",
            "type.googleapis.com/google.rpc.BadRequest",
            "type.googleapis.com/google.rpc.RetryInfo"
        ]
    );
    let first = status.detail::<RetryInfo>().and_then(|retry| retry.retry_delay);
    assert_eq!(first, Some(Duration::from_secs(1)), "the first of its type");
    let last = all[2].unpack::<RetryInfo>().and_then(|retry| retry.retry_delay);
    assert_eq!(last, Some(Duration::from_secs(2)));
    assert_eq!(status.detail::<Help>(), None);
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "short"));
}

#[test]
fn a_generated_message_is_a_detail_too() {
    use buffa_types::google::protobuf::StringValue;

    let mine = StringValue { value: "mine".to_owned(), ..StringValue::default() };
    let status = Status::aborted("").with_detail(mine.clone());
    assert_eq!(status.all_details()[0].type_url, "type.googleapis.com/google.protobuf.StringValue");
    assert_eq!(status.all_details()[0].value, mine.encode_to_vec());
    assert_eq!(status.detail::<StringValue>(), Some(mine));
}

#[test]
fn what_a_peer_sends_wrongly_reads_as_absent() {
    let whole = Status::aborted("no").with_detail(ErrorInfo::new("R", "D").with("k", "v"));
    let whole = whole.details().to_vec();
    for length in 0..whole.len() {
        let status = Status::aborted("no").with_details(whole[..length].to_vec());
        if let Some(info) = status.detail::<ErrorInfo>() {
            panic!("{length} of {} bytes gave {info:?}", whole.len());
        }
    }
    for index in 0..whole.len() {
        for value in [0x00, 0x7f, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[index] = value;
            // Whatever it is, it does not panic and gives no more than there was.
            let status = Status::aborted("no").with_details(bytes);
            assert!(status.all_details().len() <= 2, "{index} {value}");
        }
    }
    assert!(Status::aborted("no").all_details().is_empty());
}

#[test]
fn fields_that_are_not_known_are_skipped() {
    let mut bytes = RetryInfo::after(Duration::from_secs(3)).encode();
    // Field 99, of each wire type that there is.
    bytes.extend(b"\x98\x06\x01\x9a\x06\x02ab\x99\x06\0\0\0\0\0\0\0\0\x9d\x06\0\0\0\0");
    let info = RetryInfo::decode(&bytes).expect("it can be read");
    assert_eq!(info.retry_delay, Some(Duration::from_secs(3)));
}

#[test]
fn a_delay_that_no_duration_can_say_is_no_delay() {
    // Duration { seconds: -5 }
    let bytes = b"\x0a\x0b\x08\xfb\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    let info = RetryInfo::decode(bytes).expect("it can be read");
    assert_eq!(info.retry_delay, Some(Duration::ZERO));
}
