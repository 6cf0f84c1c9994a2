//! Our client calls grpcio's server. Each test is a fact of the same name in
//! `conformance::facts`, which also says what it means.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use conformance::facts;
use conformance::grpcio::GrpcioServer;
use conformance::interop::*;
use conformance::service::Ours;
use yamabiko::codegen::{Buffa, unary};
use yamabiko::{Channel, Code, Encoding, Origin, Server, Status};

/// Each fact holds for grpcio's server, and for ours.
macro_rules! facts {
    ($($fact:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                let server = GrpcioServer::start(&[]).await;
                let channel = Channel::connect(&server.address).await.expect("it listens");
                facts::$fact(channel).await;
                server.shut_down().await;
            }
        )*

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn the_facts_hold_for_our_server_too() {
            let (_running, address) = Ours::default().start().await;
            $(facts::$fact(Channel::connect(&address).await.expect("it listens")).await;)*
        }
    };
}

facts! {
    a_greeting_is_answered
    an_empty_message_is_answered_by_one
    large_messages_pass_both_ways
    large_messages_of_many_calls_pass_at_once
    a_message_of_4_mib_passes_up_and_a_longer_one_does_not
    a_message_of_4_mib_passes_down_and_a_longer_one_does_not
    a_thousand_calls_are_in_flight_on_one_connection
    metadata_passes_both_ways
    a_handler_sees_no_metadata_that_is_not_the_applications
    an_answer_brings_no_metadata_that_is_not_the_applications
    metadata_comes_with_an_error_too
    metadata_over_the_limit_ends_its_own_call_only
    every_code_arrives
    every_message_of_a_status_arrives
    the_details_of_a_status_arrive
    a_handler_that_raises_ends_its_own_call_only
    an_unknown_method_is_unimplemented
    an_unknown_service_is_unimplemented
    a_deadline_ends_the_call_on_both_sides
    a_handler_knows_what_is_left_of_the_time
    a_cancelled_call_is_cancelled_on_both_sides
    many_calls_are_cancelled_and_the_connection_stays
}

/// grpcio's server refuses streams that are within its limit, which it counts late (and has a
/// second limit of its own on calls that wait), so this is a fact of our server alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_over_the_limit_of_our_server_wait_their_turn() {
    let server = Server::new().max_concurrent_calls(100);
    let (_running, address) = Ours::default().start_on(server, "127.0.0.1:0").await;
    let channel = Channel::connect(&address).await.expect("it listens");
    facts::calls_over_the_limit_of_the_server_wait_their_turn(channel).await;
}

/// Where grpcio's server sends more than we take.
#[tokio::test]
async fn a_status_over_the_limit_ends_its_own_call_only() {
    let server = GrpcioServer::start(&[]).await;
    let channel = Channel::connect(&server.address).await.expect("it listens");
    facts::a_status_over_the_limit_ends_its_own_call_only(channel).await;
    server.shut_down().await;
}

/// Ours sends no more than is taken.
#[tokio::test]
async fn a_status_that_is_longer_than_the_client_takes_loses_of_its_message_only() {
    let (_running, address) = Ours::default().start().await;
    let channel = Channel::connect(&address).await.expect("it listens");
    facts::a_status_that_is_longer_than_the_client_takes_loses_of_its_message_only(channel).await;
}

#[tokio::test]
async fn compressed_messages_pass_both_ways() {
    let server = GrpcioServer::start(&["--gzip"]).await;
    let builder = Channel::builder(&server.address).compression(Encoding::Deflate);
    let client = InteropClient::new(builder.connect().await.expect("it listens"));
    let name = "なんしー".repeat(1000);
    let request = HelloRequest { name: name.clone(), ..Default::default() };
    let response = client.hello(request).response().await.expect("an answer");
    assert_eq!(response.message.message, format!("こんにちは, {name}"));
    assert!(response.compressed);
    server.shut_down().await;
}

/// grpcio's server does not ask what a client understands.
#[tokio::test]
async fn a_response_that_is_compressed_all_the_same_is_internal() {
    let server = GrpcioServer::start(&["--gzip"]).await;
    let builder = Channel::builder(&server.address).accept_compression([]);
    let client = InteropClient::new(builder.connect().await.expect("it listens"));
    let request = HelloRequest { name: "なんしー".repeat(1000), ..Default::default() };
    let status = client.hello(request).await.expect_err("nobody understands it");
    assert_eq!((status.code(), status.origin()), (Code::Internal, Origin::Concluded));
    assert!(status.message().contains("gzip"), "{status}");
    server.shut_down().await;
}

