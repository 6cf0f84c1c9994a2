//! What our client does with a server of the standard cases. Each public
//! function but [`run`] is a case, and panics where it fails.
//!
//! This is our client on tokio. build.rs makes the one on plain threads of the
//! same text, without `async` and `await`.

use std::time::Duration;

use yamabiko::codegen::Buffa;
use yamabiko::{Code, Encoding, Metadata, Origin, Status, Value};

use super::on_tokio::{Peer, Streaming, all_of, at_once, channel, meanwhile, unary};
use super::{ECHO_INITIAL, ECHO_TRAILING};
use crate::testing::*;

const LARGE_REQUEST: usize = 271_828;
const LARGE_RESPONSE: usize = 314_159;
const REQUEST_SIZES: [usize; 4] = [27_182, 8, 1_828, 45_904];
const RESPONSE_SIZES: [usize; 4] = [31_415, 9, 2_653, 58_979];
const SPECIAL_MESSAGE: &str = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
/// How long a call may take that is to succeed.
const WAIT: Duration = Duration::from_secs(30);
/// The same for a thousand large ones at once.
const WAIT_FOR_MANY: Duration = Duration::from_secs(120);
/// Calls of a soak, and how long each of them may take.
const SOAK_CALLS: usize = 10;
const SOAK_WAIT: Duration = Duration::from_secs(5);

/// Lists the cases: by name for the command line.
macro_rules! cases {
    ($($name:ident)*) => {
        /// The names of all cases.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// Runs the case of this name.
        ///
        /// # Panics
        /// Where the case fails, and when there is none of this name.
        pub async fn run(name: &str, peer: &Peer) {
            match name {
                $(stringify!($name) => $name(peer).await,)*
                _ => panic!("no such case: {name}"),
            }
        }
    };
}

cases! {
    empty_unary
    cacheable_unary
    large_unary
    client_compressed_unary
    server_compressed_unary
    concurrent_large_unary
    pick_first_unary
    client_streaming
    client_compressed_streaming
    server_streaming
    server_compressed_streaming
    ping_pong
    empty_stream
    custom_metadata
    status_code_and_message
    special_status_message
    unimplemented_method
    unimplemented_service
    cancel_after_begin
    cancel_after_first_response
    timeout_on_sleeping_server
    rpc_soak
    channel_soak
}

/// A message of no bytes, both ways.
pub async fn empty_unary(peer: &Peer) {
    let answer = peer.client().empty_call(Empty::default()).timeout(WAIT).await;
    assert_eq!(answer.expect("an answer"), Empty::default());
}

/// Two equal requests have one answer, out of a cache. gRPC has given up GET, so the cache is the
/// server's own.
pub async fn cacheable_unary(peer: &Peer) {
    let mut bodies = Vec::new();
    let now = format!("{:?}", std::time::SystemTime::now());
    for _ in 0..2 {
        let payload = Payload { body: now.clone().into_bytes(), ..Default::default() };
        let request = SimpleRequest { payload: payload.into(), ..Default::default() };
        let call = peer.client().cacheable_unary_call(request).metadata("x-user-ip", "1.2.3.4");
        let answer = call.expect("it is valid").timeout(WAIT).await.expect("an answer");
        bodies.push(answer.payload.body.clone());
    }
    assert!(!bodies[0].is_empty(), "there is no time in the answer");
    assert_eq!(bodies[0], bodies[1]);
}

/// Messages larger than a stream's window.
pub async fn large_unary(peer: &Peer) {
    let answer = peer.client().unary_call(large()).timeout(WAIT).await;
    is_large(&answer.expect("an answer"));
}

/// A request that came as it was asked for, and one that did not.
pub async fn client_compressed_unary(peer: &Peer) {
    let expecting =
        |compressed| SimpleRequest { expect_compressed: flag(compressed).into(), ..large() };
    let lie = peer.client().unary_call(expecting(true)).timeout(WAIT).await;
    assert_eq!(lie.expect_err("it was not compressed").code(), Code::InvalidArgument);
    for encoding in [Some(Encoding::Gzip), None] {
        let request = expecting(encoding.is_some());
        let call = peer.client().unary_call(request).compression(encoding);
        is_large(&call.timeout(WAIT).await.expect("an answer"));
    }
}

