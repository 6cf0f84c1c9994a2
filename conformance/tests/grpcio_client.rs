//! grpcio's client calls our server. Each test is a fact of the same name in
//! `grpcio/client.py`, which also says what it means.

use std::time::Duration;

use conformance::grpcio::{self, GrpcioServer, KeepCalling};
use conformance::service::Ours;
use yamabiko::Server;

/// Each fact holds for our server.
macro_rules! facts {
    ($($fact:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                let (_running, address) = Ours::default().start().await;
                grpcio::check(&address, &[stringify!($fact)]).await;
            }
        )*
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
    calls_over_the_limit_of_the_server_wait_their_turn
    metadata_passes_both_ways
    a_handler_sees_no_metadata_that_is_not_the_applications
    an_answer_brings_no_metadata_that_is_not_the_applications
    metadata_comes_with_an_error_too
    metadata_over_the_limit_ends_its_own_call_only
    every_code_arrives
    every_message_of_a_status_arrives
    the_details_of_a_status_arrive
    a_status_that_is_longer_than_the_client_takes_loses_of_its_message_only
    a_handler_that_raises_ends_its_own_call_only
    a_panic_is_internal
    an_unknown_method_is_unimplemented
    an_unknown_service_is_unimplemented
    a_unary_method_wants_one_request
    a_request_that_does_not_parse_is_internal
    a_compressed_request_is_answered
    a_bomb_is_not_inflated_beyond_the_limit
    a_deadline_ends_the_call_on_both_sides
    a_handler_knows_what_is_left_of_the_time
    a_cancelled_call_is_cancelled_on_both_sides
    many_calls_are_cancelled_and_the_connection_stays
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_wait_their_turn_at_a_server_that_takes_a_hundred() {
    let server = Server::new().max_concurrent_calls(100);
    let (_running, address) = Ours::default().start_on(server, "127.0.0.1:0").await;
    grpcio::check(&address, &["calls_over_the_limit_of_the_server_wait_their_turn"]).await;
}

/// So that the facts are gRPC's and not only ours.
#[tokio::test]
async fn the_facts_hold_for_grpcios_server_too() {
    let server = GrpcioServer::start(&[]).await;
    grpcio::check(&server.address, &[]).await;
    server.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_leaves_loses_no_call_and_the_client_goes_on_with_the_next() {
    let service = Ours::default();
    let (first, address) = service.start().await;
    let client = KeepCalling::start(&address);
    for _ in 0..3 {
        let before = service.begun();
        while service.begun() < before + 100 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    assert!(first.shut_down().await.is_clean(), "calls were cut");
    let before = service.begun();
    let (_second, _) = service.start_on(Server::new(), &address).await;
    while service.begun() < before + 100 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let answered = client.stop().await;
    assert_eq!(answered, service.begun(), "a call was begun and not answered, or begun twice");
}