/// As statuscodes.md says of a "response cardinality violation".
#[tokio::test]
async fn a_response_of_none_or_two_messages_is_unimplemented() {
    for path in ["/interop.Wrong/Nothing", "/interop.Wrong/Twice"] {
        let status = wrong_answer(&[], path).await;
        assert_eq!((status.code(), status.origin()), (Code::Unimplemented, Origin::Concluded));
    }
}

/// As statuscodes.md says.
#[tokio::test]
async fn a_response_that_does_not_parse_is_internal() {
    let status = wrong_answer(&[], "/interop.Wrong/Garbage").await;
    assert_eq!((status.code(), status.origin()), (Code::Internal, Origin::Concluded));
}

/// How a call ends that grpcio's server answers with the wrong messages.
async fn wrong_answer(arguments: &[&str], path: &'static str) -> Status {
    let server = GrpcioServer::start(arguments).await;
    let channel = Channel::connect(&server.address).await.expect("it listens");
    let call = unary::<Buffa, Nothing, HelloReply>(&channel, path, Nothing::default());
    let status = call.await.expect_err("one message is expected");
    server.shut_down().await;
    status
}

/// No call but those to which grpcio's server itself says CANCELLED: that is what it does with
/// calls that were under way when it began to leave.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_leaves_costs_no_call_and_the_client_goes_on_with_the_next() {
    let first = GrpcioServer::start(&[]).await;
    let address = first.address.clone();
    let channel = Channel::connect(&address).await.expect("it listens");
    let load = Load::start(channel);
    load.wait_for(200).await;
    first.shut_down().await;
    let port = address.rsplit(':').next().expect("it has a port");
    let second = GrpcioServer::start(&["--port", port]).await;
    load.wait_for(200).await;
    load.stop().await;
    second.shut_down().await;
}

/// Without patience, calls fail at once while there is no server, and succeed when there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_finds_the_server_that_comes_later() {
    let first = GrpcioServer::start(&[]).await;
    let address = first.address.clone();
    let channel = Channel::connect(&address).await.expect("it listens");
    drop(first);
    let end = Instant::now() + Duration::from_secs(20);
    let status = loop {
        let hello = InteropClient::new(channel.clone()).hello(HelloRequest::default());
        match hello.await {
            Err(status) => break status,
            Ok(_) => assert!(Instant::now() < end, "the server is still there"),
        }
    };
    assert_eq!((status.code(), status.origin()), (Code::Unavailable, Origin::Concluded));
    assert!(status.message().contains(&address), "{status}");
    let port = address.rsplit(':').next().expect("it has a port");
    let second = GrpcioServer::start(&["--port", port]).await;
    while InteropClient::new(channel.clone()).hello(HelloRequest::default()).await.is_err() {
        assert!(Instant::now() < end, "the new server is not found");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    second.shut_down().await;
}

/// Our client, calling without a pause.
struct Load {
    over: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    callers: tokio::task::JoinSet<Result<(), Status>>,
}

impl Load {
    /// Four callers, of which every other call takes its time.
    fn start(channel: Channel) -> Self {
        let (over, answered) = <(Arc<AtomicBool>, Arc<AtomicU64>)>::default();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let client = InteropClient::new(channel.clone());
            let (over, answered) = (Arc::clone(&over), Arc::clone(&answered));
            callers.spawn(async move {
                while !over.load(SeqCst) {
                    said(client.hello(HelloRequest::default()).wait_for_ready().await)?;
                    let request = SleepRequest { milliseconds: 30, ..Default::default() };
                    said(client.sleep(request).wait_for_ready().await)?;
                    answered.fetch_add(2, SeqCst);
                }
                Ok(())
            });
        }
        Load { over, answered, callers }
    }

    async fn wait_for(&self, more: u64) {
        let before = self.answered.load(SeqCst);
        let end = Instant::now() + Duration::from_secs(20);
        while self.answered.load(SeqCst) < before + more {
            assert!(Instant::now() < end, "no calls are answered");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn stop(self) {
        self.over.store(true, SeqCst);
        for outcome in self.callers.join_all().await {
            outcome.expect("no call fails");
        }
    }
}

/// Whether the server has answered the call: with a message, or that it is leaving.
fn said<Res>(outcome: Result<Res, Status>) -> Result<(), Status> {
    match outcome {
        Err(status) if status.code() == Code::Cancelled && status.origin() == Origin::Server => {
            Ok(())
        }
        outcome => outcome.map(drop),
    }
}
