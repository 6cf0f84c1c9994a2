//! A panic in a handler or a codec is the end of its call and of nothing else.

mod support;

use std::time::Duration;

use support::{
    Echo, answer, assert_status, connect, eventually, failure, in_time, say, serve, text,
};
use yamabiko::buffa_types::google::protobuf::StringValue;
use yamabiko::codegen::{Buffa, Codec, Methods, unary};
use yamabiko::{Channel, Code, Context, Server, Service, Status};

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a local went off");
    }
}

fn bombs() -> Echo {
    Echo::new(|text, context: Context| {
        assert_ne!(text, "before the future", "a closure that panics");
        async move {
            match text.as_str() {
                "before an await" => panic!("at once"),
                "after an await" => {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    panic!("{} words", 2);
                }
                "in a drop" => {
                    let _bomb = Bomb;
                }
                "in a drop after an await" => {
                    let _bomb = Bomb;
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                "when cancelled" => {
                    let _bomb = Bomb;
                    std::future::pending::<()>().await;
                }
                "with metadata" => {
                    context.add_header("left", "behind").expect("valid");
                    std::panic::panic_any(7);
                }
                "later" => tokio::time::sleep(Duration::from_millis(100)).await,
                _ => {}
            }
            Ok(text)
        }
    })
}

/// On this channel every panic is the end of its own call.
async fn everything_but_the_call_survives(channel: &Channel) {
    let later = tokio::spawn(say(channel, "later").into_future());
    for panic in [
        "before the future",
        "before an await",
        "after an await",
        "in a drop",
        "in a drop after an await",
        "with metadata",
    ] {
        for _ in 0..3 {
            let status = failure(say(channel, panic)).await;
            assert_status(&status, Code::Internal, &["panicked"]);
            assert_eq!(answer(channel, "still there").await, "still there", "{panic}");
        }
    }
    let status = failure(say(channel, "when cancelled").timeout(Duration::from_millis(20))).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(answer(channel, "still there").await, "still there");
    assert_eq!(in_time(later).await.expect("no panic").expect("an answer").value, "later");
}

#[tokio::test]
async fn a_panic_ends_its_call_and_nothing_else_on_one_thread() {
    let (server, address) = serve(bombs()).await;
    let channel = connect(&address).await;
    everything_but_the_call_survives(&channel).await;
    assert_eq!((server.connections(), server.live_calls()), (1, 0));
    assert!(in_time(server.shut_down()).await.is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_ends_its_call_and_nothing_else_on_two_threads() {
    let (server, address) = serve(bombs()).await;
    let channel = connect(&address).await;
    everything_but_the_call_survives(&channel).await;
    assert_eq!((server.connections(), server.live_calls()), (1, 0));
    assert!(in_time(server.shut_down()).await.is_clean());
}

/// A codec that goes off where its text says.
struct Careless;

impl Codec<StringValue> for Careless {
    type Sizes = ();

    fn size(message: &StringValue) -> (usize, ()) {
        assert_ne!(message.value, "size", "measuring");
        (Buffa::size(message).0, ())
    }

    fn encode(message: &StringValue, (): (), out: &mut Vec<u8>) {
        let before = out.len();
        <Buffa as Codec<StringValue>>::encode(message, Buffa::size(message).1, out);
        match message.value.as_str() {
            "encode" => panic!("encoding"),
            "short" => out.truncate(before + 1),
            "long" => out.extend_from_slice(b"more"),
            _ => {}
        }
    }

    fn decode(bytes: &[u8]) -> Result<StringValue, Status> {
        let message = <Buffa as Codec<StringValue>>::decode(bytes)?;
        assert_ne!(message.value, "decode", "decoding");
        Ok(message)
    }
}

struct CarelessEcho;

const CARELESS: &str = "/test.Careless/Say";

impl Service for CarelessEcho {
    fn name(&self) -> &'static str {
        "test.Careless"
    }

    fn register(&self, methods: &mut Methods) {
        methods
            .unary::<Careless, StringValue, StringValue, _, _>(CARELESS, |request, _| async move {
                Ok(request)
            });
    }
}

#[tokio::test]
async fn a_codec_that_panics_or_miscounts_ends_its_call_alone() {
    let listening = Server::new().add(CarelessEcho).add(Echo::plain()).bind("127.0.0.1:0").await;
    let server = listening.expect("a free port").start();
    let channel = connect(&server.local_address().to_string()).await;
    for went_off in ["decode", "size", "encode", "short", "long"] {
        for _ in 0..3 {
            let call = unary::<Buffa, _, StringValue>(&channel, CARELESS, text(went_off));
            assert_eq!(failure(call).await.code(), Code::Internal, "{went_off}");
            assert_eq!(answer(&channel, "still there").await, "still there", "{went_off}");
        }
    }
    assert_eq!(server.connections(), 1);
    assert!(in_time(server.shut_down()).await.is_clean());
}

#[tokio::test]
async fn a_codec_that_panics_in_the_client_does_not_confuse_other_calls() {
    let (server, address) = serve(Echo::plain()).await;
    let channel = connect(&address).await;
    for _ in 0..3 {
        let call =
            unary::<Careless, StringValue, StringValue>(&channel, support::SAY, text("decode"));
        assert!(tokio::spawn(call.into_future()).await.expect_err("it panics").is_panic());
    }
    let calls: Vec<_> = (0..100)
        .map(|number| tokio::spawn(say(&channel, number.to_string()).into_future()))
        .collect();
    for (number, call) in calls.into_iter().enumerate() {
        let answer = in_time(call).await.expect("no panic").expect("an answer");
        assert_eq!(answer.value, number.to_string());
    }
    eventually("the server knows of no call", || server.live_calls() == 0).await;
}
