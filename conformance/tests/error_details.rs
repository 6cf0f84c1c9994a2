//! The details of a status, beside what Google's protobuf makes of them: the
//! same bytes in both directions, between our server and grpcio's client and
//! the other way about.

use std::collections::BTreeMap;
use std::time::Duration;

use conformance::grpcio::{self, GrpcioServer};
use conformance::interop::*;
use yamabiko::error_details::{
    BadRequest, DebugInfo, ErrorInfo, FieldViolation, Help, LocalizedMessage, PreconditionFailure,
    PreconditionViolation, QuotaFailure, QuotaViolation, RequestInfo, ResourceInfo, RetryInfo,
    StatusDetails,
};
use yamabiko::{Channel, Code, Context, Server, Status};

/// What `grpcio/error_details.py` says.
fn everything() -> Status {
    let localized = LocalizedMessage::new("ja-JP", "長すぎます");
    Status::failed_precondition("all of them")
        .with_detail(ErrorInfo::new("TOO_LONG", "hello.example").with("limit", "20").with("山", ""))
        .with_detail(RetryInfo::after(Duration::from_millis(5250)))
        .with_detail(DebugInfo {
            stack_entries: vec!["inner".into(), String::new(), "outer".into()],
            detail: "by hand".into(),
        })
        .with_detail(QuotaFailure {
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
        })
        .with_detail(PreconditionFailure {
            violations: vec![PreconditionViolation {
                r#type: "TOS".into(),
                subject: "example.com".into(),
                description: "accept them".into(),
            }],
        })
        .with_detail(BadRequest {
            field_violations: vec![FieldViolation {
                field: "name".into(),
                description: "too long".into(),
                reason: "TOO_LONG".into(),
                localized_message: Some(localized.clone()),
            }],
        })
        .with_detail(RequestInfo { request_id: "7".into(), serving_data: "data".into() })
        .with_detail(ResourceInfo {
            resource_type: "book".into(),
            resource_name: "山彦".into(),
            owner: "me".into(),
            description: "lent".into(),
        })
        .with_detail(Help::link("the manual", "https://hello.example/"))
        .with_detail(localized)
}

#[tokio::test]
async fn grpcios_client_finds_the_bytes_that_googles_protobuf_writes() {
    struct Fails;

    impl yamabiko::Service for Fails {
        fn name(&self) -> &'static str {
            "interop.Interop"
        }

        fn register(&self, methods: &mut yamabiko::codegen::Methods) {
            methods.unary::<yamabiko::codegen::Buffa, HelloRequest, HelloReply, _, _>(
                "/interop.Interop/Hello",
                |_, _: Context| async { Err(everything()) },
            );
        }
    }

    let listening = Server::new().add(Fails).bind("127.0.0.1:0").await.expect("a free port");
    let address = listening.local_address().to_string();
    let _running = listening.start();
    grpcio::check_details(&address).await;
}

#[tokio::test]
async fn our_client_finds_what_grpcios_server_says() {
    let server = GrpcioServer::start_details().await;
    let client = InteropClient::new(Channel::connect(&server.address).await.expect("it listens"));
    let status = client.hello(HelloRequest::default()).await.expect_err("it fails");
    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, "all of them"));
    let expected = everything();
    assert_eq!(status.all_details(), expected.all_details());
    assert_eq!(status.details(), expected.details());
    assert_eq!(status.detail::<QuotaFailure>(), expected.detail::<QuotaFailure>());
    server.shut_down().await;
}
