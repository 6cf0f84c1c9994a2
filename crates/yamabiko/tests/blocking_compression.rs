//! On plain threads, too, messages are compressed where a side asks for it and
//! the other understands it, and inflated within the limits.

mod support;

use support::blocking::serve_with;
use support::streams::{Streams, texts};
use support::tap::Tap;
use support::{Echo, SAY, assert_status, text};
use yamabiko::blocking::{Call, Channel, Server, client_streaming, server_streaming};
use yamabiko::buffa_types::google::protobuf::StringValue;
use yamabiko::codegen::Buffa;
use yamabiko::{Code, Context, Encoding};

const LARGE: usize = 200_000;
/// Less than this a compressed `LARGE` takes, with all that is around it.
const SMALL: usize = 20_000;

fn verse(length: usize) -> String {
    "yamabiko, the mountain echo; ".chars().cycle().take(length).collect()
}

fn say(channel: &Channel, value: impl Into<String>) -> Call<StringValue> {
    let request = text(value);
    yamabiko::codegen::blocking::unary::<Buffa, StringValue, StringValue>(channel, SAY, request)
        .timeout(support::PATIENCE)
}

#[test]
fn both_sides_compress_each_for_itself() {
    for server_compresses in [false, true] {
        for client_compresses in [false, true] {
            let server = server_compresses.then_some(Encoding::Gzip);
            let client = client_compresses.then_some(Encoding::Deflate);
            let (_server, address) = serve_with(Server::new().compression(server), Echo::plain());
            let tap = Tap::new(&address);
            let builder = Channel::builder(&tap.address).compression(client);
            let channel = builder.connect().expect("it listens");
            for _ in 0..2 {
                let reply = say(&channel, verse(LARGE)).send().expect("an answer");
                assert_eq!(reply.value, verse(LARGE));
                let (up, down) = tap.take();
                assert_eq!(up < SMALL, client_compresses, "{up}");
                assert_eq!(down < SMALL, server_compresses, "{down}");
            }
        }
    }
}

#[test]
fn a_call_says_otherwise_and_so_does_a_handler() {
    let handler = |value: String, context: Context| async move {
        match &value[..5] {
            "plain" => context.set_compression(None),
            "small" => context.set_compression(Encoding::Deflate),
            _ => {}
        }
        context.add_header("way", "down").expect("it may be sent");
        Ok(value)
    };
    for (server, word, compressed) in [
        (Server::new(), "small", true),
        (Server::new(), "plain", false),
        (Server::new().compression(Encoding::Gzip), "plain", false),
        (Server::new().compression(Encoding::Gzip), "other", true),
    ] {
        let (_server, address) = serve_with(server, Echo::new(handler));
        let tap = Tap::new(&address);
        let channel = Channel::builder(&tap.address).compression(Encoding::Gzip);
        let channel = channel.connect().expect("it listens");
        let value = format!("{word} {}", verse(LARGE));
        let response = say(&channel, &value).compression(None).response().expect("an answer");
        assert_eq!(response.message.value, value);
        assert_eq!(response.headers.get("way"), Some("down"));
        let (up, down) = tap.take();
        assert!(up > LARGE, "{word}: {up}");
        assert_eq!(down < SMALL, compressed, "{word}: {down}");
    }
}

#[test]
fn messages_keep_to_their_limits() {
    let server = Server::new().compression(Encoding::Gzip).max_message_size(LARGE);
    let server = server.max_sent_message_size(2 * LARGE);
    let (_server, address) = serve_with(
        server,
        Echo::new(|value, _| async move {
            Ok(if value == "more" { verse(3 * LARGE) } else { verse(LARGE) })
        }),
    );
    let channel = Channel::builder(&address).compression(Encoding::Gzip);
    let channel = channel.max_sent_message_size(2 * LARGE).connect().expect("it listens");
    let received = &["the limit for received messages"];
    let sent = &["the limit for sent messages"];
    let status = say(&channel, verse(LARGE)).send().expect_err("the server does not take it");
    assert_status(&status, Code::ResourceExhausted, received);
    let status = say(&channel, "").max_message_size(LARGE).send().expect_err("nor do we");
    assert_status(&status, Code::ResourceExhausted, received);
    assert_status(&status, Code::ResourceExhausted, &[SAY, &address]);
    let status = say(&channel, "more").send().expect_err("the server does not send it");
    assert_status(&status, Code::ResourceExhausted, sent);
    let status = say(&channel, verse(3 * LARGE)).send().expect_err("nor do we");
    assert_status(&status, Code::ResourceExhausted, sent);
    let status = say(&channel, verse(30)).max_sent_message_size(20).send().expect_err("too large");
    assert_status(&status, Code::ResourceExhausted, sent);
    assert!(say(&channel, verse(LARGE - 10)).max_message_size(LARGE + 10).send().is_ok());
}

#[test]
fn streams_are_compressed_message_by_message() {
    let streams = Streams::plain().down(|_, _| async {
        Ok(texts(|mut replies| async move {
            replies.send(text(verse(LARGE))).await?;
            replies.send_uncompressed(text(verse(LARGE))).await?;
            Ok(())
        }))
    });
    let server = Server::new().compression(Encoding::Gzip).add(streams);
    let listening = server.bind("127.0.0.1:0").expect("a free port");
    let tap = Tap::new(&listening.local_address().to_string());
    let _server = listening.start();
    let builder = Channel::builder(&tap.address).compression(Encoding::Deflate);
    let channel = builder.connect().expect("it listens");

    let path = "/test.Streams/Down";
    let call = server_streaming::<Buffa, _, StringValue>(&channel, path, text(""));
    let mut replies = call.timeout(support::PATIENCE).send().expect("it was sent");
    for compressed in [true, false] {
        let reply = replies.message().expect("a stream").expect("a message");
        assert_eq!(reply.value, verse(LARGE));
        assert_eq!(replies.came_compressed(), compressed);
    }
    assert_eq!(replies.message().expect("an end"), None);
    let (_, count) = tap.take();
    assert!((LARGE..LARGE + SMALL).contains(&count), "one of two is as it is: {count}");

    let (mut requests, receiver) = yamabiko::blocking::channel();
    let path = "/test.Streams/Up";
    let call = client_streaming::<Buffa, StringValue, StringValue>(&channel, path, receiver);
    let sending = std::thread::spawn(move || {
        requests.send(text(verse(LARGE))).expect("it goes on");
        requests.send_uncompressed(text(verse(LARGE))).expect("it goes on");
    });
    let all = call.timeout(support::PATIENCE).send().expect("an answer");
    sending.join().expect("it does not panic");
    assert_eq!(all.value.len(), 2 * LARGE);
    let (count, back) = tap.take();
    assert!((LARGE..LARGE + SMALL).contains(&count), "one of two is as it is: {count}");
    assert!(back < SMALL, "{back}");
}