/// A response that comes as it was asked for.
pub async fn server_compressed_unary(peer: &Peer) {
    for compressed in [true, false] {
        let request = SimpleRequest { response_compressed: flag(compressed).into(), ..large() };
        let answer = peer.client().unary_call(request).timeout(WAIT).response().await;
        let answer = answer.expect("an answer");
        is_large(&answer.message);
        assert_eq!(answer.compressed, compressed);
    }
}

/// A thousand of them at once on one connection.
pub async fn concurrent_large_unary(peer: &Peer) {
    let call = |_| peer.client().unary_call(large()).timeout(WAIT_FOR_MANY);
    for answer in at_once((0..1000).map(call)).await {
        is_large(&answer.expect("an answer"));
    }
}

/// All calls of a channel go to one server.
pub async fn pick_first_unary(peer: &Peer) {
    let mut ids = Vec::new();
    for _ in 0..20 {
        let request = SimpleRequest { fill_server_id: true, ..Default::default() };
        let answer = peer.client().unary_call(request).timeout(WAIT).await;
        ids.push(answer.expect("an answer").server_id);
    }
    assert!(!ids[0].is_empty(), "the server says no id");
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

/// Four requests, one response.
pub async fn client_streaming(peer: &Peer) {
    let request =
        |size| StreamingInputCallRequest { payload: zeros(size).into(), ..Default::default() };
    let requests = all_of(REQUEST_SIZES.map(request));
    let answer = peer.client().streaming_input_call(requests).timeout(WAIT).await;
    let sum: usize = REQUEST_SIZES.into_iter().sum();
    assert_eq!(answer.expect("an answer").aggregated_payload_size, sum as i32);
}

/// A stream of requests of which one is compressed, and one whose first is not and should be.
pub async fn client_compressed_streaming(peer: &Peer) {
    let request = |size, compressed| StreamingInputCallRequest {
        payload: zeros(size).into(),
        expect_compressed: flag(compressed).into(),
        ..Default::default()
    };
    let lie = all_of([request(27_182, true)]);
    let answer = peer.client().streaming_input_call(lie).timeout(WAIT).await;
    assert_eq!(answer.expect_err("it was not compressed").code(), Code::InvalidArgument);

    // They wait until the call has been made.
    let (mut requests, stream) = channel();
    requests.send(request(27_182, true)).await.expect("there is room");
    requests.send_uncompressed(request(45_904, false)).await.expect("there is room");
    drop(requests);
    let call = peer.client().streaming_input_call(stream).compression(Encoding::Gzip);
    let answer = call.timeout(WAIT).await.expect("an answer");
    assert_eq!(answer.aggregated_payload_size, 27_182 + 45_904);
}

/// One request, four responses.
pub async fn server_streaming(peer: &Peer) {
    let parameters = RESPONSE_SIZES.into_iter().map(parameters).collect();
    let request =
        StreamingOutputCallRequest { response_parameters: parameters, ..Default::default() };
    let responses = peer.client().streaming_output_call(request).timeout(WAIT).await;
    let mut responses = responses.expect("the call is made");
    for size in RESPONSE_SIZES {
        is_zeros(next(&mut responses).await.as_ref(), size);
    }
    assert_eq!(next(&mut responses).await, None);
}

/// A stream of responses of which one is compressed.
pub async fn server_compressed_streaming(peer: &Peer) {
    let wanted = [(31_415, true), (92_653, false)];
    let asked = |(size, compressed)| ResponseParameters {
        compressed: flag(compressed).into(),
        ..parameters(size)
    };
    let response_parameters = wanted.into_iter().map(asked).collect();
    let request = StreamingOutputCallRequest { response_parameters, ..Default::default() };
    let responses = peer.client().streaming_output_call(request).timeout(WAIT).await;
    let mut responses = responses.expect("the call is made");
    for (size, compressed) in wanted {
        is_zeros(next(&mut responses).await.as_ref(), size);
        assert_eq!(responses.came_compressed(), compressed, "the response of {size} bytes");
    }
    assert_eq!(next(&mut responses).await, None);
}

/// The next request is sent when the response to the one before has come.
pub async fn ping_pong(peer: &Peer) {
    let (mut requests, stream) = channel();
    let responses = peer.client().full_duplex_call(stream).timeout(WAIT).await;
    let mut responses = responses.expect("the call is made");
    for (request, response) in REQUEST_SIZES.into_iter().zip(RESPONSE_SIZES) {
        requests.send(asking(Some(response), request)).await.expect("the call goes on");
        is_zeros(next(&mut responses).await.as_ref(), response);
    }
    drop(requests);
    assert_eq!(next(&mut responses).await, None);
}

/// No message in either direction.
pub async fn empty_stream(peer: &Peer) {
    let none = all_of([]);
    let responses = peer.client().full_duplex_call(none).timeout(WAIT).await;
    assert_eq!(next(&mut responses.expect("the call is made")).await, None);
}

/// Up as headers, down as headers and as trailers; of a unary call and of a stream.
pub async fn custom_metadata(peer: &Peer) {
    let mut sent = Metadata::new();
    sent.append(ECHO_INITIAL, "test_initial_metadata_value").expect("it is valid");
    sent.append_bin(ECHO_TRAILING, &[0xab; 3]).expect("it is valid");

    let call = peer.client().unary_call(large()).with_metadata(sent.clone());
    let response = call.timeout(WAIT).response().await.expect("an answer");
    is_large(&response.message);
    has_echoes(&response.headers, &response.trailers);

    let requests = all_of([asking(Some(LARGE_RESPONSE), LARGE_REQUEST)]);
    let call = peer.client().full_duplex_call(requests).with_metadata(sent);
    let mut responses = call.timeout(WAIT).await.expect("the call is made");
    let headers = responses.headers().await.expect("the server has headers").clone();
    is_zeros(next(&mut responses).await.as_ref(), LARGE_RESPONSE);
    assert_eq!(next(&mut responses).await, None);
    has_echoes(&headers, responses.trailers());
}

/// Of a unary call, and of a stream whose client has nothing more to say.
pub async fn status_code_and_message(peer: &Peer) {
    let wanted =
        EchoStatus { code: 2, message: "test status message".into(), ..Default::default() };
    let request = SimpleRequest { response_status: wanted.clone().into(), ..Default::default() };
    let unary = peer.client().unary_call(request).timeout(WAIT).await;

    let request =
        StreamingOutputCallRequest { response_status: wanted.into(), ..Default::default() };
    let requests = all_of([request]);
    let responses = peer.client().full_duplex_call(requests).timeout(WAIT).await;
    let stream = responses.expect("the call is made").message().await;

    for status in [unary.expect_err("it fails"), stream.expect_err("it fails")] {
        assert_eq!((status.code(), status.message()), (Code::Unknown, "test status message"));
    }
}

/// Letters that must be escaped on the wire.
pub async fn special_status_message(peer: &Peer) {
    let wanted = EchoStatus { code: 2, message: SPECIAL_MESSAGE.into(), ..Default::default() };
    let request = SimpleRequest { response_status: wanted.into(), ..Default::default() };
    let answer = peer.client().unary_call(request).timeout(WAIT).await;
    let status = answer.expect_err("it fails");
    assert_eq!((status.code(), status.message()), (Code::Unknown, SPECIAL_MESSAGE));
}

/// Of a service that is there.
pub async fn unimplemented_method(peer: &Peer) {
    let path = "/grpc.testing.TestService/UnimplementedCall";
    let call = unary::<Buffa, Empty, Empty>(&peer.channel, path, Empty::default());
    let status = call.timeout(WAIT).await.expect_err("it fails");
    assert_eq!(status.code(), Code::Unimplemented);
}

/// Of a service that is not there.
pub async fn unimplemented_service(peer: &Peer) {
    let call = peer.unimplemented().unimplemented_call(Empty::default()).timeout(WAIT);
    assert_eq!(call.await.expect_err("it fails").code(), Code::Unimplemented);
}

/// Before anything was sent but the head.
pub async fn cancel_after_begin(peer: &Peer) {
    let (requests, stream) = channel();
    let call = peer.client().streaming_input_call(stream).timeout(WAIT);
    let cancel = || requests.fail(Status::cancelled("it is not needed any more"));
    let status = meanwhile(call, cancel).await.expect_err("the call was cancelled");
    assert_eq!((status.code(), status.origin()), (Code::Cancelled, Origin::Application));
    empty_unary(peer).await;
}

/// While the server waits for the next request.
pub async fn cancel_after_first_response(peer: &Peer) {
    let (mut requests, stream) = channel();
    let responses = peer.client().full_duplex_call(stream).timeout(WAIT).await;
    let mut responses = responses.expect("the call is made");
    requests.send(asking(Some(31_415), 27_182)).await.expect("the call goes on");
    is_zeros(next(&mut responses).await.as_ref(), 31_415);
    responses.cancel();
    let status = responses.message().await.expect_err("the call was cancelled");
    assert_eq!((status.code(), status.origin()), (Code::Cancelled, Origin::Application));
    empty_unary(peer).await;
}

/// The server waits for more requests, of which there are none, and not for the end of them.
pub async fn timeout_on_sleeping_server(peer: &Peer) {
    let (mut requests, stream) = channel();
    requests.send(asking(None, 27_182)).await.expect("there is room");
    let call = peer.client().full_duplex_call(stream).timeout(Duration::from_millis(1));
    let status = match call.await {
        Ok(mut responses) => responses.message().await.expect_err("the time is up"),
        Err(status) => status,
    };
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

/// One large call after the other.
pub async fn rpc_soak(peer: &Peer) {
    for _ in 0..SOAK_CALLS {
        let answer = peer.client().unary_call(large()).timeout(SOAK_WAIT).await;
        is_large(&answer.expect("an answer"));
    }
}

/// The same, each on a connection of its own.
pub async fn channel_soak(peer: &Peer) {
    for _ in 0..SOAK_CALLS {
        let peer = peer.target.connect().await.expect("the server listens");
        let answer = peer.client().unary_call(large()).timeout(SOAK_WAIT).await;
        is_large(&answer.expect("an answer"));
    }
}

fn zeros(size: usize) -> Payload {
    Payload { body: vec![0; size], ..Default::default() }
}

fn large() -> SimpleRequest {
    SimpleRequest {
        response_size: LARGE_RESPONSE as i32,
        payload: zeros(LARGE_REQUEST).into(),
        ..Default::default()
    }
}

fn flag(value: bool) -> BoolValue {
    BoolValue { value, ..Default::default() }
}

fn is_large(answer: &SimpleResponse) {
    assert!(answer.payload.body == vec![0; LARGE_RESPONSE], "other bytes than were asked for");
}

fn parameters(size: usize) -> ResponseParameters {
    ResponseParameters { size: size as i32, ..Default::default() }
}

fn asking(response: Option<usize>, payload: usize) -> StreamingOutputCallRequest {
    StreamingOutputCallRequest {
        response_parameters: response.into_iter().map(parameters).collect(),
        payload: zeros(payload).into(),
        ..Default::default()
    }
}

async fn next(
    responses: &mut Streaming<StreamingOutputCallResponse>,
) -> Option<StreamingOutputCallResponse> {
    responses.message().await.expect("the call succeeds")
}

fn is_zeros(response: Option<&StreamingOutputCallResponse>, size: usize) {
    let body = response.map(|response| &response.payload.body);
    assert!(body == Some(&vec![0; size]), "not {size} zeros: {:?}", body.map(Vec::len));
}

fn has_echoes(headers: &Metadata, trailers: &Metadata) {
    let initial = headers.get(ECHO_INITIAL);
    assert_eq!(initial, Some("test_initial_metadata_value"));
    let trailing = trailers.iter().find(|(key, _)| *key == ECHO_TRAILING);
    match trailing {
        Some((_, Value::Binary(bytes))) => assert_eq!(bytes, [0xab; 3]),
        other => panic!("{ECHO_TRAILING}: {other:?}"),
    }
}
