//! What our client finds true of a server of `interop.proto`. Each function is
//! a fact, and panics where it is not so.

use std::collections::HashSet;
use std::future::IntoFuture;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use yamabiko::codegen::{Buffa, unary};
use yamabiko::{Call, Channel, Code, Metadata, Origin, Status};

use crate::interop::*;

/// How long a call may take that must succeed.
const WAIT: Duration = Duration::from_secs(20);
/// The largest message that gRPC receives unless it is told otherwise.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;
const WHITESPACE_AND_UNICODE: &str =
    "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

fn client(channel: &Channel) -> InteropClient {
    InteropClient::new(channel.clone())
}

fn hello(name: &str) -> HelloRequest {
    HelloRequest { name: name.to_owned(), ..Default::default() }
}

fn large(payload: usize, reply_size: usize) -> LargeRequest {
    let reply_size = u32::try_from(reply_size).expect("the facts ask for less");
    LargeRequest { payload: vec![0; payload], reply_size, ..Default::default() }
}

fn sleep(milliseconds: u32) -> SleepRequest {
    SleepRequest { milliseconds, ..Default::default() }
}

async fn failure<Res: std::fmt::Debug>(call: Call<Res>) -> Status {
    call.timeout(WAIT).await.expect_err("the call fails")
}

async fn observe(channel: &Channel) -> Observations {
    client(channel).observe(Nothing::default()).timeout(WAIT).await.expect("an answer")
}

/// Waits until what the server has seen is as it should be.
async fn eventually(channel: &Channel, holds: impl Fn(&Observations) -> bool) {
    let end = Instant::now() + WAIT;
    loop {
        let seen = observe(channel).await;
        if holds(&seen) {
            return;
        }
        assert!(Instant::now() < end, "the server has seen only this: {seen:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A greeting with letters that are not ASCII.
pub async fn a_greeting_is_answered(channel: Channel) {
    let reply = client(&channel).hello(hello("なんしー")).timeout(WAIT).await.expect("an answer");
    assert_eq!(reply.message, "こんにちは, なんしー");
}

/// A message of no bytes, both ways.
pub async fn an_empty_message_is_answered_by_one(channel: Channel) {
    let reply = client(&channel).empty(Nothing::default()).timeout(WAIT).await;
    assert_eq!(reply.expect("an answer"), Nothing::default());
}

/// Messages larger than a stream's window.
pub async fn large_messages_pass_both_ways(channel: Channel) {
    let reply = client(&channel).large(large(271_828, 314_159)).timeout(WAIT).await;
    assert_eq!(reply.expect("an answer").payload.len(), 314_159);
}

/// Messages that share the window of the connection.
pub async fn large_messages_of_many_calls_pass_at_once(channel: Channel) {
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        calls.spawn(client(&channel).large(large(271_828, 314_159)).timeout(WAIT).into_future());
    }
    for reply in calls.join_all().await {
        assert_eq!(reply.expect("an answer").payload.len(), 314_159);
    }
}

/// The limit of the server.
pub async fn a_message_of_4_mib_passes_up_and_a_longer_one_does_not(channel: Channel) {
    // Key and length of the payload take 5 bytes.
    let largest = client(&channel).large(large(MAX_MESSAGE - 5, 0)).timeout(WAIT).await;
    assert_eq!(largest.expect("an answer").payload.len(), 0);
    let status = failure(client(&channel).large(large(MAX_MESSAGE - 4, 0))).await;
    assert_eq!((status.code(), status.origin()), (Code::ResourceExhausted, Origin::Server));
    a_greeting_is_answered(channel).await;
}

/// Our own limit.
pub async fn a_message_of_4_mib_passes_down_and_a_longer_one_does_not(channel: Channel) {
    let largest = client(&channel).large(large(0, MAX_MESSAGE - 5)).timeout(WAIT).await;
    assert_eq!(largest.expect("an answer").payload.len(), MAX_MESSAGE - 5);
    let status = failure(client(&channel).large(large(0, MAX_MESSAGE - 4))).await;
    assert_eq!((status.code(), status.origin()), (Code::ResourceExhausted, Origin::Concluded));
    for number in [MAX_MESSAGE, MAX_MESSAGE + 1] {
        assert!(status.message().contains(&number.to_string()), "{status}");
    }
    a_greeting_is_answered(channel).await;
}

/// None of them is answered before all have arrived.
pub async fn a_thousand_calls_are_in_flight_on_one_connection(channel: Channel) {
    let mut calls = JoinSet::new();
    for _ in 0..1000 {
        let request = MeetRequest { calls: 1000, ..Default::default() };
        calls.spawn(client(&channel).meet(request).timeout(WAIT).into_future());
    }
    let replies = calls.join_all().await;
    let peers: HashSet<_> =
        replies.into_iter().map(|reply| reply.expect("an answer").peer).collect();
    assert_eq!(peers.len(), 1, "{peers:?}");
}

/// More calls than any server takes at once.
pub async fn calls_over_the_limit_of_the_server_wait_their_turn(channel: Channel) {
    let mut calls = JoinSet::new();
    for number in 0..3000 {
        let call = client(&channel).hello(hello(&number.to_string())).timeout(WAIT).into_future();
        calls.spawn(async move { (number, call.await) });
    }
    for (number, reply) in calls.join_all().await {
        assert_eq!(reply.expect("an answer").message, format!("こんにちは, {number}"));
    }
}

fn every_byte() -> Vec<u8> {
    (0..=255).collect()
}

fn sent() -> Metadata {
    let mut sent = Metadata::new();
    let punctuation =
        r##"printable ASCII, with: spaces = and "all" of !#$%&'()*+-./;<>?@[]^_`{|}~"##;
    for (key, value) in [
        ("head-text", punctuation),
        ("trail-text", "one"),
        ("trail-text", "two, of the same key"),
        ("other", "stays"),
        ("other.key_with-all-0123456789", "stays"),
    ] {
        sent.append(key, value).expect("it is valid");
    }
    for (key, value) in [
        ("head-bytes-bin", every_byte()),
        ("head-bytes-bin", vec![0]),
        ("trail-bytes-bin", every_byte().into_iter().rev().collect()),
        ("trail-bytes-bin", vec![]),
        ("head-long-bin", every_byte().repeat(16)),
    ] {
        sent.append_bin(key, &value).expect("it is valid");
    }
    sent
}

/// The entries whose keys begin with `prefix`: those of one key in their order.
fn entries(metadata: &Metadata, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let mut entries: Vec<_> = metadata
        .iter()
        .filter(|(key, _)| key.starts_with(prefix))
        .map(|(key, value)| (key.to_owned(), bytes(value)))
        .collect();
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    entries
}

/// The bytes of a binary value, the characters of another.
pub(crate) fn bytes(value: yamabiko::Value<'_>) -> Vec<u8> {
    match value {
        yamabiko::Value::Ascii(text) => text.as_bytes().to_vec(),
        yamabiko::Value::Binary(bytes) => bytes,
        other => panic!("not a valid value: {other:?}"),
    }
}

/// Text and bytes, keys that repeat, up, before the message and behind it.
pub async fn metadata_passes_both_ways(channel: Channel) {
    let call = client(&channel).echo_metadata(Nothing::default()).with_metadata(sent());
    let response = call.timeout(WAIT).response().await.expect("an answer");
    assert_eq!(entries(&response.headers, "head-"), entries(&sent(), "head-"));
    assert_eq!(entries(&response.trailers, "trail-"), entries(&sent(), "trail-"));
    let keys: HashSet<_> = entries(&sent(), "").into_iter().map(|(key, _)| key).collect();
    let seen = response.message.entries.into_iter();
    let seen = seen.filter(|entry| keys.contains(&entry.key));
    let mut seen: Vec<_> = seen.map(|entry| (entry.key, entry.value)).collect();
    seen.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert_eq!(seen, entries(&sent(), ""));
}

/// What HTTP/2 and gRPC need themselves is not for the application.
pub async fn a_handler_sees_no_metadata_that_is_not_the_applications(channel: Channel) {
    let call = client(&channel).echo_metadata(Nothing::default());
    let reply = call.timeout(WAIT).await.expect("an answer");
    let keys: Vec<_> = reply.entries.into_iter().map(|entry| entry.key).collect();
    assert_eq!(keys, ["user-agent"]);
}

/// The same for the way back.
pub async fn an_answer_brings_no_metadata_that_is_not_the_applications(channel: Channel) {
    let call = client(&channel).echo_metadata(Nothing::default());
    let response = call.timeout(WAIT).response().await.expect("an answer");
    assert_eq!(entries(&response.headers, ""), []);
    assert_eq!(entries(&response.trailers, ""), []);
}

/// A status has the trailing metadata of its call.
pub async fn metadata_comes_with_an_error_too(channel: Channel) {
    let request = FailWithRequest { code: 5, message: "gone".to_owned(), ..Default::default() };
    let status = failure(client(&channel).fail_with(request).with_metadata(sent())).await;
    assert_eq!((status.code(), status.message()), (Code::NotFound, "gone"));
    assert_eq!(entries(status.metadata(), "trail-"), entries(&sent(), "trail-"));
}

/// The server has a limit.
pub async fn metadata_over_the_limit_ends_its_own_call_only(channel: Channel) {
    let long = "x".repeat(20_000);
    let call = client(&channel).empty(Nothing::default()).metadata("long", &long);
    let status = failure(call.expect("it is valid")).await;
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    a_greeting_is_answered(channel).await;
}

/// We have a limit, which grpcio's server does not look at.
pub async fn a_status_over_the_limit_ends_its_own_call_only(channel: Channel) {
    let message = "x".repeat(20_000);
    let request = FailWithRequest { code: 5, message, ..Default::default() };
    let status = failure(client(&channel).fail_with(request)).await;
    assert_eq!((status.code(), status.origin()), (Code::ResourceExhausted, Origin::Concluded));
    a_greeting_is_answered(channel).await;
}

/// Our server does look at it.
pub async fn a_status_that_is_longer_than_the_client_takes_loses_of_its_message_only(
    channel: Channel,
) {
    let message = "x".repeat(20_000);
    let request = FailWithRequest { code: 5, message: message.clone(), ..Default::default() };
    let status = failure(client(&channel).fail_with(request)).await;
    assert_eq!((status.code(), status.origin()), (Code::NotFound, Origin::Server));
    assert!(status.message().len() > 1_000, "only {} bytes", status.message().len());
    assert!(message.starts_with(status.message()) && message != status.message());
    a_greeting_is_answered(channel).await;
}

/// All sixteen that are errors.
pub async fn every_code_arrives(channel: Channel) {
    for code in Code::all().filter(|code| *code != Code::Ok) {
        let message = code.name().to_owned();
        let request = FailWithRequest { code: code.number(), message, ..Default::default() };
        let status = failure(client(&channel).fail_with(request)).await;
        assert_eq!((status.code(), status.message()), (code, code.name()));
        assert_eq!(status.origin(), Origin::Server);
    }
}

/// Whatever letters it has.
pub async fn every_message_of_a_status_arrives(channel: Channel) {
    let percent = "100 %, %20 and %E3%81%93 stay as they are %";
    let long = "こ".repeat(800);
    let ascii: String = (0..128_u8).map(char::from).collect();
    for message in [WHITESPACE_AND_UNICODE, "", percent, &long, &ascii] {
        let request =
            FailWithRequest { code: 2, message: message.to_owned(), ..Default::default() };
        let status = failure(client(&channel).fail_with(request)).await;
        assert_eq!((status.code(), status.message()), (Code::Unknown, message));
    }
}

/// A `google.rpc.Status` need not be parsed on the way, so every byte will do.
pub async fn the_details_of_a_status_arrive(channel: Channel) {
    let details = every_byte();
    let request = FailWithRequest { code: 9, details, ..Default::default() };
    let status = failure(client(&channel).fail_with(request)).await;
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(status.details(), every_byte());
}

/// grpcio says UNKNOWN for an exception, we INTERNAL for a panic.
pub async fn a_handler_that_raises_ends_its_own_call_only(channel: Channel) {
    let other = tokio::spawn(client(&channel).sleep(sleep(200)).timeout(WAIT).into_future());
    let status = failure(client(&channel).raise(Nothing::default())).await;
    assert!(matches!(status.code(), Code::Unknown | Code::Internal), "{status}");
    other.await.expect("no panic here").expect("an answer");
}

/// Of a service that is there.
pub async fn an_unknown_method_is_unimplemented(channel: Channel) {
    let path = "/interop.Interop/Yodel";
    let status =
        failure(unary::<Buffa, Nothing, Nothing>(&channel, path, Nothing::default())).await;
    assert_eq!((status.code(), status.origin()), (Code::Unimplemented, Origin::Server));
}

/// Of a service that is not there.
pub async fn an_unknown_service_is_unimplemented(channel: Channel) {
    let path = "/interop.Alphorn/Hello";
    let status =
        failure(unary::<Buffa, Nothing, Nothing>(&channel, path, Nothing::default())).await;
    assert_eq!((status.code(), status.origin()), (Code::Unimplemented, Origin::Server));
}

/// The client says so at the time, and the server's handler is cancelled.
pub async fn a_deadline_ends_the_call_on_both_sides(channel: Channel) {
    let before = observe(&channel).await;
    let began = Instant::now();
    let call = client(&channel).sleep(sleep(60_000)).timeout(Duration::from_millis(300));
    let status = call.await.expect_err("the deadline passes");
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let took = began.elapsed().as_millis();
    assert!((250..5000).contains(&took), "{took} ms");
    eventually(&channel, |seen| seen.cancelled == before.cancelled + 1).await;
    let left = observe(&channel).await.milliseconds_left;
    assert!((1..=300).contains(&left), "{left} ms");
}

/// Also when it is months.
pub async fn a_handler_knows_what_is_left_of_the_time(channel: Channel) {
    for seconds in [2, 100, 100_000, 10_000_000] {
        let call = client(&channel).sleep(sleep(0)).timeout(Duration::from_secs(seconds));
        let reply = call.await.expect("an answer");
        assert!(reply.has_deadline);
        // Eight digits: the unit gets coarser with the time.
        let (least, most) = ((seconds - 2) * 1000, seconds * 1010 + 1000);
        assert!((least..most).contains(&reply.milliseconds_left), "{seconds} s: {reply:?}");
    }
    let reply = client(&channel).sleep(sleep(0)).await.expect("an answer");
    assert!(!reply.has_deadline);
}

/// Dropping a call cancels it.
pub async fn a_cancelled_call_is_cancelled_on_both_sides(channel: Channel) {
    let before = observe(&channel).await;
    let call = tokio::spawn(client(&channel).sleep(sleep(60_000)).into_future());
    eventually(&channel, |seen| seen.begun == before.begun + 1).await;
    call.abort();
    eventually(&channel, |seen| seen.cancelled == before.cancelled + 1).await;
}

/// Resets of calls that were well begun are not an attack.
pub async fn many_calls_are_cancelled_and_the_connection_stays(channel: Channel) {
    let before = observe(&channel).await;
    let mut calls = JoinSet::new();
    for _ in 0..900 {
        calls.spawn(client(&channel).sleep(sleep(60_000)).into_future());
    }
    eventually(&channel, |seen| seen.begun == before.begun + 900).await;
    calls.shutdown().await;
    eventually(&channel, |seen| seen.cancelled == before.cancelled + 900).await;
    a_greeting_is_answered(channel).await;
}
